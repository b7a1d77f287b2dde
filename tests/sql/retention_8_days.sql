-- A site that has run for 8 days keeps 7 of readings; rollups of the day that went stay for as long as their own settings say.
begin;
select plan(26);

insert into site (site_id, name) values ('demo', 'Demo');
insert into device (site_id, device_id, address, instance) values ('demo', 1, '10.0.0.1', 1);
insert into point (site_id, point_id, device_id, object_type, object_instance, name)
     select 'demo', i, 1, 'analog-input', i, 'P' || i from generate_series(1, 3) as i;
select readings_ensure_days('2026-03-01 00:00Z', '2026-03-08 23:59Z');
insert into sensor_readings (time, site_id, point_id, value, quality)
select instant, 'demo', point_id, 20 + point_id, 'good'
  from generate_series('2026-03-01 00:00Z'::timestamptz, '2026-03-08 23:59:59Z', '10 minutes') as instant, generate_series(1, 3) as point_id;
insert into rollup_dirty select distinct 'demo', bucket_5min(time) from sensor_readings;

-- What ingest does every 20 s, with the settings as they are delivered.
-- What ingest's maintenance sends until a day is gone or nothing is to be done. Here it all happens in one transaction, where
-- `concurrently` cannot be.
create function retain(at_time timestamptz, keep interval default '7 days') returns text language plpgsql as $$
declare
    step record;
begin
    loop
        select * into step from readings_retention_step(at_time, keep);
        if step.statement is null then
            return step.said;
        end if;
        execute replace(step.statement, ' concurrently', '');
        if step.said is not null then
            return step.said;
        end if;
    end loop;
end
$$;
create function maintain(at_time timestamptz, keep interval default '7 days', keep_5min interval default '90 days',
                         keep_hourly interval default '1100 days') returns text language sql as $$
    select did from (select retain(at_time, keep) as did, rollups_retain(at_time, keep_5min, keep_hourly)) as step
$$;
create view days as
    select (select string_agg(distinct to_char(time at time zone 'UTC', 'DD'), ' ') from sensor_readings) as readings,
           (select string_agg(distinct to_char(time at time zone 'UTC', 'DD'), ' ') from sensor_readings_5min) as five_minutes,
           (select string_agg(distinct to_char(time at time zone 'UTC', 'DD'), ' ') from sensor_readings_hourly) as hours;

select is(maintain('2026-03-09 00:00Z'), 'kept: rollups of 2026-03-01 00:00:00+00 are still to be made', 'first the rollups');
select is(rollup_pending('2026-03-09 00:00Z', 10000), 8 * 144, 'of every span with readings');
select is(maintain('2026-03-08 23:59:59Z'), null, 'a second before midnight nothing is old enough');
select is(maintain('2026-03-09 00:00Z'), 'dropped 2026-03-01', 'at midnight the first of 8 days is');
select is(maintain('2026-03-09 00:00Z'), null, 'and no other');
select is(readings, '02 03 04 05 06 07 08', 'readings of 7 days are there') from days;
select is((select count(*) from sensor_readings), 7 * 144 * 3::bigint, 'all of them');
select is(five_minutes || ', ' || hours, '01 02 03 04 05 06 07 08, 01 02 03 04 05 06 07 08', 'and rollups of 8') from days;
select results_eq($$ select count(*), sum(count), min(min), max(max) from sensor_readings_hourly where time < '2026-03-02 00:00Z' $$,
                  $$ values (24 * 3::bigint, 144 * 3::bigint, 21::double precision, 23::double precision) $$, 'those of the day that went are whole');
select case when readings_engine() = 'timescaledb' then skip('chunks have names of their own', 1)
            else is(to_regclass('days.sensor_readings_20260301'), null, 'its partition is gone from the disk, not emptied') end;
select case when readings_engine() = 'timescaledb' then skip('chunks are made for whatever comes', 1)
            else throws_ok($$ insert into sensor_readings (time, site_id, point_id, quality) values ('2026-03-01 12:00Z', 'demo', 1, 'good') $$,
                           '23514', null, 'what comes for it now has nowhere to go') end;

select is(maintain('2026-03-09 00:00Z', keep_5min => '6 days', keep_hourly => '7 days'), null, 'other settings for rollups leave readings alone');
select is(readings || ', ' || five_minutes || ', ' || hours,
          '02 03 04 05 06 07 08, 02 03 04 05 06 07 08, 02 03 04 05 06 07 08', 'and take a day of each a call') from days;
select maintain('2026-03-09 00:00Z', keep_5min => '6 days', keep_hourly => '7 days');
select is(five_minutes || ', ' || hours, '03 04 05 06 07 08, 02 03 04 05 06 07 08', 'to the instant that each setting says') from days;
select is(maintain('2026-03-09 00:00Z', '1 day'), 'dropped 2026-03-02', 'and a shorter setting for readings takes a day a call too');


-- Rollups are forgotten by the same rules.
create temporary table before as select (select count(*) from sensor_readings_5min) as five_minutes, (select count(*) from sensor_readings_hourly) as hours;
select is(rollups_retain('2026-03-20 00:00Z', '1 day', '1 day'), 0::bigint, 'none while the clock is more than a day from the newest reading');
select is(rollups_retain('2026-02-20 00:00Z', '1 day', '1 day'), 0::bigint, 'on either side');
select is(rollups_retain('2026-03-09 00:00Z', '1 day', '1 day'), 3 * 288 / 2 + 3 * 24::bigint, 'then at most a day of each a call');
select is(five_minutes || ', ' || hours, '04 05 06 07 08, 03 04 05 06 07 08', 'the oldest') from days;

-- A day is gone, readings are kept longer from then on, and one comes late: history is not made poorer by it.
insert into sensor_readings_hourly (site_id, point_id, time, min, max, sum, count, bad)
     values ('demo', 1, '2026-03-01 12:00Z', 20, 22, 126, 6, 0);
insert into sensor_readings_5min (site_id, point_id, time, min, max, sum, count, bad)
     values ('demo', 1, '2026-03-01 12:00Z', 20, 22, 63, 3, 0), ('demo', 1, '2026-03-01 12:30Z', 20, 22, 63, 3, 0);
select readings_ensure_days('2026-03-01 00:00Z', '2026-03-01 00:00Z');
insert into sensor_readings (time, site_id, point_id, value, quality) values ('2026-03-01 12:00Z', 'demo', 1, 5, 'good');
insert into rollup_dirty values ('demo', '2026-03-01 12:00Z');
select is(rollup_pending('2026-03-09 00:00Z', 10), 1, 'its span is made again');
select results_eq($$ select min, count from sensor_readings_5min where time in ('2026-03-01 12:00Z', '2026-03-01 12:30Z') $$,
                  $$ values (20::double precision, 3), (20, 3) $$, 'and the fuller one stays');
select is((select count from sensor_readings_hourly where time = '2026-03-01 12:00Z'), 6, 'and its hour');
insert into sensor_readings (time, site_id, point_id, value, quality)
     select '2026-03-01 12:00Z'::timestamptz + i * interval '10 seconds', 'demo', 1, 5, 'good' from generate_series(1, 5) as i;
insert into rollup_dirty values ('demo', '2026-03-01 12:00Z');
select rollup_pending('2026-03-09 00:00Z', 10);
select is((select count from sensor_readings_5min where time = '2026-03-01 12:00Z'), 6, 'until more is known than it had');

-- What was put aside stays for a while.
insert into ingest_quarantine (site_id, reason, payload) select 'demo', 'no such point', '{}' from generate_series(1, 100);
select min(id) as oldest from ingest_quarantine \gset
select is(quarantine_trim('demo', 20000), 0::bigint, 'what was put aside stays while there is room');
select is(quarantine_trim('demo', (select sum(octets) - 1 from ingest_quarantine)::bigint), 1::bigint, 'and goes by the octet');
select is((select count(*) from ingest_quarantine where id = :oldest), 0::bigint, 'the oldest first');

select * from finish();
rollback;
