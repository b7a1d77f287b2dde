-- Commands: an INSERT of the plan's columns, what the database makes of it, and its way to its end.
begin;
select plan(6);
insert into site (site_id, name) values ('here', 'Here');
insert into device (site_id, device_id, address, instance, name) values ('here', 1, '10.1.2.9', 1001, 'AHU-1');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, units, min_value, max_value, commandable, writable) values
    ('here', 1, 1, 'analog-value', 1, 'SAT-SP', 'degrees-celsius', 10, 30, true, true);
insert into write_commands (site_id, point_id, command_type, value, priority, created_by, source_ip) values ('here', 1, 'write_value', 21.5, 8, 'alice', '10.0.0.7')
    returning id, status, source, created_by, created_by_claim, source_ip \gset
select is(:'status'::text, 'pending', 'the plan''s columns alone are a command');
select is(:'source' || ' ' || :'created_by' || ' ' || :'created_by_claim', 'sql ' || session_user || ' alice', 'who says to have asked is kept beside who did');
select results_eq($$ select point_id, value, priority, status from commands_due('here', 10) $$, $$ values (1, 21.5::float8, 8, 'pending') $$, 'it is due');
select results_eq(format($$ select is_claimed, status from commands_claim('here', '[{"id": "%s", "value_before": 18, "slots": {}}]') $$, :'id'), $$ values (true, 'executing') $$, 'it is claimed');
select is(commands_end('here', jsonb_build_array(jsonb_build_object('id', :'id', 'status', 'completed', 'verdict', 'held', 'text', 'it holds'))), 1, 'it ends');
insert into write_commands (site_id, point_id, command_type, value) values ('here', 1, 'write_value', 45) returning error_message \gset
select is(:'error_message'::text, 'AHU-1/SAT-SP takes 10 to 30 degrees-celsius: 45 is above', 'or is refused');
select * from finish();
rollback;
