-- An instant that is none stands aside, in whatever table of a site's it would be.
begin;
select plan(21);

insert into site (site_id, name) values ('central', 'Central') on conflict do nothing;
insert into site (site_id, name, is_remote) values ('mo', 'Macau', true);
insert into remote_site (site_id, number, state, joined_at) values ('mo', 1, 'joined', now());
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest) values ('mo', 7, 1, 1, 0, 0, decode(repeat('00', 32), 'hex'));
insert into uplink_applied (site_id, epoch, applied_seq) values ('mo', 7, 0);
insert into device (site_id, device_id, address, instance, name) values ('mo', 1, '10.0.0.1', 101, 'AHU-1');
insert into point (site_id, point_id, device_id, object_type, object_instance, name) values ('mo', 1, 1, 'analog-value', 1, 'SAT');

-- Why it stands aside; null: it is applied.
create function pg_temp.against(of_kind text, body jsonb) returns text language sql as $$
    select reason from uplink_record_apply('mo', of_kind, convert_to(('{"v": 1}'::jsonb || body)::text, 'UTF8'), now(), true, null, null)
$$;
create function pg_temp.put(of_table text, of_op text, of_row jsonb) returns text language sql as $$
    select pg_temp.against(of_table, jsonb_build_object('table', of_table, 'op', of_op, 'key', of_row -> uplink_key(of_table), 'new', of_row))
$$;
create function pg_temp.rows(of_kind text, of_op text, of_row jsonb) returns text language sql as $$
    select pg_temp.against(of_kind, jsonb_build_object('table', of_kind, 'op', of_op, 'rows', jsonb_build_array(of_row)))
$$;
create temporary table good (what text, row jsonb);
insert into good values
    ('setting', '{"name": "poll.interval", "value": "30s", "updated_at": "2026-11-27T10:00:00Z", "updated_by": "infinity"}'),
    ('device', (select to_jsonb(d) - 'site_id' from device d where site_id = 'mo')), ('point', (select to_jsonb(p) - 'site_id' from point p where site_id = 'mo'));

select is(pg_temp.put('setting', 'insert', (select row from good where what = 'setting')), null, 'a setting by somebody of that name is applied');
select is(pg_temp.put('setting', 'insert', (select row from good where what = 'setting') || jsonb_build_object('updated_at', said)), format('its updated_at is no instant: %s', said), format('%s is no instant', said))
  from unnest('{infinity,-infinity,Infinity,"(infinity)"}'::text[]) as said;
select is(pg_temp.put('setting', 'update', '{"name": "poll.interval", "updated_at": "infinity"}'), 'its updated_at is no instant: infinity', 'nor where one is changed');
select is(pg_temp.rows('setting', 'state', (select row from good where what = 'setting') || '{"updated_at": "infinity"}'), 'its updated_at is no instant: infinity', 'or all are told');
select is(pg_temp.put(what, 'update', row || '{"name": "Infinity", "description": "to infinity"}'), null, format('a %s may be called so', what)) from good where what <> 'setting';
select is(pg_temp.put(what, 'update', row || '{"updated_at": "infinity"}'), 'its updated_at is no instant: infinity', format('that of a %s is refused', what)) from good where what <> 'setting';
select is(pg_temp.put('point', 'update', (select row from good where what = 'point') || '{"chosen_at": "infinity"}'), 'its chosen_at is no instant: infinity', 'any of them');
select is(pg_temp.rows('device_status', 'set', '{"device_id": 1, "state": "offline", "since": "infinity", "reason": "infinity"}'), 'its since is no instant: infinity', 'of how a device is');
select is(pg_temp.against('alarm', '{"event": "raised", "key": "disk", "severity": "warning", "text": "infinity", "raised_at": "infinity"}'), 'its raised_at is no instant: infinity', 'of an alarm');
select is(pg_temp.against('alarm', '{"event": "returned", "key": "disk", "returned_at": "-infinity"}'), 'its returned_at is no instant: -infinity', 'and of its end');
select is(pg_temp.rows('hold', 'set', '{"point_id": 1, "priority": 8, "release_at": "infinity"}'), 'its release_at is no instant: infinity', 'of a hold');
select is(pg_temp.rows('override', 'set', '{"point_id": 1, "priority": 8, "seen_since": "infinity"}'), 'its seen_since is no instant: infinity', 'of an override');
select is(pg_temp.against('command', jsonb_build_object('event', 'asked', 'id', gen_random_uuid(), 'point_id', 1, 'command_type', 'write_value', 'created_at', 'infinity')), 'its created_at is no instant: infinity', 'of a command');
select is(pg_temp.against('command_event', jsonb_build_object('event', 'completed', 'id', gen_random_uuid(), 'at', 'infinity')), 'its at is no instant: infinity', 'and of what became of it');
-- By what there is, so that a new column is not forgotten.
select is((select string_agg(format('%s.%s', c.attrelid::regclass, c.attname), ', ') from pg_attribute c
            where c.attrelid = any ('{device, point, setting, device_status, alarm, write_commands, hold, override}'::regclass[]) and c.attnum > 0 and not c.attisdropped
              and c.atttypid in ('timestamp'::regtype, 'date'::regtype, 'timestamptz[]'::regtype, 'tstzrange'::regtype)), null, 'there are no instants of other types');
select is((select count(*) from setting where site_id = 'mo' and not isfinite(updated_at)) + (select count(*) from device where not isfinite(updated_at)) + (select count(*) from alarm where not isfinite(raised_at)), 0::bigint, 'none is kept');
select * from finish();
rollback;
