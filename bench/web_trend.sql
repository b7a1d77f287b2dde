-- Site `bench`, for bench/web_trend: 20 points that were read every 15 s for a year until the last full hour. Point 1 has all of its readings (2.1 million), the others those of the last
-- 3 days; all have rollups by the hour, and by 5 minutes point 1 for the year, the others for the last 8 days. :days is 365, or less to see that it runs. A tenth of the points are fans: on or off.
insert into site (site_id, name, timezone) values ('bench', 'A year', 'Asia/Macau');
insert into device (site_id, device_id, address, instance, name) values ('bench', 1, '192.0.2.1', 1, 'AHU-1');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, units, states)
select 'bench', i, 1, case when i % 10 = 0 then 'binary-input' else 'analog-input' end, i, 'P-' || i, case when i % 10 = 0 then '' else 'degrees-celsius' end,
       case when i % 10 = 0 then array['off', 'on'] else '{}' end from generate_series(1, 20) as i;

create temporary table span as
select bucket_hour(now()) - :days * interval '1 day' as since, bucket_hour(now()) as until;
select readings_ensure_days(since, until) from span;
create function pg_temp.wave(point integer, at timestamptz) returns double precision language sql immutable as $$
    select case when point % 10 = 0 then (extract(hour from at at time zone 'UTC') between 7 and 19)::integer
                else round((21 + point % 5 + 4 * sin(extract(epoch from at)::double precision / 13750.987) + sin(extract(epoch from at)::double precision / 127.3) / 3)::numeric, 1) end
$$;
insert into sensor_readings (time, site_id, point_id, value, quality, units, device_id, object_type, object_instance)
select at, 'bench', 1, pg_temp.wave(1, at), 'good', 'degrees-celsius', 1, 'analog-input', 1
  from span, generate_series(since, until - interval '15 s', interval '15 s') as at;
insert into sensor_readings (time, site_id, point_id, value, quality, units, device_id, object_type, object_instance)
select at, 'bench', i, pg_temp.wave(i, at), 'good', '', 1, case when i % 10 = 0 then 'binary-input' else 'analog-input' end, i
  from span, generate_series(2, 20) as i, generate_series(until - interval '3 days', until - interval '15 s', interval '15 s') as at;
insert into sensor_readings_5min (site_id, point_id, time, min, max, sum, count, bad, last, last_at)
select 'bench', i, at, least(v, w), greatest(v, w), (v + w) * 10, 20, 0, w, at + interval '285 s'
  from span, generate_series(1, 20) as i, generate_series(case when i = 1 then since else greatest(since, until - interval '8 days') end, until - interval '5 min', interval '5 min') as at,
       lateral (select pg_temp.wave(i, at) as v, pg_temp.wave(i, at + interval '285 s') as w) as waves;
insert into sensor_readings_hourly (site_id, point_id, time, min, max, sum, count, bad, last, last_at)
select 'bench', i, at, least(v, w), greatest(v, w), (v + w) * 120, 240, 0, w, at + interval '3585 s'
  from span, generate_series(1, 20) as i, generate_series(since, until - interval '1 hour', interval '1 hour') as at,
       lateral (select pg_temp.wave(i, at) as v, pg_temp.wave(i, at + interval '3585 s') as w) as waves;
delete from rollup_dirty where site_id = 'bench';
analyze;
