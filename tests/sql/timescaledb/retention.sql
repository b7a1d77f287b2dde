-- Readings in a hypertable: chunks of a day in UTC, compressed when they are two days old, and forgotten a day at a time.
begin;
select plan(24);

-- What ingest's maintenance sends until a day is gone or nothing is to be done.
create function retain(at_time timestamptz, keep interval default '7 days') returns text language plpgsql as $$
declare
    step record;
begin
    select * into step from readings_retention_step(at_time, keep);
    if step.statement is not null then
        execute step.statement;
    end if;
    return step.said;
end
$$;
create function store(from_time timestamptz, to_time timestamptz) returns void language sql as $$
    insert into sensor_readings (time, site_id, point_id, value, quality)
    select instant, 'demo', 1, 20, 'good' from generate_series(from_time, to_time, '1 hour') as instant
$$;

insert into site (site_id, name) values ('demo', 'Demo');
insert into device (site_id, device_id, address, instance) values ('demo', 1, '10.0.0.1', 1);
insert into point (site_id, point_id, device_id, object_type, object_instance, name) values ('demo', 1, 1, 'analog-input', 1, 'SAT');

select is(readings_engine(), 'timescaledb', 'the engine is told');
select is(retain('2026-03-10 12:00Z'), null, 'an empty table has nothing to forget');
select is(readings_ensure_days('2026-03-01 12:00Z', '2026-03-10 12:00Z'), 0, 'days are made when readings come');
select throws_ok($$ select readings_ensure_days('2020-01-01 00:00Z', '2031-01-02 00:00Z') $$, 'P0001', null,
                 'more than eleven years at once are a mistake');
select store('2026-03-01 00:00Z', '2026-03-10 12:00Z');
select is((select count(*) from readings_days() where is_day and first = utc_day(first) and beyond = first + interval '24 hours'), 10::bigint,
          'a chunk is a day in UTC');
select is((select count(*) from readings_days()), 10::bigint, 'and there is nothing else');
select throws_ok($$ insert into sensor_readings (time, site_id, point_id, quality) values ('2026-03-05 00:00Z', 'demo', 1, 'good') $$,
                 '23505', null, 'a point has one reading at an instant');
select throws_ok($$ insert into sensor_readings (time, site_id, point_id, quality) values ('2026-03-05 00:01Z', 'demo', 1, 'fine') $$,
                 '23514', null, 'a quality is good, uncertain or bad');

-- Compressed, as its policy does it after two days.
select is((select config->>'compress_after' from timescaledb_information.jobs where proc_name = 'policy_compression' and hypertable_name = 'sensor_readings'),
          '2 days', 'chunks are compressed after two days');
select is((select owner::text from timescaledb_information.jobs where proc_name = 'policy_compression'), 'bacpipes_maintain', 'by whom readings belong to');
select is((select count(compress_chunk(format('_timescaledb_internal.%I', name))) from readings_days() where first < '2026-03-08 00:00Z'), 7::bigint,
          'which they can be');
select is((select count(*) from sensor_readings where time < '2026-03-08 00:00Z'), 7 * 24::bigint, 'and all are there');
select ok(readings_about() >= 7 * 24, 'how many there are counts the readings, not what they are compressed to');
select throws_ok($$ insert into sensor_readings (time, site_id, point_id, quality) values ('2026-03-05 00:00Z', 'demo', 1, 'good') $$,
                 '23505', null, 'a reading is there once, compressed or not');
insert into sensor_readings (time, site_id, point_id, value, quality) values ('2026-03-05 00:00:01Z', 'demo', 1, 5, 'good');
insert into sensor_readings (time, site_id, point_id, value, quality) values ('2026-03-05 00:00:01Z', 'demo', 1, 6, 'good') on conflict do nothing;
select is((select value from sensor_readings where time = '2026-03-05 00:00:01Z'), 5::double precision, 'what comes late goes into it');
insert into rollup_dirty values ('demo', '2026-03-05 00:00Z');
select is(rollup_pending('2026-03-10 12:00Z', 10), 1, 'a rollup is made from it');
select is((select sum from sensor_readings_5min where time = '2026-03-05 00:00Z'), 25::double precision, 'of old and late readings');
select is((select value from point_latest where point_id = 1), 20::double precision, 'the newest reading is found');

insert into rollup_dirty values ('demo', '2026-03-01 05:00Z');
select matches(retain('2026-03-10 12:00Z'), '^kept: rollups of 2026-03-01', 'a day whose rollups are not made is kept');
delete from rollup_dirty;
select is(retain('2026-03-10 12:00Z'), 'dropped 2026-03-01', 'the oldest day goes');
select is(retain('2026-03-10 12:00Z'), 'dropped 2026-03-02', 'one a call');
select is(retain('2026-03-10 12:00Z'), null, 'until all are younger than they are kept');
select is((select min(first) from readings_days()), '2026-03-03 00:00Z'::timestamptz, 'what is younger is all there');
select is((select count(*) from readings_days()), 8::bigint, 'day for day');
select * from finish();
rollback;
