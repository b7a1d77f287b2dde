-- Points as people edit them: versions, all or nothing, undo, what the device says beside it, views; as the web's own account.
begin;
select plan(92);
insert into site (site_id, name) values ('here', 'Here'), ('there', 'There');
insert into device (site_id, device_id, address, instance, name) values ('here', 1, '10.1.2.9', 1001, 'AHU-1'), ('there', 1, '10.1.2.9', 1001, 'AHU-1');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, description, units, commandable) values
    ('here', 1, 1, 'analog-value', 1, 'SAT-SP', 'Setpoint', 'degrees-celsius', true),
    ('here', 2, 1, 'analog-input', 2, 'SAT', '', 'degrees-celsius', false),
    ('here', 3, 1, 'binary-output', 3, 'FAN', 'Fan', '', true),
    ('there', 4, 1, 'analog-value', 1, 'SAT-SP', '', 'degrees-celsius', true);
create function d(text) returns bytea language sql immutable as $$ select sha256(convert_to($1, 'UTF8')) $$;
create function act(who text) returns void language plpgsql security definer as $$ begin delete from access.acting; perform web_act(d(who), '10.9.9.9'); end $$;
create function end_of_transaction() returns void language sql security definer as $$ delete from access.acting $$;
create function version_of(of_point integer) returns bigint language sql security definer as $$ select version from public.point where site_id = 'here' and point_id = of_point $$;
create function pending(of_point integer) returns setof jsonb language sql security definer as $$
    select convert_from(body, 'UTF8')::jsonb from journal_pending where kind = 'point' and convert_from(body, 'UTF8')::jsonb ->> 'key' = of_point::text order by number
$$;
-- What a change of one point said: what differs, or the problem.
create function change(of_point integer, said jsonb, seen bigint default null, dry boolean default false) returns text language sql as $$
    select coalesce(rule || ': ' || problem, before::text || ' ' || after::text) || coalesce(' ' || (change > 0)::text, '')
      from points_change('here', jsonb_build_array(jsonb_build_object('id', of_point, 'version', seen, 'set', said)), dry)
$$;
\set quiet_hash '$argon2id$v=19$m=65536,t=2,p=1$abc$def'
set session authorization bacpipes_owner;
select access_user_add('ed', '', '[{"site": "here", "role": "engineer"}]') ->> 'id' as ed \gset
select access_user_add('ola', '', '[{"site": "here", "role": "operator"}, {"site": "there", "role": "engineer"}]') ->> 'id' as ola \gset
select access_password_set(:ed, :'quiet_hash'), access_password_set(:ola, :'quiet_hash') \g /dev/null
set session authorization bacpipes_web;
select access_login_end(:ed, null, null, d('ed'), null, null, null, '10.9.9.9', '') \g /dev/null
select end_of_transaction() \g /dev/null
select access_login_end(:ola, null, null, d('ola'), null, null, null, '10.9.9.9', '') \g /dev/null
select end_of_transaction() \g /dev/null

-- ---- who ----
select throws_ok($$ select change(1, '{"name": "X"}') $$, '42501', 'nobody is named for whom this is changed', 'nobody changes nothing');
select act('ola') \g /dev/null
select throws_ok($$ select change(1, '{"name": "X"}') $$, '42501', 'ola may not do so (edit_points) at here', 'nor does an operator');
select lives_ok($$ select * from points_change('there', '[{"id": 4, "set": {"name": "X"}}]', true) $$, 'who is an engineer elsewhere does it there');
select throws_ok($$ select * from points_undo('here', 1) $$, '42501', 'ola may not do so (edit_points) at here', 'nor undoes');
select throws_ok($$ update point set name = 'X' $$, '42501', null, 'and the web has no other way');
select throws_ok($$ select * from point_change $$, '42501', null, 'nor reads what was changed');
select throws_ok($$ insert into saved_view (site_id, user_id, owner, name, screen, query) values ('here', 1, 'x', 'x', 'points', '') $$, '42501', null, 'nor makes views of others');
select act('ed') \g /dev/null

-- ---- one point ----
select is(change(1, '{"name": "Supply SP", "poll_interval_s": 0.5}'), 'invalid: poll_interval_s is 1 to 86400 seconds, or null for as its device says', 'what cannot be is told');
select is(change(1, '{"name": "Supply SP", "poll_interval_s": 2.5, "writable": true, "write_min": 10, "write_max": 30}', 1),
    '{"name": "SAT-SP", "writable": false, "write_max": null, "write_min": null, "poll_interval_s": null} {"name": "Supply SP", "writable": true, "write_max": 30, "write_min": 10, "poll_interval_s": 2.5} true', 'what was and what is');
select results_eq($$ select name, poll_interval_ms, writable, write_min, write_max, device_says, version from point where site_id = 'here' and point_id = 1 $$,
    $$ values ('Supply SP', 2500, true, 10::double precision, 30::double precision, '{"name": "SAT-SP"}'::jsonb, 2::bigint) $$, 'and so it is in its row');
select is((select p #- '{who,session}' from pending(1) as p order by p ->> 'op' desc limit 1),
    '{"v": 1, "op": "update", "key": 1, "new": {"name": "Supply SP", "writable": true, "write_max": 30, "write_min": 10, "device_says": {"name": "SAT-SP"}, "poll_interval_ms": 2500},
      "old": {"name": "SAT-SP", "writable": false, "write_max": null, "write_min": null, "device_says": {}, "poll_interval_ms": null}, "who": {"role": "bacpipes_web", "person": "ed", "address": "10.9.9.9"}, "table": "point"}'::jsonb,
    'who, from where, what was and what is are on record');
select is(change(1, '{"name": "Supply SP"}', 2), '{} {}', 'what is so already is no change');
select is(version_of(1), 2::bigint, 'and no version');
select is(change(1, '{"name": "Mine"}', 1), 'version: somebody has changed it since: it has version 2 now', 'who has not seen it changes nothing');
select is(change(1, '{"write_max": 5}', 2), 'invalid: from 10 to 5 is nothing: write_min is at most write_max', 'limits that leave nothing');
select is(change(77, '{"name": "X"}'), 'unknown: there is no point 77 at this site', 'a point that is not there');
select is(change(4, '{"name": "X"}'), 'unknown: there is no point 4 at this site', 'or is at another site');
select is(change(1, '{"name": "X"}', 2, true), '{"name": "Supply SP"} {"name": "X"}', 'a dry run says what would be');
select is(version_of(1), 2::bigint, 'and changes nothing');
select is(change(1, '{"write_min": null, "write_max": null, "poll_interval_s": null}', 2), '{"write_max": 30, "write_min": 10, "poll_interval_s": 2.5} {"write_max": null, "write_min": null, "poll_interval_s": null} true', 'null takes away');

-- ---- what cannot be set ----
select is(change(2, said::jsonb), 'invalid: ' || sentence, said) from (values
    ('{"name": ""}', 'name has at least one letter; null gives back the device''s own'),
    ('{"name": "  "}', 'name has at least one letter; null gives back the device''s own'),
    ('{"name": 5}', 'name is a text, or null for what the device says'),
    ('{"name": "a\u0007b"}', 'name has a control character'),
    ('{"description": ["x"]}', 'description is a text, or null for what the device says'),
    ('{"units": "Grad Celsius"}', 'units are a name of the standard, as degrees-celsius, or empty'),
    ('{"enabled": "yes"}', 'enabled is true or false'),
    ('{"writable": null}', 'writable is true or false'),
    ('{"poll_interval_s": 86401}', 'poll_interval_s is 1 to 86400 seconds, or null for as its device says'),
    ('{"poll_interval_s": "60"}', 'poll_interval_s is 1 to 86400 seconds, or null for as its device says'),
    ('{"write_min": "10"}', 'write_min is a number in the point''s units, or null for what the device takes'),
    ('{"write_max": 1e305}', 'write_max is a number in the point''s units, or null for what the device takes'),
    ('{"tags": []}', 'tags are an object, as {"zone": "m:"}'),
    ('{"tags": {"a b": "m:"}}', 'a tag begins with a letter, and has letters, digits and _ behind it, at most 60'),
    ('{"point_id": 9}', 'point_id cannot be set'),
    ('{"version": 9}', 'version cannot be set'),
    ('{"device_says": {}}', 'device_says cannot be set')) as wrong (said, sentence);
select is(change(2, jsonb_build_object('name', repeat('x', 501))), 'invalid: name has 500 letters at most', 'a name is not endless');
select is(change(2, jsonb_build_object('tags', jsonb_build_object('dis', repeat('x', 9000)))), 'invalid: tags have 8000 letters at most', 'nor are tags');
select is(change(2, '{"name": "''; drop table point; --", "tags": {"dis": "\" or 1=1"}}'), '{"name": "SAT", "tags": {}} {"name": "''; drop table point; --", "tags": {"dis": "\" or 1=1"}} true', 'SQL is a name like others');

-- ---- many ----
select throws_ok($$ select * from points_change('here', '[]', false) $$, '22023', '1 to 10000 points are changed at once', 'none is no change');
select throws_ok($$ select * from points_change('here', '{}', false) $$, '22023', '1 to 10000 points are changed at once', 'nor is what is no list');
select throws_ok($$ select * from points_change('here', (select jsonb_agg(jsonb_build_object('id', i)) from generate_series(1, 10001) as i), true) $$, '22023', '1 to 10000 points are changed at once', 'there is an end to it');
select throws_ok($$ select * from points_change('here', '[{"id": 1, "set": {}}, {"id": 1, "set": {}}]', false) $$, '22023', 'a point is there twice: one change says all of it', 'one twice');
select results_eq($$ select point_id, rule, change from points_change('here', '[{"id": 3, "version": 1, "set": {"enabled": false}}, {"id": 1, "version": 1, "set": {"enabled": false}}, {"id": 99, "set": {}}]', false) $$,
    $$ values (3, null, null::bigint), (1, 'version', null), (99, 'unknown', null) $$, 'each says what is wrong with it, in the order asked');
select is((select enabled from point where site_id = 'here' and point_id = 3), true, 'and none is changed where one is wrong');
select results_eq($$ select point_id, path, version, after, change > 0 from points_change('here', '[{"id": 3, "version": 1, "set": {"enabled": false}}, {"id": 2, "version": 2, "set": {"enabled": false}}, {"id": 1, "set": {"enabled": true}}]', false) $$,
    $$ values (3, 'AHU-1/FAN', 2::bigint, '{"enabled": false}'::jsonb, true), (2, 'AHU-1/''; drop table point; --', 3::bigint, '{"enabled": false}', true), (1, 'AHU-1/Supply SP', 3::bigint, '{}', true) $$, 'else all of them are');

-- ---- undo ----
set session authorization bacpipes_owner;
select max(change_id) as last, count(*) as changes from point_change \gset
select is((select jsonb_array_length(points) from point_change where change_id = :last), 2, 'what was no change is not kept as one');
select is((select person from point_change where change_id = :last), 'ed', 'it is known whose it was');
set session authorization bacpipes_web;
select results_eq(format($$ select point_id, before, after, problem from points_undo('here', %s) $$, :last), $$ values (3, '{"enabled": false}'::jsonb, '{"enabled": true}'::jsonb, null), (2, '{"enabled": false}', '{"enabled": true}', null) $$, 'what was is again');
select throws_ok(format($$ select * from points_undo('here', %s) $$, :last), '22023', format('change %s was undone already, by change %s', :last, :last + 1), 'once');
select is((select count(*) from points_undo('here', 99999)), 0::bigint, 'there is no such change');
select is((select count(*) from points_undo('there', :last)) , 0::bigint, 'nor at another site') from (select act('ola')) as acting;
select act('ed') \g /dev/null
select change as first from points_change('here', '[{"id": 2, "set": {"description": "One"}}, {"id": 3, "set": {"description": "Two", "enabled": false}}]', false) limit 1 \gset
select is(change(3, '{"description": "Three"}'), '{"description": "Two"} {"description": "Three"} true', 'somebody changes one since');
select results_eq(format($$ select point_id, rule, problem from points_undo('here', %s) $$, :first), $$ values (2, null, null), (3, 'version', 'somebody has changed it since: description') $$, 'then undo says which');
select is((select description from point where site_id = 'here' and point_id = 2), 'One', 'and puts back nothing');
select is(change(3, '{"description": "Two", "units": "percent"}'), '{"units": "", "description": "Three"} {"units": "percent", "description": "Two"} true', 'as it was');
select results_eq(format($$ select point_id, after from points_undo('here', %s) $$, :first), $$ values (2, '{"description": ""}'::jsonb), (3, '{"enabled": true, "description": "Fan"}') $$, 'what else was changed since is in no way');
select results_eq($$ select units, device_says from point where site_id = 'here' and point_id = 3 $$, $$ values ('percent', '{"units": ""}'::jsonb) $$, 'and stays');
-- However a number was written, it is known again.
select change as decimals from points_change('here', '[{"id": 3, "set": {"write_min": 0.10000000000000001, "write_max": 0.30000000000000004, "poll_interval_s": 1.1000000000000001}}]', false) \gset
select results_eq($$ select write_min, write_max, poll_interval_ms from point where site_id = 'here' and point_id = 3 $$, $$ values (0.1::double precision, 0.1::double precision + 0.2::double precision, 1100) $$, 'a double in 17 digits is that double, and a time in milliseconds');
select is((select after from points_undo('here', :decimals)) - 'write_max', '{"write_min": null, "poll_interval_s": null}', 'and undo knows it again');
set session authorization bacpipes_owner;
select is(point_set_problem('poll_interval_s', to_jsonb(s)), null, s || ' s are whole milliseconds') from unnest('{7.7, 30.1}'::double precision[]) as s;
select is(point_set_problem('poll_interval_s', '1.1005'), 'poll_interval_s is 1 to 86400 seconds, or null for as its device says', 'parts of one are not');
update point_change set changed_at = now() - interval '91 days' where change_id = :first;
set session authorization bacpipes_web;
select act('ed') \g /dev/null
select change(2, '{"description": "Again"}') \g /dev/null
set session authorization bacpipes_owner;
select is_empty(format('select from point_change where change_id = %s', :first), 'changes are kept for 90 days');

-- ---- what the device says ----
\set update_points `cat "$SQL_QUERIES/collect/update_points.sql"`
prepare read_out (text, text, text) as :update_points
;
set session authorization bacpipes_collect;
execute read_out('here', '10.1.2.9', '[{"object_type": "analog-value", "object_instance": 1, "name": "SAT-SP-2", "description": "Other", "units": "kelvin", "states": [], "commandable": true},
                                       {"object_type": "binary-output", "object_instance": 3, "name": "FAN", "description": "Fan", "units": "", "states": [], "commandable": true}]');
set session authorization bacpipes_web;
select act('ed') \g /dev/null
select results_eq($$ select name, description, units, device_says from point where site_id = 'here' and point_id = 1 $$, $$ values ('Supply SP', 'Other', 'kelvin', '{"name": "SAT-SP-2"}'::jsonb) $$,
    'read out anew, what people called it stays, and what the device calls it is known');
select is(version_of(3), (select version_of(3)), 'one that is as it was');
select version_of(3) as seen \gset
set session authorization bacpipes_collect;
execute read_out('here', '10.1.2.9', '[{"object_type": "binary-output", "object_instance": 3, "name": "FAN", "description": "Fan", "units": "", "states": [], "commandable": true}]');
set session authorization bacpipes_web;
select is(version_of(3), :seen::bigint, 'and is read out again has no new version');
select act('ed') \g /dev/null
select is(change(1, '{"name": null}'), '{"name": "Supply SP"} {"name": "SAT-SP-2"} true', 'null gives back the device''s own');
select is((select device_says from point where site_id = 'here' and point_id = 1), '{}', 'and from then on it follows the device');
select is(change(1, '{"name": "SAT-SP-2", "units": "degrees-celsius"}'), '{"units": "kelvin"} {"units": "degrees-celsius"} true', 'units, too');

-- ---- versions ----
set session authorization bacpipes_owner;
select version as before from point where site_id = 'here' and point_id = 1 \gset
update point set missing_since = now(), chosen_at = now() - interval '1 day' where site_id = 'here' and point_id = 1;
select is((select version from point where site_id = 'here' and point_id = 1), :before::bigint, 'that a device does not name it, and when it was chosen, is no change that people see');
update point set missing_since = null, updated_at = now() + interval '1 s', version = 99 where site_id = 'here' and point_id = 1;
select is((select version from point where site_id = 'here' and point_id = 1), :before::bigint, 'and nobody sets a version');
update point set description = description || '!' where site_id = 'here' and point_id = 1;
select is((select version from point where site_id = 'here' and point_id = 1), :before + 1::bigint, 'what is one, counts once');
update point set description = rtrim(description, '!') where site_id = 'here' and point_id = 1;
set session authorization bacpipes_web;
select act('ed') \g /dev/null

-- ---- views ----
select results_eq($$ select outcome, (view).owner, (view).version from view_store('here', null, null, 'Supply', 'points', 'search=SAT', true) $$, $$ values ('stored', 'ed', 1::bigint) $$, 'a view is kept');
select throws_ok($$ select view_store('here', null, null, 'Supply', 'points', '', false) $$, '23505', 'there is a view "Supply" of this screen already: give it another name', 'a name is there once');
select lives_ok($$ select view_store('here', null, null, 'Supply', 'trends', '', false) $$, 'of a screen');
select view_id as view from saved_view where screen = 'points' \gset
select act('ola') \g /dev/null
select is((select outcome from view_store('here', null, null, 'Hers', 'points', '', true)), 'forbidden', 'to share needs the right to edit points');
select is((select outcome from view_store('here', null, null, 'Hers', 'points', '', false)), 'stored', 'one''s own does not');
select is((select outcome from view_store('here', (select view_id from saved_view where name = 'Hers'), null, 'Hers', 'points', '', true)), 'forbidden', 'nor does one become shared by a change');
select is((select is_shared from saved_view where name = 'Hers'), false, 'it stays her own');
select is((select outcome from view_store('here', :view, null, 'Mine now', 'points', '', true)), 'forbidden', 'nor is a shared one hers to change');
select is(view_remove('here', :view), 'forbidden', 'or to remove');
select is((select outcome from view_store('there', :view, null, 'x', 'points', '', true)), 'unknown', 'at another site it is not there');
select throws_ok($$ select view_store('here', null, null, ' ', 'points', '', false) $$, '23514', null, 'a view has a name');
select throws_ok($$ select view_store('here', null, null, 'x', '../x', '', false) $$, '23514', null, 'a screen is a word');
select act('ed') \g /dev/null
select is((select outcome from view_store('here', :view, 7, 'Supply air', 'points', '', true)), 'changed', 'one that was not seen as it is');
select is((select outcome from view_store('here', :view, 1, 'Supply air', 'points', 'x=1', false)), 'stored', 'one that was');
select is((select outcome from view_store('here', (select max(view_id) from saved_view), null, 'x', 'points', '', true)), 'unknown', 'what others keep for themselves is not there');
select is(view_remove('here', :view), 'removed', 'and it goes');
select is(view_remove('here', :view), 'unknown', 'once');
set session authorization bacpipes_owner;
select end_of_transaction() \g /dev/null
select access_user_remove(:ola) \g /dev/null
select is((select count(*) from saved_view where owner = 'ola'), 0::bigint, 'whose user goes, theirs go, too');
select * from finish();
rollback;
