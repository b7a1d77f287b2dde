-- Numbers of devices and points are given once: what is stored of a deleted one never becomes another's.
begin;
select plan(17);

insert into site (site_id, name) values ('demo', 'Demo'), ('other', 'Other');
create function add_point(instance integer) returns integer language sql as $$
    insert into point (site_id, point_id, device_id, object_type, object_instance)
    select 'demo', next_point_id('demo'), 1, 'analog-input', instance returning point_id $$;

select is(next_device_id('demo'), 1, 'the first device is 1');
insert into device (site_id, device_id, address, instance) values ('demo', 1, '10.0.0.1', 1), ('demo', 2, '10.0.0.2', 2);
select is(next_device_id('demo'), 3, 'the next is one more than the last');
delete from device where device_id = 2;
select is(next_device_id('demo'), 3, 'a deleted device''s number is not given again');

select is(add_point(i), i, 'points are numbered from 1') from generate_series(1, 3) as i;
delete from point where point_id = 3;
select is(add_point(3), 4, 'a deleted point''s number is not given again');
delete from point where point_id in (1, 2);
select is(add_point(1), 5, 'nor do gaps matter');
delete from point;
select is(add_point(1), 6, 'nor that none is left');

-- Rows that bring their numbers along: central, or data that are restored.
insert into point (site_id, point_id, device_id, object_type, object_instance) values ('demo', 40, 1, 'analog-input', 40), ('demo', 7, 1, 'analog-input', 7);
select is(next_point_id('demo'), 41, 'a row with a number of its own raises it');
update point set point_id = 50 where point_id = 40;
delete from point where point_id = 50;
select is(next_point_id('demo'), 51, 'so does one that is changed');
select is(next_point_id('other'), 1, 'each site counts for itself');
select throws_ok($$ insert into site (site_id, name, last_point_id) values ('third', 'x', null) $$, '23502');

-- History of points that were deleted before anybody counted.
update site set last_device_id = 0, last_point_id = 0;
select readings_ensure_days('2026-03-01 00:00Z', '2026-03-02 00:00Z');
insert into sensor_readings (time, site_id, point_id, device_id, quality) values
    ('2026-03-01 10:00Z', 'demo', 70, 3, 'bad'), ('2026-03-02 10:00Z', 'demo', 60, 9, 'bad'), ('2026-03-02 10:00Z', 'demo', 61, null, 'bad');
select raise_numbers('demo');
select results_eq($$ select last_device_id, last_point_id from site where site_id = 'demo' $$, 'values (9, 70)', 'readings are looked at');
insert into sensor_readings_5min (time, site_id, point_id, count, bad) values ('2025-03-01 10:00Z', 'demo', 80, 0, 1);
select raise_numbers('demo');
select is(next_point_id('demo'), 81, 'so are 5-minute rollups');
insert into sensor_readings_hourly (time, site_id, point_id, count, bad) values ('2025-03-01 10:00Z', 'demo', 90, 0, 1);
select raise_numbers('demo');
select is(next_point_id('demo'), 91, 'and hourly ones');
select raise_numbers('other');
select results_eq($$ select last_device_id, last_point_id from site where site_id = 'other' $$, 'values (0, 0)', 'those of another site are not');

select * from finish();
rollback;
