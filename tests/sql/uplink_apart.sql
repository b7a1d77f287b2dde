-- Whatever a site says of its devices, points, settings, holds and alarms, those of another site, of the same numbers and names, stay as they are.
begin;
select plan(3);

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


create function pg_temp.says(of_site text, of_kind text, body jsonb) returns void language plpgsql as $$
declare
    made record;
begin
    perform set_config('bacpipes.applying', of_site, true);
    select * into made from uplink_record_apply(of_site, of_kind, convert_to((body || '{"v": 1}')::text, 'UTF8'), now(), true, null, null);
    perform set_config('bacpipes.applying', '', true);
    if made.reason is not null then
        raise exception '%', made.reason;
    end if;
end
$$;
create function pg_temp.all_of(of_site text) returns jsonb language sql as $$
    select jsonb_build_array((select jsonb_agg(to_jsonb(d) order by device_id) from device d where site_id = of_site), (select jsonb_agg(to_jsonb(p) order by point_id) from point p where site_id = of_site),
                             (select jsonb_agg(to_jsonb(s) order by name) from setting s where site_id = of_site), (select jsonb_agg(to_jsonb(a) order by alarm_id) from alarm a where site_id = of_site),
                             (select jsonb_agg(to_jsonb(o) order by point_id, priority) from override o where site_id = of_site), (select jsonb_agg(to_jsonb(s) order by point_id) from point_successor s where site_id = of_site))
$$;
create function pg_temp.tells(of_site text) returns void language sql as $$
    select pg_temp.says(of_site, 'device', jsonb_build_object('table', 'device', 'op', 'state', 'rows', jsonb_build_array(pg_temp.device(1), pg_temp.device(2)), 'complete', true));
    select pg_temp.says(of_site, 'point', jsonb_build_object('table', 'point', 'op', 'state', 'rows', (select jsonb_agg(pg_temp.point(n, 1 + n % 2)) from generate_series(1, 6) as n), 'complete', true));
    select pg_temp.says(of_site, 'setting', '{"table": "setting", "op": "state", "rows": [{"name": "poll.interval", "value": "30s", "updated_at": "2026-11-27T10:00:00Z", "updated_by": "anna"}], "complete": true}');
    select pg_temp.says(of_site, 'alarm', '{"event": "raised", "key": "disk", "severity": "warning", "text": "t", "raised_at": "2026-11-27T10:00:17Z"}');
    select pg_temp.says(of_site, 'override', '{"op": "set", "rows": [{"point_id": 1, "priority": 8, "value": 3, "seen_since": "2026-11-27T10:00:00Z", "seen_at": "2026-11-27T10:00:00Z"}]}');
    select pg_temp.says(of_site, 'point', '{"table": "point", "op": "succeed", "key": 6, "successor": 5}');
$$;
select readings_ensure_days(now(), now()) as made \gset
select pg_temp.tells('mo'), pg_temp.tells('kl') \g /dev/null
create temporary table kept as select pg_temp.all_of('kl') as it;
select is((select count(*) from alarm where site_id in ('mo', 'kl')), 2::bigint, 'each site has an alarm of its own');

select pg_temp.says('mo', 'device', '{"table": "device", "op": "update", "key": 1, "new": {"name": "another"}}'), pg_temp.says('mo', 'point', '{"table": "point", "op": "update", "key": 1, "new": {"name": "another"}}'),
       pg_temp.says('mo', 'setting', '{"table": "setting", "op": "update", "key": "poll.interval", "new": {"value": "1min"}}'), pg_temp.says('mo', 'override', '{"op": "gone", "rows": [{"point_id": 1, "priority": 8}]}'),
       pg_temp.says('mo', 'alarm', '{"event": "returned", "key": "disk", "raised_at": "2026-11-27T10:00:17Z", "returned_at": "2026-11-27T10:05:00Z"}'),
       pg_temp.says('mo', 'point', jsonb_build_object('table', 'point', 'op', 'insert', 'key', 6, 'new', pg_temp.point(6, 1))),
       pg_temp.says('mo', 'point', '{"table": "point", "op": "delete", "key": 3}'), pg_temp.says('mo', 'setting', '{"table": "setting", "op": "delete", "key": "poll.interval"}'),
       pg_temp.says('mo', 'device', '{"table": "device", "op": "delete", "key": 2}') \g /dev/null
select pg_temp.says('mo', 'alarm', '{"op": "state", "rows": [], "complete": true}'), pg_temp.says('mo', 'override', '{"op": "state", "rows": [], "complete": true}'),
       pg_temp.says('mo', 'point', '{"table": "point", "op": "state", "rows": [], "complete": true}'), pg_temp.says('mo', 'device', '{"table": "device", "op": "state", "rows": [], "complete": true}') \g /dev/null
select is(pg_temp.all_of('kl'), (select it from kept), 'what one of them does to its own is nothing of the other''s');
select is((select count(*) from point where site_id = 'mo') + (select count(*) from device where site_id = 'mo') + (select count(*) from setting where site_id = 'mo'), 0::bigint, 'of which nothing is left');

select finish();
rollback;
