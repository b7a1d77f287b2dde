-- Two sessions at a time, whichever comes first: what is given out is not taken back, each entry and each reading is there once, nothing that has ended begins
-- again, and who looks after sites waits for none of them. Two sessions see what is committed: so in a database of their own.
set client_min_messages = warning;
drop database if exists two_at_once with (force);
drop role if exists site_71;
create database two_at_once template :DBNAME;
create role site_71 login in role bacpipes_sites;
begin;
create extension dblink;
reset client_min_messages;
select plan(60);

create function joins(who text, as_whom text) returns text language sql as $$
    select dblink_connect(who, format('host=%s port=%s dbname=two_at_once user=%s', split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), as_whom))
$$;
create function says(who text, statement text) returns text language sql as $$ select x from dblink(who, statement) as t (x text) $$;
create function does(who text, statements text) returns void language sql as $$ select dblink_exec(who, statements) $$;
-- It asks, and true: it has to wait for somebody; what came of it `hears` tells.
create function waits(who text, statement text) returns boolean language plpgsql as $$
declare
    process constant integer := says(who, 'select pg_backend_pid()');
begin
    perform dblink_send_query(who, statement);
    while dblink_is_busy(who) = 1 loop
        if cardinality(pg_blocking_pids(process)) > 0 then
            return true;
        end if;
        perform pg_sleep(0.005);
    end loop;
    return false;
end
$$;
create function hears(who text) returns text language plpgsql as $$
declare
    said text;
begin
    begin
        select x into said from dblink_get_result(who) as t (x text);
    exception when others then
        said := sqlstate;
    end;
    perform from dblink_get_result(who) as t (x text); -- there is no more
    return said;
end
$$;
select count(joins(who, session_user)) from unnest('{a,b}'::text[]) as who \g /dev/null

-- ---- at central ----

select does('a', $$
    create or replace function link_serial() returns text language sql stable as 'select ''a1''::text';
    create function applies(of_kind text, body jsonb) returns text language plpgsql security definer set search_path = public, pg_temp as $f$
    begin
        perform set_config('bacpipes.applying', 'macau', true), uplink_apply_command('macau', of_kind, body, clock_timestamp());
        return 'applied';
    end $f$;
    alter function applies(text, jsonb) owner to bacpipes_journal;
    insert into site (site_id, name) values ('central', 'Central');
    insert into site (site_id, name, is_remote) values ('macau', 'Macau', true);
    insert into device (site_id, device_id, address, instance, name) values ('macau', 1, '10.1.2.9', 1001, 'AHU-1');
    insert into point (site_id, point_id, device_id, object_type, object_instance, name, commandable, writable) values ('macau', 1, 1, 'analog-value', 1, 'SP', true, true);
    insert into remote_site (site_id, number, state, serials) values ('macau', 71, 'joined', '{a1}');
$$) \g /dev/null
select count(joins(who, 'site_71')) from unnest('{s,t}'::text[]) as who \g /dev/null
create function asks() returns uuid language sql as $$
    select says('a', $q$ insert into write_commands (site_id, point_id, command_type, value, priority, created_by) values ('macau', 1, 'write_value', 21, 8, 'mina') returning id $q$)::uuid
$$;
create function command(of_id uuid, what text) returns text language sql as $$ select says('a', format('select %s from write_commands where id = %L', what, of_id)) $$;
create function gives(kind text, of_id uuid) returns text language sql as $$ select format('select downlink_give(''macau'', %L, jsonb_build_object(''id'', %L))', kind, of_id) $$;

select asks() as id \gset
select does('a', 'begin') \g /dev/null
select is(says('a', format('select status from command_cancel(%L, null)', :'id')), 'cancelled', 'a command is taken back');
select ok(waits('b', gives('command', :'id')), 'who gives it out meanwhile waits');
select does('a', 'commit') \g /dev/null
select is(hears('b'), 'f', 'and does not give it');
select is(command(:'id', 'handed_over_at'), null, 'it was never handed over');

select asks() as id \gset
select does('a', 'begin') \g /dev/null
select is(says('a', gives('command', :'id')), 't', 'a command is given out');
select ok(waits('b', format('select status from command_cancel(%L, null)', :'id')), 'who takes it back meanwhile waits');
select does('a', 'commit') \g /dev/null
select is(hears('b'), 'pending', 'and it is the site''s by then');
select isnt(command(:'id', 'cancel_asked_at'), null, 'which is asked');

select asks() as id \gset
select says('a', gives('command', :'id')) \g /dev/null
select does('a', 'begin') \g /dev/null
select does('a', format('do $do$ begin perform downlink_lost(''macau'', ''command'', jsonb_build_object(''id'', %L)); end $do$', :'id')) \g /dev/null
select ok(waits('b', format('select applies(''command_event'', jsonb_build_object(''v'', 1, ''event'', ''executing'', ''id'', %L, ''at'', clock_timestamp()))', :'id')), 'a command is concluded, and the site''s word comes meanwhile that it was taken up: that waits');
select does('a', 'commit') \g /dev/null
select is(hears('b'), 'applied', 'is heard');
select is(command(:'id', 'status'), 'failed', 'and does not open it again');

select says('a', $$ select change_ask('macau', 'setting', '{"name": "poll.interval", "value": "30s"}') $$) as id \gset
select does('a', 'begin') \g /dev/null
select is(says('a', gives('change', :'id')), 't', 'a change is given out');
select ok(waits('b', format('select outcome from change_cancel(''macau'', %L)', :'id')), 'who takes it back meanwhile waits');
select does('a', 'commit') \g /dev/null
select is(hears('b'), 'late', 'and is late');
-- All of it was given out by hand.
select does('a', 'delete from downlink') \g /dev/null

-- The site's calls
select decode(repeat('00', 32), 'hex') as zeros \gset
select format('select received_seq from sync.append(7, 1, ''{audit}'', ''{2026-01-01Z}'', array[''x''::bytea], array[%L::bytea], null)', journal_digest(:'zeros', 'macau', 7, 1, 'audit', '2026-01-01Z', 'x')) as append \gset
select says('s', format('select sync.begin_epoch(7, null, 1, %L)', :'zeros')) \g /dev/null
select does('s', 'begin') \g /dev/null
select is(says('s', :'append'), '1', 'an entry comes');
select ok(waits('t', :'append'), 'again, before that is committed: it waits');
select does('s', 'commit') \g /dev/null
select is(hears('t'), '1', 'and is known');
select is(says('a', 'select count(*) from uplink where site_id = ''macau'''), '1', 'it is there once');

select says('a', $$ select downlink_append('macau', 'note', '{"v": 1}') $$) \g /dev/null
select says('a', $$ select epoch from downlink_head where site_id = 'macau' $$) as down \gset
select does('s', 'begin') \g /dev/null
select is(says('s', format('select seq from sync.fetch(%s, 0)', :down)), '1', 'what is asked for is fetched');
select ok(waits('t', format('select seq from sync.fetch(%s, 0)', :down)), 'again, before that is committed: it waits');
select does('s', 'commit') \g /dev/null
select is(hears('t'), '1', 'and has the same');
select is(says('a', $$ select concat_ws(' ', seq, (select count(*) from downlink d where d.seq is not null)) from downlink_head where site_id = 'macau' $$), '1 1', 'which was given out once');

select format($$ select sync.hello(1, '{"site": "macau", "epochs": [], "down": {"epoch": %s, "seq": 99}}') #>> '{down,epoch}' $$, :down) as hello \gset
select does('s', 'begin') \g /dev/null
select says('s', :'hello') as next \gset
select isnt(:'next'::text, :'down', 'a site that has more than was given out begins another downlink');
select ok(waits('t', :'hello'), 'said twice at a time, the second waits');
select does('s', 'commit') \g /dev/null
select is(hears('t'), :'next', 'and begins no other');

select says('a', $$ select downlink_append('macau', 'note', '{"v": 1}') $$) \g /dev/null
select does('s', 'begin') \g /dev/null
select is(says('s', format('select seq from sync.fetch(%s, 0)', :next)), '1', 'central finds that it was put back while a site fetches');
select ok(waits('b', 'select downlink_begin(''macau'', true)'), 'it waits');
select does('s', 'commit') \g /dev/null
select hears('b') \g /dev/null
select is(says('a', format('select count(*) from downlink where epoch = %s and seq = 1', :next)), '1', 'and what the site has got stays on record as given out');

-- All of a site's calls lock in one order.
select does('b', 'begin; do $d$ begin perform from downlink_head for update; end $d$') \g /dev/null
select ok(waits('s', format('select sync.begin_epoch(7, null, 1, %L)', :'zeros')), 'while it is looked at what a site is asked for it begins no life');
select ok(waits('t', $$ select sync.hello(1, '{"site": "macau", "epochs": []}') $$), 'and hears not where it is');
select does('b', 'rollback') \g /dev/null
select hears('s'), hears('t') \g /dev/null

-- What came is applied
select $$ select put_aside from uplink_apply('[{"site": "macau", "epoch": 7, "after": 0, "to": 1, "has_records": false, "newest": "2026-11-27T10:00:00Z", "hours": [[1764237600, 5, 6]]}]') $$ as apply \gset
select does('a', 'begin') \g /dev/null
select is(says('a', :'apply'), '0', 'entries are applied');
select ok(waits('b', :'apply'), 'by somebody else, too, who waits');
select does('a', 'commit') \g /dev/null
select is(hears('b'), '40001', 'and is told that they are');
select is(says('a', 'select sum(count) from site_hour'), '6', 'they count once');

-- Who looks after sites waits for none
select says('a', $q$ insert into write_commands (site_id, point_id, command_type, value, created_by, expires_at) values ('macau', 1, 'write_value', 21, 'mina', clock_timestamp() + interval '50 ms') returning id $q$) as id \gset
select does('b', format('begin; update write_commands set cancel_asked_at = now() where id = %L', :'id')) \g /dev/null
select ok(not waits('a', 'select remote_tick() from pg_sleep(0.06)'), 'a command whose row is held expires the next time');
select does('b', 'rollback') \g /dev/null
select is(hears('a'), '0', 'and not now');
select does('b', 'begin; update remote_site set wait_why = null') \g /dev/null
select ok(not waits('a', 'select central_keep(1000, 10000, 0, ''{}'')'), 'a site whose row is held is told to wait the next time');
select does('b', 'rollback') \g /dev/null
select hears('a') \g /dev/null
select is(says('a', 'select remote_tick()'), '1', 'which is soon');

-- ---- at a site ----

select does('a', $$
    insert into site (site_id, name) values ('here', 'Here');
    insert into device (site_id, device_id, address, instance, name) values ('here', 1, '10.1.2.9', 1001, 'AHU-1');
    insert into point (site_id, point_id, device_id, object_type, object_instance, name, commandable, writable) values ('here', 1, 1, 'analog-value', 1, 'SP', true, true);
    insert into central_link (site_id, number, host, port, held_until, laid_until) values ('here', 1, 'central', 5432, '2026-11-27 12:00Z', '2026-11-27 10:00Z');
$$) \g /dev/null
select says('a', $$ select readings_ensure_days('2026-11-27Z', '2026-11-27Z') $$) \g /dev/null
select format('select link_carry(''here'', 5, 1, ''of_a_newer_version'', ''2026-01-01Z'', ''{}'', %L, null)', journal_digest(:'zeros', 'here', 5, 1, 'of_a_newer_version', '2026-01-01Z', '{}')) as carry \gset
select does('a', 'begin') \g /dev/null
select is(says('a', :'carry'), '1', 'what central asks for is carried out');
select ok(waits('b', :'carry'), 'by another one at a time, who waits');
select does('a', 'commit') \g /dev/null
select is(hears('b'), '1', 'and knows that it is');
select is(says('a', 'select count(*) from audit where site_id = ''here'' and body ->> ''event'' = ''not_carried_out'''), '1', 'it was done once');

select says('a', $$ insert into write_commands (site_id, point_id, command_type, value, created_by) values ('here', 1, 'write_value', 21, 'mina') returning id $$) as id \gset
select does('a', 'begin') \g /dev/null
select is(says('a', format('select is_claimed from commands_claim(''here'', jsonb_build_array(jsonb_build_object(''id'', %L)))', :'id')), 't', 'a command is taken up');
select ok(waits('b', format('select ''done'' from downlink_carry_out(''here'', ''command_cancel'', jsonb_build_object(''v'', 1, ''id'', %L), null)', :'id')), 'central takes it back meanwhile, which waits');
select does('a', 'commit') \g /dev/null
select is(hears('b'), 'done', 'and is no error');
select is(says('a', format('select status from write_commands where id = %L', :'id')), 'executing', 'it goes on');

create function stores(of_time timestamptz) returns text language sql as $$
    select format('with new as (insert into sensor_readings (time, site_id, point_id, value, quality) values (%1$L, ''here'', 1, 20, ''good'') returning time) select frames_note(''here'', ''{1}'', array[time]) from new', of_time)
$$;
select format('select frames_lay(''here'', %s, 0, ''2026-11-27 10:00Z'', ''2026-11-27 11:00Z'', 0, ''{}'', '''')', epoch) as lay from (select says('a', 'select epoch from journal_head where site_id = ''here''')) as h (epoch) \gset
select does('a', 'begin') \g /dev/null
select is(says('a', stores('2026-11-27 10:30Z')), '', 'a reading is stored of a time whose span is to be framed');
select is(says('a', 'select count(*) from frame_due'), '0', 'which the span will have');
select ok(waits('b', :'lay'), 'whoever frames the span meanwhile waits');
select does('a', 'commit') \g /dev/null
select is(hears('b'), '23505', 'and finds that it is there');
select does('a', 'delete from sensor_readings') \g /dev/null
select does('a', 'begin') \g /dev/null
select is(says('a', :'lay'), 'f', 'the span is framed');
select ok(waits('b', stores('2026-11-27 10:45Z')), 'whoever stores another of its readings meanwhile waits');
select does('a', 'commit') \g /dev/null
select is(hears('b'), '', 'and stores it');
select is(says('a', 'select time at time zone ''UTC'' from frame_due'), '2026-11-27 10:45:00', 'it is noted: the span has not got it');

-- ---- what central has ----

select says('a', 'select link_acknowledge(site_id, epoch, 1) from journal_head where site_id = ''here'''), does('a', 'begin') \g /dev/null
select says('a', 'select site_id from journal_turn where site_id = ''here'' for update') \g /dev/null
select ok(waits('b', 'select link_acknowledge(site_id, epoch, 2) from journal_head where site_id = ''here'''), 'who notes how far central is waits for who has the turn');
select says('a', 'select link_close(site_id, epoch) from journal_head where site_id = ''here'''), does('a', 'commit') \g /dev/null
select is(hears('b'), '', 'and holds nothing that he needs');

-- ---- groups of sites ----

select says('a', $$ select site_groups_set('here', '["North"]') $$), does('a', 'begin') \g /dev/null
select is(says('a', $$ select site_groups_set('macau', '["North"]') $$), '{North}', 'a site is put into a group');
select ok(waits('b', $$ select site_groups_set('here', '[]') $$), 'whoever takes the last one out of it meanwhile waits');
select does('a', 'commit') \g /dev/null
select is(hears('b'), '{}', 'and does so');
select is(says('a', $$ select site_groups('macau') $$), '{North}', 'the group stays, with the one that came');

select * from finish();
rollback;
drop database two_at_once with (force);
drop role site_71;
