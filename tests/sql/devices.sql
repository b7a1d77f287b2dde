-- Who a device is: rows follow those that move and swap, are kept apart from others at their address, and go on with a successor.
begin;
select plan(56);
alter table device drop constraint address_is_like_10_1_2_9_or_10_1_2_1_2001_0a; -- addresses that are none serve here
insert into site (site_id, name) values ('s', 'S');

-- said(instance, address, name, objects...): as a scan says it
create function said(instance integer, address text, name text, model text, objects integer) returns jsonb language sql as $$
    select jsonb_build_object('address', address, 'instance', instance, 'name', name, 'description', '', 'location', '', 'vendor_id', 7,
        'vendor_name', 'V', 'model_name', model, 'firmware_revision', '', 'application_software_version', '', 'protocol_revision', 22,
        'max_apdu', 1476, 'segmentation', 'no-segmentation', 'services', '[]'::jsonb, 'object_count', objects + 1)
$$;
create function objects(count integer) returns jsonb language sql as $$
    select coalesce(jsonb_agg(jsonb_build_object('object_type', 'analog-input', 'object_instance', i)), '[]') from generate_series(1, count) i
$$;
create function store(instance integer, address text, name text, model text, count integer, moved integer, renumbered integer) returns integer language plpgsql as $$
declare
    it integer := device_store('s', said(instance, address, name, model, count), objects(count), moved, renumbered);
begin
    insert into point (site_id, point_id, device_id, object_type, object_instance, name)
    select 's', next_point_id('s') + i - 1, it, 'analog-input', i, 'P' || i from generate_series(1, count) i
     where not exists (select from point where site_id = 's' and device_id = it);
    return it;
end
$$;
create function at(id integer) returns text language sql as $$
    select instance || ' ' || address || case when replaced_since is null then '' else ' replaced' end from device where site_id = 's' and device_id = id
$$;

select is(store(100, 'A', 'AHU-1', 'M', 3, null, null), 1, 'the first device is 1');
select is(store(200, 'B', 'AHU-2', 'M', 4, null, null), 2, 'the next is 2');
select is(store(100, 'A', 'AHU-1 renamed', 'N', 3, null, null), 1, 'the same instance at the same address is the same device, whatever it is called');
select is((select model_name from device where device_id = 1), 'N', 'and is as it says');

-- Moved.
select is(store(100, 'C', 'AHU-1 renamed', 'N', 3, 1, null), 1, 'one that moved keeps its device_id');
select is(at(1), '100 C', 'and has its new address');
select is(store(100, 'D', 'AHU-1 renamed', 'other model', 3, 1, null), 3, 'another model with its instance is another device');
select is(at(1), '100 C', 'which takes nothing from it');
select is(store(100, 'E', 'other', 'N', 5, 1, null), 4, 'so is one of that model with another name and other objects');
select is(store(100, 'F', 'AHU-1 renamed', 'N', 9, 1, null), 1, 'the name alone is enough');
select is(store(100, 'G', 'other', 'N', 9, 1, null), 5, 'a list of another length is not');
select is(store(100, 'A', 'AHU-1 renamed', 'N', 3, null, null), 6, 'nobody moves whom the collector has not found gone');
select ok(device_is_like(device, said(100, 'F', 'AHU-1 renamed', 'N', 9), objects(9), false), 'a device is like itself') from device where device_id = 1;
select ok(not device_is_like(device, said(100, 'F', 'AHU-1 renamed', 'N', 9) || '{"vendor_id": 8}', objects(9), false), 'and not like another vendor''s')
  from device where device_id = 1;

-- Another at a known address.
select is(store(300, 'B', 'AHU-3', 'M', 5, null, 2), 7, 'another device at a known address is new');
select is(at(2), '200 B replaced', 'and replaces the one that was there');
select is(at(7), '300 B', 'whose address it has');
select is(store(200, 'H', 'AHU-2', 'M', 4, 2, null), 2, 'which is the same device where it is found again');
select is(at(2), '200 H', 'with its address its own');

-- A swap, whose first half leaves one without an address.
select is(store(300, 'H', 'AHU-3', 'M', 5, 7, 2), 7, 'the first of two that swap');
select is(at(2), '200 H replaced', 'leaves the other without an address');
select is(store(200, 'B', 'AHU-2', 'M', 4, 2, null), 2, 'which it then gets');
select is(at(2) || ', ' || at(7), '200 B, 300 H', 'both have changed places');
select throws_ok($$ update device set address = 'B' where device_id = 7 $$, '23505', null, 'an address is one device');

-- Renumbered.
select is(store(201, 'B', 'AHU-2', 'M', 4, null, 2), 2, 'one that is renumbered keeps its device_id');
select is(at(2), '201 B', 'and has its new instance');
select is(store(202, 'B', 'AHU-2', 'M', 5, null, 2), 8, 'with other objects it is another device');
select is(store(300, 'B', 'AHU-2', 'M', 5, null, 8), 9, 'and so is one with an instance that somebody has');
select is(store(400, 'J', 'AHU-2', 'M', 5, null, 8), 10, 'or at another address');

-- A successor, with other numbers for the same things, some of its own, and some missing.
insert into device (site_id, device_id, address, instance, name) values ('s', 20, 'X', 500, 'old'), ('s', 21, 'Y', 501, 'new');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, writable, tags) values
    ('s', 900, 20, 'analog-input', 1, 'SAT', true, '{"zone": "m:"}'), ('s', 901, 20, 'analog-input', 2, 'RAT', false, '{}'), ('s', 902, 20, 'analog-input', 3, 'GONE', false, '{}'), ('s', 903, 20, 'analog-input', 4, 'TWIN', false, '{}'),
    ('s', 904, 20, 'analog-input', 5, 'PAIR', false, '{}'), ('s', 905, 20, 'analog-input', 6, 'PAIR', false, '{}'),
    ('s', 910, 21, 'analog-input', 1, 'SAT of the new one', false, '{}'), ('s', 911, 21, 'analog-value', 7, 'RAT', false, '{}'), ('s', 912, 21, 'analog-input', 9, 'MORE', false, '{}'),
    ('s', 913, 21, 'analog-value', 8, 'TWIN', false, '{}'), ('s', 914, 21, 'analog-value', 9, 'TWIN', false, '{}'), ('s', 915, 21, 'analog-value', 10, 'PAIR', false, '{}');
do $$ begin perform readings_ensure_days(now() - interval '1 day', now()); end $$;
insert into sensor_readings (time, site_id, point_id, value, quality) values
    (now() - interval '2 h', 's', 900, 1, 'good'), (now() - interval '1 h', 's', 900, null, 'bad'),
    (now() - interval '1 h', 's', 910, 9, 'good'), (now() - interval '1 min', 's', 910, 2, 'good'), (now() - interval '1 min', 's', 911, 3, 'good');
-- A span of the new one's alone, one of both, and one whose readings are gone.
insert into sensor_readings_5min (site_id, point_id, time, sum, count, bad)
select 's', point, bucket_5min(now() - ago), 0, count, 0 from (values (900, interval '1 h', 1), (910, '1 h', 2), (910, '1 min', 1), (910, '100 d', 7)) as r (point, ago, count);
insert into sensor_readings_hourly (site_id, point_id, time, sum, count, bad)
select 's', point, bucket_hour(now() - ago), 0, count, 0 from (values (900, interval '50 h', 1), (910, '50 h', 2), (910, '100 d', 7)) as r (point, ago, count);
select results_eq($$ select * from device_replace('s', 20, 21) $$, $$ values (2, 4, 4, 2::bigint) $$, 'a successor takes over: 2 points kept, 4 more, 4 missing, 2 readings moved');
select bag_eq($$ select point_id, time, count from sensor_readings_5min $$,
              $$ select 900, bucket_5min(now() - ago), count from (values (interval '1 h', 1), ('1 min', 1), ('100 d', 7)) as r (ago, count) $$, 'the 5-minute rollups are one history');
select bag_eq($$ select point_id, time, count from sensor_readings_hourly $$,
              $$ select 900, bucket_hour(now() - ago), count from (values (interval '50 h', 1), ('100 d', 7)) as r (ago, count) $$, 'the hourly ones, too');
select set_eq($$ select bucket from rollup_dirty where site_id = 's' $$, $$ select bucket_5min(now() - ago) from (values (interval '1 h'), ('1 min')) as r (ago) $$,
              'and spans with readings of the new one are made anew');
select results_eq($$ select point_id, object_type || object_instance, name, missing_since is not null, writable from point where device_id = 20 order by point_id $$,
                  $$ values (900, 'analog-input1', 'SAT of the new one', false, true), (901, 'analog-value7', 'RAT', false, false),
                            (902, 'analog-input3', 'GONE', true, false), (903, 'analog-input4', 'TWIN', true, false),
                            (904, 'analog-input5', 'PAIR', true, false), (905, 'analog-input6', 'PAIR', true, false), (912, 'analog-input9', 'MORE', false, false),
                            (913, 'analog-value8', 'TWIN', false, false), (914, 'analog-value9', 'TWIN', false, false),
                            (915, 'analog-value10', 'PAIR', false, false) $$, 'the points go on under their numbers');
select is((select tags from point where point_id = 900), '{"zone": "m:"}', 'with their tags');
select results_eq($$ select point_id, value, quality from sensor_readings where site_id = 's' order by point_id, time $$,
                  $$ values (900, 1::float8, 'good'), (900, null, 'bad'), (900, 2, 'good'), (901, 3, 'good') $$,
                  'and their history, in which a reading of the same instant stays as it was');
select is(at(20), '501 Y', 'the old row has the new address and instance');
select is(at(21), null, 'and the new one''s row is gone');
select throws_ok($$ select device_replace('s', 20, 21) $$, 'P0001', null, 'nobody takes a place twice');
select throws_ok($$ select device_replace('s', 20, 20) $$, 'P0001', null, 'nor its own');
select lives_ok($$ insert into device_status (site_id, device_id, state) values ('s', 20, 'replaced') $$, 'a device may be replaced');

-- What was on its way when the place was taken.
delete from rollup_dirty;
select bag_eq('select point_id, successor from point_successor', 'values (910, 900), (911, 901)', 'points that are no more have successors');
insert into sensor_readings (time, site_id, point_id, value, quality) values
    (now() - interval '2 h', 's', 910, 8, 'good'), (now() - interval '30 min', 's', 910, 7, 'good'), (now() - interval '20 min', 's', 911, 6, 'good');
select is(readings_follow('s', (select max(number) from point_successor)), 0::bigint, 'who knew all successors has stored nothing to be moved');
select is(readings_follow('other', 0), 0::bigint, 'nor has another site');
select is(readings_follow('s', 0), 2::bigint, 'readings that were stored late go on with the successors');
select results_eq($$ select point_id, value from sensor_readings where site_id = 's' and time < now() - interval '10 min' order by point_id, time $$,
                  $$ values (900, 1::float8), (900, null), (900, 7), (901, 6) $$, 'where a reading of the same instant stays as it was');
select set_eq('select bucket from rollup_dirty', $$ select bucket_5min(now() - ago) from (values (interval '2 h'), ('30 min'), ('20 min')) as r (ago) $$,
              'and their spans are made anew');

-- The successor is replaced in its turn.
insert into device (site_id, device_id, address, instance, name) values ('s', 30, 'Z', 600, 'older');
insert into point (site_id, point_id, device_id, object_type, object_instance) values ('s', 800, 30, 'analog-input', 1);
select lives_ok($$ select device_replace('s', 30, 20) $$, 'a device that took a place has its own taken');
select bag_eq('select point_id, successor from point_successor', 'values (900, 800), (910, 800), (911, 901)', 'the last of a chain is the successor of all');
select is(min(number) filter (where point_id = 900), max(number), 'and the newest has the largest number') from point_successor;
insert into sensor_readings (time, site_id, point_id, value, quality) values (now() - interval '15 min', 's', 900, 5, 'good'), (now() - interval '14 min', 's', 910, 4, 'good');
select is(readings_follow('s', 0), 2::bigint, 'readings follow the whole chain');
select results_eq($$ select value from sensor_readings where point_id = 800 and time > now() - interval '16 min' and time < now() - interval '10 min' order by time $$,
                  $$ values (5::float8), (4) $$, 'in one step');

-- And what was put aside meanwhile.
insert into ingest_quarantine (site_id, reason, readings, payload)
select 's', 'no such point', 4, format('{"v":1,"run":"0123456789abcdef","n":1,"oldest":1,"device":21,"at":%s,"readings":[[900,0,41],[910,1,42],[911,2,43],[999,3,44]]}',
                                      (extract(epoch from now() - interval '13 min') * 1000000)::bigint);
select results_eq($$ select stored, present, refused, why from quarantine_put_back((select max(id) from ingest_quarantine), now(), '7 d', '1 min', false) $$,
                  $$ values (3, 0, 1, 'no such point') $$, 'it is put back under the successors');
select results_eq($$ select point_id, value, device_id, object_type || object_instance from sensor_readings where value between 40 and 50 order by value $$,
                  $$ values (800, 41::float8, 30, 'analog-input1'), (800, 42, 30, 'analog-input1'), (901, 43, 30, 'analog-value7') $$, 'with the words that belong to them');
select is((select payload::jsonb -> 'readings' from ingest_quarantine), '[[999, 3, 44]]', 'and a point that never was stays put aside');
delete from point where point_id = 800;
select bag_eq('select point_id, successor from point_successor', 'values (911, 901)', 'a successor that is deleted is none');

select * from finish();
rollback;
