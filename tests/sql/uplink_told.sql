-- A site that tells all it has to a central that knows nothing yet: each point costs as much as the one before.
begin;
select plan(3);

insert into site (site_id, name) values ('central', 'Central') on conflict do nothing;
insert into site (site_id, name, is_remote) values ('mo', 'Macau', true);
insert into remote_site (site_id, number, state, joined_at) values ('mo', 1, 'joined', now());
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest) values ('mo', 7, 1, 1, 0, 0, decode(repeat('00', 32), 'hex'));
insert into uplink_applied (site_id, epoch, applied_seq) values ('mo', 7, 0);
set constraints number_entries immediate;

create function pg_temp.came(of_seq bigint, of_kind text, body jsonb) returns void language sql as $$
    insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
    values ('mo', 7, of_seq, of_kind, '2026-11-27 10:00:00+00', convert_to((body || '{"v": 1, "op": "state"}')::text, 'UTF8'), sha256('x'), now())
$$;
select pg_temp.came(1, 'device', jsonb_build_object('table', 'device', 'complete', true, 'rows', jsonb_build_array(
    jsonb_build_object('device_id', 1, 'address', '10.0.0.1', 'instance', 101, 'name', 'AHU-1', 'description', '', 'location', '', 'vendor_name', '', 'model_name', '', 'firmware_revision', '',
        'application_software_version', '', 'max_apdu', 480, 'segmentation', 'no-segmentation', 'services', '[]'::jsonb, 'enabled', true, 'tags', '{}'::jsonb, 'created_at', now(), 'updated_at', now())))) \g /dev/null
select pg_temp.came(2 + c, 'point', jsonb_build_object('table', 'point', 'complete', c = 19, 'part', c, 'rows', (
    select jsonb_agg(jsonb_build_object('point_id', c * 100 + n, 'device_id', 1, 'object_type', 'analog-value', 'object_instance', c * 100 + n, 'property', 'present-value', 'name', 'T' || n,
        'description', 'Temperature of a room', 'units', 'degrees-celsius', 'states', '[]'::jsonb, 'commandable', false, 'writable', false, 'enabled', true, 'tags', '{}'::jsonb, 'created_at', now(),
        'updated_at', now())) from generate_series(1, 100) as n))) from generate_series(0, 19) as c \g /dev/null

-- Rows of point that were looked at in this transaction, through whatever index.
create function pg_temp.looked() returns bigint language sql as $$ select idx_tup_fetch + seq_tup_read from pg_stat_xact_user_tables where relid = 'point'::regclass $$;
create function pg_temp.apply(after bigint, upto bigint) returns bigint language sql as $$
    select put_aside from uplink_apply(jsonb_build_array(jsonb_build_object('site', 'mo', 'epoch', 7, 'after', after, 'to', upto, 'has_records', true)))
$$;
select is((select sum(pg_temp.apply(n * 3, n * 3 + 3)) from generate_series(0, 6) as n), 0::numeric, 'a site tells 2000 points to a central where there are none');
select is((select count(*) from point where site_id = 'mo'), 2000::bigint, 'which has them then');
select cmp_ok(pg_temp.looked(), '<', 500000::bigint, 'and has looked at each of them some times, and not at all that came before');

select * from finish();
rollback;
