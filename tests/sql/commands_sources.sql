-- Sources of commands: their logins insert their columns and see their own rows, and can do nothing else, tried one by one; what the programs may ask for
-- whom; what central may change.
begin;
select plan(167);
insert into site (site_id, name) values ('here', 'Here');
insert into device (site_id, device_id, address, instance, name) values ('here', 1, '10.1.2.9', 1001, 'AHU-1');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, units, min_value, max_value, commandable, writable) values
    ('here', 1, 1, 'analog-value', 1, 'SAT-SP', 'degrees-celsius', 10, 30, true, true);
select 'SCRAM-SHA-256$4096:MTIzNDU2Nzg5MDEyMzQ1Ng==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' as verifier \gset

-- Made, changed and removed by the tools.
set session authorization bacpipes_owner;
select is(source_add('bms', 'sql', false, 8, '4 h', 20, 'The old BMS', :'verifier'), 'source_bms', 'a source has a login');
select is(source_add('optimiser', 'model', true, 10, null, 60, '', :'verifier'), 'source_optimiser', 'a model, too');
select is(source_add('alice', 'mqtt', false, 8, null, 60, '', null), null, 'one that comes through a program has none');
select source_add('model_1', 'model'), source_add('model_2', 'model', false), source_add('model_3', 'model', null), source_add('sql_1', 'sql', null);
select is((select string_agg(name || ' ' || is_automatic, ', ' order by name) from command_source where name ~ '^(model|sql)_'), 'model_1 true, model_2 false, model_3 true, sql_1 false',
          'a model is automatic unless it is said not to be: one that dies lets go');
select source_remove(name) from unnest('{model_1,model_2,model_3,sql_1}'::text[]) as name;
select throws_like($$ select source_add('bms', 'sql') $$, 'there is a source "bms" already', 'there is one of a name');
select throws_like(format($$ select source_add('%s', 'sql') $$, name), format('there is a source "%s" already', name), 'those that are part of BacPipes are taken: ' || name) from unnest('{tools,sql,mqtt,central}'::text[]) as name;
select throws_like(format($$ select source_add(%L, 'sql') $$, name), '%is no name of a source: 1 to 40 of a-z 0-9 _ -', 'it is a name: ' || name) from unnest(array['', 'Bms', 'a b', 'x"; drop role bacpipes_owner; --', repeat('x', 41)]) as name;
select throws_like(format($$ select source_add('x', %L) $$, kind), 'a source is sql, mqtt, web or model:%', 'its kind is one of four: ' || kind) from unnest('{tools,central,superuser}'::text[]) as kind;
select throws_like($$ select source_add('x', 'sql', of_verifier => 'secret') $$, 'the password comes as its SCRAM-SHA-256 verifier%', 'its password is not told');
select throws_ok($$ select source_add('x', 'sql', of_highest => 17) $$, '23514', null, 'its ceiling is a priority');
select throws_ok($$ select source_add('x', 'sql', of_rate => 0) $$, '23514', null, 'its rate is one');
select throws_ok($$ select source_add('x', 'sql', of_longest => '0') $$, '23514', null, 'its longest hold is longer than nothing');
select is((source_set('bms', of_highest => 9)).highest_priority, 9, 'it can be changed');
select is((source_set('bms', of_highest => 8)).longest_hold, interval '4 h', 'in what is said alone');
select is((source_set('bms', of_has_longest => false)).longest_hold, null, 'also to have no longest hold');
select throws_like($$ select source_set('nobody', of_enabled => false) $$, 'there is no source "nobody"', 'if it is there');
select throws_like(format($$ select source_remove('%s') $$, name), 'source "%" is part of BacPipes:%', 'some stay: ' || name) from unnest('{tools,sql,mqtt,central}'::text[]) as name;
select throws_ok($$ insert into command_source (name, kind) values ('x', 'sql') $$, '42501', null, 'the tools write none by hand');
select throws_ok($$ update command_source set enabled = true $$, '42501', null, 'nor change one');
reset session authorization;
select results_eq($$ select rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication, rolconnlimit, (select string_agg(roleid::regrole::text, ' ') from pg_auth_members where member = pg_roles.oid)
                       from pg_roles where rolname = 'source_bms' $$, $$ values (true, false, false, false, false, false, 2, 'bacpipes_source') $$, 'its login is a login and no more');
select is((select string_agg(setting, ' ' order by setting) from pg_db_role_setting, unnest(setconfig) as setting where setrole = 'source_bms'::regrole),
          'idle_in_transaction_session_timeout=10s lock_timeout=5s statement_timeout=10s', 'that is ended where it dawdles');

create function hint_of(of_point integer) returns text language plpgsql as $$
declare
    said text;
begin
    insert into write_commands (site_id, point_id, command_type, value) values ('here', of_point, 'write_value', 22);
exception when foreign_key_violation then
    get stacked diagnostics said = pg_exception_hint;
    return said;
end
$$;
grant execute on function hint_of(integer) to public;

-- What it may.
set session authorization source_bms;
insert into write_commands (site_id, point_id, command_type, value, priority, created_by, source_ip, release_after, expires_at, execute_at, reason, idempotency_key)
    values ('here', 1, 'write_value', 21.5, 8, 'operator 7', '10.0.0.7', '2 h', clock_timestamp() + interval '2 h', clock_timestamp() + interval '1 h', 'hot day', 'k1')
    returning status, source, created_by, created_by_claim, source_ip \gset
select is(:'status' || ' ' || :'source' || ' ' || :'created_by' || ' ' || :'created_by_claim' || ' ' || :'source_ip', 'pending bms source_bms operator 7 10.0.0.7', 'it inserts its columns, and is who it is');
set local bacpipes.person = 'mallory';
insert into write_commands (site_id, point_id, command_type, value) values ('here', 1, 'write_value', 22) returning created_by \gset
select is(:'created_by'::text, 'source_bms', 'and nobody else, whatever it says');
insert into write_commands (site_id, point_id, command_type, value, priority) values ('here', 1, 'write_value', 22, 7) returning error_message \gset
select is(:'error_message'::text, 'source "bms" may write at priority 8 to 16: 7 is above', 'its ceiling is its own');
select is(hint_of(99), 'Ask who runs the site for the point''s number: `bacpipes points`.', 'of a wrong point it is told what it can do');
reset session authorization;
insert into write_commands (site_id, point_id, command_type, value) values ('here', 1, 'write_value', 22) returning id as other_id \gset
set session authorization source_bms;
select results_eq('select distinct source from write_commands', $$ values ('bms') $$, 'it sees its own rows');
select is((select count(*) from write_commands where id = :'other_id'), 0::bigint, 'and no others');
select is((select count(*) from write_commands), 3::bigint, 'all of them');
-- What it may not.
select throws_ok(what, '42501', null, 'denied: ' || what) from unnest(array[
    $$ select * from command_source $$, $$ select * from command_flood $$, $$ select * from hold $$, $$ select * from overrides $$, $$ select * from uplink $$, $$ select * from audit $$, $$ select * from point $$,
    $$ select * from site $$, $$ select * from setting $$, $$ select * from sensor_readings $$, $$ select * from mqtt_account $$, $$ select * from journal_head $$,
    $$ update write_commands set value = 1 $$, $$ update write_commands set status = 'cancelled' $$, $$ delete from write_commands $$, $$ truncate write_commands $$,
    $$ select * from write_commands for update $$, $$ lock table write_commands in share mode $$, $$ copy write_commands to program 'true' $$, $$ copy write_commands from '/etc/passwd' $$,
    $$ insert into write_commands (site_id, point_id, command_type, value, source) values ('here', 1, 'write_value', 20, 'tools') $$,
    $$ insert into write_commands (site_id, point_id, command_type, value, origin) values ('here', 1, 'write_value', 20, 'central') $$,
    $$ insert into write_commands (site_id, point_id, command_type, value, status) values ('here', 1, 'write_value', 20, 'completed') $$,
    $$ insert into write_commands (site_id, point_id, command_type, value, id) values ('here', 1, 'write_value', 20, gen_random_uuid()) $$,
    $$ insert into write_commands (site_id, point_id, command_type, value, created_at) values ('here', 1, 'write_value', 20, now()) $$,
    $$ insert into write_commands (site_id, point_id, command_type, value, idempotency_key) values ('here', 1, 'write_value', 20, 'k1') on conflict (site_id, source, idempotency_key) do update set value = 9 $$,
    $$ insert into hold (site_id, point_id, priority, command_id, began_at, source, created_by) values ('here', 1, 8, gen_random_uuid(), now(), 'bms', 'x') $$,
    $$ update command_source set highest_priority = 1 $$, $$ insert into setting (site_id, name, value) values ('here', 'control.life_safety', 'true') $$,
    $$ select command_ask('{}') $$, $$ select command_check('here', 1, 'write_value', 20, null) $$, $$ select command_cancel(gen_random_uuid(), '') $$, $$ select commands_due('here', 1) $$,
    $$ select commands_claim('here', '[]') $$, $$ select commands_end('here', '[]') $$, $$ select hold_event('here', '[]') $$, $$ select holds_of('here') $$, $$ select override_store('here', '[]') $$,
    $$ select source_add('x', 'sql') $$, $$ select source_set('bms', of_highest => 1) $$, $$ select source_remove('bms') $$, $$ select sources_end_idle() $$, $$ select journal_append('here', 'audit', '{}'::jsonb) $$,
    $$ select central_must('here', 'points', '{}') $$, $$ select pg_notify('bacpipes_command', 'here') $$, $$ select pg_advisory_lock(1, 1) $$, $$ select lo_from_bytea(0, 'x') $$,
    $$ set role bacpipes_owner $$, $$ create table x (y int) $$, $$ create temporary table x (y int) $$, $$ create schema x $$,
    $$ alter table write_commands disable trigger all $$, $$ alter table write_commands disable row level security $$, $$ alter role source_bms connection limit -1 $$, $$ alter role source_optimiser password 'x' $$, $$ drop owned by bacpipes_source $$, $$ drop owned by source_bms $$,
    $$ set session_replication_role = replica $$]) as what;
set local row_security = off;
select throws_ok($$ select * from write_commands $$, '42501', null, 'nor does it get around the rows'' policy');
reset row_security;
reset session authorization;
select is((select count(*) from write_commands where source = 'bms'), 3::bigint, 'and of all that nothing has come');

-- Its name may be odd.
set session authorization bacpipes_owner;
select is(source_add('2-nd_', 'sql', of_verifier => :'verifier'), 'source_2-nd_', 'a name with a - is one');
set session authorization "source_2-nd_";
insert into write_commands (site_id, point_id, command_type, value) values ('here', 1, 'write_value', 22) returning status, source, created_by \gset
select is(:'status' || ' ' || :'source' || ' ' || :'created_by', 'pending 2-nd_ source_2-nd_', 'and may ask');
select is((select count(*) from write_commands), 1::bigint, 'and see');
reset session authorization;

-- A model lets go by itself.
set session authorization source_optimiser;
insert into write_commands (site_id, point_id, command_type, value, priority) values ('here', 1, 'write_value', 22, 10) returning error_message \gset
select is(:'error_message'::text, 'source "optimiser" must say when the value ends: give release_after', 'an automatic source says when it ends');
insert into write_commands (site_id, point_id, command_type, value, priority, release_after) values ('here', 1, 'write_value', 22, 10, '15 min') returning status \gset
select is(:'status'::text, 'pending', 'and then may ask');
select is((select count(*) from write_commands), 2::bigint, 'it sees its own');

-- The programs.
set session authorization bacpipes_collect;
select is((select source || ' ' || created_by || ' ' || source_ip from command_ask('{"site_id": "here", "point_id": 1, "value": 20}', 'alice', 'alice', '10.0.0.9')), 'alice alice 10.0.0.9', 'collect asks for who came by MQTT, and names them');
select throws_ok($$ select command_ask('{"site_id": "here", "point_id": 1, "value": 20}', 'tools', 'alice') $$, '42501', 'bacpipes_collect does not ask for source "tools"', 'and for nobody else');
select throws_ok($$ select command_ask('{"site_id": "here", "point_id": 1, "value": 20}', 'central') $$, '42501', null, 'not for central');
select throws_ok($$ select command_ask('{"site_id": "here", "point_id": 1, "value": 20}', 'bms') $$, '42501', null, 'nor for one with a login');
select throws_ok($$ select command_ask('{"site_id": "here", "point_id": 1, "value": 20}') $$, '42501', 'bacpipes_collect is no source of commands', 'and is none itself');
select throws_ok(what, '42501', null, 'collect: ' || what) from unnest(array[$$ insert into write_commands (site_id, point_id, command_type, value) values ('here', 1, 'write_value', 20) $$,
    $$ update write_commands set status = 'executing' $$, $$ delete from write_commands $$, $$ delete from hold $$, $$ update command_source set enabled = true $$, $$ select command_cancel(gen_random_uuid(), '') $$,
    $$ select source_add('x', 'sql') $$]) as what;
set session authorization bacpipes_owner;
set local bacpipes.person = 'alice (sudo)';
select is((select source || ' ' || created_by from command_ask('{"site_id": "here", "point_id": 1, "value": 20}')), 'tools alice (sudo)', 'the tools name the person');
select is((select source || ' ' || created_by from command_ask('{"site_id": "here", "point_id": 1, "value": 20}', 'tools', 'bob')), 'tools bob', 'either way');
insert into write_commands (site_id, point_id, command_type, value, created_by) values ('here', 1, 'write_value', 20, 'eve') returning source, created_by \gset
select is(:'source' || ' ' || :'created_by', 'tools alice (sudo)', 'also by a row');
select throws_ok($$ select command_ask('{"site_id": "here", "point_id": 1, "value": 20}', 'bms') $$, '42501', null, 'and do not ask for others');
select throws_ok(what, '42501', null, 'owner: ' || what) from unnest(array[$$ update write_commands set status = 'executing' $$, $$ delete from write_commands $$, $$ truncate write_commands $$, $$ delete from hold $$,
    $$ insert into write_commands (site_id, point_id, command_type, value, source) values ('here', 1, 'write_value', 20, 'sql') $$, $$ select commands_claim('here', '[]') $$, $$ select commands_end('here', '[]') $$,
    $$ select hold_event('here', '[]') $$, $$ alter table write_commands disable trigger all $$, $$ set role bacpipes_journal $$, $$ set role bacpipes_logins $$, $$ create role x $$]) as what;
set session authorization bacpipes_reader;
select cmp_ok((select count(*) from write_commands), '>', 5::bigint, 'who reads sees all');
select throws_ok($$ insert into write_commands (site_id, point_id, command_type, value) values ('here', 1, 'write_value', 20) $$, '42501', null, 'and asks for nothing');
reset session authorization;
create role somebody login;
grant insert, select on write_commands to somebody;
grant execute on function command_sees_only() to somebody;
set session authorization somebody;
select throws_ok($$ insert into write_commands (site_id, point_id, command_type, value) values ('here', 1, 'write_value', 20) $$, '42501', 'somebody is no source of commands', 'nor does a login of whom nobody knows');
reset session authorization;

-- Taken away.
set session authorization bacpipes_owner;
select lives_ok($$ select source_remove('bms') $$, 'a source is taken away');
select is((select enabled || coalesce(login, ' nobody') from command_source where name = 'bms'), 'false nobody', 'its commands stay, under its name, which is off');
select is(source_add('bms', 'sql', of_verifier => :'verifier'), 'source_bms', 'and can come back');
select lives_ok($$ select source_add('short', 'sql') $$, 'one that never asked');
select lives_ok($$ select source_remove('short') $$, 'is taken away');
select is((select count(*) from command_source where name = 'short'), 0::bigint, 'and leaves nothing');
reset session authorization;
select is((select count(*) from pg_roles where rolname = 'source_bms'), 1::bigint, 'logins go and come with their sources');
set constraints all immediate;
set constraints all deferred;
select is((select string_agg(body ->> 'op' || ' ' || coalesce(body #>> '{new,name}', body #>> '{old,name}'), ', ' order by seq) from audit where site_id = 'here' and body ->> 'event' = 'source' and coalesce(body #>> '{new,name}', body #>> '{old,name}') in ('alice', 'short')),
          'insert alice, insert short, delete short', 'who may ask is on record');
select is((select who from audit where site_id = 'here' and body ->> 'event' = 'source' order by seq desc limit 1), 'alice (sudo)', 'and who said so');

-- What central may change.
create function widens(what text, request jsonb) returns text language plpgsql as $$
begin
    perform central_must('here', what, request);
    return 'lets it';
exception when insufficient_privilege then
    return sqlerrm;
end
$$;
create function sets(is_set jsonb) returns text language sql as $$ select widens('points', jsonb_build_object('points', jsonb_build_array(jsonb_build_object('id', 1, 'set', is_set)))) $$;
update point set write_min = 12, write_max = 28 where site_id = 'here' and point_id = 1;
select is(sets('{"write_min": 13, "write_max": 28}'), 'lets it', 'central may narrow limits');
select is(sets('{"write_min": 11}'), 'central may narrow what is written at this site, and not widen it: point 1 is writable, 12 to 28', 'but not widen them below');
select isnt(sets(said), 'lets it', what) from (values ('{"write_max": 29}'::jsonb, 'nor above'), ('{"write_min": null}', 'nor take one away')) as s (said, what);
select is(sets('{"writable": false}'), 'lets it', 'it may forbid writing');
update point set writable = false where site_id = 'here' and point_id = 1;
select is(sets('{"writable": true}'), 'central may narrow what is written at this site, and not widen it: point 1 is not writable, 12 to 28', 'but not allow it');
update point set writable = true, write_min = null, write_max = null, min_value = null, max_value = null, units = 'degrees-celsius' where site_id = 'here' and point_id = 1;
select is(sets('{"write_min": -40, "write_max": 100}'), 'lets it', 'limits within what the unit can be narrow it');
select isnt(sets(said), 'lets it', 'others do not: ' || said::text) from (values ('{"write_min": -51}'::jsonb), ('{"write_max": 201}'), ('{"units": "no-units"}')) as s (said);
select is(widens('setting', '{"name": "control.mode", "value": "stop"}'), 'lets it', 'it may stop control');
insert into setting (site_id, name, value) values ('here', 'control.mode', 'freeze');
select is(widens('setting', jsonb_build_object('name', 'control.mode', 'value', mode)), 'central may stop control at this site, and not let it go on: it is freeze', 'but not let it go on: ' || coalesce(mode, 'no setting'))
  from unnest('{stop, normal, null}'::text[]) as mode;
select is(widens('setting', jsonb_build_object('name', name, 'value', 'true')), name || ' is made at the site, and not by central', 'nor what commands may do: ' || name)
  from unnest('{control.central, control.life_safety, control.point_rate, control.operator_hold}'::text[]) as name;
update device set enabled = false where site_id = 'here' and device_id = 1;
select is(widens('device', '{"device_id": 1, "set": {"enabled": true}}'), 'device 1 is left alone at this site: central does not have it asked again', 'nor have a device asked that is left alone');
insert into setting (site_id, name, value) values ('here', 'control.central', 'true');
select is(sets('{"writable": true, "write_max": null}') || ', ' || widens('setting', '{"name": "control.mode", "value": "normal"}'), 'lets it, lets it', 'where the site lets it, it may widen, too');
select isnt(widens('setting', '{"name": "control.central", "value": "true"}'), 'lets it', 'but never say so itself');
set constraints all immediate;
select * from finish();
rollback;
