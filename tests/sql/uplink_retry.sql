-- What stood aside and is tried again takes nothing from what came behind it, and deletes nothing that other parts of a telling named.
begin;
select plan(53);

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
-- As `bacpipes central` tries them: one after the other, until none is wanted.
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


-- ---- a part of a telling ----
select pg_temp.came('mo', 1, 'epoch', '{"reason": "new"}');
select pg_temp.came('mo', 2, 'device', jsonb_build_object('table', 'device', 'op', 'state', 'rows', jsonb_build_array(pg_temp.device(1)), 'complete', true));
select pg_temp.came('mo', 3, 'point', jsonb_build_object('table', 'point', 'op', 'state', 'complete', true, 'rows', (select jsonb_agg(pg_temp.point(n, 1)) from generate_series(1, 25) as n)));
select pg_temp.came('mo', 4, 'setting', jsonb_build_object('table', 'setting', 'op', 'state', 'rows', '[]'::jsonb, 'complete', true));
select pg_temp.came('mo', 5, 'point', jsonb_build_object('table', 'point', 'op', 'state', 'rows', (select jsonb_agg(pg_temp.point(n, 1)) from generate_series(1, 10) as n)));
select pg_temp.came('mo', 6, 'point', jsonb_build_object('table', 'point', 'op', 'state', 'complete', true, 'rows', (select jsonb_agg(pg_temp.point(n, 1)) from generate_series(11, 24) as n) || jsonb_build_array(pg_temp.point(25, 1) || '{"object_instance": 777}')));
select is((select sum(put_aside) from pg_temp.apply('mo', 0, 6)), 1::numeric, 'the last part has a point that is another here, and stands aside');
select is(central_retry('mo'), 1::bigint, 'it is tried again');
select results_eq($$ select applied, left_over from pg_temp.retry('mo') $$, $$ values (0::bigint, 1::bigint) $$, 'and stands aside again');
select is((select count(*) from point where site_id = 'mo'), 25::bigint, 'what the other parts named is there');

-- ---- a part that could not be read ----
select pg_temp.came('mo', 7, 'point', jsonb_build_object('table', 'point', 'op', 'state', 'rows', jsonb_build_array(pg_temp.point(1, 1), pg_temp.point(2, 1) || '{"object_instance": "many"}')));
select pg_temp.came('mo', 8, 'point', jsonb_build_object('table', 'point', 'op', 'state', 'complete', true, 'rows', (select jsonb_agg(pg_temp.point(n, 1)) from generate_series(3, 24) as n)));
select is((select sum(put_aside) from pg_temp.apply('mo', 6, 8)), 1::numeric, 'a part that cannot be taken stands aside');
select is((select count(*) from point where site_id = 'mo'), 25::bigint, 'and as nobody knows what it named, nothing is taken for gone');
select is((select count(*) from uplink_named), 0::bigint, 'the telling is over');

-- ---- newer ones stay ----
select pg_temp.came('mo', 9, 'setting', jsonb_build_object('table', 'setting', 'op', 'insert', 'key', 'poll.interval', 'new', jsonb_build_object('name', 'poll.interval', 'value', '30s', 'updated_at', now(), 'updated_by', 'anna')));
select pg_temp.came('mo', 10, 'setting', '{"v": 2, "table": "setting", "op": "update", "key": "poll.interval", "new": {"value": "old", "updated_by": "berta"}}');
select pg_temp.came('mo', 11, 'setting', '{"table": "setting", "op": "update", "key": "poll.interval", "new": {"value": "new"}}');
select pg_temp.came('mo', 12, 'alarm', '{"event": "raised", "key": "disk", "severity": "nonsense", "text": "t", "alarm_id": 3, "raised_at": "2026-11-27T10:00:17Z"}');
select pg_temp.came('mo', 13, 'alarm', '{"event": "returned", "key": "disk", "severity": "nonsense", "text": "t", "raised_at": "2026-11-27T10:00:17Z", "returned_at": "2026-11-27T10:05:00Z"}');
select pg_temp.came('mo', 14, 'point', '{"v": 2, "table": "point", "op": "delete", "key": 24}');
select pg_temp.came('mo', 15, 'hold', '{"v": 2, "op": "set", "rows": [{"point_id": 1, "priority": 8, "of_a_newer_version": 1}]}');
select pg_temp.came('mo', 16, 'hold', '{"op": "gone", "rows": [{"point_id": 1, "priority": 8}]}');
select is((select sum(put_aside) from pg_temp.apply('mo', 8, 16)), 4::numeric, 'what this version does not know stands aside, and what came behind it is applied');
-- As by a version that knows them.
update uplink set body = convert_to(replace(convert_from(body, 'UTF8'), '"v": 2', '"v": 1'), 'UTF8') where site_id = 'mo' and kind in ('setting', 'point', 'hold');
update uplink set body = convert_to(replace(convert_from(body, 'UTF8'), 'nonsense', 'warning'), 'UTF8') where site_id = 'mo' and kind = 'alarm';
select central_retry('mo');
select results_eq($$ select applied, left_over from pg_temp.retry('mo') $$, $$ values (5::bigint, 1::bigint) $$, 'all of it that is known by now is applied');
select results_eq($$ select value, updated_by from setting where site_id = 'mo' $$, $$ values ('new'::text, 'berta'::text) $$, 'what came later stays as it is, and what only the older one said is there');
select results_eq($$ select returned_at from alarm where site_id = 'mo' $$, $$ values ('2026-11-27 10:05:00+00'::timestamptz) $$, 'an alarm whose end is known is over');
select is((select count(*) from hold where site_id = 'mo'), 0::bigint, 'a hold that is gone does not come back');
select is((select count(*) from point where site_id = 'mo'), 24::bigint, 'what nothing newer speaks of is done');

-- ---- a setting that is none ----
select is((select sum(put_aside) from pg_temp.apply('mo', 16, 16)), 0::numeric, 'nothing is left');
select pg_temp.came('mo', 17, 'setting', '{"table": "setting", "op": "update", "key": "poll.interval", "new": {"value": "when the moon is full"}}');
select lives_ok($$ select * from pg_temp.apply('mo', 16, 17) $$, 'an interval that is none stops nothing');
select results_eq($$ select per_hour from site_rate where site_id = 'mo' order by since desc limit 1 $$, $$ values (24 * 240::double precision) $$, 'and is as none at all');

-- ---- a point that others go on with ----
select readings_ensure_days(now(), now());
select pg_temp.came('mo', 18, 'point', '{"table": "point", "op": "succeed", "key": 23, "successor": 22}');
select pg_temp.came('mo', 19, 'point', '{"table": "point", "op": "delete", "key": 23}');
select pg_temp.apply('mo', 17, 19);
insert into sensor_readings (time, site_id, point_id, value, quality) values (now(), 'mo', 23, 20, 'good');
select throws_ok($$ select * from uplink_apply(jsonb_build_array(jsonb_build_object('site', 'mo', 'epoch', 7, 'after', 19, 'to', 20, 'newest', now(), 'hours', '[]'::jsonb, 'buckets', jsonb_build_array(floor(extract(epoch from bucket_5min(now())))::bigint)))) $$,
    '23505', null, 'readings of a point that is no more are not stored as such');
select lives_ok($$ select * from uplink_apply(jsonb_build_array(jsonb_build_object('site', 'mo', 'epoch', 7, 'after', 19, 'to', 20, 'newest', now(), 'buckets', jsonb_build_array(floor(extract(epoch from bucket_5min(now())))::bigint)))) $$, 'but where they are stored as its successor''s');

-- ---- only what is wanted, and what is newer is no alarm ----
select pg_temp.came('kl', 1, 'device', jsonb_build_object('table', 'device', 'op', 'insert', 'key', 1, 'new', pg_temp.device(1)));
select pg_temp.came('kl', 2, 'device', jsonb_build_object('table', 'device', 'op', 'insert', 'key', 2, 'new', pg_temp.device(2)));
select pg_temp.came('kl', 3, 'device', jsonb_build_object('table', 'device', 'op', 'insert', 'key', 3, 'new', pg_temp.device(3)));
update uplink_applied set applied_seq = 3 where site_id = 'kl';
select uplink_put_aside('kl', 7, 2, 'device', 'newer', true);
select is((select count(*) from alarm where key = 'uplink.quarantine.kl'), 0::bigint, 'what is newer than this is no alarm');
select uplink_put_aside('kl', 7, 1, 'device', 'wrong', false), uplink_put_aside('kl', 7, 3, 'device', 'wrong', false);
select is((select count(*) from alarm where key = 'uplink.quarantine.kl' and returned_at is null), 1::bigint, 'what is wrong is one');
update uplink_quarantine set wants_retry = true where site_id = 'kl' and seq = 1;
select results_eq($$ select applied, left_over from pg_temp.retry('kl') $$, $$ values (1::bigint, 1::bigint) $$, 'only what is wanted is tried');
select is((select count(*) from alarm where key = 'uplink.quarantine.kl' and returned_at is null), 1::bigint, 'and the alarm stays while something stands aside');
select uplink_put_aside('kl', 7, 3, 'device', 'wrong again', false);
update uplink_quarantine set wants_retry = true where site_id = 'kl' and seq = 3;
select uplink_put_aside('kl', 7, 3, 'device', 'wrong once more', false);
select is((select wants_retry from uplink_quarantine where site_id = 'kl' and seq = 3), false, 'what stood aside again waits to be asked for');
update uplink_quarantine set wants_retry = true where site_id = 'kl' and seq = 3;
select results_eq($$ select applied, left_over from pg_temp.retry('kl') $$, $$ values (1::bigint, 0::bigint) $$, 'until all that was wrong is applied');
select is((select count(*) from alarm where key = 'uplink.quarantine.kl' and returned_at is null), 0::bigint, 'then the alarm is over, whatever is newer');

-- ---- a command that was not understood, and what became of it ----
select pg_temp.came('kl', 4, 'point', jsonb_build_object('table', 'point', 'op', 'insert', 'key', 1, 'new', pg_temp.point(1, 3)));
select pg_temp.came('kl', 5, 'command', '{"v": 2, "id": "00000000-0000-0000-0000-00000000000c", "number": 7, "point_id": 1, "command_type": "write_value", "value": 21, "priority": 8, "status": "pending", "source": "sql", "origin": "site", "created_by": "eve", "created_at": "2026-11-27T10:00:00Z", "execute_at": "2026-11-27T10:00:00Z", "expires_at": "2026-11-27T10:10:00Z"}');
select pg_temp.came('kl', 6, 'command_event', '{"id": "00000000-0000-0000-0000-00000000000c", "event": "executing", "at": "2026-11-27T10:00:01Z"}');
select pg_temp.came('kl', 7, 'command_event', '{"id": "00000000-0000-0000-0000-00000000000c", "event": "completed", "verdict": "held", "at": "2026-11-27T10:00:02Z"}');
select is((select sum(put_aside) from pg_temp.apply('kl', 3, 7)), 1::numeric, 'a command of a newer site stands aside');
update uplink set body = convert_to(replace(convert_from(body, 'UTF8'), '"v": 2', '"v": 1'), 'UTF8') where site_id = 'kl' and kind = 'command';
update uplink_quarantine set wants_retry = true where site_id = 'kl' and seq = 5;
select results_eq($$ select applied from pg_temp.retry('kl') $$, $$ values (1::bigint) $$, 'and is applied when it is understood');
select is((select concat_ws(' ', status, verdict) from write_commands where site_id = 'kl'), 'completed held', 'with what became of it meanwhile');

-- ---- each by itself, and none for ever ----
create function pg_temp.next(out word text) language sql as $$ select concat_ws(' ', b.seq, b.tries) from uplink_retry_begin('kl', 2) as b $$;
create function pg_temp.refuse() returns trigger language plpgsql as $$ begin raise out_of_memory using message = 'out of memory'; end $$;
create trigger refuse before insert or update on device for each row when (new.device_id = 2) execute function pg_temp.refuse();
select uplink_put_aside('kl', 7, n, 'device', 'wrong', false) from generate_series(1, 3) as n \g /dev/null
select central_retry('kl');
select is(pg_temp.next(), '1 1', 'the first comes first');
select results_eq($$ select applied from uplink_retry('kl', 7, 1) $$, $$ values (1::bigint) $$, 'and by itself');
select is(pg_temp.next(), '2 1', 'then the second');
select throws_ok($$ select * from uplink_retry('kl', 7, 2) $$, '53200', 'out of memory', 'which fails by what may pass another time');
select is((select string_agg(seq || ' ' || wants_retry, ', ' order by seq) from uplink_quarantine where site_id = 'kl'), '2 true, 3 true', 'so it is wanted still');
select is(pg_temp.next(), '2 2', 'and has its second try, before those behind it');
select central_retry();
select is(pg_temp.next(), '3 1', 'nobody heard how its tries ended, whoever started again meanwhile: the others have their turn');
select results_eq($$ select reason, wants_retry, is_costly from uplink_quarantine where site_id = 'kl' and seq = 2 $$, $$ values ('it takes too much: none of 2 tries came to its end'::text, false, true) $$, 'it stays aside, and says why');
select lives_ok($$ select uplink_retry_failed('kl', 7, 3, 'out of memory') $$, 'where it is heard of, it is said');
select results_eq($$ select reason, wants_retry, is_costly from uplink_quarantine where site_id = 'kl' and seq = 3 $$, $$ values ('out of memory'::text, false, false) $$, 'as it is');
select is(pg_temp.next(), null, 'none is wanted');
select is((select count(*) from alarm where key = 'uplink.quarantine.kl' and returned_at is null), 1::bigint, 'the alarm says so');
select uplink_put_aside('kl', 7, 2, 'device', 'it takes too long to apply, each time', false);
select is(central_retry(), 2::bigint, 'a start tries again what it can');
select is((select string_agg(seq::text, ' ') from uplink_quarantine where site_id = 'kl' and wants_retry), '3', 'and not what takes too long');
select is(central_retry('kl'), 2::bigint, 'that is tried where somebody names the site');
drop trigger refuse on device;
select results_eq($$ select applied, left_over from pg_temp.retry('kl') $$, $$ values (2::bigint, 0::bigint) $$, 'and applied, when it can be');
select is((select count(*) from device where site_id = 'kl' and device_id = 2), 1::bigint, 'all of it is there');
select lives_ok($$ select uplink_retry_failed('kl', 7, 3, 'too late') $$, 'of what is applied nothing is put aside any more');
select is((select count(*) from uplink_quarantine where site_id = 'kl'), 0::bigint, 'also where somebody thought that it had failed');

-- ---- however much has come since ----
delete from uplink_quarantine;
create function pg_temp.many(after bigint, of_key text) returns void language sql as $$
    select pg_temp.came('kl', after + n, 'setting', jsonb_build_object('table', 'setting', 'op', 'update', 'key', of_key, 'new', jsonb_build_object('of_a_newer_version', repeat('x', 900000)))) from generate_series(1, 20) as n
$$;
select pg_temp.came('kl', 8, 'setting', jsonb_build_object('table', 'setting', 'op', 'insert', 'key', 'poll.interval', 'new', jsonb_build_object('name', 'poll.interval', 'value', '30s', 'updated_at', now(), 'updated_by', 'anna')));
select pg_temp.many(8, 'control.mode'), uplink_put_aside('kl', 7, 8, 'setting', 'wrong', false) \g /dev/null
update uplink_applied set applied_seq = 28 where site_id = 'kl';
update uplink_quarantine set wants_retry = true where site_id = 'kl';
select results_eq($$ select applied, left_over from pg_temp.retry('kl') $$, $$ values (1::bigint, 0::bigint) $$, 'of all that came since nothing stands against a setting of another name');
select is((select value from setting where site_id = 'kl' and name = 'poll.interval'), '30s', 'which is as it was told');
select pg_temp.many(28, 'poll.interval'), uplink_put_aside('kl', 7, 8, 'setting', 'wrong', false) \g /dev/null
update uplink_applied set applied_seq = 48 where site_id = 'kl';
update uplink_quarantine set wants_retry = true where site_id = 'kl';
select results_eq($$ select applied, left_over from pg_temp.retry('kl') $$, $$ values (0::bigint, 1::bigint) $$, 'where more of its own came than anybody should read at once it stays aside');
select is((select reason from uplink_quarantine where site_id = 'kl'), 'what came behind it of the same is more than 16 MB', 'and it is said why');

select pg_temp.came('kl', 49, 'device', jsonb_build_object('table', 'device', 'op', 'insert', 'key', 9, 'new', pg_temp.device(9) || jsonb_build_object('name', repeat('n', 1001))));
select uplink_put_aside('kl', 7, 49, 'device', 'wrong', false) \g /dev/null
update uplink_applied set applied_seq = 49 where site_id = 'kl';
update uplink_quarantine set wants_retry = seq = 49 where site_id = 'kl';
select results_eq($$ select applied from pg_temp.retry('kl') $$, $$ values (1::bigint) $$, 'a text that is too long is cut as well');
select is((select cut from uplink_applied where site_id = 'kl'), 1::bigint, 'and counted');

select finish();
rollback;
