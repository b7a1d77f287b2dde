-- With 100,000 commands of the past, no step of a command looks at all of them.
begin;
select plan(12);
insert into site (site_id, name) values ('here', 'Here');
insert into device (site_id, device_id, address, instance, name) values ('here', 1, '10.1.2.9', 1001, 'AHU-1');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, commandable, writable) select 'here', n, 1, 'analog-value', n, 'SP-' || n, true, true from generate_series(1, 500) as n;
alter table write_commands disable trigger user;
insert into write_commands (site_id, point_id, command_type, value, created_at, status, verdict, rule, executed_at, completed_at, expires_at, source, created_by, idempotency_key)
select 'here', 1 + n % 500, 'write_value', 20, now() - n * interval '3 min', case when n % 5 = 0 then 'refused' else 'completed' end, case when n % 5 > 0 then 'held' end, case when n % 5 = 0 then 'rate' end,
       case when n % 5 > 0 then now() end, now(), now(), case when n % 2 = 0 then 'sql' else 'tools' end, 'x', 'k' || n
  from generate_series(1, 100000) as n;
alter table write_commands enable always trigger a_asked, enable always trigger b_gate, enable always trigger moves, enable always trigger stays, enable always trigger stays_all,
      enable always trigger noted_insert, enable always trigger noted_update;
analyze write_commands;
update command_source set rate_per_minute = 100000;
create function looked_at() returns bigint language sql as $$ select coalesce(sum(seq_tup_read), 0)::bigint from pg_stat_xact_user_tables where relname = 'write_commands' $$;
-- Rows that a statement reads one after another, but for few.
create function reads(what text) returns text language plpgsql as $$
declare
    before constant bigint := looked_at();
begin
    execute what;
    return case when looked_at() - before < 1000 then 'few' else (looked_at() - before)::text end;
end
$$;
select is(reads('select count(*) from write_commands where created_by = ''y'''), '100000', 'who looks at all of them is found out');
select is(reads($$ insert into write_commands (site_id, point_id, command_type, value) select 'here', n, 'write_value', 21 from generate_series(1, 500) as n $$), 'few', 'asking');
select is(reads($$ insert into write_commands (site_id, point_id, command_type, value, priority) select 'here', n, 'write_value', 21, 6 from generate_series(1, 10) as n $$), 'few', 'asking for what is refused');
select is(reads($$ select command_ask('{"site_id": "here", "point_id": 1, "value": 5, "idempotency_key": "k50000"}') $$), 'few', 'asking again');
select is(reads($$ select command_check('here', 1, 'write_value', 20, null) $$), 'few', 'a dry run');
select is(reads($$ select command_ask('{"site_id": "here", "point_id": 1, "command_type": "release_priority"}') $$), 'few', 'a release');
select is(reads($$ select commands_due('here', 100) $$), 'few', 'what is due');
select is(reads($$ select commands_claim('here', (select jsonb_agg(jsonb_build_object('id', id)) from commands_due('here', 1000))) $$), 'few', 'claims');
select is(reads($$ select commands_end('here', (select jsonb_agg(jsonb_build_object('id', id, 'verdict', 'held')) from commands_due('here', 1000) where status = 'executing')) $$), 'few', 'ends');
select is((select count(*) from write_commands where status = 'completed' and value = 21), 500::bigint, 'of all that were asked for');
select is(reads($$ select commands_restored('here') $$), 'few', 'a new life');
select is(reads($$ select commands_retain('here') $$), 'few', 'what is forgotten after a year');
select * from finish();
rollback;
