-- Texts that a site tells are as long at central as central keeps them, whoever the site is by now: what honest sites can hold fits, what is longer is cut, is seen to be, and is counted.
\set select_audit `cat "$SQL_QUERIES/web/select_web_audit.sql"`
\set select_links `cat "$SQL_QUERIES/web/select_web_links.sql"`
\set select_sites `cat "$SQL_QUERIES/query/select_remote_sites.sql"`
begin;
select no_plan();

insert into site (site_id, name) values ('central', 'Central') on conflict do nothing;
insert into site (site_id, name, is_remote) values ('mo', 'Macau', true);
insert into remote_site (site_id, number, state, joined_at) values ('mo', 1, 'joined', now());
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest) values ('mo', 7, 1, 1, 0, 0, decode(repeat('00', 32), 'hex'));
insert into uplink_applied (site_id, epoch, applied_seq) values ('mo', 7, 0);
set constraints number_entries immediate;

create function pg_temp.came(of_seq bigint, of_kind text, body jsonb) returns void language sql as $$
    insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
    values ('mo', 7, of_seq, of_kind, '2026-11-27 10:00:00+00'::timestamptz + make_interval(secs => of_seq), convert_to(('{"v": 1}'::jsonb || body)::text, 'UTF8'), sha256('x'), now())
$$;
create function pg_temp.apply(after bigint, last bigint) returns bigint language sql as $$
    select a.put_aside from uplink_apply(jsonb_build_array(jsonb_build_object('site', 'mo', 'epoch', 7, 'after', after, 'to', last, 'has_records', true))) as a
$$;
create function pg_temp.device(n integer, texts jsonb default '{}') returns jsonb language sql as $$
    select jsonb_build_object('device_id', n, 'address', '10.0.0.' || n, 'instance', 100 + n, 'name', 'AHU-' || n, 'description', '', 'location', '', 'vendor_name', '', 'model_name', '', 'firmware_revision', '',
        'application_software_version', '', 'max_apdu', 480, 'segmentation', 'no-segmentation', 'services', '[]'::jsonb, 'enabled', true, 'tags', '{}'::jsonb, 'created_at', now(), 'updated_at', now()) || texts
$$;
create function pg_temp.point(n integer, texts jsonb default '{}') returns jsonb language sql as $$
    select jsonb_build_object('point_id', n, 'device_id', 1, 'object_type', 'analog-value', 'object_instance', n, 'property', 'present-value', 'name', 'T' || n, 'description', '', 'units', 'degrees-celsius',
        'states', '[]'::jsonb, 'commandable', false, 'writable', false, 'enabled', true, 'tags', '{}'::jsonb, 'created_at', now(), 'updated_at', now()) || texts
$$;
create function pg_temp.told(of_what text, fields jsonb) returns jsonb language sql as $$
    select jsonb_build_object('table', of_what, 'op', 'insert', 'key', fields -> (of_what || '_id'), 'new', fields)
$$;

-- ---- what fits, to the letter ----

select is((select string_agg(format('%s %s', f.field, f.letters), ', ' order by f.field)
             from (select field, uplink_letters('point', field) as letters from unnest('{name,description,units,tags}'::text[]) as field) as f
            where point_set_problem(f.field, case when f.field = 'tags' then jsonb_build_object('a', repeat('x', f.letters)) else to_jsonb(repeat('x', f.letters + 1)) end) is null), null,
          'what people can give a point at its site fits');
select is((select max(maximum) from setting_kind where scope = 'site' and kind in ('TEXT', 'PATH', 'IDENTIFIER', 'IPV4') and maximum > uplink_letters('setting', 'value')), null, 'and so does what a setting can be:');
select ok((select max(maximum) * 46 from setting_kind where scope = 'site' and kind in ('NODES', 'ADDRESSES')) < uplink_letters('setting', 'value'), 'addresses, too');
select ok(uplink_letters('command', field) >= letters, format('%s of a command may have %s letters at a site', field, letters))
  from (values ('state', 200), ('created_by', 200), ('created_by_claim', 200), ('source_ip', 100), ('reason', 1000), ('idempotency_key', 200)) as v (field, letters);

select is(uplink_text_cut(repeat('é', 100), 100), repeat('é', 100), 'a text of the greatest length is as it was');
select is(uplink_text_cut(repeat('é', 101), 100), repeat('é', 99) || '…', 'one letter more, and it is seen to be cut');
select isnt(uplink_text_cut(repeat('k', 300) || '1', 250, true), uplink_text_cut(repeat('k', 300) || '2', 250, true), 'names that are cut are still two');
select is(length(uplink_text_cut(repeat('k', 300), 250, true)), 250, 'and as long as may be');
select is(uplink_field_cut('point', field, given), given, format('%s of the greatest size is as it was', field))
  from (values ('tags', jsonb_build_object('a', repeat('x', 8000 - length('{"a": ""}')))), ('states', (select jsonb_agg(repeat('x', 196)) from generate_series(1, 40))), ('device_says', jsonb_build_object('name', repeat('n', 1000), 'description', repeat('d', 1000), 'units', repeat('u', 100)))) as v (field, given);
select is((select string_agg(f.field, ', ') from unnest(string_to_array(fields, ',')) as f (field) cross join lateral (select uplink_letters(kind, f.field) as n) as most
            where uplink_field_cut(kind, f.field, to_jsonb(repeat('é', n))) <> to_jsonb(repeat('é', n)) or length(uplink_field_cut(kind, f.field, to_jsonb(repeat('é', n + 1))) #>> '{}') <> n
               or uplink_field_cut(kind, f.field, to_jsonb(repeat('é', n + 1))) #>> '{}' !~ '…'), null, format('of a %s each text is as it was at its bound, and one letter more is cut to that', kind))
  from (values ('device', 'name,description,location,vendor_name,model_name,firmware_revision,application_software_version,segmentation'), ('point', 'name,description,units,property,object_type'), ('setting', 'name,value,updated_by'),
               ('device_status', 'reason'), ('alarm', 'key,text'), ('command', 'state,error_message,source,created_by,created_by_claim,source_ip,reason,idempotency_key'), ('hold', 'source,created_by,reason,text'), ('override', 'state_text')) as v (kind, fields);
select isnt(uplink_field_cut('point', field, given), given, format('%s of a letter more is not', field))
  from (values ('tags', jsonb_build_object('a', repeat('x', 8001 - length('{"a": ""}')))), ('states', (select jsonb_agg(repeat('x', 196)) from generate_series(1, 39)) || to_jsonb(repeat('x', 197))), ('device_says', jsonb_build_object('name', repeat('n', 1001))),
               ('device_says', jsonb_build_object('units', repeat('u', 101)))) as v (field, given);
select is(length((select jsonb_agg(repeat('x', 196)) from generate_series(1, 40))::text), 8000, 'which is so for the states');
select is(uplink_field_cut('point', 'tags', jsonb_build_object('b', 'm:', 'a', 'm:', 'c', repeat('x', 7991))), '{"a": "m:", "b": "m:", "…": "m:"}', 'of tags the first ones that fit are kept');
select ok(length(uplink_field_cut('point', 'tags', (select jsonb_object_agg('t' || n, 'm:') from generate_series(1, n) n))::text) <= 8000, format('%s tags are no longer', n)) from unnest('{800, 10000}'::integer[]) as n;
select ok(length(uplink_field_cut('point', 'states', (select jsonb_agg(n::text) from generate_series(1, n) n))::text) <= 8000, format('%s states are no longer', n)) from unnest('{800, 1200, 100000}'::integer[]) as n;
select is(uplink_field_cut('point', 'states', (select jsonb_agg(n::text) from generate_series(1, 100000) n)) -> -1, '"…"', 'and the last of them says so');
select is(uplink_field_cut('point', 'states', jsonb_build_array(repeat('s', 201), 'off')), jsonb_build_array(repeat('s', 199) || '…', 'off'), 'of one that is long the others stay');
select is((select cut from uplink_cut('point', pg_temp.told('point', pg_temp.point(1)))), 0::bigint, 'of a point as they are nothing is cut');
select is((select kept from uplink_cut('point', pg_temp.told('point', pg_temp.point(1)))), pg_temp.told('point', pg_temp.point(1)), 'and it is the same');

-- ---- what is nested ----

select is(uplink_field_cut('point', 'device_says', (repeat('{"device_says": ', 200) || jsonb_build_object('name', repeat('x', 500)) || repeat('}', 200))::jsonb), '{"device_says": null}', 'of what a device says texts alone are looked into, however deep the rest is');
select is(uplink_field_cut('point', 'device_says', jsonb_build_object('name', jsonb_build_array(repeat('x', 100)), 'units', jsonb_build_object('a', 'b'), 'description', repeat('d', 1001))),
          jsonb_build_object('name', null, 'units', jsonb_build_object('a', 'b'), 'description', repeat('d', 999) || '…'), 'what is no text is kept where it is short');
select is(uplink_field_cut('point', 'device_says', jsonb_build_object(repeat('k', 65), 'x', 'name', 'y')), '{"name": "y"}', 'and under no long name');
select is(uplink_field_cut('audit', 'answer', jsonb_build_object('change', repeat('1', 9000)::numeric)), '{"change": null}', 'nor is a number that is long');

-- ---- a site that tells 900 kB of everything ----

create temporary table long as select repeat('x', 900000) as text;
select pg_temp.came(1, 'epoch', '{"reason": "new"}');
select pg_temp.came(2, 'device', pg_temp.told('device', pg_temp.device(1)));
select pg_temp.came(2 + i::integer, 'device', pg_temp.told('device', pg_temp.device(1 + i::integer, jsonb_build_object(field, case when field = 'services' then jsonb_build_array(text) when field = 'tags' then jsonb_build_object('a', text) else to_jsonb(text) end))))
  from long, unnest('{name,description,location,vendor_name,model_name,firmware_revision,application_software_version,segmentation,services,tags}'::text[]) with ordinality as f (field, i);
select pg_temp.came(12 + i::integer, 'point', pg_temp.told('point', pg_temp.point(i::integer, jsonb_build_object(field, case when field = 'states' then (select jsonb_agg(n::text) from generate_series(1, 100000) n) when field = 'tags' then jsonb_build_object('a', text)
                                                                                                                               when field = 'device_says' then jsonb_build_object('name', text) else to_jsonb(text) end))))
  from long, unnest('{name,description,units,property,object_type,states,tags,device_says}'::text[]) with ordinality as f (field, i);
select pg_temp.came(21, 'point', jsonb_build_object('table', 'point', 'op', 'state', 'rows', jsonb_build_array(pg_temp.point(9, jsonb_build_object('name', text))))) from long;
select pg_temp.came(22, 'point', jsonb_build_object('table', 'point', 'op', 'update', 'key', 9, 'new', jsonb_build_object('description', text))) from long;
select pg_temp.came(23, 'setting', jsonb_build_object('table', 'setting', 'op', 'insert', 'key', 'control.mode', 'new', jsonb_build_object('name', 'control.mode', 'value', text, 'updated_at', now(), 'updated_by', text))) from long;
select pg_temp.came(24, 'setting', jsonb_build_object('table', 'setting', 'op', 'insert', 'key', text, 'new', jsonb_build_object('name', text, 'value', 'x', 'updated_at', now(), 'updated_by', 'x'))) from long;
select pg_temp.came(25, 'device_status', jsonb_build_object('op', 'set', 'rows', jsonb_build_array(jsonb_build_object('device_id', 1, 'state', 'offline', 'since', now(), 'reason', text)))) from long;
select pg_temp.came(26, 'alarm', jsonb_build_object('event', 'raised', 'key', 'a', 'severity', 'warning', 'text', text, 'raised_at', now())) from long;
select pg_temp.came(27, 'alarm', jsonb_build_object('event', 'raised', 'key', text, 'severity', 'warning', 'text', 'b', 'raised_at', now())) from long;
select pg_temp.came(28, 'command', jsonb_build_object('id', gen_random_uuid(), 'point_id', 1, 'command_type', 'write_value', 'value', 1, 'state', text, 'status', 'failed', 'verdict', 'unknown', 'created_at', now(), 'expires_at', now() + interval '1 h',
        'completed_at', now(), 'error_message', text, 'source', text, 'created_by', text, 'created_by_claim', text, 'source_ip', text, 'reason', text, 'idempotency_key', text, 'slots', jsonb_build_object('8', text))) from long;
select pg_temp.came(29, 'hold', jsonb_build_object('op', 'set', 'rows', jsonb_build_array(jsonb_build_object('point_id', 1, 'priority', 8, 'command_id', gen_random_uuid(), 'began_at', now(), 'source', text, 'created_by', text, 'reason', text, 'state', 'active',
        'tries', 0, 'text', text, 'updated_at', now())))) from long;
select pg_temp.came(30, 'override', jsonb_build_object('op', 'set', 'rows', jsonb_build_array(jsonb_build_object('point_id', 1, 'priority', 5, 'state_text', text, 'seen_since', now(), 'seen_at', now())))) from long;
select is(pg_temp.apply(0, 30), 0::bigint, 'nothing of it is put aside');
select is((select count(*) from uplink_quarantine), 0::bigint, 'so that no point is missing for its texts');

create function pg_temp.longest(rows regclass) returns bigint language plpgsql as $$
declare
    found bigint;
begin
    execute format('select max(octet_length(f.value)) from %s as t, jsonb_each_text(to_jsonb(t)) as f where site_id = ''mo''', rows) into found;
    return found;
end
$$;
select cmp_ok(pg_temp.longest(t), '<=', most, format('no field of a %s is longer than %s octets', t, most))
  from (values ('device'::regclass, 8000::bigint), ('point', 8002), ('setting', 16002), ('device_status', 1002), ('alarm', 1002), ('write_commands', 1002), ('hold', 1002), ('override', 202)) as v (t, most);
select results_eq($$ select length(name), right(name, 1) from device where site_id = 'mo' and device_id = 2 $$, $$ values (1000, '…') $$, 'a text is seen to be cut');
select is((select count(*) from device where site_id = 'mo'), 11::bigint, 'all devices are there');
select is((select count(*) from point where site_id = 'mo'), 9::bigint, 'all points, too');
select results_eq($$ select length(name), length(description), right(description, 1) from point where site_id = 'mo' and point_id = 9 $$, $$ values (1000, 1000, '…') $$, 'told whole, or changed');
select is((select count(*) from alarm where site_id = 'mo' and returned_at is null), 2::bigint, 'both alarms are there');
select is((select slots from write_commands where site_id = 'mo'), null, 'a priority array that is none is not known');

-- An alarm goes on being known by its key, and goes.
select pg_temp.came(31, 'alarm', jsonb_build_object('event', 'returned', 'key', text, 'raised_at', now(), 'returned_at', now())) from long;
select pg_temp.came(32, 'alarm', jsonb_build_object('op', 'state', 'complete', true, 'rows', jsonb_build_array(jsonb_build_object('key', 'a', 'severity', 'warning', 'text', text, 'raised_at', now())))) from long;
select is(pg_temp.apply(30, 32), 0::bigint, 'an alarm of a long name returns');
select is((select string_agg(key, ', ') from alarm where site_id = 'mo' and returned_at is null), 'a', 'and that alone');

-- ---- what is counted ----

select is((select cut from uplink_applied where site_id = 'mo'), 43::bigint, 'each text that was cut is counted');
select is((select text from alarm where site_id = 'central' and key = 'uplink.cut.mo' and returned_at is null), 'site "mo" has sent 43 texts that are longer than central keeps: they are cut here, and end with …', 'and an alarm says how many there were');
select isnt(central_keep(null, 0, 0, '{}'), 'x', 'a turn of central');
select is((select count(*) from alarm where site_id = 'central' and key = 'uplink.cut.mo' and returned_at is null), 1::bigint, 'it goes on for a day');
update uplink_applied set cut_at = now() - interval '25 hours' where site_id = 'mo';
select isnt(central_keep(null, 0, 0, '{}'), 'x', 'another one');
select is((select count(*) from alarm where site_id = 'central' and key = 'uplink.cut.mo' and returned_at is null), 0::bigint, 'and is over when none came in a day');

-- ---- what is too much to be read ----

-- What is told of commands that are open are commands: a telling among them is none, and nobody looks into it.
select pg_temp.came(33, 'command', jsonb_build_object('op', 'state', 'rows', jsonb_build_array(jsonb_build_object('op', 'state', 'rows', jsonb_build_array(jsonb_build_object('id', '00000000-0000-4000-8000-000000000033', 'point_id', 1,
        'command_type', 'write_value', 'value', 1, 'source', 'x', 'created_at', now(), 'expires_at', now() + interval '1 h', 'reason', text)))))) from long;
select is(pg_temp.apply(32, 33), 1::bigint, 'a telling of commands within one is put aside');
select is((select count(*) from write_commands where id = '00000000-0000-4000-8000-000000000033'), 0::bigint, 'and nothing of it is taken');

-- A megabyte of empty lists takes hundreds to be read.
select pg_temp.came(34, 'audit', jsonb_build_object('event', 'x', 'text', repeat('[{\"e', 15000)));
select pg_temp.came(35, 'audit', jsonb_build_object('event', 'x', 'parts', ('[' || repeat('[],', 49998) || '[]]')::jsonb));
select is(pg_temp.apply(33, 35), 1::bigint, 'what has too many lists is put aside, texts may have whatever they like');
insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at) select 'mo', 7, 36, 'audit', now(), convert_to('{"v": 1, "event": "x", "parts": [' || repeat('1e99,', 50000) || '0]}', 'UTF8'), sha256('x'), now();
select is(pg_temp.apply(35, 36), 1::bigint, 'so is what has too many exponents');
select results_eq($$ select seq, reason from uplink_quarantine where site_id = 'mo' and seq > 33 order by seq $$,
                  $$ values (35::bigint, 'it has more than 50000 lists, objects and exponents'), (36, 'it has more than 50000 lists, objects and exponents') $$, 'and it is said why');

-- Those of before the day without one are told: it counts anew, over all lives. One has come since, above.
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest) values ('mo', 8, 2, 1, 0, 0, decode(repeat('00', 32), 'hex'));
insert into uplink_applied (site_id, epoch, applied_seq) values ('mo', 8, 0);
select uplink_cut_note('mo', 7, 2), uplink_cut_note('mo', 8, 3);
select is((select text from alarm where site_id = 'central' and key = 'uplink.cut.mo' and returned_at is null), 'site "mo" has sent 6 texts that are longer than central keeps: they are cut here, and end with …', 'after a day without one it counts anew, in whichever life');

-- ---- what the record shows ----

select is(record_shown(convert_to('{"v": 1, "event": "x", "new": {"name": "y"}}', 'UTF8')), '{"v": 1, "event": "x", "new": {"name": "y"}}', 'an entry is shown as it is');
select is(record_shown(convert_to(jsonb_build_object('event', 'x', 'text', repeat('x', 16500))::text, 'UTF8')), jsonb_build_object('event', 'x', 'text', repeat('x', 999) || '…'), 'of a long one what fits');
select cmp_ok(max(length(record_shown(body)::text)), '<', 17000, 'whatever it was') from uplink where site_id = 'mo';
select is(record_shown(convert_to(jsonb_build_object('op', 'state', 'rows', (select jsonb_agg(pg_temp.point(n)) from generate_series(1, 100) n))::text, 'UTF8')),
          jsonb_build_object('op', 'state', 'rows', (select jsonb_agg('{}'::jsonb) from generate_series(1, 100))), 'of what was told whole how much it was');
select is(record_shown(convert_to(jsonb_build_object('op', 'update', 'new', jsonb_build_object('name', 'a', 'description', repeat('x', 20000)))::text, 'UTF8')),
          jsonb_build_object('op', 'update', 'new', jsonb_build_object('name', 'a', 'description', repeat('x', 199) || '…')), 'of a change what it was about');
select cmp_ok(length(record_shown(convert_to((select jsonb_object_agg('k' || n, repeat('x', 1000)) from generate_series(1, 200) n)::text, 'UTF8'))::text), '<', 45000, 'however many fields it has');

-- Entries are kept as they came: one that is none is told as that, and the others are shown.
select is(record_shown(body), '{"v": 1, "event": "an entry that cannot be read"}', format('what cannot be read is told: %L', encode(body, 'escape')))
  from unnest(array['no json', '', '{"event": "a\u0000b"}', '{"event": "x", "point_id": "abc"}', '{"event": "x", "point_id": 1.5}', '{"event": "x", "point_id": 12345678901}', '{"a": 1e999999}', '5', '[]']::text[]) as t (said),
       lateral (select convert_to(said, 'UTF8')) as b (body);
select is(record_shown('\xff'), '{"v": 1, "event": "an entry that cannot be read"}', 'and what is no text');
select is(record_shown(convert_to(repeat('[', 100000), 'UTF8')), '{"v": 1, "event": "an entry that cannot be read"}', 'and what is too deep');
select is(record_shown(convert_to('{"event": "x", "point_id": null}', 'UTF8')), '{"event": "x", "point_id": null}', 'a point that it has none of is none');
insert into site (site_id, name, is_remote) values ('odd', 'Odd', true);
insert into remote_site (site_id, number, state, joined_at) values ('odd', 2, 'joined', now());
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest) values ('odd', 7, 1, 1, 0, 0, decode(repeat('00', 32), 'hex'));
insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
select 'odd', 7, n, kind, now() - interval '1 hour' + make_interval(secs => n), convert_to(said, 'UTF8'), sha256('x'), now()
  from (values (1, 'audit', '{"event": "good"}'), (2, 'audit', 'no json'), (3, 'audit', '{"event": "x", "point_id": "abc"}'), (4, 'point', '{"op": "update", "key": "abc"}'), (5, 'device', '{"op": "update", "key": 1e30}'),
               (6, 'audit', '{"event": "a\u0000b"}'), (7, 'point', '{"op": "update", "key": 4}')) as v (n, kind, said);
prepare audit_of (text, timestamptz, timestamptz, text[], integer, text, timestamptz, bigint, bigint, bigint, bigint) as :select_audit
create temp table shown (looked, last_at, last_epoch, last_seq, epoch, seq, kind, at, j, point_id, path, device_id, device_name)
    as execute audit_of ('odd', null, null, null, null, null, null, null, null, 100, 1000);
select is((select string_agg(seq || ' ' || coalesce(j ->> 'event', j ->> 'op'), ', ' order by seq) from shown),
          '1 good, 2 an entry that cannot be read, 3 an entry that cannot be read, 4 update, 5 update, 6 an entry that cannot be read, 7 update', 'a list with such entries shows the others');
select is((select string_agg(seq || ' ' || point_id, ', ' order by seq) from shown where point_id is not null or device_id is not null), '7 4', 'and what number is none names no point and no device');
create temp table about_point (looked, last_at, last_epoch, last_seq, epoch, seq, kind, at, j, point_id, path, device_id, device_name)
    as execute audit_of ('odd', null, null, null, 4, null, null, null, null, 100, 1000);
select is((select array_agg(seq) from about_point), '{7}', 'also where one point is asked for');

-- ---- the worst first ----

insert into site (site_id, name, is_remote) select 's' || n, 'S' || n, true from generate_series(1, 8) n;
insert into remote_site (site_id, number, state, joined_at, seen_at, wait_until)
values ('s1', 11, 'joined', now(), now(), null), ('s2', 12, 'invited', null, null, null), ('s3', 13, 'joined', now(), null, null), ('s4', 14, 'joined', now(), now(), now() + interval '1 hour'),
       ('s5', 15, 'revoked', now(), now(), null), ('s6', 16, 'joined', now(), now() - interval '1 hour', null), ('s7', 17, 'joined', now(), now(), null), ('s8', 18, 'retired', now(), now(), null);
prepare listed as :select_sites
prepare linked (text) as :select_links
create temp table listed as execute listed;
create temp table linked as execute linked (null);
select is((select string_agg(site_id, ' ' order by ctid) from listed where site_id ~ '^s'), 's6 s3 s4 s1 s7 s2 s5', 'tools list who is silent, then who was never heard, before those that are well');
select is((select string_agg(site_id, ' ' order by ctid) from linked where site_id ~ '^s'), 's6 s3 s4 s1 s7 s2 s5 s8', 'and so does the web');

select * from finish();
rollback;
