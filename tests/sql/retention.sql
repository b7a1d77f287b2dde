-- Readings are kept for as long as is said, forgotten a day at a time, and never because a clock went wrong.
begin;
select plan(14);

create function day_count() returns bigint language sql as $$
    select count(*) from pg_inherits where inhparent = 'sensor_readings'::regclass $$;
create function retain(at_time timestamptz) returns text language sql as $$ select readings_retain(at_time, '7 days') $$;

insert into site (site_id, name) values ('demo', 'Demo');
insert into device (site_id, device_id, address, instance) values ('demo', 1, '10.0.0.1', 1);
insert into point (site_id, point_id, device_id, object_type, object_instance, name) values ('demo', 1, 1, 'analog-input', 1, 'SAT');

select is(retain('2026-03-10 12:00Z'), null, 'an empty table has nothing to forget');
select is(readings_ensure_days('2026-03-01 12:00Z', '2026-03-10 12:00Z'), 10, 'a partition is made for each day');
select is(readings_ensure_days('2026-03-01 12:00Z', '2026-03-10 12:00Z'), 0, 'and none twice');
insert into sensor_readings (time, site_id, point_id, value, quality)
select instant, 'demo', 1, 20, 'good' from generate_series('2026-03-01 00:00Z'::timestamptz, '2026-03-10 12:00Z', '1 hour') as instant;
select throws_ok($$ insert into sensor_readings (time, site_id, point_id, quality) values ('2026-03-05 00:00Z', 'demo', 1, 'good') $$,
                 '23505', null, 'a point has one reading at an instant');
select throws_ok($$ insert into sensor_readings (time, site_id, point_id, quality) values ('2026-03-05 00:01Z', 'demo', 1, 'fine') $$,
                 '23514', null, 'a quality is good, uncertain or bad');

insert into rollup_dirty values ('demo', '2026-03-01 05:00Z');
select matches(retain('2026-03-10 12:00Z'), '^kept: rollups of 2026-03-01', 'a day whose rollups are not made is kept');
delete from rollup_dirty;
select matches(retain('2027-03-10 12:00Z'), '^kept: the clock says', 'nothing is forgotten when the clock is a year ahead');
select is(day_count(), 10::bigint, 'all days are still there');
select is(retain('2026-03-10 12:00Z'), 'dropped 2026-03-01', 'the oldest day goes');
select is(day_count(), 9::bigint, 'one a call');
select is(retain('2026-03-10 12:00Z'), 'dropped 2026-03-02', 'the next call takes the next');
select is(retain('2026-03-10 12:00Z'), null, 'the 3rd began less than 7 days and a day ago: it stays');
select is((select min(time) from sensor_readings), '2026-03-03 00:00Z'::timestamptz, 'what is younger is all there');
select is(retain('2026-03-11 00:00Z'), 'dropped 2026-03-03', 'a day is forgotten when all of it is older than 7 days');

select * from finish();
rollback;
