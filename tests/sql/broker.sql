-- Which broker and account a role is told, and what `bacpipes up` leaves of what people set.
\set select_config `cat "$SQL_QUERIES/site/select_mqtt_config.sql"`
\set upsert_config `cat "$SQL_QUERIES/up/upsert_mqtt_config.sql"`
\set upsert_account `cat "$SQL_QUERIES/up/upsert_mqtt_account.sql"`
begin;
select plan(14);

prepare broker (text, text) as :select_config
prepare set_broker (text, text) as :upsert_config
prepare set_account (text, text, text, text) as :upsert_account

insert into site (site_id, name) values ('demo', 'Demo'), ('other', 'Other');
select throws_ok($$ insert into mqtt_config (site_id, host, port) values ('demo', 'broker.example', 0) $$, '23514', null, 'only a socket has no port');
select throws_ok($$ insert into mqtt_account (site_id, role, host, username) values ('demo', 'gardener', '/x', 'y') $$, '23514', null, 'collect and ingest are roles');

-- What an earlier version wrote is carried over.
insert into mqtt_config (site_id, host, port, username, password_file) values ('demo', '127.0.0.1', 18830, 'bacpipes', '/var/secrets/mqtt_bacpipes');
execute set_account ('demo', 'collect', '/run/m.sock', '/var/secrets/mqtt_collect');
select results_eq($$ execute broker ('demo', 'collect') $$, $$ values ('127.0.0.1', 18830, 'bacpipes', '/var/secrets/mqtt_bacpipes', null::text) $$,
                  'an account is for its host alone');
execute set_broker ('demo', '/run/m.sock');
select results_eq($$ execute broker ('demo', 'collect') $$, $$ values ('/run/m.sock', 0, 'collect', '/var/secrets/mqtt_collect', null::text) $$,
                  'a role has its own account at the socket');
select results_eq($$ execute broker ('demo', 'ingest') $$, $$ values ('/run/m.sock', 0, null::text, null::text, null::text) $$, 'and not another''s');
select is_empty($$ execute broker ('other', 'collect') $$, 'nor is it another site''s');

-- A data folder that has moved.
execute set_account ('demo', 'collect', '/new/m.sock', '/new/mqtt_collect');
execute set_broker ('demo', '/new/m.sock');
select results_eq($$ execute broker ('demo', 'collect') $$, $$ values ('/new/m.sock', 0, 'collect', '/new/mqtt_collect', null::text) $$, 'both move with the data folder');

-- What people set stays.
update mqtt_config set host = 'broker.example', port = 8883, username = 'site', password_file = '/etc/site', ca_file = '/etc/ca';
execute set_broker ('demo', '/new/m.sock');
select results_eq($$ execute broker ('demo', 'collect') $$, $$ values ('broker.example', 8883, 'site', '/etc/site', '/etc/ca') $$, 'another broker stays, with one account for all');
update mqtt_account set host = 'broker.example', username = 'c', password_file = '/etc/c';
execute set_account ('demo', 'collect', '/new/m.sock', '/new/mqtt_collect');
select results_eq($$ execute broker ('demo', 'collect') $$, $$ values ('broker.example', 8883, 'c', '/etc/c', '/etc/ca') $$, 'or one of its own for a role');
select results_eq($$ execute broker ('demo', 'ingest') $$, $$ values ('broker.example', 8883, 'site', '/etc/site', '/etc/ca') $$, 'the other goes on with that of all');
update mqtt_account set username = 'anonymous', password_file = null;
select results_eq($$ execute broker ('demo', 'collect') $$, $$ values ('broker.example', 8883, 'anonymous', null::text, '/etc/ca') $$, 'without a password where it has none');
update mqtt_config set host = '127.0.0.1', port = 1883, username = null, password_file = null;
execute set_broker ('demo', '/new/m.sock');
select is((select host || ' ' || port from mqtt_config where site_id = 'demo'), '127.0.0.1 1883', 'a broker of their own on this machine stays too');
update mqtt_config set enabled = false;
select is_empty($$ execute broker ('demo', 'collect') $$, 'one that is switched off is none');
select has_trigger('mqtt_account', 'notify_update', 'roles are told of a changed account');

select * from finish();
rollback;
