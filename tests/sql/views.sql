-- What people and Grafana select from.
begin;
select plan(14);

insert into site (site_id, name) values ('demo', 'Demo');
insert into device (site_id, device_id, address, instance, name) values ('demo', 1, '10.0.0.1', 1, 'AHU-1');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, states)
     values ('demo', 1, 1, 'analog-input', 1, 'SAT', '{}'), ('demo', 2, 1, 'binary-value', 1, 'FAN', '{off,on}'),
            ('demo', 3, 1, 'multi-state-value', 1, 'MODE', '{auto,hand,away}'), ('demo', 4, 1, 'analog-input', 2, 'RAT', '{}');
select readings_ensure_days(now() - interval '1 day', now());
insert into sensor_readings (time, site_id, point_id, value, quality, reason)
     values (now() - interval '2 minutes', 'demo', 1, 20, 'good', null), (now() - interval '1 minute', 'demo', 1, null, 'bad', 'timeout'),
            (now(), 'demo', 2, 0, 'good', null), (now(), 'demo', 3, 3, 'good', null);

select is((select quality from points where point_id = 1), 'bad', 'points shows the newest reading');
select is((select reason from points where point_id = 1), 'timeout', 'and why it is not good');
select is((select state from points where point_id = 2), 'off', 'the state of a binary point counts from 0');
select is((select state from points where point_id = 3), 'away', 'that of a multi-state point from 1');
select is((select state from points where point_id = 1), null, 'an analog one has none');
select is(state_text('timer', '{idle,running,expired}', 2), 'expired', 'an enumeration of the standard counts from 0');
select is(state_text('life-safety-zone', '{quiet,pre-alarm}', 0), 'quiet', 'that of life safety, too');
select is(state_text('life-safety-zone', '{quiet,pre-alarm}', 300), null, 'a vendor''s own state has no word');
select is(state_text('binary-lighting-output', '{off,on,warn}', 2), 'warn', 'a binary lighting output has more than two');
select is(state_text('load-control', '{shed-inactive}', 1e300), null, 'nor has what is no state');
select is((select count(*) from points where point_id = 4 and value is null and time is null), 1::bigint, 'a point without readings is shown');
select is((select device from readings where point = 'FAN'), 'AHU-1', 'readings have names');
select has_role('bacpipes_reader');
select ok(has_table_privilege('bacpipes_reader', 'points', 'select') and not has_table_privilege('bacpipes_reader', 'sensor_readings', 'insert')
          and not has_table_privilege('bacpipes_reader', 'setting', 'update'), 'which reads and does not write');

select * from finish();
rollback;
