-- Who may use the web, and what: the promises of schema access, tried as the web's own account.
begin;
select plan(104);
insert into site (site_id, name) values ('demo', 'Demo'), ('annex', 'Annex');
create function d(text) returns bytea language sql immutable as $$ select sha256(convert_to($1, 'UTF8')) $$;
create function wait_of(of_name text, of_address text, of_browser bytea default null) returns integer language sql as $$ select wait_s from access_login_begin(of_name, of_address, of_browser) $$;
-- One statement of the web is a transaction of its own: here it is as if the one before had ended.
create function end_of_transaction() returns void language sql security definer as $$ delete from access.acting $$;
create function act(of_digest bytea) returns void language plpgsql security definer as $$ begin delete from access.acting; perform web_act(of_digest, '10.1.2.3'); end $$;
create function bodies() returns setof jsonb language sql security definer as $$ select convert_from(body, 'UTF8')::jsonb from journal_pending order by number $$;
create function last_body() returns jsonb language sql security definer as $$ select convert_from(body, 'UTF8')::jsonb from journal_pending where site_id = 'demo' order by number desc limit 1 $$;

\set quiet_hash '$argon2id$v=19$m=65536,t=2,p=1$abc$def'

-- ---- tools make users ----
set session authorization bacpipes_owner;
set bacpipes.person = 'alice';
select access_user_add('Anna', 'Anna Lei', '[{"role": "admin"}]') ->> 'id' as anna \gset
select access_user_add('bob', '', '[{"site": "demo", "role": "operator"}]') ->> 'id' as bob \gset
select is(last_body() #>> '{who,person}', 'alice', 'a tool''s changes are on record under who sits there');
select is(last_body() - 'who', '{"v": 1, "event": "user", "op": "add", "user": "bob", "user_id": 2, "full_name": "", "grants": [{"site": "demo", "role": "operator"}]}'::jsonb - 'user_id' || jsonb_build_object('user_id', :bob), 'with all that was given');
select throws_ok($$ select access_user_add('anna', '', '[]') $$, '23505', 'there is a user "anna" already');
select throws_ok($$ select access_user_add('a b', '', '[]') $$, '22023', 'a name has 1 to 64 letters a to z, digits, and . _ @ - behind the first');
select throws_ok($$ select access_user_add('carl', '', '[{"site": "nowhere", "role": "viewer"}]') $$, '22023', 'there is no site "nowhere"');
select throws_ok($$ select access_user_add('carl', '', '[{"site": "demo", "role": "king"}]') $$, '22023', 'role "king" is none of viewer, operator, engineer, admin');
select throws_ok($$ select access_user_add('carl', '', '[{"site": "demo", "role": "viewer"}, {"site": "demo", "role": "admin"}]') $$, '22023', 'a site, a group, or all sites has one grant, not several');
select throws_ok($$ select access_user_add('carl', '', '[{"site": "demo", "group": "x", "role": "viewer"}]') $$, '22023', 'a grant names a site or a group, not both');
select throws_ok($$ select access_user_add('carl', '', '[{"rolle": "viewer"}]') $$, '22023', 'a grant has "role", and "site" or "group", or neither for all sites');
select throws_ok($$ select access_user_add('carl', '', '{"role": "viewer"}') $$, '22023', 'grants are a list of at most 1000 such as {"site": "demo", "role": "operator"}');
select ok(access_password_set(:anna, :'quiet_hash') and access_password_set(:bob, :'quiet_hash'), 'and passwords');
select throws_ok(format($$ select access_password_set(%s, 'secret') $$, :anna), '23514', null, 'of which Argon2id''s string is kept, and nothing else');
select throws_ok($$ select * from access.users $$, '42501', null, 'nobody reads the tables');
select throws_ok($$ select web_act(d('x'), '') $$, '42501', null, 'a tool is not the web');

-- ---- the web logs people in ----
set session authorization bacpipes_web;
reset bacpipes.person;
select throws_ok($$ select * from access.session $$, '42501', null, 'the web does not, either');
select throws_ok($$ select access_first_link(d('x')) $$, '42501', null, 'nor makes itself an administrator');
select throws_ok($$ select access_user_add('eve', '', '[{"role": "admin"}]') $$, '42501', 'nobody is named for whom this is changed', 'it changes nothing for nobody');
set bacpipes.person = 'anna';
select throws_ok($$ select access_user_add('eve', '', '[{"role": "admin"}]') $$, '42501', 'nobody is named for whom this is changed', 'a setting names nobody');
reset bacpipes.person;
select throws_ok($$ select web_act(d('guess'), '10.6.6.6') $$, '28000', 'the session has ended', 'nor does a guess');
select results_eq($$ select user_id, password is not null, totp_secret, wait_s from access_login_begin('ANNA', '10.1.2.3', null) $$, format($$ values (%s, true, null::bytea, 0) $$, :anna), 'a name is known whatever its case');
select results_eq($$ select user_id, password, wait_s from access_login_begin('nobody', '10.1.2.3', null) $$, $$ values (null::integer, null::text, 0) $$, 'one that is not is told as one that is');
select is(access_login_end(:anna, null, null, d('s1'), null, null, d('b1'), '10.1.2.3', 'Firefox') - 'id' - 'expires_s' - 'expires_at', format(
   '{"kind": "session", "token": null, "user_id": %s, "name": "anna", "full_name": "Anna Lei", "organisation": 1, "language": "", "theme": "system", "motion": "system", "has_totp": false,
     "everywhere": "admin", "sites": [{"site": "annex", "role": "admin"}, {"site": "demo", "role": "admin"}]}', :anna)::jsonb, 'a session says who it is, and what they may');
select is(last_body() #> '{who}', jsonb_build_object('role', 'bacpipes_web', 'person', 'anna', 'address', '10.1.2.3', 'session', last_body() #> '{who,session}'), 'who logged in from where is on record');
select end_of_transaction();
select is(access_identify(d('s1'), true) ->> 'name', 'anna', 'it is known again');
select is(access_identify(d('s2'), true), null, 'another is not');
select is(access_login_end(:bob, null, null, d('s2'), null, null, null, '10.1.2.4', '') -> 'sites', '[{"site": "demo", "role": "operator"}]', 'a role is at its site alone');
select end_of_transaction();
select is(access_login_end(:anna, null, null, d('s3'), d('s1'), null, d('b1'), '10.1.2.3', '') ->> 'name', 'anna', 'who logs in again');
select is(access_identify(d('s1'), true), null, 'has a new session in place of the former');
select end_of_transaction();

-- ---- for whom ----
select act(d('s2'));
select ok(web_may('demo', 'command') and not web_may('demo', 'edit_points') and not web_may('annex', 'view') and not web_may(null, 'view') and not web_may('demo', 'fly'), 'an operator of a site may what operators do, there');
select lives_ok($$ select web_must('demo', 'command') $$, 'and is let do it');
select throws_ok($$ select web_must('annex', 'view') $$, '42501', 'bob may not do so (view) at annex', 'and nothing elsewhere');
select throws_ok($$ select access_users() $$, '42501', null, 'users are not his to see');
select throws_ok(format($$ select access_user_set(%s, '{"enabled": false}', null) $$, :anna), '42501', null, 'nor to change');
select throws_ok(format($$ select access_grant(%s, null, 'admin') $$, :bob), '42501', null, 'nor is his own role');
select throws_ok(format($$ select access_password_set(%s, '$argon2id$x') $$, :anna), '42501', 'a password is its owner''s to change', 'nor another''s password');
select throws_ok(format($$ select access_token_add(%s, 'mine', d('t'), 'bp_abcd', 'admin', null, now() + interval '1 day') $$, :anna), '42501', null, 'nor a token that speaks for another');
select is(access_session_end(1), false, 'nor another''s session');
select throws_ok(format($$ select access_link_add(%s, d('l')) $$, :anna), '42501', null, 'nor a link');

-- ---- tokens ----
select is(access_token_add(:bob, 'reporting', d('t1'), 'bp_abcd', 'viewer', '{demo}', now() + interval '30 days') - 'id' - 'created_at' - 'expires_at',
          '{"owner": "bob", "name": "reporting", "prefix": "bp_abcd", "role": "viewer", "sites": ["demo"], "last_used_at": null}', 'he makes a token');
select throws_ok(format($$ select access_token_add(%s, 'long', d('t2'), 'bp_abcd', 'viewer', null, now() + interval '9 years') $$, :bob), '22023', 'a token ends between now and in two years');
select throws_ok(format($$ select access_token_add(%s, 'nowhere', d('t2'), 'bp_abcd', 'viewer', '{nowhere}', now() + interval '1 day') $$, :bob), '22023', 'there is no site "nowhere"');
select ok(access_token_add(:bob, 'great', d('t2'), 'bp_abcd', 'admin', null, now() + interval '1 day') is not null, 'one of a greater role');
select is(access_identify(d('t1'), true) -> 'sites', '[{"site": "demo", "role": "viewer"}]', 'a token has the lesser of its role and its user''s');
select is(access_identify(d('t2'), true) -> 'sites', '[{"site": "demo", "role": "operator"}]', 'which is never more than the user''s own');
select act(d('t1'));
select throws_ok($$ select web_must('demo', 'command') $$, '42501', null, 'it may no more');
select throws_ok(format($$ select access_password_set(%s, '$argon2id$x') $$, :bob), '42501', 'a token does not do this: log in');
select throws_ok($$ select access_me_set('{"theme": "dark"}') $$, '42501', 'a token does not do this: log in');
select throws_ok(format($$ select access_token_add(%s, 'child', d('t3'), 'bp_abcd', 'viewer', null, now() + interval '1 day') $$, :bob), '42501', null, 'nor makes another');

-- ---- the second factor ----
select act(d('s2'));
select ok(access_totp_begin('\x0102030405060708090a0b0c0d0e0f1011121314') and access_totp_confirm(100, array[d('r1'), d('r2')]), 'a second factor counts once it was shown');
select end_of_transaction();
select is(access_login_end(:bob, null, null, d('s4'), null, null, null, '10.1.2.4', ''), null, 'then a password alone begins no session');
select is(access_login_end(:bob, 100, null, d('s4'), null, null, null, '10.1.2.4', ''), null, 'nor does a code that was used');
select is(access_login_end(:bob, 99, null, d('s4'), null, null, null, '10.1.2.4', ''), null, 'or an earlier one');
select is(access_login_end(:bob, 101, null, d('s4'), null, null, null, '10.1.2.4', '') ->> 'name', 'bob', 'the next does');
select end_of_transaction();
select is(access_login_end(:bob, null, d('r1'), d('s5'), null, null, null, '10.1.2.4', '') ->> 'name', 'bob', 'and so does a recovery code');
select end_of_transaction();
select is(access_login_end(:bob, null, d('r1'), d('s6'), null, null, null, '10.1.2.4', ''), null, 'once');

-- ---- who manages users ----
select act(d('s3'));
select is(access_grant(:bob, 'annex', 'viewer') -> 'grants', '[{"site": "annex", "role": "viewer"}, {"site": "demo", "role": "operator"}]', 'an administrator gives roles');
select is(access_grant(:bob, 'annex', 'engineer') -> 'grants', '[{"site": "annex", "role": "engineer"}, {"site": "demo", "role": "operator"}]', 'in place of those that were');
select is(access_grant(:bob, 'demo', null) -> 'grants', '[{"site": "annex", "role": "engineer"}]', 'and takes them');
select is(last_body() - 'who' - 'user_id', '{"v": 1, "event": "user", "op": "grant", "user": "bob", "old": [{"site": "annex", "role": "engineer"}, {"site": "demo", "role": "operator"}], "new": [{"site": "annex", "role": "engineer"}]}', 'which is on record, with what was');
select is(access_identify(d('s4'), true) -> 'sites', '[{"site": "annex", "role": "engineer"}]', 'and counts at once');
select throws_ok(format($$ select access_grant(%s, null, null) $$, :anna), '23000', 'nobody would be left who manages users: give somebody else the role admin at all sites first');
select throws_ok(format($$ select access_user_remove(%s) $$, :anna), '23000', null, 'the last of them stays');
select is(access_user_set(:bob, '{"enabled": false}', '1') ->> 'problem', 'changed', 'of two who change a user, the second is told');
select ok(access_user_set(:bob, '{"enabled": false}', null) is not null and access_identify(d('s4'), true) is null and access_identify(d('t2'), true) is null, 'who is shut out is out');
select throws_ok($$ do $x$ begin perform act(d('t2')); end $x$ $$, '28000', 'the session has ended', 'in the middle of what he does');

-- ---- a token of an administrator is no administrator ----
select act(d('s3'));
select ok(access_token_add(:anna, 'scripts', d('t9'), 'bp_abcd', 'admin', null, now() + interval '1 day') is not null, 'an administrator makes a token of her own role');
select act(d('t9'));
select ok(access_users() is not null, 'which sees who there is');
select throws_ok(format(tried, :anna), '42501', 'a token does not manage users: log in', 'and does not: ' || tried)
  from unnest(array['select access_link_add(%s, d(''l0''))', 'select access_user_set(%s, ''{"totp": false}'', null)', 'select access_user_add(''eve'', '''', ''[{"role": "admin"}]'') -- %s',
                    'select access_grant(%s, null, ''admin'')', 'select access_user_remove(%s)']) as tried;
select throws_ok(format('select access_sessions_end(%s)', :bob), '42501', 'a token does not manage users: log in', 'nor end the sessions of others');
select throws_ok(format('select access_sessions_end(%s)', :anna), '42501', 'a token does not do this: log in', 'or of its owner');

-- ---- one-time links ----
select act(d('s3'));
select access_user_add('carla', '', '[{"role": "viewer"}]') ->> 'id' as carla \gset
select ok(access_link_add(:carla, d('l1')) is not null and access_link_add(:carla, d('l2')) is not null, 'a link is made');
select end_of_transaction();
select results_eq($$ select (access_link_look(d('l1'))).name, (access_link_look(d('l2'))).name $$, $$ values (null, 'carla') $$, 'the last one counts');
select is(access_link_use(d('l2'), '$argon2id$y', null, null, d('s7'), null, null, '10.1.2.5', '') ->> 'name', 'carla', 'it works');
select end_of_transaction();
select is(access_link_use(d('l2'), '$argon2id$z', null, null, d('s8'), null, null, '10.1.2.5', ''), null, 'once');
select act(d('s3'));
select ok(access_link_add(:carla, d('l3')) is not null, 'and one that nobody used');
select end_of_transaction();
reset session authorization;
update access.link set expires_at = now() - interval '1 second';
set session authorization bacpipes_web;
select is(access_link_use(d('l3'), '$argon2id$z', null, null, d('s8'), null, null, '10.1.2.5', ''), null, 'is worth nothing after its time');

-- ---- a link in the wrong hands ----
select act(d('s3'));
select ok(access_link_add(:carla, d('l4')) is not null, 'one that somebody else found');
select end_of_transaction();
select is((select array_agg(access_link_try(d('l4'), '10.5.5.5')) from generate_series(1, 5)), array_fill(0, array[5]), 'five codes are looked at');
select is(access_link_try(d('l4'), '10.5.5.6'), null, 'the sixth is not, wherever it comes from');
select is((access_link_look(d('l4'))).name, null, 'and the link is gone');
select is(last_body() ->> 'op', 'link-end', 'which is on record');
select is(access_link_try(d('l4'), '10.5.5.5'), null, 'for good');

-- ---- codes behind a right password ----
reset session authorization;
delete from access.throttle;
set session authorization bacpipes_web;
select is((select array_agg(access_code_try(:bob)) from generate_series(1, 11)), array_fill(0, array[11]), 'some codes are looked at');
select cmp_ok(access_code_try(:bob), '>', 0, 'and then the user waits, wherever they come from');

-- ---- time ----
reset session authorization;
update access.session set seen_at = now() - interval '8 hours' where digest = d('s7');
update access.session set created_at = now() - interval '30 days' where digest = d('s3');
set session authorization bacpipes_web;
select ok(access_identify(d('s7'), true) is null and access_identify(d('s3'), true) is null, 'a session ends 8 h after it was used, and after 30 d');

-- ---- strangers ----
select is((select array_agg(wait_of('anna', '10.6.6.6') > 0) from generate_series(1, 5)), array_fill(false, array[5]), 'a few tries are looked at at once');
select is(wait_of('anna', '10.6.6.6'), 0, 'the sixth, too');
select cmp_ok(wait_of('anna', '10.6.6.6'), '>', 0, 'and then one has to wait');
select is(wait_of('anna', '10.1.2.3'), 0, 'who comes from elsewhere does not');
select is(wait_of('anna', '10.6.6.6', d('b1')), 0, 'nor who has logged in with this browser before');
select results_eq($$ select (access_login_begin('anna', '10.7.7.7', d('b1'))).is_known, (access_login_begin('anna', '10.7.7.7', d('b2'))).is_known, (access_login_begin('bob', '10.7.7.8', d('b1'))).is_known $$,
                  $$ values (true, false, false) $$, 'a browser is known to be of who has logged in with it, and of nobody else');
reset session authorization;
select results_eq($$ select access_network(a) from unnest(array['127.0.0.1', '127.9.8.7', '::ffff:127.0.0.2', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::9', '10.1.2.3', '::ffff:10.1.2.3', 'fe80::1%eth0', 'here']) as a $$,
                  $$ values ('127.0.0.0/8'), ('127.0.0.0/8'), ('127.0.0.0/8'), ('2001:db8:1:2::/64'), ('2001:db8:1:2::/64'), ('10.1.2.3'), ('10.1.2.3'), ('fe80::1%eth0'), ('here') $$, 'many addresses of one client are one');

-- ---- the last who manages users ----
set session authorization bacpipes_owner;
select end_of_transaction();
select throws_ok(format($$ select access_grant(%s, null, null) $$, :anna), '23000', 'nobody would be left who manages users: give somebody else the role admin at all sites first', 'a tool does not take the last one away');
select throws_ok(format($$ select access_user_remove(%s) $$, :anna), '23000', null, 'nor remove them');
select throws_ok(format($$ select access_user_set(%s, '{"enabled": false}', null) $$, :anna), '23000', null, 'nor shut them out');
reset session authorization;
delete from access.user_grant where role = 'admin';
set session authorization bacpipes_owner;
select is(access_user_set(:bob, '{"full_name": "Bob"}', null) ->> 'full_name', 'Bob', 'where there is none, others can be changed');
select is(access_grant(:anna, null, 'admin') -> 'grants', '[{"site": null, "role": "admin"}]', 'and one is made');
select throws_ok(format($$ select access_grant(%s, null, null) $$, :anna), '23000', null, 'who stays from then on');

-- ---- what is on record ----
reset session authorization;
select is_empty($$ select b from bodies() as b where b::text ~* 'argon2|digest|secret|"password" *:|\\x[0-9a-f]{20}'
                    or exists (select from unnest('{s1,s2,s3,s4,s5,s7,t1,t2,t9,l1,l2,l3,l4,r1,r2,b1}'::text[]) as x where strpos(b::text, encode(d(x), 'hex')) > 0) $$, 'no hash and no secret is in the journal');
select is((select string_agg(distinct b ->> 'op', ' ' order by b ->> 'op') from bodies() as b where b ->> 'event' = 'user'), 'add grant link link-end login password set token totp-on', 'and every kind of change is');
select * from finish();
rollback;
