-- What central makes of entries: each once, in their order, with the place where it stands; what cannot be applied stands aside, and the rest goes on.
begin;
select plan(88);

insert into site (site_id, name) values ('central', 'Central') on conflict do nothing;
insert into site (site_id, name, is_remote) values ('mo', 'Macau', true), ('kl', 'KLCC', true);
insert into remote_site (site_id, number, state, joined_at) values ('mo', 1, 'joined', now()), ('kl', 2, 'joined', now());
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest)
select s, 7, 1, 1, 0, 0, decode(repeat('00', 32), 'hex') from unnest('{mo,kl}'::text[]) as s;
insert into uplink_applied (site_id, epoch, applied_seq) values ('mo', 7, 0), ('kl', 7, 0);
select set_config('test.journalled', (select count(*) from uplink)::text, true);
set constraints number_entries immediate;

create function pg_temp.came(of_site text, of_seq bigint, of_kind text, body jsonb) returns void language sql as $$
    insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
    values (of_site, 7, of_seq, of_kind, '2026-11-27 10:00:00+00'::timestamptz + make_interval(secs => of_seq), convert_to(('{"v": 1}'::jsonb || body)::text, 'UTF8'), sha256('x'), now())
$$;
create function pg_temp.apply(of_site text, after bigint, last bigint) returns table (told text, put_aside bigint) language sql as $$
    select a.told, a.put_aside from uplink_apply(jsonb_build_array(jsonb_build_object('site', of_site, 'epoch', 7, 'after', after, 'to', last, 'has_records', true))) as a
$$;
create function pg_temp.device(n integer) returns jsonb language sql as $$
    select jsonb_build_object('device_id', n, 'address', '10.0.0.' || n, 'instance', 100 + n, 'name', 'AHU-' || n, 'description', '', 'location', '', 'vendor_name', '', 'model_name', '', 'firmware_revision', '',
        'application_software_version', '', 'max_apdu', 480, 'segmentation', 'no-segmentation', 'services', '[]'::jsonb, 'enabled', true, 'tags', '{}'::jsonb,
        'created_at', now(), 'updated_at', now(), 'of_a_newer_version', 5)
$$;
create function pg_temp.point(n integer, of_device integer, enabled boolean default true) returns jsonb language sql as $$
    select jsonb_strip_nulls(to_jsonb(p) - 'site_id') from (select * from jsonb_populate_record(null::public.point, jsonb_build_object('point_id', n, 'device_id', of_device, 'object_type', 'analog-input', 'object_instance', n, 'property', 'present-value',
        'name', 'T' || n, 'description', '', 'units', 'degrees-celsius', 'states', '[]'::jsonb, 'commandable', false, 'writable', false, 'enabled', enabled, 'tags', '{}'::jsonb, 'created_at', now(), 'updated_at', now(), 'chosen_at', '2026-11-01T00:00:00Z'))) as p
$$;

select is((select lag_s from sites where site_id = 'kl'), null, 'of who has sent nothing nobody knows how far behind it is');

-- ---- what there is, told whole ----
select pg_temp.came('mo', 1, 'epoch', '{"reason": "new"}');
select pg_temp.came('mo', 2, 'point', jsonb_build_object('table', 'point', 'op', 'update', 'key', 9, 'new', '{"name": "?"}'::jsonb));
select pg_temp.came('mo', 3, 'device', jsonb_build_object('table', 'device', 'op', 'state', 'rows', jsonb_build_array(pg_temp.device(1), pg_temp.device(2)), 'complete', true));
select pg_temp.came('mo', 4, 'point', jsonb_build_object('table', 'point', 'op', 'state', 'rows', jsonb_build_array(pg_temp.point(1, 1), pg_temp.point(2, 1))));
select pg_temp.came('mo', 5, 'point', jsonb_build_object('table', 'point', 'op', 'state', 'rows', jsonb_build_array(pg_temp.point(3, 2)), 'complete', true));
select pg_temp.came('mo', 6, 'setting', jsonb_build_object('table', 'setting', 'op', 'state', 'rows', jsonb_build_array(jsonb_build_object('name', 'poll.interval', 'value', '30s', 'updated_at', now(), 'updated_by', 'anna')), 'complete', true));
select results_eq($$ select * from pg_temp.apply('mo', 0, 6) $$, $$ values ('point device setting'::text, 0::bigint) $$, 'what a site tells of all that it has is applied, and who is to hear of it');
select results_eq($$ select device_id, name from device where site_id = 'mo' order by 1 $$, $$ values (1, 'AHU-1'::text), (2, 'AHU-2') $$, 'its devices, with what this version knows of them');
select is((select count(*) from point where site_id = 'mo'), 3::bigint, 'its points');
select is((select value from setting where site_id = 'mo'), '30s', 'and its settings');
select is((select updated_by from setting where site_id = 'mo'), 'anna', 'as they are there');
select isnt((select state_at from uplink_applied where site_id = 'mo'), null, 'it has told what there is');
select is((select count(*) from uplink_quarantine), 0::bigint, 'what was changed before of things not told yet is passed over');
select is((select applied_seq from uplink_applied where site_id = 'mo'), 6::bigint, 'and that is where it stands');
select is((select count(*) from uplink where site_id = 'mo' and received_at is null), 0::bigint, 'nothing of it is journalled again');
select results_eq($$ select per_hour, points from site_rate where site_id = 'mo' $$, $$ values (360::double precision, 3) $$, 'three points every 30 s are 360 readings an hour');

-- ---- how devices are ----
select pg_temp.came('mo', 7, 'device_status', '{"op": "state", "table": "device_status", "rows": [{"device_id": 1, "state": "online", "since": "2026-11-27T10:00:00Z", "last_answer_at": "2026-11-27T10:01:00Z", "reason": ""}, {"device_id": 2, "state": "unknown", "since": "2026-11-27T10:00:00Z"}], "complete": true}');
select pg_temp.came('mo', 8, 'device_status', '{"op": "set", "rows": [{"device_id": 2, "state": "offline", "since": "2026-11-27T11:00:00Z", "reason": "no answer"}, {"device_id": 77, "state": "online", "since": "2026-11-27T11:00:00Z"}]}');
select results_eq($$ select told, put_aside from pg_temp.apply('mo', 6, 8) $$, $$ values (''::text, 0::bigint) $$, 'how devices are is applied, and of one that nobody knows passed over');
select results_eq($$ select device_id, state, since, reason, learned from device_status where site_id = 'mo' order by 1 $$,
    $$ values (1, 'online', '2026-11-27 10:00Z'::timestamptz, '', '{}'::jsonb), (2, 'offline', '2026-11-27 11:00Z', 'no answer', '{}') $$, 'as it is there');
savepoint later;
select pg_temp.came('mo', 9, 'device_status', '{"op": "gone", "rows": [{"device_id": 2}]}');
select pg_temp.came('mo', 10, 'device_status', '{"op": "set", "rows": [{"device_id": 2, "state": "sleepy", "since": "2026-11-27T11:00:00Z"}]}');
select pg_temp.came('mo', 11, 'device_status', '{"op": "dance", "rows": []}');
select is((select put_aside from pg_temp.apply('mo', 8, 11)), 2::bigint, 'a word that is none stands aside');
select is((select array_agg(device_id) from device_status where site_id = 'mo'), '{1}', 'of a device that has none any more there is none here');
select pg_temp.came('mo', 12, 'device_status', '{"op": "state", "rows": [], "complete": true}');
select is((select put_aside from pg_temp.apply('mo', 11, 12)), 0::bigint, 'told whole');
select is((select count(*) from device_status where site_id = 'mo'), 0::bigint, 'what is not named is gone');
rollback to later;
delete from uplink where site_id = 'mo' and seq in (7, 8); -- they were
update uplink_applied set applied_seq = 6 where site_id = 'mo';
update uplink_cursor set received_seq = 6 where site_id = 'mo';

-- ---- where it stands ----
select throws_ok($$ select * from pg_temp.apply('mo', 5, 6) $$, '40001', null, 'who thinks that it stands elsewhere is told so');
select throws_ok($$ select * from pg_temp.apply('mo', 7, 8) $$, '40001', null, 'and who leaves one out, too');
select is((select applied_seq from uplink_applied where site_id = 'mo'), 6::bigint, 'and nothing is changed');

-- ---- changes ----
select pg_temp.came('mo', 7, 'point', jsonb_build_object('table', 'point', 'op', 'update', 'key', 1, 'old', '{"name": "T1"}'::jsonb, 'new', '{"name": "SAT", "enabled": false, "of_a_newer_version": 1}'::jsonb));
select pg_temp.came('mo', 8, 'device', jsonb_build_object('table', 'device', 'op', 'insert', 'key', 3, 'new', pg_temp.device(3)));
select pg_temp.came('mo', 9, 'point', jsonb_build_object('table', 'point', 'op', 'insert', 'key', 4, 'new', pg_temp.point(4, 3)));
select pg_temp.came('mo', 10, 'point', jsonb_build_object('table', 'point', 'op', 'delete', 'key', 2, 'old', pg_temp.point(2, 1)));
select pg_temp.came('mo', 11, 'setting', jsonb_build_object('table', 'setting', 'op', 'update', 'key', 'poll.interval', 'old', '{"value": "30s"}'::jsonb, 'new', '{"value": "1min"}'::jsonb));
select is((select put_aside from pg_temp.apply('mo', 6, 11)), 0::bigint, 'changes are applied');
select results_eq($$ select point_id, name, enabled from point where site_id = 'mo' order by 1 $$, $$ values (1, 'SAT'::text, false), (3, 'T3', true), (4, 'T4', true) $$, 'inserted, changed, deleted');
select is((select chosen_at from point where site_id = 'mo' and point_id = 1), '2026-11-01 00:00:00+00'::timestamptz, 'and nothing is judged here that was judged there');
select results_eq($$ select per_hour, points from site_rate where site_id = 'mo' order by since desc limit 1 $$, $$ values (120::double precision, 2) $$, 'what is expected goes with it');
select results_eq($$ select interval_s from point_interval where site_id = 'mo' and point_id = 1 order by since $$, $$ values (30::double precision), (null) $$, 'of each point, and what it was before');

-- ---- what is expected, of a site that changes it again and again ----
create function pg_temp.polls(every_s integer) returns void language sql as $$
    update point set poll_interval_ms = every_s * 1000 where site_id = 'mo' and point_id = 3;
    select poll_intervals_note('mo', now());
$$;
delete from site_rate where site_id = 'mo';
select count(pg_temp.polls(n)) from generate_series(1, 30) as n \g /dev/null
select is((select count(*) from site_rate where site_id = 'mo'), 6::bigint, 'changes of an hour are six at most');
select is((select count(*) from point_interval where site_id = 'mo' and point_id = 3 and since >= now()), 6::bigint, 'also those of a point');
select results_eq($$ select interval_s from point_interval where site_id = 'mo' and point_id = 3 order by since desc limit 1 $$, $$ values (30::double precision) $$, 'and the last one holds');
select poll_intervals_note('mo', now() + interval '2 hours');
update point set poll_interval_ms = 7000 where site_id = 'mo' and point_id = 3;
select poll_intervals_note('mo', now() + interval '2 hours');
select is((select count(*) from site_rate where site_id = 'mo'), 7::bigint, 'an hour later there may be more');
update point set poll_interval_ms = null where site_id = 'mo' and point_id = 3;

-- ---- what cannot be applied ----
select pg_temp.came('mo', 12, 'point', jsonb_build_object('table', 'point', 'op', 'insert', 'key', 3, 'new', pg_temp.point(3, 2) || '{"object_instance": 77}'));
select pg_temp.came('mo', 13, 'weather', '{"rain": true}');
select pg_temp.came('mo', 14, 'point', '{"v": 2}');
select pg_temp.came('mo', 15, 'point', jsonb_build_object('table', 'point', 'op', 'insert', 'key', 5, 'new', pg_temp.point(5, 99)));
insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at) values ('mo', 7, 16, 'alarm', '2026-11-27 10:00:16+00', 'no JSON', sha256('x'), now());
select pg_temp.came('mo', 17, 'alarm', '{"event": "raised", "key": "disk", "severity": "warning", "text": "the disk is nearly full", "alarm_id": 3, "raised_at": "2026-11-27T10:00:17Z"}');
select results_eq($$ select * from pg_temp.apply('mo', 11, 17) $$, $$ values ('point alarm'::text, 5::bigint) $$, 'what cannot be applied is put aside, and the rest goes on');
select results_eq($$ select seq, is_newer from uplink_quarantine where site_id = 'mo' order by 1 $$, $$ values (12::bigint, false), (13, true), (14, true), (15, false), (16, false) $$, 'what is newer than this is told from what is wrong');
select is((select reason from uplink_quarantine where seq = 12), 'point 3 is analog-input 3 of device 2 here, and comes as analog-input 77 of device 2', 'a known number as something else is not taken');
select is((select object_instance from point where site_id = 'mo' and point_id = 3), 3, 'and what it was stays');
select is((select count(*) from alarm where site_id = 'central' and key = 'uplink.quarantine.mo' and returned_at is null), 1::bigint, 'an alarm of central says so, once');
select is((select text from alarm where site_id = 'mo' and key = 'disk'), 'the disk is nearly full', 'what came behind it is applied');
select is((select applied_seq from uplink_applied where site_id = 'mo'), 17::bigint, 'and the place is behind all of them');

-- ---- alarms ----
select pg_temp.came('mo', 18, 'alarm', '{"event": "returned", "key": "disk", "severity": "warning", "text": "x", "raised_at": "2026-11-27T10:00:17Z", "returned_at": "2026-11-27T10:05:00Z"}');
select pg_temp.came('mo', 19, 'alarm', '{"event": "raised", "key": "disk", "severity": "warning", "text": "x", "raised_at": "2026-11-27T10:00:17Z"}');
select is((select put_aside from pg_temp.apply('mo', 17, 19)), 0::bigint, 'an alarm returns, and is told again');
select results_eq($$ select returned_at from alarm where site_id = 'mo' $$, $$ values ('2026-11-27 10:05:00+00'::timestamptz) $$, 'told again it changes nothing');

-- ---- again, with what is known by then ----
create function pg_temp.retry(of_site text, out applied bigint, out left_over bigint) language plpgsql as $$
declare
    entry record;
    made  record;
begin
    applied := 0;
    loop
        select * into entry from uplink_retry_begin(of_site, 5);
        exit when not found;
        select * into made from uplink_retry(of_site, entry.epoch, entry.seq);
        applied := applied + made.applied;
    end loop;
    left_over := (select count(*) from uplink_quarantine q where q.site_id = of_site and not q.is_newer);
end
$$;
insert into device (site_id, device_id, address, instance) values ('mo', 99, '10.0.0.99', 199);
select is(central_retry('mo'), 5::bigint, 'all of them are tried again');
select results_eq($$ select applied, left_over from pg_temp.retry('mo') $$, $$ values (1::bigint, 2::bigint) $$, 'one is applied by now');
select is((select device_id from point where site_id = 'mo' and point_id = 5), 99, 'and is there');
select is((select count(*) from uplink_quarantine where wants_retry), 0::bigint, 'the others wait for the next time');

-- ---- a device takes another's place ----
select readings_ensure_days(now(), now());
insert into sensor_readings (time, site_id, point_id, value, quality) values (now(), 'mo', 4, 20, 'good');
select pg_temp.came('mo', 20, 'point', '{"table": "point", "op": "succeed", "key": 4, "successor": 3}');
select pg_temp.came('mo', 21, 'point', '{"table": "point", "op": "delete", "key": 4}');
select is((select put_aside from pg_temp.apply('mo', 19, 21)), 0::bigint, 'a point goes on with another''s readings');
select is((select point_id from sensor_readings where site_id = 'mo'), 3, 'and has them');

-- ---- told whole, again ----
select pg_temp.came('mo', 22, 'device', jsonb_build_object('table', 'device', 'op', 'state', 'rows', jsonb_build_array(pg_temp.device(1)), 'complete', true));
select pg_temp.came('mo', 23, 'point', jsonb_build_object('table', 'point', 'op', 'state', 'rows', jsonb_build_array(pg_temp.point(1, 1)), 'complete', true));
select pg_temp.came('mo', 24, 'setting', jsonb_build_object('table', 'setting', 'op', 'state', 'rows', '[]'::jsonb, 'complete', true));
select is((select put_aside from pg_temp.apply('mo', 21, 24)), 0::bigint, 'what there is is told again');
select results_eq($$ select (select count(*) from device where site_id = 'mo'), (select count(*) from point where site_id = 'mo'), (select count(*) from setting where site_id = 'mo') $$,
    $$ values (1::bigint, 1::bigint, 0::bigint) $$, 'and what it does not name is no more');
select is((select count(*) from uplink_named where what <> 'alarm'), 0::bigint, 'nothing is left of the telling'); -- the alarm that is no JSON may have been one

-- ---- two sites in one transaction ----
select pg_temp.came('mo', 25, 'checkpoint', '{}');
select pg_temp.came('kl', 1, 'epoch', '{}');
select results_eq($$ select site_id, put_aside from uplink_apply('[{"site": "mo", "epoch": 7, "after": 24, "to": 25, "has_records": true},
    {"site": "kl", "epoch": 7, "after": 0, "to": 1, "key": 1, "has_records": true, "newest": "2026-11-27T10:00:00Z", "hours": [[1764237600, 5, 6]], "aside": [{"seq": 1, "kind": "readings", "reason": "damaged"}]}]') order by 1 $$,
    $$ values ('kl'::text, 1::bigint), ('mo', 0::bigint) $$, 'several sites are applied together');
select results_eq($$ select good, count from site_hour where site_id = 'kl' $$, $$ values (5::bigint, 6::bigint) $$, 'what came is counted by the hour');

-- ---- how far behind ----
update remote_site set seen_at = now(), health_at = now(), health = '{"unsent_entries": 0}', clock_ahead_s = 60 where site_id = 'mo';
update uplink_cursor set received_seq = 25, received_at = now() - interval '1 s' where site_id = 'mo';
select is((select latest_end_time from site_lag where site = 'mo'), now(), 'a site that has nothing else was all here when it called');
update remote_site set health = '{"unsent_entries": 7, "unsent_octets": 2048}' where site_id = 'mo';
select is((select latest_end_time from site_lag where site = 'mo'), '2026-11-27 09:59:25+00'::timestamptz, 'or else when its last entry here was recorded, by our clock');
select is((select lag from site_lag where site = 'mo'), '2048 bytes', 'and so much waits there');
select is((select link from sites where site_id = 'mo'), case when now() - '2026-11-27 09:59:25+00'::timestamptz > interval '1 minute' then 'late' else 'online' end, 'which makes it late');
update remote_site set wait_until = now() + interval '1 hour', wait_why = 'the disk' where site_id = 'mo';
select results_eq($$ select link, wait_why from sites where site_id = 'mo' $$, $$ values ('waiting'::text, 'the disk'::text) $$, 'unless it was told to wait');
update remote_site set wait_until = null, wait_why = null where site_id = 'mo';
insert into central_status (seen_at, floor_octets, is_low, counters) values (now(), 0, false, '{"slow_sites": ["mo"]}')
    on conflict (is_one) do update set seen_at = excluded.seen_at, counters = excluded.counters;
select is((select wait_why from sites where site_id = 'mo'), 'what it sent takes long to apply: others go first', 'of whom what he sent takes long it is said');
select is((select wait_why from sites where site_id = 'kl'), null, 'and of nobody else');
update central_status set seen_at = now() - interval '1 minute';
select is((select wait_why from sites where site_id = 'mo'), null, 'but not for ever by a central that is no more');
insert into site (site_id, name, is_remote) values ('lx', 'Lisbon', true);
insert into remote_site (site_id, number, state) values ('lx', 3, 'invited');
select is((select availability from sites where site_id = 'lx'), null, 'a site of which nothing is expected is not available, nor is it not');
delete from remote_site where site_id = 'lx';

-- ---- a site that says what cannot be ----
update remote_site set clock_ahead_s = 9e12, wait_until = null where site_id = 'mo';
select is((select count(*) from (select to_jsonb(sites) from sites union all select to_jsonb(site_lag) from site_lag) as seen), 4::bigint, 'a clock that is eons ahead hides nobody');
update remote_site set clock_ahead_s = -9e12 where site_id = 'mo';
select is((select count(*) from (select to_jsonb(sites) from sites union all select to_jsonb(site_lag) from site_lag) as seen), 4::bigint, 'nor one that is behind');
update uplink set at = '294200-01-01 00:00:00+00' where site_id = 'mo' and seq = 25;
select is((select count(*) from (select to_jsonb(sites) from sites union all select to_jsonb(site_lag) from site_lag) as seen), 4::bigint, 'nor an instant that nobody lives to see');

-- ---- what is small and would be large ----
insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
values ('mo', 7, 26, 'point', now(), '{"v": 1, "table": "point", "op": "update", "key": 1, "new": {"name": 1e131071}}', sha256('x'), now()),
       ('mo', 7, 27, 'point', now(), '{"v": 1, "table": "point", "op": "update", "key": 1, "new": {"name": "AHU \\"1E1000", "description": 1e20}}', sha256('x'), now()),
       ('mo', 7, 28, 'point', now(), convert_to(jsonb_build_object('v', 1, 'table', 'point', 'op', 'state', 'rows', (select jsonb_agg(pg_temp.point(1, 1)) from generate_series(1, 1001)))::text, 'UTF8'), sha256('x'), now());
select is((select put_aside from pg_temp.apply('mo', 25, 28)), 2::bigint, 'numbers of a hundred thousand digits and parts of a thousand rows stand aside');
select is((select name from point where site_id = 'mo' and point_id = 1), 'AHU "1E1000', 'a name that looks like one does not');

-- ---- names that differ in each row ----
create temporary table put (rows bigint);
create function pg_temp.note_put() returns trigger language plpgsql security definer as 'begin insert into put select count(*) from fresh; return null; end';
create trigger note_put after insert on point referencing new table as fresh for each statement execute function pg_temp.note_put();
select pg_temp.came('mo', 29, 'point', jsonb_build_object('table', 'point', 'op', 'state', 'rows', (select jsonb_agg(pg_temp.point(100 + n, 1) || jsonb_build_object('odd' || n, 1)) from generate_series(1, 50) as n)));
select pg_temp.came('mo', 30, 'point', jsonb_build_object('table', 'point', 'op', 'state', 'rows', (select jsonb_agg(pg_temp.point(200 + n, 1) - (array(select jsonb_object_keys(pg_temp.point(1, 1)) order by 1))[n]) from generate_series(1, 17) as n)));
select is((select put_aside from pg_temp.apply('mo', 28, 30)), 1::bigint, 'rows of which each has other columns stand aside');
select results_eq($$ select rows from put $$, $$ values (50::bigint) $$, 'names that are not known here make no statements of their own');

-- ---- what is counted ----
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest) values ('kl', 8, 2, 1, 9, 0, decode(repeat('00', 32), 'hex'));
insert into uplink_applied (site_id, epoch, applied_seq, key_seq) values ('kl', 8, 0, null);
create function pg_temp.counts(after bigint, last bigint, more jsonb) returns void language sql as $$
    select from uplink_apply(jsonb_build_array(jsonb_build_object('site', 'kl', 'epoch', 8, 'after', after, 'to', last, 'has_records', false) || more))
$$;
select pg_temp.counts(0, 1, '{"key": 1, "given_up": 2, "newest": "2026-11-27T12:00:00Z", "hours": [[1764244800, 3, 4], [1764248400, 1, 1]]}');
select pg_temp.counts(1, 2, '{"given_up": 1, "newest": "2026-11-27T11:00:00Z", "hours": [[1764244800, 1, 2]]}');
select pg_temp.counts(2, 3, '{}');
select results_eq($$ select applied_seq, key_seq, given_up, newest_at from uplink_applied where site_id = 'kl' and epoch = 8 $$, $$ values (3::bigint, 1::bigint, 3::bigint, '2026-11-27 12:00Z'::timestamptz) $$, 'frames that a site gave up are counted, the newest reading and the key frame stay');
select results_eq($$ select good, count from site_hour where site_id = 'kl' and hour >= '2025-11-27 12:00Z' order by hour $$, $$ values (4::bigint, 6::bigint), (1, 1) $$, 'what came of an hour in parts is added up');
select is((select applied_seq from uplink_applied where site_id = 'kl' and epoch = 7), 1::bigint, 'another life stands where it stood');
select is(current_setting('bacpipes.applying'), '', 'nobody applies any more');

-- ---- the disk, and each site's share of a day ----
update remote_site set wait_until = null, wait_why = null, day = (clock_timestamp() at time zone 'UTC')::date, day_octets = 1000 where site_id in ('mo', 'kl');
update remote_site set state = 'revoked' where site_id = 'kl';
create function pg_temp.waits(free bigint, quota bigint) returns text language sql as $$
    select central_keep(free, 10000, quota, '{}');
    select coalesce(string_agg(site_id || ' ' || case when wait_why like 'it has%' then '' when wait_until > clock_timestamp() + interval '90 s' then 'long ' else 'soon ' end || left(wait_why, 20), ', ' order by site_id), 'none') from remote_site where wait_until > clock_timestamp()
$$;
select is(pg_temp.waits(10000, 0), 'none', 'as much as the floor is enough');
select is(pg_temp.waits(9999, 0), 'mo long central''s disk is ne', 'with less sites wait, for longer than until the next look');
select is(pg_temp.waits(10500, 0), 'mo long central''s disk is ne', 'until a tenth more is free');
select is(pg_temp.waits(11000, 0), 'none', 'and then no more');
select is(pg_temp.waits(10500, 0), 'none', 'nor until it is low again');
select is(pg_temp.waits(20000, 1000), 'none', 'a site may send its share');
select is(pg_temp.waits(20000, 999), 'mo it has sent more tha', 'who has sent more waits');
select ok((select date_trunc('day', wait_until at time zone 'UTC') = wait_until at time zone 'UTC' from remote_site where site_id = 'mo'), 'till tomorrow');
select is(pg_temp.waits(20000, 0), 'none', 'or till there are no shares');
update remote_site set day = day - 1 where site_id = 'mo';
select is(pg_temp.waits(20000, 999), 'none', 'what came yesterday is of yesterday');
update remote_site set state = 'joined' where site_id = 'kl';

-- ---- what may pass another time ----
create or replace function uplink_apply_audit(of_site text, body jsonb) returns void language plpgsql as $$
begin
    raise exception using message = 'it breaks', errcode = body ->> 'state';
end
$$;
create function pg_temp.breaks(state text) returns text language plpgsql as $$
declare
    made record;
begin
    select * into made from uplink_record_apply('mo', 'audit', convert_to(jsonb_build_object('v', 1, 'state', state)::text, 'UTF8'), now(), true, null, null);
    return case when made.reason = 'it breaks' then 'aside' || case when made.is_newer then ', newer' else '' end else coalesce(made.reason, 'applied') end;
exception when others then
    return case when sqlstate = state then 'again' else sqlstate end;
end
$$;
select is((select string_agg(state, ' ' order by state) from unnest('{08006,25006,40001,40P01,42501,53100,55000,55P03,57P01,58030,XX000,XX001}'::text[]) as state where pg_temp.breaks(state) <> 'again'), null, 'a lock, a deadlock, a full disk, a shutdown: nothing stands aside for them');
select is((select string_agg(state, ' ' order by state) from unnest('{22023,23503,23505,23514,P0001,54000,42804}'::text[]) as state where pg_temp.breaks(state) <> 'aside'), null, 'what the entry itself has wrong does');
select is(pg_temp.breaks('0A000'), 'aside, newer', 'what is not known yet stands aside as newer');

-- ---- how much of it is here ----
delete from site_rate where site_id = 'mo';
insert into site_rate (site_id, since, per_hour, points) select 'mo', now() - n * interval '5 hours 7 minutes', 10 * n, n from generate_series(1, 9) as n;
insert into site_hour (site_id, hour, good, count) select 'mo', date_trunc('hour', now(), 'UTC') - n * interval '1 hour', 9 + n, 50 from generate_series(1, 40) as n on conflict on constraint site_hour_pkey do update set good = excluded.good;
select is((select round(availability::numeric, 9) from sites where site_id = 'mo'),
          (select round((sum(good) / sum(expected))::numeric, 9) from availability_hours where site_id = 'mo' and hour >= now() - interval '24 hours'), 'of a day as many are here as of its hours');
select is((select round(expected::numeric, 6) from availability_hours where site_id = 'mo' and hour = date_trunc('hour', now(), 'UTC') - interval '24 hours'),
          (select round(sum(per_hour * greatest(0, extract(epoch from least(until, began + interval '1 hour') - greatest(since, began)))) / 3600, 6)
             from (select since, per_hour::numeric, lead(since, 1, 'infinity') over (order by since) as until, date_trunc('hour', now(), 'UTC') - interval '24 hours' as began from site_rate where site_id = 'mo') as r
            where until > began and since < began + interval '1 hour'), 'each hour by what held in it');

-- ---- very many alarms ----
create function pg_temp.looked_at() returns bigint language sql as $$ select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables where relid = 'alarm'::regclass $$;
create function pg_temp.alarms(of_part integer, over text) returns jsonb language sql as $$
    select jsonb_build_object('op', 'state', 'rows', jsonb_agg(jsonb_strip_nulls(jsonb_build_object('key', 'very many ' || of_part * 1000 + n, 'severity', 'info', 'text', 't', 'raised_at', '2026-11-27T10:00:00Z', 'returned_at', over))))
      from generate_series(1, 1000) as n
$$;
analyze alarm;
select count(uplink_alarm('mo', jsonb_build_object('event', 'raised', 'key', 'few', 'severity', 'info', 'text', 't', 'raised_at', now()))) from generate_series(1, 10) \g /dev/null
select pg_temp.looked_at() as before \gset
select count(uplink_alarm('mo', pg_temp.alarms(n, '2026-11-27T11:00:00Z'))) from generate_series(1, 5) as n \g /dev/null
select cmp_ok(pg_temp.looked_at() - :before, '<', 50000::bigint, 'each of very many alarms is looked for among those of its name, not among all');
select count(uplink_alarm('mo', pg_temp.alarms(n, null))) from generate_series(11, 19) as n \g /dev/null
select is((uplink_record_apply('mo', 'alarm', convert_to(pg_temp.alarms(21, null)::text, 'UTF8'), now(), true, null, null)).reason, null, 'a site may have ten thousand that are not over');
select is((uplink_record_apply('mo', 'alarm', convert_to(pg_temp.alarms(22, null)::text, 'UTF8'), now(), true, null, null)).reason, 'the site has more than 10000 alarms that are not over', 'and more are put aside');

-- ---- instants that are none ----
select is((select count(*) from unnest('{infinity, -Infinity}'::text[]) as instant,
                  lateral uplink_record_apply('mo', 'setting', convert_to(jsonb_build_object('v', 1, 'table', 'setting', 'op', 'insert', 'key', 'poll.interval',
                          'new', jsonb_build_object('name', 'poll.interval', 'value', '30s', 'updated_at', instant, 'updated_by', 'anna'))::text, 'UTF8'), now(), true, null, null) as made
            where made.reason ~* '^its updated_at is no instant: -?infinity$'), 2::bigint, 'what is dated without end is put aside');

select finish();
rollback;
