-- Has central apply what a site tells that means harm, or is broken: site "hostile", each of whose texts is 900 kB where one entry has room for one, and :points points whose texts are all as long as
-- they can be here, and longer. For tests of what central's web does with them.
insert into site (site_id, name, is_remote) values ('hostile', 'Hostile', true);
insert into remote_site (site_id, number, state, invited_at, joined_at, seen_at) select 'hostile', max(number) + 1, 'joined', now(), now(), now() from remote_site;
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest) values ('hostile', 4711, 1, 1, 0, 0, sha256('x'));
insert into uplink_applied (site_id, epoch, applied_seq) values ('hostile', 4711, 0);
create temporary table entry (seq bigint primary key generated always as identity, kind text, body jsonb);
create temporary table long as select repeat('x', 900000) as text;

create function pg_temp.device(n bigint, texts jsonb) returns jsonb language sql as $$
    select jsonb_build_object('table', 'device', 'op', 'insert', 'key', n, 'new', jsonb_build_object('device_id', n, 'address', '10.0.0.' || n, 'instance', 100 + n, 'name', 'AHU-' || n, 'description', '', 'location', '', 'vendor_name', '',
        'model_name', '', 'firmware_revision', '', 'application_software_version', '', 'max_apdu', 480, 'segmentation', 'no-segmentation', 'services', '[]'::jsonb, 'enabled', true, 'tags', '{}'::jsonb, 'created_at', now(), 'updated_at', now()) || texts)
$$;
create function pg_temp.point(n bigint, texts jsonb) returns jsonb language sql as $$
    select jsonb_build_object('point_id', n, 'device_id', 1, 'object_type', 'analog-value', 'object_instance', n, 'property', 'present-value', 'name', 'T' || n, 'description', '', 'units', '',
        'states', '[]'::jsonb, 'commandable', true, 'writable', true, 'enabled', true, 'tags', '{}'::jsonb, 'created_at', now(), 'updated_at', now()) || texts
$$;
insert into entry (kind, body) select 'device', pg_temp.device(1, '{}');
insert into entry (kind, body)
select 'device', pg_temp.device(1 + i, jsonb_build_object(field, case field when 'services' then jsonb_build_array(text) when 'tags' then jsonb_build_object('a', text) else to_jsonb(text) end))
  from long, unnest('{name,description,location,vendor_name,model_name,firmware_revision,application_software_version,segmentation,services,tags}'::text[]) with ordinality as f (field, i);
insert into entry (kind, body)
select 'point', jsonb_build_object('table', 'point', 'op', 'insert', 'key', i, 'new', pg_temp.point(i, jsonb_build_object(field, case field when 'states' then jsonb_build_array(text, text) when 'tags' then jsonb_build_object('a', text)
           when 'device_says' then jsonb_build_object('name', text) else to_jsonb(text) end)))
  from long, unnest('{name,description,units,property,object_type,states,tags,device_says}'::text[]) with ordinality as f (field, i);
insert into entry (kind, body)
select 'point', jsonb_build_object('table', 'point', 'op', 'state', 'rows', jsonb_agg(pg_temp.point(n, jsonb_build_object('name', 'hostile ' || n || repeat('é', 2000), 'description', n || repeat('é', 2000), 'units', repeat('u', 101),
           'states', (select jsonb_agg(s || '-' || n || repeat('é', 190)) from generate_series(1, 50) s), 'tags', (select jsonb_object_agg('t' || t, n || repeat('é', 190)) from generate_series(1, 50) t),
           'device_says', jsonb_build_object('name', n || repeat('é', 2000), 'description', n || repeat('é', 2000), 'units', repeat('u', 2000))))))
  from generate_series(9, :points) n group by n / 10;
insert into entry (kind, body)
select 'setting', jsonb_build_object('table', 'setting', 'op', 'insert', 'key', name, 'new', jsonb_build_object('name', name, 'value', text, 'updated_at', now(), 'updated_by', text))
  from long, setting_kind where scope = 'site' and kind in ('MODE', 'TEXT', 'PATH', 'NODES', 'ADDRESSES', 'DURATION');
insert into entry (kind, body) select 'device_status', jsonb_build_object('op', 'set', 'rows', jsonb_build_array(jsonb_build_object('device_id', 1, 'state', 'offline', 'since', now(), 'reason', text))) from long;
insert into entry (kind, body) select 'alarm', jsonb_build_object('event', 'raised', 'key', i || text, 'severity', 'critical', 'text', text, 'raised_at', now()) from long, generate_series(1, 20) i;
insert into entry (kind, body)
select 'command', jsonb_build_object('id', gen_random_uuid(), 'point_id', 1, 'command_type', 'write_value', 'value', 1, 'state', text, 'status', 'failed', 'verdict', 'unknown', 'created_at', now(), 'expires_at', now() + interval '1 h', 'completed_at', now(),
           'error_message', text, 'source', text, 'created_by', text, 'created_by_claim', text, 'source_ip', text, 'reason', text, 'slots', jsonb_build_object('8', text)) from long, generate_series(1, 5);
insert into entry (kind, body) select 'hold', jsonb_build_object('op', 'set', 'rows', jsonb_build_array(jsonb_build_object('point_id', 1, 'priority', 8, 'command_id', gen_random_uuid(), 'value', 1, 'began_at', now(), 'source', text, 'created_by', text, 'reason', text,
           'state', 'active', 'tries', 0, 'text', text, 'updated_at', now()))) from long;
insert into entry (kind, body) select 'override', jsonb_build_object('op', 'set', 'rows', jsonb_build_array(jsonb_build_object('point_id', 1, 'priority', 5, 'value', 1, 'state_text', text, 'seen_since', now(), 'seen_at', now()))) from long;
insert into entry (kind, body) select 'audit', jsonb_build_object('event', text, 'who', jsonb_build_object('person', text), 'text', text) from long, generate_series(1, 20);
begin;
set constraints number_entries immediate;
insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at) select 'hostile', 4711, seq, kind, now(), convert_to(('{"v": 1}'::jsonb || body)::text, 'UTF8'), sha256('x'), now() from entry;
select put_aside from uplink_apply((select jsonb_build_array(jsonb_build_object('site', 'hostile', 'epoch', 4711, 'after', 0, 'to', max(seq), 'has_records', true)) from entry));
update uplink_cursor set received_seq = (select max(seq) from entry), received_at = now() where site_id = 'hostile';
commit;
insert into current_value (site_id, point_id, value, quality, reason, at) select 'hostile', point_id, 1, 'bad', repeat('r', 1000), now() from point where site_id = 'hostile' on conflict do nothing;
select pg_notify('bacpipes_config', '{"site": "hostile", "table": "site"}');
