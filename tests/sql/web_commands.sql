-- Commands of the web: in a person's name, as far as a role goes; their list; what stands in slots; settings with versions.
begin;
select plan(71);
insert into site (site_id, name) values ('here', 'Here'), ('there', 'There');
insert into device (site_id, device_id, address, instance, name) values ('here', 1, '10.1.2.9', 1001, 'AHU-1'), ('there', 1, '10.1.2.9', 1001, 'AHU-1');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, units, states, min_value, max_value, commandable, writable) values
    ('here', 1, 1, 'analog-value', 1, 'SAT-SP', 'degrees-celsius', '{}', 10, 30, true, true),
    ('here', 2, 1, 'binary-output', 2, 'FAN', 'no-units', '{Off, On}', null, null, true, true),
    ('here', 3, 1, 'analog-value', 3, 'LOCKED', 'degrees-celsius', '{}', null, null, true, false),
    ('there', 4, 1, 'analog-value', 1, 'SAT-SP', 'degrees-celsius', '{}', 10, 30, true, true);

-- One statement of the web is a transaction of its own: here it is as if the one before had ended.
insert into access.users (organisation_id, name) select 1, name from unnest('{mina, noor}'::text[]) as name;
create function act(of_person text, of_role text) returns void language plpgsql security definer as $$
begin
    delete from access.acting;
    perform web_begin((select user_id from access.users where name = of_person), 7, null, '10.9.9.9', null, jsonb_build_array(jsonb_build_object('site', 'here', 'role', of_role)));
end
$$;
create function nobody() returns void language sql security definer as $$ delete from access.acting $$;
create function sudo(text) returns void language plpgsql security definer as $$ begin execute $1; end $$;
create function asks(request jsonb, of_role text default 'operator', of_person text default 'mina') returns text language plpgsql as $$
begin
    perform act(of_person, of_role);
    return (select outcome || coalesce(' ' || rule, '') || coalesce(': ' || text, '') from web_command_ask('{"site_id": "here", "point_id": 1, "release_after": 600}' || request));
end
$$;
create function checks(request jsonb, of_role text default 'operator') returns text language plpgsql as $$
begin
    perform act('mina', of_role);
    return (select outcome || coalesce(' ' || rule, '') || coalesce(': ' || text, '') || coalesce(' ' || value, '') from web_command_check('{"site_id": "here", "point_id": 1, "release_after": 600}' || request));
end
$$;
set session authorization bacpipes_web;

-- Whose it is.
select is(asks('{"value": 21.5, "reason": "cold", "created_by": "somebody else"}'), 'asked', 'an operator writes');
select results_eq($$ select source, created_by, created_by_claim, source_ip, reason, status from write_commands $$,
                  $$ values ('web', 'mina', 'somebody else', '10.9.9.9', 'cold', 'pending') $$, 'under the name of the person and from the address that the web knows, whatever the request claims');
select results_eq($$ select point, device, units, command_type, value, state, priority, status, person, source, address, reason, release_after_s from commands $$,
                  $$ values ('AHU-1/SAT-SP', 'AHU-1', 'degrees-celsius', 'write_value', 21.5::double precision, null::text, 8, 'pending', 'mina', 'web', '10.9.9.9', 'cold', 600::double precision) $$, 'and its row has words');
select nobody();
select throws_ok($$ select web_command_ask('{"site_id": "here", "point_id": 1, "value": 20, "release_after": 600}') $$, '42501', 'nobody is named for whom this is changed', 'nobody writes nothing');
select throws_ok($$ select command_ask('{"site_id": "here", "point_id": 1, "value": 20}') $$, '42501', null, 'and there is no way past it');
select throws_ok($$ insert into write_commands (site_id, point_id, command_type, value) values ('here', 1, 'write_value', 20) $$, '42501', null, 'nor by a row');
select throws_ok($$ select asks('{"value": 20}', 'viewer') $$, '42501', 'mina may not do so (command) at here', 'who may only look writes nothing');
select throws_ok($$ select asks('{"site_id": "there", "point_id": 4, "value": 20}', 'engineer') $$, '42501', 'mina may not do so (command) at there', 'nor who has a role elsewhere');
select throws_ok($$ select asks('{"value": null, "command_type": "release_priority"}', 'viewer') $$, '42501', 'mina may not do so (release) at here', 'or lets go');

-- What a role may.
select is(asks('{"value": 20, "release_after": null}'), 'forbidden role-must-release: an operator''s value ends by itself: say when by release_after, at most 24 h; without an end it is an engineer''s', 'an operator says when it ends');
select is(asks('{"value": 20, "release_after": "24h"}'), 'asked', 'a day is as long as it goes');
select is(asks('{"value": 20, "release_after": 86401}'), 'forbidden role-hold-too-long: an operator''s value stands for 24 h at most (setting control.operator_hold): 86401 s is an engineer''s', 'and no longer');
select is(asks('{"value": 20, "priority": 7}'), 'forbidden role-priority: an operator writes at priority 8 to 16: 7 is an engineer''s, as far as source "web" may write there', 'from 8 on');
select is(asks('{"command_type": "release_priority", "priority": 5, "release_after": null}'), 'forbidden role-priority: an operator writes at priority 8 to 16: 5 is an engineer''s, as far as source "web" may write there', 'nor does he let go there');
select is(asks('{"value": 20, "priority": 16}'), 'asked', 'to 16');
select is(asks('{"command_type": "release_priority", "release_after": null}'), 'asked', 'a release needs no end');
select is(asks('{"value": 20, "release_after": null}', 'engineer'), 'asked', 'an engineer needs none');
select is(asks('{"value": 20, "release_after": "30 days"}', 'engineer'), 'asked', 'or a long one');
select is(asks('{"value": 20, "priority": 7}', 'engineer'), 'refused priority: source "web" may write at priority 8 to 16: 7 is above', 'and has the ceiling of the source');
select sudo($$ update command_source set highest_priority = 5 where name = 'web' $$);
select is(asks('{"value": 20, "priority": 7}', 'engineer'), 'asked', 'which may be raised');
select sudo($$ insert into setting (site_id, name, value) values ('here', 'control.operator_hold', '1h30min') $$);
select is(asks('{"value": 20, "release_after": 5401}'), 'forbidden role-hold-too-long: an operator''s value stands for 90 min at most (setting control.operator_hold): 5401 s is an engineer''s', 'a setting says how long an operator may');
select is(asks('{"value": 20, "release_after": 5400}'), 'asked', 'and so it is');

-- The gate's words.
select is(asks('{"value": 99}'), 'refused above-max: AHU-1/SAT-SP takes 10 to 30 degrees-celsius: 99 is above', 'the gate has its say');
select is(asks('{"point_id": 3, "value": 20}'), 'refused not-writable: AHU-1/LOCKED (point 3) is not writable: `bacpipes points set --writable yes --point 3` allows it', 'with all its words');
select is((select count(*) from commands where status = 'refused' and person = 'mina' and rule is not null), 3::bigint, 'what it refuses is on record');
select is(asks('{"point_id": 77, "value": 20}'), 'unknown: there is no point 77 in site "here"', 'a point that is not there is none');
select is(asks('{"point_id": 4, "value": 20}'), 'unknown: there is no point 4 in site "here"', 'nor is another site''s');
select throws_ok($$ select asks('{"value": "warm"}') $$, '22023', 'value is "warm": it is a number; the name of a state is "state"', 'a text is no number');
select throws_ok($$ select asks('{"value": 20, "release_after": "soon"}') $$, '22023', 'release_after is "soon": it is seconds, or a text such as "2h" or "90 min"', 'nor a time');
select throws_ok($$ select asks('{"value": 20, "priority": "8"}') $$, '22023', 'priority is "8": it is a number', 'nor a priority');
select throws_ok($$ select web_command_ask('[]') $$, '22023', 'a command is a JSON object', 'a list is no command');
select is(asks('{"value": 20, "priority": 1e30}'), 'forbidden role-priority: an operator writes at priority 8 to 16: 0 is an engineer''s, as far as source "web" may write there', 'a priority beyond all is none');

-- Once for each key.
select is(asks('{"value": 22, "idempotency_key": "k1"}'), 'asked', 'with a key it is asked');
select is(asks('{"value": 22, "idempotency_key": "k1"}'), 'again', 'and again it is the same');
select is((select count(*) from write_commands where idempotency_key like '%:k1'), 1::bigint, 'once');
select is(asks('{"value": 23, "idempotency_key": "k1"}'), 'key-used: this Idempotency-Key was used for another command: each command has one of its own', 'another value is another command');
select is(asks('{"value": 22, "idempotency_key": "k1"}', 'operator', 'noor'), 'asked', 'another person has keys of their own');
select is(asks('{"point_id": 2, "state": "on", "idempotency_key": "k2"}'), 'asked', 'a state, too');
select is(asks('{"point_id": 2, "state": "on", "idempotency_key": "k2"}'), 'again', 'is the same');
select is(asks('{"point_id": 2, "state": "off", "idempotency_key": "k2"}'), 'key-used: this Idempotency-Key was used for another command: each command has one of its own', 'or another');
select is(asks('{"value": 99, "idempotency_key": "k3"}'), 'refused above-max: AHU-1/SAT-SP takes 10 to 30 degrees-celsius: 99 is above', 'what was refused');
select is(asks('{"value": 99, "idempotency_key": "k3"}'), 'refused above-max: AHU-1/SAT-SP takes 10 to 30 degrees-celsius: 99 is above', 'stays refused');
select is((select count(*) from write_commands where idempotency_key like '%:k3'), 1::bigint, 'and is asked once');

-- The dry run says the same and leaves nothing.
select count(*) as rows_before from write_commands \gset
select is(checks('{"value": 21}'), 'allowed 21', 'it would be written');
select is(checks('{"point_id": 2, "state": "on"}'), 'allowed 1', 'as this number');
select is(checks('{"value": 99}'), 'refused above-max: AHU-1/SAT-SP takes 10 to 30 degrees-celsius: 99 is above 99', 'or not');
select is(checks('{"value": 21, "priority": 7}'), 'forbidden role-priority: an operator writes at priority 8 to 16: 7 is an engineer''s, as far as source "web" may write there', 'by its role');
select is(checks('{"point_id": 77, "value": 21}'), 'unknown: there is no point 77 in site "here"', 'or at all');
select is((select count(*) from write_commands), :rows_before::bigint, 'a dry run leaves no row');

-- Taking it back.
select id as first_id from write_commands where status = 'pending' order by number limit 1 \gset
select act('mina', 'operator');
select throws_ok(format($$ select web_command_cancel('there', %L, null) $$, :'first_id'), '42501', null, 'of another site nothing is taken back');
select is((select outcome from web_command_cancel('here', gen_random_uuid(), null)), 'unknown', 'what is none is none');
select is((select outcome || ' ' || (command).status from web_command_cancel('here', :'first_id', 'a slip')), 'cancelled cancelled', 'what is pending is taken back');
select is((select outcome from web_command_cancel('here', :'first_id', null)), 'late', 'once');
select is((select text from commands where id = :'first_id'), 'cancelled by mina: a slip', 'by whom and why');

-- What stands.
select sudo($$ insert into override (site_id, point_id, priority, value, seen_since, seen_at) values ('here', 1, 5, 18, '2026-11-01 00:00Z', '2026-11-02 00:00Z') $$);
select sudo(format($$ insert into hold (site_id, point_id, priority, command_id, value, began_at, source, created_by) values ('here', 1, 8, %L, 21, '2026-11-01 12:00Z', 'web', 'mina') $$, :'first_id'));
select results_eq($$ select priority, value, is_ours, is_holding, created_by, seen_at is not null from standing where site_id = 'here' order by priority $$,
                  $$ values (5, 18::double precision, false, true, null::text, true), (8, 21, true, false, 'mina', false) $$, 'what others hold, and what we hold though nobody has read it back');
select sudo($$ insert into override (site_id, point_id, priority, value, seen_since, seen_at) values ('here', 1, 8, 17, '2026-11-01 00:00Z', '2026-11-01 11:59Z') $$);
select results_eq($$ select value, is_ours from standing where site_id = 'here' and priority = 8 $$, $$ values (21::double precision, true) $$, 'what was read in a slot before we wrote there is what was');
select sudo($$ update override set seen_at = '2026-11-01 12:00Z' where priority = 8 $$);
select results_eq($$ select value, is_ours from standing where site_id = 'here' and priority = 8 $$, $$ values (21::double precision, true) $$, 'at the same instant, too');
select sudo($$ update override set seen_at = '2026-11-01 12:01Z' where priority = 8 $$);
select results_eq($$ select value, is_ours from standing where site_id = 'here' and priority = 8 $$, $$ values (17::double precision, false) $$, 'what was read there since is what is');
select sudo($$ delete from override where priority = 8 $$);

-- Settings.
select act('noor', 'operator');
select throws_ok($$ select setting_change('here', 'poll.window', '3', '*') $$, '42501', 'noor may not do so (edit_settings) at here', 'an operator changes none');
select throws_ok($$ insert into setting (site_id, name, value) values ('here', 'poll.window', '3') $$, '42501', null, 'in no other way, either');
select act('mina', 'engineer');
select outcome || ' ' || value as changed, version from setting_change('here', 'poll.window', '3', '0') \gset
select is(:'changed'::text, 'changed 3', 'a setting is made by who saw the default');
select is((select (extract(epoch from updated_at) * 1000000)::bigint::text from setting where name = 'poll.window'), :'version'::text, 'its version is when');
select is((select updated_by from setting where name = 'poll.window'), 'mina', 'in a person''s name');
select is((select outcome || ' ' || value from setting_change('here', 'poll.window', '4', '0')), 'stale 3', 'who saw another state changes nothing, and sees this one');
select throws_ok($$ select setting_change('here', 'poll.window', '-4', '*') $$, '22023', null, 'what is no value is refused');
select is((select outcome from setting_change('here', 'poll.widow', '4', '*')), 'unknown', 'what is no setting is none');
select is((select outcome from setting_change('here', 'poll.window', '5', :'version')), 'changed', 'who saw this one changes it');
select is((select outcome || ' ' || version from setting_change('here', 'poll.window', null, '*')), 'changed 0', 'and its default');
select is((select count(*) from setting where name = 'poll.window'), 0::bigint, 'is back');

reset session authorization;
select is((select count(*) from journal_pending, lateral (select convert_from(body, 'UTF8')::jsonb as b) as j where site_id = 'here' and kind in ('setting', 'command') and (b #>> '{who,role}') = 'bacpipes_web'
             and ((b #>> '{who,person}') not in ('mina', 'noor') or (b #>> '{who,address}') <> '10.9.9.9')), 0::bigint, 'each change is on record under a person, from where');
select cmp_ok((select count(*) from journal_pending, lateral (select convert_from(body, 'UTF8')::jsonb as b) as j where kind in ('setting', 'command') and (b #>> '{who,person}') = 'mina'), '>', 10::bigint, 'with all that mina did');
select * from finish();
rollback;
