-- What comes from another site is never journalled or told here, whichever way it is written.
begin;
select plan(28);
set local client_min_messages = warning;
create function commit_now() returns void language plpgsql as $$ begin set constraints all immediate; set constraints all deferred; end $$;
create function entries() returns bigint language sql as $$ select count(*) from uplink $$;
create temporary table seen (entries bigint);

insert into site (site_id, name) values ('central', 'Central');
insert into site (site_id, name, is_remote) values ('macau', 'Macau Tower', true);
select commit_now();
select is((select array_agg(site_id || ' ' || kind) from uplink), '{central epoch}', 'a site that is elsewhere has no journal here');
select is((select array_agg(site_id) from journal_turn), '{central}', 'nor a turn in numbering');
select throws_ok($$ update site set is_remote = false where site_id = 'macau' $$, '0A000', 'site "macau" is elsewhere and stays so: its journal is kept there', 'and stays so');
select throws_ok($$ update site set is_remote = true where site_id = 'central' $$, '0A000', null, 'as one that is here does');
insert into seen values (entries());

-- Rows, as they are applied
set local bacpipes.applying = 'macau';
insert into device (site_id, device_id, address, instance, name) values ('macau', 7, '10.0.0.1', 1, 'AHU-1');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, units, commandable, writable, version)
values ('macau', 41, 7, 'analog-value', 1, 'SAT-SP', 'degrees-celsius', true, true, 12), ('macau', 42, 7, 'analog-value', 2, 'SAT', 'degrees-celsius', true, true, 1);
update device set name = 'AHU-01' where site_id = 'macau';
update point set enabled = true, poll_interval_ms = 2000, version = 20, chosen_at = '2026-01-01Z' where (site_id, point_id) = ('macau', 41);
select is((select (version, chosen_at) from point where point_id = 41)::text, ('20', '2026-01-01Z'::timestamptz)::text, 'a point has the version that it has there');
update point set enabled = false where (site_id, point_id) = ('macau', 41);
select is((select version from point where point_id = 41), 20::bigint, 'and none of its own');
insert into setting (site_id, name, value) values ('macau', 'of.a.newer.version', '1');
select is((select value from setting where site_id = 'macau'), '1', 'a setting that only a newer site knows is kept');
update setting set value = '2' where site_id = 'macau';
delete from setting where site_id = 'macau';
set local role bacpipes_journal; -- which owns commands, and functions that apply them
insert into write_commands (id, site_id, point_id, command_type, value, priority, status, created_at, expires_at, source, origin, created_by, created_by_claim, source_ip)
values ('00000000-0000-0000-0000-000000000001', 'macau', 41, 'write_value', 99, 3, 'pending', '2026-01-01Z', '2026-01-01 00:01Z', 'optimiser', 'site', 'eve', 'Eve', '10.0.0.9');
reset role;
select is((select (status, value, source, created_by, created_by_claim, created_at)::text from write_commands where site_id = 'macau'),
          ('pending', 99::double precision, 'optimiser', 'eve', 'Eve', '2026-01-01Z'::timestamptz)::text, 'a command that was judged there is not judged here');
update write_commands set status = 'completed', verdict = 'held', executed_at = '2026-01-01 00:00:01Z', completed_at = '2026-01-01 00:00:02Z', shown_value = 99 where site_id = 'macau';
select is((select completed_at from write_commands where site_id = 'macau'), '2026-01-01 00:00:02Z', 'ended when it ended there');
insert into alarm (site_id, key, severity, text, raised_at) values ('macau', 'device.7', 'warning', 'AHU-1 does not answer', '2026-01-01Z');
insert into hold (site_id, point_id, priority, command_id, value, began_at, source, created_by) values ('macau', 41, 3, '00000000-0000-0000-0000-000000000001', 99, '2026-01-01Z', 'optimiser', 'eve');
insert into override (site_id, point_id, priority, value, seen_at, seen_since) values ('macau', 41, 3, 99, '2026-01-01Z', '2026-01-01Z');
insert into point_successor (site_id, point_id, successor) values ('macau', 41, 42);
select is((select point_id from hold), 42, 'what is held goes with its point, as there');
delete from point where (site_id, point_id) = ('macau', 41);
select is((select count(*) from override), 0::bigint, 'and what stood in one that is gone is gone');
set local bacpipes.applying = '';

-- And as anybody else would write them
insert into device (site_id, device_id, address, instance) values ('macau', 8, '10.0.0.2', 2);
update device set name = 'AHU-2' where device_id = 8;
delete from device where device_id = 8;
update site set name = 'Macau' where site_id = 'macau';
select journal_append('macau', 'audit', '{"v": 1}'::jsonb);
select journal_append('macau', 'readings', '\x01'::bytea);
select throws_ok($$ select alarm_raise('macau', 'x', 'warning', 'x') $$, '22023', null, 'an alarm of a site is raised there');
select throws_ok($$ select alarm_return('macau', 'x') $$, '22023', null, 'and returns there');
select commit_now();
select is(entries(), (select entries from seen), 'nothing of it was journalled');
select is((select count(*) from journal_pending), 0::bigint, 'or waits to be');
select is((select count(*) from command_unnoted), 0::bigint, 'or is left to a collector, which is not here');

-- What people do here
update command_source set note = 'x' where name = 'mqtt';
select commit_now();
select is(array_agg(site_id || ' ' || (convert_from(body, 'UTF8')::jsonb ->> 'event')), '{central source}', 'what is done here is on record here, once') from uplink where seq > 1;
insert into organisation (name) values ('Another') returning organisation_id as another \gset
insert into site (site_id, name, is_remote, organisation_id) values ('klcc', 'KLCC', true, :another);
select journal_note(:another, '{"event": "user"}');
select commit_now();
select is((select body ->> 'event' from audit where site_id = 'central' order by seq desc limit 1), 'user', 'of an organisation whose sites are all elsewhere, too');
select is((select count(distinct site_id) from uplink), 1::bigint, 'and nowhere else');

-- Who may say that he applies
set local bacpipes.applying = 'macau';
select ok(link_applies('macau') and not link_applies('central'), 'who applies applies one site');
create role source_eve login in role bacpipes_source;
insert into command_source (name, kind, login) values ('eve', 'sql', 'source_eve');
insert into device (site_id, device_id, address, instance) values ('central', 1, '10.0.0.3', 3);
insert into point (site_id, point_id, device_id, object_type, object_instance, writable) values ('central', 1, 1, 'analog-value', 1, false);
set local bacpipes.applying = 'central';
set session authorization source_eve;
set local bacpipes.applying = 'central';
insert into write_commands (site_id, point_id, command_type, value) values ('central', 1, 'write_value', 1);
select is((select rule from write_commands), 'not-writable', 'who merely says so passes the gate like all');
reset session authorization;
set local bacpipes.applying = '';
select throws_ok($$ do 'begin set local role bacpipes_journal; insert into write_commands (site_id, point_id, command_type, value, source, created_by) values (''central'', 1, ''write_value'', 1, ''nobody'', ''x''); end' $$, '23503', null, 'who asks here is a source here');
select throws_ok($$ delete from command_source where name = 'eve' $$, '23503', null, 'and is known as long as his commands');

-- What is told
select is((select count(*) from pg_trigger where tgrelid = 'write_commands'::regclass and tgname = 'c_source' and tgenabled = 'A'), 1::bigint, 'no session turns that off');
select is((select count(*) from central_link), 0::bigint, 'this is no site');
insert into central_link (site_id, number, host, port) values ('central', 1, 'central.example', 54320);
select is((select down_seq from central_link), 0::bigint, 'a site that joins has carried out nothing yet');
select throws_ok($$ insert into uplink (site_id, epoch, seq, kind, at, body, digest) values ('macau', 1, 1, 'No kind', now(), '', sha256('')) $$, '23514', null, 'a kind is a word');
select lives_ok($$ insert into uplink (site_id, epoch, seq, kind, at, body, digest) values ('macau', 1, 1, 'of_a_newer_version', now(), '', sha256('')) $$, 'and need not be known here');
select * from finish();
rollback;
