-- Commands, edits and jobs from afar, with both ends: this database is central's, another of the same schema the site's. What goes down and comes up is
-- carried by hand (`carries` and `echoes`), as sync and central do it.
set client_min_messages = warning;
drop database if exists far_away;
create database far_away template :DBNAME;
begin;
create extension dblink;
reset client_min_messages;
select plan(142);
select dblink_connect('there', format('host=%s port=%s dbname=far_away user=%s', split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port'), session_user)) as connected \gset

create function there(statement text) returns text language sql as $$ select x from dblink('there', statement) as t (x text) $$;
create function there_do(statement text) returns void language sql as $$ select dblink_exec('there', statement) $$;

-- The same building, and what it has of it here.
create function building(is_elsewhere boolean) returns text language sql as $$
    select format($sql$
        insert into site (site_id, name, is_remote) values ('macau', 'Macau', %L);
        insert into device (site_id, device_id, address, instance, name) values ('macau', 1, '10.1.2.9', 1001, 'AHU-1');
        insert into point (site_id, point_id, device_id, object_type, object_instance, name, units, min_value, max_value, states, commandable, writable) values
            ('macau', 1, 1, 'analog-value', 1, 'SP', 'degrees-celsius', 10, 30, '{}', true, true), ('macau', 2, 1, 'binary-output', 2, 'FAN', '', null, null, '{Off, On}', true, true),
            ('macau', 3, 1, 'analog-value', 3, 'LOCKED', '', null, null, '{}', true, false);
    $sql$, is_elsewhere)
$$;
do $$ begin execute 'insert into site (site_id, name) values (''central'', ''Central'')'; execute building(true); end $$;
insert into point (site_id, point_id, device_id, object_type, object_instance, name, commandable, writable) values ('macau', 9, 1, 'analog-value', 9, 'GONE', true, true); -- which the site has no more
insert into remote_site (site_id, number, state) values ('macau', 1, 'joined');
insert into downlink_head (site_id, epoch) values ('macau', 7);
select there_do(building(false)) \g /dev/null
create function journal_end() returns bigint language sql as $$ select there($q$ select seq from journal_head where site_id = 'macau' order by version desc limit 1 $q$)::bigint $$;

-- What sync.fetch gives, and the site carries out; how much of its life went by on the way is said.
create function carries(of_way interval default '0') returns text language plpgsql as $$
declare
    next record;
    said text := '';
begin
    for next in select * from downlink where seq is null and site_id = 'macau' order by number loop
        if downlink_give('macau', next.kind, convert_from(next.body, 'UTF8')::jsonb) then
            update downlink set epoch = (select epoch from downlink_head where site_id = 'macau'), seq = next.number, digest = sha256(next.body), given_at = clock_timestamp() where number = next.number;
            perform there(format('select downlink_carry_out(%L, %L, %L, %L)', 'macau', next.kind, convert_from(next.body, 'UTF8'), next.expires_at - clock_timestamp() - of_way));
            said := concat_ws(' ', nullif(said, ''), next.kind);
        else
            delete from downlink where number = next.number;
        end if;
    end loop;
    return said;
end
$$;
create function again(of_number bigint) returns void language sql as $$ -- as after a cut
    select there(format('select downlink_carry_out(%L, %L, %L, %L)', 'macau', kind, convert_from(body, 'UTF8'), expires_at - clock_timestamp())) from downlink where number = of_number
$$;
create function applies(kind text, body jsonb) returns void language plpgsql security definer set search_path = public, pg_temp as $$ -- as central's own
begin
    if kind in ('command', 'command_event') then
        perform uplink_apply_command('macau', kind, body, clock_timestamp());
    elsif kind in ('hold', 'override') then
        perform uplink_apply_held('macau', kind, body);
    elsif kind = 'job' then
        perform uplink_apply_job('macau', body);
    elsif kind = 'audit' then
        perform uplink_apply_audit('macau', body);
    end if;
end
$$;
alter function applies(text, jsonb) owner to bacpipes_journal;
create temporary table heard (seq bigint);
insert into heard values (0);
create function echoes(at_most integer default 1000) returns text language plpgsql as $$
declare
    next record;
    said text := '';
begin
    perform set_config('bacpipes.applying', 'macau', true);
    for next in select * from dblink('there', format($q$ select seq, kind, convert_from(body, 'UTF8')::jsonb from uplink where site_id = 'macau' and seq > %s order by seq limit %s $q$, (select seq from heard), at_most))
                  as e (seq bigint, kind text, body jsonb) loop
        perform applies(next.kind, next.body);
        said := concat_ws(' ', nullif(said, ''), next.kind || coalesce(':' || (next.body ->> 'event'), ''));
        update heard set seq = next.seq;
    end loop;
    perform set_config('bacpipes.applying', '', true);
    return said;
end
$$;
create function asks(of_point integer, of_value double precision, of_state text default null, of_priority integer default 8, of_release interval default null, of_execute timestamptz default null, of_expires timestamptz default null,
                     of_type text default 'write_value') returns uuid language sql as $$
    insert into write_commands (site_id, point_id, command_type, value, state, priority, release_after, execute_at, expires_at, created_by)
    values ('macau', of_point, of_type, of_value, of_state, of_priority, of_release, of_execute, of_expires, 'somebody') returning id
$$;
create function stands(of_id uuid) returns text language sql as $$ select concat_ws(' ', status, verdict, rule) from write_commands where id = of_id $$;
create function step(of_id uuid) returns text language sql as $$ select regexp_replace(step, ' at [-0-9: ]+UTC', ' at T') from commands where id = of_id $$;
create function stands_there(of_id uuid) returns text language sql as $$ select there(format('select concat_ws('' '', status, verdict, rule) from write_commands where id = %L', of_id)) $$;

-- ---- a site that has not joined ----

select is(there($$ select enabled::text from command_source where name = 'central' $$), 'false', 'central asks for nothing at a site that has not joined');
select there_do($$ insert into central_link (site_id, number, host, port) values ('macau', 1, 'central', 5432) $$) \g /dev/null
select is(there($$ select enabled::text from command_source where name = 'central' $$), 'true', 'a site that joins lets it');
select there_do($$ update command_source set enabled = false where name = 'central' $$) \g /dev/null
select there_do($$ insert into central_link (site_id, number, host, port) values ('macau', 1, 'central', 5433) on conflict (site_id) do update set port = excluded.port $$) \g /dev/null
select is(there($$ select enabled::text from command_source where name = 'central' $$), 'false', 'and whose owner has turned it off keeps it off when it joins anew');
select there_do($$ update command_source set enabled = true where name = 'central' $$) \g /dev/null
update heard set seq = journal_end();

-- ---- the way there and back ----

select asks(1, 21.5, of_release => '2 h') as one \gset
select is(stands(:'one'), 'pending', 'a row that is inserted at central is a command for the site');
select is((select origin from write_commands where id = :'one'), 'central', 'from central');
select ok((select expires_at - created_at = '10 min' from write_commands where id = :'one'), 'which lives for 10 minutes');
select is(step(:'one'), 'waiting for the site', 'that waits');
select is((select count(*) from downlink where site_id = 'macau' and kind = 'command' and seq is null), 1::bigint, 'and is among what the site is to be given');
select is((select count(*) from journal_pending where site_id = 'macau'), 0::bigint, 'nothing of it is journalled for the site here');
select is((select convert_from(body, 'UTF8')::jsonb #>> '{asked,id}' from journal_pending where site_id = 'central' and kind = 'audit'), :'one', 'that it was asked for is on record at central');
select is(carries(), 'command', 'it is given out');
select is(step(:'one'), 'handed over at T, no answer yet', 'and is the site''s');
select is(stands_there(:'one'), 'pending', 'the site has it by the same id');
select is(there(format($$ select concat_ws(' ', source, origin, value, release_after, created_by_claim, priority) from write_commands where id = %L $$, :'one')), 'central central 21.5 02:00:00 somebody 8', 'as what it is');
select ok((select created_by from write_commands where id = :'one') = there(format('select created_by from write_commands where id = %L', :'one')), 'of whoever asked at central');
select ok(abs(extract(epoch from there(format('select expires_at from write_commands where id = %L', :'one'))::timestamptz - (select expires_at from write_commands where id = :'one'))) < 5, 'for as long as it has left');
select again((select max(number) from downlink where kind = 'command')) \g /dev/null
select is(there('select count(*) from write_commands'), '1', 'given twice it is one');
select is(echoes(), 'command', 'the site''s first word comes');
select is(step(:'one'), 'at the site, not taken up yet', 'it is there');
select there(format($$ select count(*) from commands_claim('macau', jsonb_build_array(jsonb_build_object('id', %L, 'value_before', 20))) $$, :'one')) \g /dev/null
select is(echoes(), 'command_event:executing', 'each step is told');
select is(stands(:'one') || ', ' || step(:'one'), 'executing, the site carries it out', 'and seen');
select there(format($$ select commands_end('macau', jsonb_build_array(jsonb_build_object('id', %L, 'verdict', 'held', 'text', 'it shows 21.5', 'slots', '{"8": 21.5}'::jsonb, 'held_by', 8, 'held_value', 21.5, 'shown_value', 21.5))) $$, :'one')) \g /dev/null
select is(echoes(), 'command_event:completed hold', 'so is the verdict, and what is held since');
select is(stands(:'one') || ', ' || step(:'one'), 'completed held, answered by the site', 'it has come');
select ok((select (value_before, held_by, shown_value, error_message) = (20, 8, 21.5, 'it shows 21.5') and executed_at is not null and completed_at is not null from write_commands where id = :'one'), 'with all that belongs to it');
select ok((select handed_over_s >= 0 and arrived_s >= handed_over_s and taken_s >= arrived_s and verdict_s >= taken_s from command_latency where id = :'one'), 'how long it took is counted by central''s clock');
update heard set seq = seq - 4;
select is(echoes(), 'command command_event:executing command_event:completed hold', 'what comes twice');
select is(stands(:'one'), 'completed held', 'counts once');
select throws_ok($$ update write_commands set status = 'pending' $$, '23514', null, 'and nobody else moves it');

-- ---- the gates ----

select is(stands(asks(1, 45)), 'refused above-max', 'central refuses at once what the site would');
select is((select error_message from write_commands where status = 'refused'), 'AHU-1/SP takes 10 to 30 degrees-celsius: 45 is above', 'with the same sentence');
select is(stands(asks(3, 1)), 'refused not-writable', 'also what is not writable');
select ok(exists (select from write_commands where rule = 'not-writable' and error_message like '%(point 3) is not writable: at site macau `bacpipes points set --writable yes --point 3` allows it'), 'and says where that can be allowed');
select is(stands(asks(2, null, 'Half')), 'refused unknown-state', 'or no state');
select throws_ok($$ select asks(77, 1) $$, '23503', 'there is no point 77 in site "macau"', 'a point has to be there');
select is(carries(), '', 'the site gets none of that');
select is((select is_allowed from command_check('macau', 1, 'write_value', 22, null)), true, 'the dry run is central''s word as well');

insert into setting (site_id, name, value) values ('macau', 'control.mode', 'freeze'), ('macau', 'control.point_rate', '1');
select isnt(stands(asks(1, 22)), 'refused frozen', 'the mode is the site''s to judge');
select is(stands(asks(1, 22)), 'pending', 'and so are rates');
delete from setting where site_id = 'macau';
select there_do($$ insert into setting (site_id, name, value) values ('macau', 'control.mode', 'stop') $$) \g /dev/null
select asks(1, 23) as stopped \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is(stands(:'stopped'), 'refused stopped', 'whose gate decides');
select is((select error_message from write_commands where id = :'stopped'), 'control is stopped at this site: values are refused until `bacpipes control normal`, releases are not', 'and says why');
select there_do($$ delete from setting where name = 'control.mode' $$) \g /dev/null
select asks(1, 23, of_priority => 5) as high \gset
select asks(9, 1) as gone \gset
select asks(2, null, 'on') as state \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is(stands(:'high'), 'refused central-ceiling', 'central may do what the site lets source central');
select is(stands(:'gone') || ': ' || (select error_message from write_commands where id = :'gone'), 'refused not-writable: there is no point 9 at this site', 'what is not there any more is answered, too');
select is(stands(:'state') || ' ' || (select value from write_commands where id = :'state'), 'pending 1', 'a state is found there by its name');
select there_do($$ update command_source set rate_per_minute = 1 where name = 'central' $$) \g /dev/null
select asks(1, 24) as often \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is(stands(:'often'), 'refused rate', 'as often as the site lets it');
select there_do($$ update command_source set rate_per_minute = 100000 where name = 'central' $$) \g /dev/null
select there_do($$ insert into setting (site_id, name, value) values ('macau', 'control.point_rate', '6000') $$) \g /dev/null
select there_do($$ update command_source set enabled = false where name = 'central' $$) \g /dev/null
select array_agg(asks(1, 25)) as many from generate_series(1, 70) \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is((select count(*) from write_commands where id = any (:'many'::uuid[]) and status = 'refused' and rule = 'source-disabled'), 70::bigint, 'each of many refusals is answered');
select there_do($$ update command_source set enabled = true where name = 'central' $$) \g /dev/null

-- ---- times ----

select asks(1, 21, of_expires => clock_timestamp() + '1 h') as hour \gset
select carries('59 min 59 s') is not null as carried \gset
select ok(there(format($$ select expires_at - clock_timestamp() < '2 s' from write_commands where id = %L $$, :'hour'))::boolean, 'what was on its way for 59 minutes has a second left there, whatever the clocks say');
select asks(1, 21) as late \gset
select carries('11 min') is not null as carried \gset
select is(stands_there(:'late'), 'expired', 'what is over when the site gets it is not carried out');
select echoes() is not null as echoed \gset
select is(stands(:'late') || ': ' || (select error_message from write_commands where id = :'late'), 'expired: its time was over when the site got it: nothing was written', 'and central hears so');
select asks(1, 21, of_execute => clock_timestamp() + '2 h', of_expires => clock_timestamp() + '3 h') as due \gset
select carries() is not null as carried \gset
select ok(there(format($$ select execute_at - clock_timestamp() between '119 min' and '120 min' and expires_at - execute_at between '3599 s' and '3601 s' from write_commands where id = %L $$, :'due'))::boolean, 'what is due later is due then by spans, not by instants');
select asks(1, 21, of_expires => clock_timestamp() + '50 ms') as short \gset
select pg_sleep(0.06) as slept \gset
select is(stands(:'short'), 'pending', 'what nobody fetches');
select is(remote_tick(), 1, 'expires at central');
select matches((select status || ': ' || error_message from write_commands where id = :'short'), 'expired: it expired at .*, before site "macau" fetched it: nothing was written', 'which says so');
select asks(1, 21, of_expires => clock_timestamp() + '50 ms') as short \gset
select pg_sleep(0.06) as slept \gset
select is(carries(), '', 'what is over is not given out');
select is(stands(:'short'), 'expired', 'whoever looks first');

-- ---- taking back ----

select asks(1, 22) as back \gset
select is((command_cancel(:'back', 'a mistake')).status, 'cancelled', 'what was not given out is taken back at once');
select is(carries(), '', 'and never given');
select asks(1, 22) as back \gset
select carries() is not null as carried \gset
select is((command_cancel(:'back', 'a mistake')).status, 'pending', 'what was, is asked back');
select is((command_cancel(:'back', 'again')).status, 'pending', 'once');
select is(step(:'back'), 'the site was asked at T to take it back, no answer yet', 'and shown so');
select is(carries(), 'command_cancel', 'by an entry of its own');
select echoes() is not null as echoed \gset
select matches((select status || ': ' || error_message from write_commands where id = :'back'), 'cancelled: cancelled by .*: a mistake', 'and the site says what came of it');
select asks(1, 22) as back \gset
select carries() is not null as carried \gset
select there(format($$ select count(*) from commands_claim('macau', jsonb_build_array(jsonb_build_object('id', %L))) $$, :'back')) \g /dev/null
select command_cancel(:'back', null) is not null as asked \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is(stands(:'back'), 'executing', 'what is under way is carried out');
select throws_ok(format('select command_cancel(%L, null)', :'back'), '23514', null, 'and cannot be taken back');

-- ---- lives ----

select asks(1, 22) as lost \gset
select carries() is not null as carried \gset
select asks(1, 23) as waits \gset
select downlink_begin('macau') \g /dev/null
select matches((select concat_ws(' ', status, verdict, error_message) from write_commands where id = :'lost'), 'failed unknown handed over at .*; the site began a new life .* and it is not given again', 'in a new life of the site what was given out and not answered is concluded');
select is(stands(:'back'), 'failed unknown', 'also what was under way');
select is(stands(:'one'), 'completed held', 'what was answered stays');
select is(carries(), 'command', 'and is not given again: what was not given out is');
select echoes() is not null as echoed \gset
select is(stands(:'lost'), 'failed unknown', 'a word that it had come opens it no more');
select there(format($$ select commands_end('macau', jsonb_build_array(jsonb_build_object('id', %L, 'status', 'expired', 'text', 'late'))) $$, :'lost')) \g /dev/null
select echoes() is not null as echoed \gset
select is(stands(:'lost'), 'expired', 'but what the site knows of its end counts');
select asks(1, 26) as theirs \gset
select carries() is not null as carried \gset
set local bacpipes.applying = 'macau';
delete from write_commands where id = :'theirs';
set local bacpipes.applying = '';
select echoes() is not null as echoed \gset
select is(stands(:'theirs') || ' ' || (select origin from write_commands where id = :'theirs'), 'pending central', 'what a central that was put back does not know it learns from the site');

select asks(1, 26) as odd \gset
select from (select applies('audit', jsonb_build_object('event', 'not_carried_out', 'kind', 'command', 'id', :'odd', 'why', 'no room')) as done) as a \g /dev/null
select is(stands(:'odd') || ': ' || (select error_message from write_commands where id = :'odd'), 'failed not-sent: the site could not take it: no room', 'what a site could not take is told');
select carries() \g /dev/null

-- ---- what is asked at the site ----

select there($$ insert into write_commands (site_id, point_id, command_type, value, created_by) values ('macau', 1, 'write_value', 20, 'x') returning id $$) as own \gset
select there($$ insert into write_commands (site_id, point_id, command_type, value, created_by) values ('macau', 1, 'write_value', 99, 'x') returning id $$) as wrong \gset
select echoes() is not null as echoed \gset
select is((select concat_ws(' ', status, origin, source, value, (select step from commands c where c.id = w.id)) from write_commands w where id = :'own'), 'pending site sql 20 asked at the site', 'what is asked at the site is seen at central');
select is(stands(:'wrong'), 'refused above-max', 'as its gate judged it');
select is((select count(*) from downlink where seq is null), 0::bigint, 'and is not sent back');

-- ---- edits ----

create function edits(of_point integer, is_set jsonb, of_expect jsonb default null) returns uuid language plpgsql as $$
begin
    perform set_config('bacpipes.change', '', true);
    perform from points_change('macau', jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('id', of_point, 'expect', of_expect)) || jsonb_build_object('set', is_set)), false);
    return nullif(current_setting('bacpipes.change', true), '')::uuid;
end
$$;
create function ended(of_id uuid) returns text language sql as $$ select concat_ws(': ', outcome, text) from change where id = of_id $$;
set local bacpipes.person = 'mina';
select edits(1, '{"description": "set point", "write_max": 28}') as edit \gset
select is((select concat_ws(' ', what, asked_by, request) from change where id = :'edit'),
          'points mina {"points": [{"id": 1, "set": {"write_max": 28, "description": "set point"}, "expect": {"write_max": null, "description": ""}}]}', 'an edit at central is asked of the site, with what was seen');
select is((select description from point where site_id = 'macau' and point_id = 1), '', 'central''s copy stays as it is');
select is(edits(1, '{"units": "no such unit!"}'), null, 'what is wrong is said at once');
select is(edits(1, '{"description": ""}'), null, 'what is so already is nothing to ask for');
select is((select array_agg(rule) from points_change('macau', '[{"id": 1, "set": {"name": "SP-1"}}]', true)), array[null]::text[], 'a dry run');
select is((select count(*) from change), 1::bigint, 'asks for nothing');
select is(carries(), 'change', 'it is given out');
select ok((select given_at is not null and ended_at is null from change where id = :'edit'), 'and waits for the site''s word');
select is(there($$ select concat_ws(' ', description, write_max) from point where point_id = 1 $$), 'set point 28', 'the site changes it as it changes anything');
select is(there($$ select b ->> 'who' from (select convert_from(body, 'UTF8')::jsonb as b from uplink where kind = 'point' order by seq desc limit 1) as e $$)::jsonb ->> 'person', 'mina', 'in the name of the person at central');
select is(echoes(), 'point audit:change_ended', 'both the change and its outcome come back');
select is(ended(:'edit'), 'changed', 'it has ended');
select again((select max(number) from downlink where kind = 'change')) \g /dev/null
select is(there('select count(*) from point_change') || there('select count(*) from change'), '11', 'carried out once');
select there_do($$ update point set description = 'theirs' where point_id = 1 $$) \g /dev/null
select edits(1, '{"description": "mine"}') as edit \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is(ended(:'edit'), 'stale: AHU-1/SP: somebody has changed it since: description', 'what somebody has changed there since is not overwritten');
select edits(9, '{"description": "gone"}') as edit \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is(ended(:'edit'), 'refused: there is no point 9 at this site', 'a point that is gone is told');
select edits(3, '{"writable": true}') as edit \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is(ended(:'edit'), 'refused: central may narrow what is written at this site, and not widen it: point 3 is not writable, no least to no most', 'central does not widen what may be written');
update point set write_max = 28, description = '' where site_id = 'macau' and point_id = 1;
select there_do($$ update point set description = '' where point_id = 1 $$) \g /dev/null
select edits(1, '{"write_max": 29}') as edit \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is(ended(:'edit'), 'refused: central may narrow what is written at this site, and not widen it: point 1 is writable, no least to 28', 'nor raise a limit');
select edits(1, '{"write_min": 12}') as edit \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is(ended(:'edit'), 'changed', 'it may narrow it');
select points_undo('macau', (select (answer ->> 'change')::bigint from change where id = :'edit')) \g /dev/null
select current_setting('bacpipes.change') as undo \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select matches(ended(:'undo'), 'refused: central may narrow .* point 1 is writable, 12 to 28', 'to undo that would widen it');
select there_do($$ insert into setting (site_id, name, value) values ('macau', 'control.central', 'true') $$) \g /dev/null
select points_undo('macau', (select (answer ->> 'change')::bigint from change where id = :'edit')) \g /dev/null
select current_setting('bacpipes.change') as undo \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is(ended(:'undo') || there('select (write_min is null)::text from point where point_id = 1'), 'changedtrue', 'where the site lets it, it may');
select there_do($$ delete from setting where name = 'control.central' $$) \g /dev/null

create function sets(of_name text, of_value text) returns uuid language plpgsql as $$
declare
    done record;
begin
    select * into done from setting_change('macau', of_name, of_value, '*');
    return case done.outcome when 'waiting' then current_setting('bacpipes.change')::uuid end;
end
$$;
select sets('poll.interval', '30s') as edit \gset
select is((select value from setting where site_id = 'macau' and name = 'poll.interval'), null, 'a setting waits as well');
select carries() is not null as carried, echoes() is not null as echoed \gset
select is(ended(:'edit') || ' ' || there($$ select value || ' ' || updated_by from setting where name = 'poll.interval' $$), 'changed 30s mina', 'and is the site''s to set');
select sets('poll.interval', '40s') as edit \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is(ended(:'edit'), 'stale: somebody has changed poll.interval since', 'where it is as it was seen');
select sets('control.mode', 'freeze') as edit \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is(ended(:'edit'), 'changed', 'central may freeze control');
insert into setting (site_id, name, value) values ('macau', 'control.mode', 'freeze');
select sets('control.mode', mode) as edit, carries() is not null as carried, echoes() is not null as echoed from (values ('stop')) as m (mode) \gset
select is(ended(:'edit'), 'refused: central may stop control at this site, and not let it go on: it is freeze', 'but not let it go on');
select sets('control.mode', null) as edit \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is(ended(:'edit'), 'refused: central may stop control at this site, and not let it go on: it is freeze', 'nor take the setting away');
select sets('control.central', 'true') as edit \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is(ended(:'edit'), 'refused: control.central is made at the site, and not by central', 'it gives itself no rights');
select change_ask('macau', 'setting', '{"name": "poll.intervall", "value": "1s"}') as edit \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is(ended(:'edit'), 'refused: there is no setting poll.intervall at this site', 'an older site says what it does not know');
select change_ask('macau', 'device', '{"device_id": 1, "set": {"enabled": false}}') as edit \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is(ended(:'edit') || ' ' || there('select enabled from device'), 'changed f', 'devices are changed so, too');
select change_ask('macau', 'device', '{"replace": 1, "by": 5}') as edit \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select matches(ended(:'edit'), 'refused: device_id 5 cannot take the place of device_id 1 .*', 'what cannot be done is told in the site''s words');
select sets('poll.interval', '50s') as edit \gset
select is((change_cancel('macau', :'edit')).outcome, 'cancelled', 'a change is taken back before it is given out');
select is(carries(), '', 'and not given');
select sets('poll.interval', '50s') as edit \gset
select carries() is not null as carried \gset
select is((change_cancel('macau', :'edit')).outcome, 'late', 'afterwards it is not');
select downlink_begin('macau') \g /dev/null
select matches(ended(:'edit'), 'unknown: the site began a new life .*: look whether it is so', 'one that was not answered is not known in a new life');
select echoes() is not null as echoed \gset
select matches(ended(:'edit'), 'stale: .*', 'until the site''s word comes after all');
select throws_ok($$ select change_ask('central', 'setting', '{}') $$, '22023', 'site "central" is here: what is changed there is changed at once', 'what is here is not asked');

-- ---- jobs ----

insert into access.users (organisation_id, name) values (1, 'mina');
select web_begin((select user_id from access.users where name = 'mina'), 7, null, '10.9.9.9', null, '[{"site": "macau", "role": "admin"}]');
select id as job from job_ask('macau', 'read-slots', '{"points": [1, 2]}') \gset
select is((select count(*) from downlink where kind = 'job' and seq is null), 1::bigint, 'a job for the site''s collector goes down to it');
select is((select id from job_ask('macau', 'read-slots', '{"points": [2, 1]}')), :'job', 'asked again it is the same');
select there_do($$ insert into job (site_id, kind, request, asked_by, expires_at) values ('macau', 'read-slots', '{"points": [1, 2]}', 'noor', now() + '1 min') $$) \g /dev/null
select is(carries(), 'job', 'it is given out');
select is(there(format($$ select concat_ws(' ', status, asked_by, is_from_central, expires_at - clock_timestamp() < '121 s') from job where id = %L $$, :'job')), 'pending mina t t', 'beside one of somebody there');
select is(there($$ select count(*) from jobs_take('macau', 'collect', 10) $$), '2', 'the collector does both');
select there(format($$ select job_tell(%L, 0.1, '{"points": []}') $$, :'job')) \g /dev/null
select there(format($$ select job_tell(%L, 0.2, '{"points": []}') $$, :'job')) \g /dev/null
select is(echoes(), 'job', 'how far it is comes at most every 2 s');
select is((select concat_ws(' ', status, progress) from job where id = :'job'), 'executing 0', 'that it is under way came at once');
select there(format($$ select job_end(%L, 'completed', '{"points": [1]}') $$, :'job')) \g /dev/null
select is(echoes(), 'job', 'and so does its end');
select is((select concat_ws(' ', status, progress, result) from job where id = :'job'), 'completed 1 {"points": [1]}', 'with what came of it');
select is((select count(*) from job), 1::bigint, 'the site''s own jobs are its own');
select id as job from job_ask('macau', 'read-point', '{"points": [9]}') \gset
select carries() is not null as carried, echoes() is not null as echoed \gset
select is((select concat_ws(': ', status, text) from job where id = :'job'), 'failed: site "macau" has no point 9', 'what cannot be done fails');
select id as job from job_ask('macau', 'read-point', '{"points": [1]}') \gset
select carries('3 min') is not null as carried, echoes() is not null as echoed \gset
select is((select concat_ws(': ', status, text) from job where id = :'job'), 'expired: its time was over when the site got it', 'what comes late is not done');
select id as job from job_ask('macau', 'read-point', '{"points": [1]}') \gset
select is(job_cancel('macau', :'job'), true, 'a job is taken back');
select is(carries(), '', 'before it was given out');
select id as job from job_ask('macau', 'read-point', '{"points": [1]}') \gset
select carries() is not null as carried \gset
select is(job_cancel('macau', :'job'), true, 'and afterwards');
select is(carries(), 'job_cancel', 'by asking the site');
select is(there(format($$ select status from job where id = %L $$, :'job')), 'cancelled', 'which stops it');
-- Devices are looked for at the site: the numbers come as they grow, the devices at the end.
select id as job from job_ask('macau', 'discover', '{"low": 1, "high": 99}') \gset
select is(carries(), 'job', 'a search goes down to the site');
select is(there($$ select count(*) from jobs_take('macau', 'collect', 10) $$), '1', 'whose collector does it');
select echoes() \g /dev/null
select there_do(format($$ update job set told_at = null where id = %L $$, :'job')) \g /dev/null
select there(format($$ select job_tell(%L, 0.5, '{"answered": 3, "devices": [{"instance": 7}]}') $$, :'job')) \g /dev/null
select is(echoes(), 'job', 'how far it is comes');
select is((select concat_ws(' ', status, progress, result) from job where id = :'job'), 'executing 0.5 {"answered": 3}', 'with its numbers');
select there(format($$ select job_end(%L, 'completed', '{"answered": 4, "devices": [{"instance": 7}]}') $$, :'job')) \g /dev/null
select is(echoes(), 'job', 'its end, too');
select is((select concat_ws(' ', status, result) from job where id = :'job'), 'completed {"devices": [{"instance": 7}], "answered": 4}', 'with the devices');
-- What no gate here would take is not believed of central either.
select there($$ select job_carry_out('macau', '{"id": "11111111-1111-4111-8111-111111111111", "kind": "discover", "request": {"device": "all"}}', '1 min') $$) \g /dev/null
select is(there($$ select status || ': ' || left(text, 22) from job where id = '11111111-1111-4111-8111-111111111111' $$), 'failed: discover takes nothing', 'a request that is none fails there');
select is(there($$ select count(*) from jobs_take('macau', 'collect', 10) $$), '0', 'and the collector never sees it');
select id as job from job_ask('macau', 'prove-audit', '{}') \gset
select is((select count(*) from downlink where kind = 'job' and seq is null), 0::bigint, 'whether the record is whole is looked at here');

-- ---- what stands in slots ----

update heard set seq = journal_end();
select there($$ select override_store('macau', '[{"point_id": 2, "at": "2026-11-27T10:00:00Z", "slots": {"8": 1, "16": 0}}]') $$) \g /dev/null
select there($$ select override_store('macau', '[{"point_id": 2, "at": "2026-11-27T10:01:00Z", "slots": {"8": 1, "16": 0}}]') $$) \g /dev/null
select there($$ select override_store('macau', '[{"point_id": 2, "at": "2026-11-27T10:02:00Z", "slots": {"8": 0}}]') $$) \g /dev/null
select results_eq($$ select body from dblink('there', format($q$ select convert_from(body, 'UTF8')::jsonb - 'v' from uplink where seq > %s order by seq $q$, (select seq from heard))) as e (body jsonb) $$,
    $$ values ('{"op": "set", "rows": [{"point_id": 2, "priority": 8, "value": 1, "state_text": "On", "seen_since": "2026-11-27T10:00:00+00:00", "seen_at": "2026-11-27T10:00:00+00:00"},
                                       {"point_id": 2, "priority": 16, "value": 0, "state_text": "Off", "seen_since": "2026-11-27T10:00:00+00:00", "seen_at": "2026-11-27T10:00:00+00:00"}]}'::jsonb),
              ('{"op": "gone", "rows": [{"point_id": 2, "priority": 16}]}'),
              ('{"op": "set", "rows": [{"point_id": 2, "priority": 8, "value": 0, "state_text": "Off", "seen_since": "2026-11-27T10:02:00+00:00", "seen_at": "2026-11-27T10:02:00+00:00"}]}') $$,
    'what others hold is told where it changes, and not each time it is read');
select echoes() is not null as echoed \gset
select results_eq($$ select point_id, priority, value, state_text from override where site_id = 'macau' $$, $$ values (2, 8, 0::double precision, 'Off') $$, 'central has what stands there');
select is((select string_agg(concat_ws(' ', point_id, priority, value, created_by, release_at is not null), ', ') from hold where site_id = 'macau'),
          there($$ select string_agg(concat_ws(' ', point_id, priority, value, created_by, release_at is not null), ', ') from hold $$), 'and what is held');
select applies('override', '{"v": 1, "op": "state", "table": "override", "complete": false, "rows": [{"point_id": 1, "priority": 8, "value": 3, "seen_since": "2026-11-27Z", "seen_at": "2026-11-27Z"}]}') \g /dev/null
select is((select count(*) from override where site_id = 'macau'), 2::bigint, 'where a site tells all that it has');
select applies('override', '{"v": 1, "op": "state", "table": "override", "complete": true, "rows": []}') \g /dev/null
select is((select array_agg(point_id) from override where site_id = 'macau'), '{1}', 'what it does not name is gone at its end');
select applies('command', jsonb_build_object('v', 1, 'op', 'state', 'table', 'write_commands', 'complete', true, 'rows', (select jsonb_build_array(to_jsonb(w) - 'site_id' || '{"id": "11111111-1111-1111-1111-111111111111"}') from write_commands w where id = :'own'))) \g /dev/null
select is(stands('11111111-1111-1111-1111-111111111111'), 'pending', 'commands that are open there are known here then');

select * from finish();
rollback;
select pg_terminate_backend(pid) from pg_stat_activity where datname = 'far_away' \g /dev/null
drop database far_away;
