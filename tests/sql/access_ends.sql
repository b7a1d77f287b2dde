-- What ends with a password, a second factor and a user, and what stays; and that somebody stays who manages users, whatever account the web has.
begin;
select plan(33);
insert into site (site_id, name) values ('demo', 'Demo'), ('annex', 'Annex');
create function d(text) returns bytea language sql immutable as $$ select sha256(convert_to($1, 'UTF8')) $$;
create function end_of_transaction() returns void language sql security definer as $$ delete from access.acting $$;
create function act(of_digest bytea) returns void language plpgsql security definer as $$ begin delete from access.acting; perform web_act(of_digest, '10.1.2.3'); end $$;
create function is_in(of_digest text) returns boolean language sql as $$ select access_identify(d(of_digest), false) is not null $$;
-- A session of a user, without a word of what was before.
create function enter(of_user integer, of_digest text) returns void language plpgsql as $$
begin
    perform access_login_end(of_user, null, null, d(of_digest), null, null, null, '10.1.2.3', '');
    perform end_of_transaction();
end
$$;
\set quiet_hash '$argon2id$v=19$m=65536,t=2,p=1$abc$def'
set session authorization bacpipes_owner;
select access_user_add('anna', '', '[{"role": "admin"}]') ->> 'id' as anna \gset
select access_user_add('bob', '', '[{"role": "admin"}]') ->> 'id' as bob \gset
select access_user_add('carla', '', '[]') ->> 'id' as carla \gset
select access_password_set(u, :'quiet_hash') from unnest(array[:anna, :bob, :carla]) as u \g /dev/null
set session authorization bacpipes_web;
select enter(:anna, 'a1'), enter(:bob, 'b1'), enter(:bob, 'b2'), enter(:carla, 'c1'), enter(:carla, 'c2') \g /dev/null

-- ---- a password ----
select act(d('c1')) \g /dev/null
select ok(access_password_set(:carla, :'quiet_hash'), 'who changes a password');
select ok(is_in('c1') and not is_in('c2'), 'stays where it is done, and is out everywhere else');
select ok(is_in('b1') and is_in('a1'), 'nobody else is');
select enter(:carla, 'c2') \g /dev/null
select act(d('a1')) \g /dev/null
select ok(access_link_add(:carla, d('l1')) is not null, 'who was given a link');
select end_of_transaction() \g /dev/null
select is(access_link_use(d('l1'), :'quiet_hash', null, null, d('c3'), null, null, '10.1.2.3', '') ->> 'name', 'carla', 'and chooses a password by it');
select ok(is_in('c3') and not is_in('c1') and not is_in('c2'), 'ends all sessions of before: whoever knew the former password');
select ok(is_in('b1') and is_in('a1'), 'those of nobody else');

-- ---- a second factor ----
select enter(:carla, 'c4') \g /dev/null
select act(d('c4')) \g /dev/null
select ok(access_totp_begin('\x0102030405060708090a0b0c0d0e0f1011121314') and access_totp_confirm(100, array[d('r1'), d('r2')]), 'who turns on a second factor');
select ok(is_in('c4') and not is_in('c3'), 'stays where it is done, and has to bring it everywhere else');
select act(d('b1')) \g /dev/null
select ok(access_totp_begin('\x0102030405060708090a0b0c0d0e0f1011121314') and access_totp_confirm(100, array[d('r3'), d('r1')]), 'of two who have one');
select end_of_transaction() \g /dev/null
select is(access_login_end(:bob, null, d('r2'), d('b3'), null, null, null, '10.1.2.3', ''), null, 'nobody gets in by the code of another');
select is(access_login_end(:bob, null, d('r1'), d('b3'), null, null, null, '10.1.2.3', '') ->> 'name', 'bob', 'but by his own');
select end_of_transaction() \g /dev/null
select is(access_login_end(:carla, null, d('r1'), d('c5'), null, null, null, '10.1.2.3', '') ->> 'name', 'carla', 'and uses up nobody else''s');
select end_of_transaction() \g /dev/null

-- ---- a user who is shut out ----
select act(d('a1')) \g /dev/null
select ok(access_link_add(:carla, d('l2')) is not null, 'a link was given');
select ok(access_user_set(:carla, '{"enabled": false}', null) is not null and access_user_set(:carla, '{"enabled": true}', null) is not null, 'to who is shut out, and let in again');
select ok(not is_in('c4') and not is_in('c5'), 'sessions do not come back');
select is((access_link_look(d('l2'))).name, null, 'nor does the link');

-- ---- as many sessions as there may be ----
reset session authorization;
insert into access.session (user_id, digest, address, agent, seen_at) select :bob, d('many' || i), '', '', now() - i * interval '1 minute' from generate_series(1, 60) as i;
set session authorization bacpipes_web;
select is(access_login_end(:bob, 200, null, d('b4'), null, null, null, '10.1.2.3', '') ->> 'name', 'bob', 'one more than there may be');
select end_of_transaction() \g /dev/null
select ok(is_in('b4') and is_in('b3') and is_in('b1') and is_in('many1') and is_in('many40') and not is_in('many60') and not is_in('many50'), 'takes the place of the one that was unused for longest');

-- ---- for whom, and no longer ----
reset session authorization;
select end_of_transaction() \g /dev/null
insert into access.acting (of_xact, user_id, organisation_id, person, address, everywhere, sites) select '3'::xid8, user_id, organisation_id, name, '', 'admin', '[]' from access.users where name = 'anna';
set session authorization bacpipes_web;
select web_act(d('b4'), '') \g /dev/null
reset session authorization;
select results_eq('select person from access.acting', $$ values ('bob') $$, 'who acted in a transaction that is over is forgotten with the next');

-- ---- somebody stays who manages users ----
-- Here one account does all: it is who acts that counts.
select act(d('a1')) \g /dev/null
select ok(access_user_set(:bob, '{"enabled": false}', null) is not null, 'of two administrators one may go');
select ok(exists (select from pg_locks where relation = 'access.role_right'::regclass and mode = 'ShareUpdateExclusiveLock' and pid = pg_backend_pid() and granted), 'while nobody else shuts one out');
select is((select provolatile from pg_proc where proname = 'access_keep_admin'), 'v'::"char", 'and what they did until then is seen');
select throws_ok(format($$ select access_user_set(%s, '{"enabled": false}', null) $$, :anna), '23000', 'nobody would be left who manages users: give somebody else the role admin at all sites first', 'the last cannot be shut out');
select throws_ok(format($$ select access_user_remove(%s) $$, :anna), '23000', null, 'nor removed');
select throws_ok(format($$ select access_grant(%s, null, 'viewer') $$, :anna), '23000', null, 'nor be something else');
select throws_ok(format($$ select access_password_set(%s, '$argon2id$x') $$, :carla), '42501', 'a password is its owner''s to change', 'and has no other''s password');
select throws_ok(format($$ select access_token_add(%s, 'mine', d('t'), 'bp_abcd', 'admin', null, now() + interval '1 day') $$, :carla), '42501', null, 'nor token');
select end_of_transaction() \g /dev/null
select throws_ok(format($$ select access_user_set(%s, '{"enabled": false}', null) $$, :anna), '23000', null, 'nor by the command line');

-- ---- groups of sites ----
insert into access.site_group (organisation_id, name) select organisation_id, 'both' from site where site_id = 'demo';
insert into access.site_group_site (group_id, site_id) select group_id, 'demo' from access.site_group;
select access_grants_set(:carla, '[{"group": "both", "role": "viewer"}]') \g /dev/null
create temporary table told (of_user text); grant insert on told to public;
create or replace function access_notify(of_user integer) returns void language sql as $$ insert into told values (of_user::text) $$;
insert into access.site_group_site (group_id, site_id) select group_id, 'annex' from access.site_group;
select is((select count(*) from told where of_user = :'carla'), 1::bigint, 'who has a role at a group is told of when a site comes to it');
delete from access.site_group_site where site_id = 'annex';
select is((select count(*) from told where of_user = :'carla'), 2::bigint, 'or goes');
delete from access.site_group;
select cmp_ok((select count(*) from told where of_user = :'carla'), '>', 2::bigint, 'or the group does');
select is((select jsonb_array_length(access_user(:carla) -> 'grants')), 0, 'with its roles');
select * from finish();
rollback;
