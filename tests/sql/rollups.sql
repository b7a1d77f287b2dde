-- Rollups are what a plain aggregate over the readings gives, late and bad readings included.
begin;
select plan(20);

insert into site (site_id, name) values ('demo', 'Demo');
insert into device (site_id, device_id, address, instance) values ('demo', 1, '10.0.0.1', 1);
insert into point (site_id, point_id, device_id, object_type, object_instance, name)
     select 'demo', i, 1, 'analog-input', i, 'P' || i from generate_series(1, 3) as i;
select readings_ensure_days('2026-03-01 00:00Z', '2026-03-02 00:00Z');

-- Values are eighths, so that sums do not depend on their order.
create function store(first timestamptz, last timestamptz, every interval) returns void language plpgsql as $$
begin
    insert into sensor_readings (time, site_id, point_id, value, quality, reason)
    select instant, 'demo', point_id, case when n % 7 = 0 then null else round(sin(n) * 80) / 8 + point_id end,
           case when n % 7 = 0 then 'bad' when n % 5 = 0 then 'uncertain' else 'good' end, case when n % 7 = 0 then 'timeout' end
      from generate_series(first, last, every) with ordinality as t (instant, n), generate_series(1, 2) as point_id;
    insert into rollup_dirty select distinct 'demo', bucket_5min(time) from sensor_readings where time between first and last
        on conflict do nothing;
end
$$;
create view plain_5min as
    select site_id, point_id, bucket_5min(time) as time, min(value), max(value), sum(value), count(value)::integer,
           (count(*) filter (where quality = 'bad'))::integer as bad,
           (array_agg(value order by time desc) filter (where value is not null))[1] as last, max(time) filter (where value is not null) as last_at
      from sensor_readings group by 1, 2, 3;

select store('2026-03-01 10:00:00Z', '2026-03-01 11:29:59Z', '10 seconds');
select is(rollup_pending('2026-03-01 11:26:00Z', 100), 17, 'spans that have ended are made, the one under way is not');
select is(rollup_pending('2026-03-01 11:31:00Z', 100), 1, 'and is when it has ended');
select is(rollup_pending('2026-03-01 11:31:00Z', 100), 0, 'once');
select set_eq('select * from sensor_readings_5min', 'select * from plain_5min', 'each span is what a plain aggregate gives');
select is((select count(*) from sensor_readings_5min where point_id = 3), 0::bigint, 'a point without readings has no rollups');
select is((select count(*) from sensor_readings_hourly), 4::bigint, 'two hours of two points');
select results_eq($$ select min, max, round(sum::numeric, 6), count, bad, last, last_at from sensor_readings_hourly
                      where point_id = 1 and time = '2026-03-01 10:00Z' $$,
                  $$ select min(value), max(value), round(sum(value)::numeric, 6), count(value)::integer,
                            (count(*) filter (where quality = 'bad'))::integer,
                            (array_agg(value order by time desc) filter (where value is not null))[1], max(time) filter (where value is not null)
                       from sensor_readings where point_id = 1 and time >= '2026-03-01 10:00Z' and time < '2026-03-01 11:00Z' $$,
                  'an hour is what a plain aggregate gives');

-- A spool that comes in late.
select store('2026-03-01 10:02:03.5Z', '2026-03-01 10:12:00Z', '7 seconds');
select is(rollup_pending('2026-03-01 11:31:00Z', 100), 3, 'late readings have their spans made again');
select set_eq('select * from sensor_readings_5min', 'select * from plain_5min', 'and they are right again');
select is((select sum(count) from sensor_readings_hourly), (select sum(count) from sensor_readings_5min), 'with their hours');

insert into rollup_dirty select 'demo', bucket from generate_series('2026-03-01 10:00Z'::timestamptz, '2026-03-01 10:55Z', '5 minutes') as bucket;
select is(rollup_pending('2026-03-01 12:00:00Z', 5), 5, 'no more at once than is asked for');
select set_eq('select * from sensor_readings_5min', 'select * from plain_5min', 'making a span again changes nothing');


-- A span is noted each time that readings of it are stored: it is made once for all of them.
insert into rollup_dirty select 'demo', '2026-03-01 10:00Z' from generate_series(1, 5);
insert into rollup_dirty values ('demo', '2026-03-01 10:05Z');
select is(rollup_pending('2026-03-01 12:00:00Z', 1), 1, 'spans are counted, not notes');
select is((select count(*) from rollup_dirty where bucket = '2026-03-01 10:00Z'), 0::bigint, 'and all notes of what was made are gone');

-- A value that came with quality bad counts nowhere.
insert into sensor_readings (time, site_id, point_id, value, quality, reason)
     values ('2026-03-01 20:01Z', 'demo', 1, 7, 'good', null), ('2026-03-01 20:02Z', 'demo', 1, 99, 'bad', 'fault'),
            ('2026-03-01 20:03Z', 'demo', 2, 98, 'bad', 'fault');
insert into rollup_dirty values ('demo', '2026-03-01 20:00Z');
select rollup_pending('2026-03-01 21:00Z', 100);
select results_eq($$ select point_id, min, max, sum, count, bad, last, last_at from sensor_readings_5min where time = '2026-03-01 20:00Z' order by 1 $$,
                  $$ values (1, 7::double precision, 7::double precision, 7::double precision, 1, 1, 7::double precision, '2026-03-01 20:01Z'::timestamptz),
                            (2, null, null, null, 0, 1, null, null) $$, 'a bad value is neither the last nor any other of a span');
select results_eq($$ select point_id, last, last_at from sensor_readings_hourly where time = '2026-03-01 20:00Z' order by 1 $$,
                  $$ values (1, 7::double precision, '2026-03-01 20:01Z'::timestamptz), (2, null, null) $$, 'nor of its hour');

-- What some readings are gone of, good or bad, keeps its rollup; what has as many is made anew.
create function made_again() returns table (count integer, bad integer, max double precision) language sql as $$
    insert into rollup_dirty values ('demo', '2026-03-01 20:00Z');
    select rollup_pending('2026-03-01 21:00Z', 100);
    select count, bad, max from sensor_readings_5min where point_id = 1 and time = '2026-03-01 20:00Z'
$$;
delete from sensor_readings where point_id = 1 and time = '2026-03-01 20:02Z';
select results_eq('select * from made_again()', $$ values (1, 1, 7::double precision) $$, 'a rollup is not made anew where a bad reading is gone');
select results_eq($$ select count, bad from sensor_readings_hourly where point_id = 1 and time = '2026-03-01 20:00Z' $$, $$ values (1, 1) $$, 'nor its hour');
delete from sensor_readings where point_id = 1 and time = '2026-03-01 20:01Z';
insert into sensor_readings (time, site_id, point_id, value, quality) values ('2026-03-01 20:04Z', 'demo', 1, 8, 'good');
select results_eq('select * from made_again()', $$ values (1, 1, 7::double precision) $$, 'nor where another good one came');
insert into sensor_readings (time, site_id, point_id, value, quality) values ('2026-03-01 20:03Z', 'demo', 1, 9, 'good');
select results_eq('select * from made_again()', $$ values (2, 0, 9::double precision) $$, 'and is where there are as many as it had, whatever they are');

select * from finish();
rollback;
