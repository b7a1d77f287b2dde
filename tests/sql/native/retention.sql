-- Readings are kept for as long as is said, forgotten a day at a time, and never because a clock went wrong.
begin;
select plan(31);

create function day_count() returns bigint language sql as $$
    select count(*) from pg_inherits where inhparent = 'sensor_readings'::regclass $$;
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
select is(to_regclass('days.sensor_readings_20260301'), null, 'from the disk');
select is(retain('2026-03-10 12:00Z'), 'dropped 2026-03-02', 'the next call takes the next');
select is(retain('2026-03-10 12:00Z'), null, 'the 3rd began less than 7 days and a day ago: it stays');
select is((select min(time) from sensor_readings), '2026-03-03 00:00Z'::timestamptz, 'what is younger is all there');
select is(retain('2026-03-11 00:00Z'), 'dropped 2026-03-03', 'a day is forgotten when all of it is older than 7 days');


-- Partitions that are not ours to forget.
create table of_a_default (like sensor_readings including all);
alter table sensor_readings attach partition of_a_default default;
create table month_of_somebody (like sensor_readings including all);
alter table sensor_readings attach partition month_of_somebody for values from ('2026-01-01 00:00Z') to ('2026-02-01 00:00Z');
create table half_a_day (like sensor_readings including all);
alter table sensor_readings attach partition half_a_day for values from ('2026-02-10 00:00Z') to ('2026-02-10 12:00Z');
create table of_another_name (like sensor_readings including all);
alter table sensor_readings attach partition of_another_name for values from ('2026-02-20 00:00Z') to ('2026-02-21 00:00Z');
select results_eq($$ select name, is_day from readings_days() where name !~ '^sensor' order by name $$,
                  $$ values ('half_a_day'::text, false), ('month_of_somebody', false), ('of_a_default', false), ('of_another_name', true) $$,
                  'a day is known by its bounds, not by its name');
select is(retain('2026-03-11 00:00Z', '6 days'), 'dropped 2026-02-20', 'it is forgotten whatever it is called');
select is(retain('2026-03-11 00:00Z', '6 days'), 'dropped 2026-03-04', 'and partitions that are no days end nothing');
select is(retain('2026-03-11 00:00Z', '6 days'), null, 'they are left alone');
select is((select count(*) from pg_inherits where inhrelid in ('of_a_default'::regclass, 'month_of_somebody'::regclass, 'half_a_day'::regclass)),
          3::bigint, 'all of them');
insert into sensor_readings (time, site_id, point_id, value, quality) values ('2026-02-15 00:00Z', 'demo', 1, 20, 'good');
select is(readings_ensure_days('2026-01-20 00:00Z', '2026-02-16 00:00Z'), 14, 'days are made where there is no other room');
select is((select count(*) from readings_days() where first is null), 1::bigint, 'and where a default partition has readings, they stay there');
select is(readings_ensure_days('2026-02-15 00:00Z', '2026-02-15 23:59Z'), 0, 'without a word');
alter table sensor_readings detach partition of_a_default;
delete from sensor_readings where time < '2026-03-01 00:00Z';

-- Killed on the way: between the note and the detaching, and between the detaching and the dropping.
insert into readings_leaving values ('sensor_readings_20260308', '2026-03-08 00:00Z');
alter table sensor_readings detach partition days.sensor_readings_20260309;
insert into readings_leaving values ('sensor_readings_20260309', '2026-03-09 00:00Z'), ('sensor_readings_20200101', '2020-01-01 00:00Z');
alter table sensor_readings detach partition days.sensor_readings_20260307; -- this was a person's doing
select is(readings_ensure_days('2026-03-09 00:00Z', '2026-03-09 00:00Z'), 1, 'a day may be made again before its old table is dropped');
select is((select name from readings_days() where first = '2026-03-09 00:00Z'), 'sensor_readings_20260309_', 'beside it');
select is(retain('2026-03-10 12:00Z', '90 days'), 'dropped 2026-03-09', 'what was detached and not dropped is dropped, old or not');
select is(retain('2026-03-10 12:00Z', '90 days'), null, 'once');
select isnt(to_regclass('days.sensor_readings_20260309_'), null, 'and nothing else');
select isnt(to_regclass('days.sensor_readings_20260308'), null, 'what was not detached stays');
select isnt(to_regclass('days.sensor_readings_20260307'), null, 'and what a person detached');
select throws_ok($$ select readings_ensure_days('2020-01-01 00:00Z', '2031-01-02 00:00Z') $$, 'P0001', null,
                 'more than eleven years at once are a mistake');

select * from finish();
rollback;
