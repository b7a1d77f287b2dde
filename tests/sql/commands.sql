-- A command's life: an INSERT of the plan's columns, what the database makes of it, and the ways to its end, of which there are no others.
begin;
select plan(87);
insert into site (site_id, name) values ('here', 'Here'), ('there', 'There');
insert into device (site_id, device_id, address, instance, name) values ('here', 1, '10.1.2.9', 1001, 'AHU-1'), ('there', 1, '10.1.2.9', 1001, 'AHU-1');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, units, states, min_value, max_value, commandable, writable) values
    ('here', 1, 1, 'analog-value', 1, 'SAT-SP', 'degrees-celsius', '{}', 10, 30, true, true),
    ('here', 2, 1, 'multi-state-value', 2, 'MODE', '', '{Off, Heat, Cool}', null, null, true, true),
    ('here', 3, 1, 'analog-value', 3, 'PLAIN', '', '{}', null, null, false, true),
    ('there', 1, 1, 'analog-value', 1, 'SAT-SP', '', '{}', null, null, true, true);
update command_source set rate_per_minute = 100000;
insert into setting (site_id, name, value) values ('here', 'control.point_rate', '6000');

-- Its birth.
insert into write_commands (site_id, point_id, command_type, value, priority, created_by, source_ip) values ('here', 1, 'write_value', 21.5, 8, 'alice', '10.0.0.7') returning * \gset c_
select is(:'c_status'::text, 'pending', 'the plan''s columns alone are a command');
select is(:'c_source' || ' ' || :'c_created_by' || ' ' || :'c_created_by_claim', 'sql ' || session_user || ' alice', 'who says to have asked is kept beside who did');
select is(:'c_source_ip'::text, '10.0.0.7', 'where a local session says it came from');
select is(:'c_origin' || :'c_priority', 'site8', 'it is the site''s');
select is(id::text, :'c_id', 'it has a key that nobody chose') from write_commands where number = :c_number;
insert into write_commands (site_id, point_id, command_type, value) values ('here', 1, 'write_value', 20) returning priority, created_by \gset d_
select is(:d_priority || :'d_created_by', '8' || session_user, 'priority 8, unless it says another');
-- What is not the asker's to say is not believed, not even of a superuser.
insert into write_commands (site_id, point_id, command_type, value, status, verdict, source, origin, created_at, executed_at, completed_at, rule, error_message, value_before, slots, held_by, shown_value)
    values ('here', 1, 'write_value', 20, 'completed', 'held', 'tools', 'central', '2020-01-01 00:00Z', now(), now(), 'x', 'x', 1, '{}', 8, 1) returning * \gset e_
select is(concat_ws(' ', status, source, origin, verdict, executed_at, completed_at, rule, error_message, value_before, slots, held_by, shown_value), 'pending sql site', 'a row is born pending, whatever it says')
  from write_commands where id = :'e_id';
select ok(:'e_created_at'::timestamptz > clock_timestamp() - interval '1 min', 'and now');
set local bacpipes.person = 'carol';
insert into write_commands (site_id, point_id, command_type, value, created_by) values ('here', 1, 'write_value', 20, 'dave') returning created_by, created_by_claim \gset f_
select is(:'f_created_by' || ' ' || :'f_created_by_claim', 'carol dave', 'whom the session names counts, where it may');
set local bacpipes.person = '';
insert into write_commands (site_id, point_id, command_type, state) values ('here', 2, 'write_value', 'cool') returning value, state \gset g_
select is(:g_value || :'g_state', '3cool', 'a state is found, and kept as it was said');

-- A refused one keeps its row, and RETURNING shows it.
insert into write_commands (site_id, point_id, command_type, value, priority, created_by, source_ip) values ('here', 1, 'write_value', 45, 8, 'alice', '10.0.0.7') returning * \gset r_
select is(:'r_status' || ' ' || :'r_rule' || ': ' || :'r_error_message', 'refused above-max: AHU-1/SAT-SP takes 10 to 30 degrees-celsius: 45 is above', 'a refused row says why, and what would be allowed');
select is((select value || status from write_commands where id = :'r_id'), '45refused', 'and stays');
insert into write_commands (site_id, point_id, command_type, value, priority) values ('here', 1, 'write_value', 'NaN', 99) returning status \gset r_
select is(:'r_status'::text, 'refused', 'however wrong it was');

-- Its ways.
create function made(wanted text) returns uuid language plpgsql as $$
declare
    it uuid;
begin
    if wanted = 'refused' then
        insert into write_commands (site_id, point_id, command_type, value) values ('here', 1, 'write_value', 99) returning id into it;
        return it;
    end if;
    insert into write_commands (site_id, point_id, command_type, value) values ('here', 1, 'write_value', 20) returning id into it;
    if wanted in ('executing', 'completed', 'failed') then
        update write_commands set status = 'executing' where id = it;
    end if;
    if wanted not in ('pending', 'executing') then
        update write_commands set status = wanted, verdict = case wanted when 'completed' then 'held' when 'failed' then 'refused' end where id = it;
    end if;
    return it;
end
$$;
create temporary table way (was text, becomes text, verdict text);
do $$
declare
    tried record;
    it    uuid;
begin
    for tried in select was, becomes, verdict
                   from unnest('{pending,executing,completed,failed,expired,cancelled,refused}'::text[]) as was, unnest('{pending,executing,completed,failed,expired,cancelled,refused}'::text[]) as becomes,
                        unnest('{none,held,outranked,not-shown,refused,unknown,not-sent}'::text[]) as verdict loop
        it := made(tried.was);
        begin
            update write_commands set status = tried.becomes, verdict = nullif(tried.verdict, 'none'), rule = case when tried.becomes = 'refused' then 'stopped' end where id = it;
            insert into way values (tried.was, tried.becomes, tried.verdict);
        exception when check_violation then
            null;
        end;
    end loop;
end
$$;
select set_eq('select * from way', $$ values ('pending', 'executing', 'none'), ('pending', 'expired', 'none'), ('pending', 'cancelled', 'none'), ('pending', 'refused', 'none'),
    ('pending', 'failed', 'not-sent'), ('pending', 'failed', 'unknown'), ('executing', 'completed', 'held'),
    ('executing', 'failed', 'outranked'), ('executing', 'failed', 'not-shown'), ('executing', 'failed', 'refused'), ('executing', 'failed', 'unknown'), ('executing', 'failed', 'not-sent') $$,
    'of 343 ways from a status to another there are these, for the superuser as well');
select is_empty($$ select status from write_commands where status in ('executing', 'completed') and executed_at is null or status in ('pending', 'expired', 'cancelled', 'refused') and executed_at is not null or (completed_at is null) <> (status in ('pending', 'executing')) $$,
                'when it was taken up and when it ended is on it');
select made('executing') as id \gset x_
select made('completed') as id \gset y_
create function changes(of_id uuid, what text) returns text language plpgsql as $$
begin
    execute format('update write_commands set status = case status when ''executing'' then ''completed'' else status end, verdict = ''held'', %s where id = %L', what, of_id);
    return 'it was changed';
exception when check_violation or generated_always then
    return sqlerrm;
end
$$;
select is(changes(:'x_id', said), format('command %s is what it was asked to be: %s cannot be changed', :'x_id', split_part(said, ' ', 1)), 'nobody changes what was asked: ' || split_part(said, ' ', 1))
  from unnest(array['value = 22', 'state = ''On''', 'point_id = 2', 'site_id = ''there''', 'command_type = ''release_priority''', 'priority = 9', 'created_at = now()', 'execute_at = now()',
                    'expires_at = now()', 'release_after = ''1 h''', 'source = ''tools''', 'origin = ''central''', 'created_by = ''eve''', 'created_by_claim = ''eve''', 'source_ip = ''::1''',
                    'reason = ''x''', 'idempotency_key = ''x''', 'restore = true']) as said;
select is(changes(:'x_id', 'number = 1'), 'column "number" can only be updated to DEFAULT', 'nor its number');
select alike(changes(:'y_id', 'error_message = ''x'''), 'command % is completed: it cannot become completed (held)', 'what has ended has ended');
update write_commands set status = 'completed', verdict = 'held', executed_at = '2020-01-01 00:00Z', completed_at = '2020-01-01 00:00Z' where id = :'x_id' returning executed_at, completed_at \gset x_
select ok(:'x_executed_at'::timestamptz > now() - interval '1 min' and :'x_completed_at'::timestamptz > now() - interval '1 min', 'nor does anybody say when');
select throws_like($$ delete from write_commands where status = 'completed' $$, 'commands are kept for a year: none is deleted before', 'none is deleted');
select throws_like($$ truncate write_commands cascade $$, 'commands are kept for a year: none is deleted before', 'nor are all of them');
set local session_replication_role = replica;
select throws_like($$ delete from write_commands where status = 'completed' $$, 'commands are kept for a year: none is deleted before', 'not as a replica either');
select throws_ok(format($$ update write_commands set value = 9 where id = '%s' $$, :'x_id'), '23514', null, 'nor changed');
insert into write_commands (site_id, point_id, command_type, value) values ('here', 1, 'write_value', 99) returning status \gset x_
select is(:'x_status'::text, 'refused', 'nor does one pass the gate');
reset session_replication_role;

create function make_many() returns integer language sql as $$
    insert into site (site_id, name) values ('many', 'Many');
    insert into device (site_id, device_id, address, instance) select 'many', n, '10.1.2.' || n, n from generate_series(1, 2) as n;
    insert into point (site_id, point_id, device_id, object_type, object_instance, commandable, writable) select 'many', n, n, 'analog-value', 1, true, true from generate_series(1, 2) as n;
    insert into write_commands (site_id, point_id, command_type, value) select 'many', case when n < 4 then 1 else 2 end, 'write_value', n from generate_series(1, 5) as n;
    select 1 $$;

-- Claims.
update write_commands set status = 'cancelled' where status = 'pending';
update write_commands set status = 'failed', verdict = 'not-sent' where status = 'executing';
insert into write_commands (site_id, point_id, command_type, value, release_after, priority) values ('here', 1, 'write_value', 21, '2 h', 10) returning id as a_id \gset
insert into write_commands (site_id, point_id, command_type, value, execute_at) values ('here', 1, 'write_value', 22, clock_timestamp() + interval '1 h') returning id as b_id \gset
insert into write_commands (site_id, point_id, command_type, state) values ('here', 2, 'write_value', 'Heat') returning id as c_id \gset
insert into write_commands (site_id, point_id, command_type, value) values ('there', 1, 'write_value', 5) returning id as d_id \gset
select results_eq($$ select point_id, value, priority, release_after_ms, status, object_type, object_instance, property, point_name, units, commandable, command_type, device_id from commands_due('here', 10) $$,
    $$ values (1, 21::float8, 10, 7200000::bigint, 'pending', 'analog-value', 1, 'present-value', 'SAT-SP', 'degrees-celsius', true, 'write_value', 1),
              (2, 2::float8, 8, null, 'pending', 'multi-state-value', 2, 'present-value', 'MODE', '', true, 'write_value', 1) $$, 'due are those of the site whose time has come, in order');
select is((select count(*) from commands_due('here', 1)), 1::bigint, 'as many as are wanted');
create function claim(variadic ids text[]) returns table (of_id text, is_claimed boolean, status text, said text) language sql as $$
    select (array_position(ids, id::text))::text, c.is_claimed, c.status, c.text
      from commands_claim('here', (select jsonb_agg(jsonb_build_object('id', id, 'value_before', 18.5, 'slots', '{"16": 18.5}'::jsonb)) from unnest(ids) as id)) as c $$;
select results_eq(format($$ select * from claim('%s', '%s', '%s') $$, :'a_id', :'b_id', :'d_id'),
    format($$ values ('1', true, 'executing', null), ('2', false, 'pending', 'it is not due before %s'), ('3', false, null, 'there is no such command') $$,
           (select to_char(execute_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS" UTC"') from write_commands where id = :'b_id')), 'what is due is claimed, and no other, nor another site''s');
select results_eq(format($$ select * from claim('%s') $$, :'a_id'), $$ values ('1', false, 'executing', 'it is executing already') $$, 'a second claim is told no');
select results_eq(format($$ select status, value_before, slots from write_commands where id = '%s' $$, :'a_id'), $$ values ('executing', 18.5::float8, '{"16": 18.5}'::jsonb) $$, 'what was there before is kept');
select results_eq($$ select id::text = $$ || quote_literal(:'a_id') || $$, status from commands_due('here', 10) order by number limit 1 $$, $$ values (true, 'executing') $$, 'what is under way is told again, to be resolved by reading');
insert into setting (site_id, name, value) values ('here', 'control.mode', 'stop');
select results_eq(format($$ select * from claim('%s') $$, :'c_id'), $$ values ('1', false, 'refused', 'control is stopped at this site: values are refused until `bacpipes control normal`, releases are not') $$, 'a claim asks again: control was stopped');
select is((select rule || (executed_at is null) from write_commands where id = :'c_id'), 'stoppedtrue', 'and then nothing was done');
create function asked_and_then(change text, of_point integer default 1, of_value double precision default 20, of_state text default null) returns text language plpgsql as $$
declare
    it   uuid;
    said record;
begin
    insert into write_commands (site_id, point_id, command_type, value, state) values ('here', of_point, 'write_value', case when of_state is null then of_value end, of_state) returning id into it;
    begin
        execute change;
        select * into said from claim(it::text);
        raise exception using errcode = 'BP000';
    exception when sqlstate 'BP000' then
        return said.status || ': ' || coalesce(said.said, '');
    end;
end
$$;
update setting set value = 'normal' where name = 'control.mode';
select is(asked_and_then('select 1'), 'executing: ', 'nothing has changed');
select is(asked_and_then($$ update point set writable = false where point_id = 1 $$), 'refused: AHU-1/SAT-SP (point 1) is not writable: `bacpipes points set --writable yes --point 1` allows it', 'the point may not be written any more');
select is(asked_and_then($$ update point set write_max = 19 where point_id = 1 and site_id = 'here' $$), 'refused: AHU-1/SAT-SP takes 10 to 19 degrees-celsius: 20 is above', 'its limits are narrower');
select is(asked_and_then($$ update device set enabled = false where site_id = 'here' $$), 'refused: AHU-1 is left alone, neither read nor written (device.enabled is false)', 'its device is left alone');
select is(asked_and_then($$ update command_source set enabled = false where name = 'sql' $$), 'refused: source "sql" is off: `bacpipes source set sql --on` lets it ask', 'its source is off');
select is(asked_and_then($$ update command_source set highest_priority = 9 where name = 'sql' $$), 'refused: source "sql" may write at priority 9 to 16: 8 is above', 'or has a lower ceiling');
select is(asked_and_then($$ update setting set value = 'freeze' where name = 'control.mode' $$), 'refused: control is frozen at this site: nothing is written or released until `bacpipes control normal`', 'control is frozen');
select is(asked_and_then($$ update point set states = '{Cool, Off, Heat}' where point_id = 2 $$, 2, null, 'Heat'), 'refused: state "Heat" of AHU-1/MODE was 2 when it was asked for, and is 3 now', 'a state is another number');
select is(asked_and_then($$ delete from point where site_id = 'here' and point_id = 3 $$, 3), 'refused: point 3 is there no more', 'the point is gone');
-- Expiry.
alter table write_commands disable trigger a_asked, disable trigger b_gate;
insert into write_commands (site_id, point_id, command_type, value, created_at, expires_at, source, created_by)
select 'here', 1, 'write_value', 21, now() - interval '2 min', now() - interval '1 min', 'sql', 'x' from generate_series(1, 2);
alter table write_commands enable always trigger a_asked, enable always trigger b_gate;
select id as late_id from write_commands order by number desc limit 1 \gset
select alike((select status || ': ' || said from claim(:'late_id')), 'expired: it expired at % UTC, before it could be carried out: nothing was written', 'a claim that comes too late is none');
select is((select count(*) from commands_due('here', 10) where id = :'late_id'), 0::bigint, 'what came too late is not due');
select is((select count(*) from write_commands where status = 'expired' and error_message like 'it expired at % UTC, before%' and executed_at is null), 2::bigint, 'but expired');

-- Turns.
select make_many() as is_many \gset
select results_eq($$ select device_id, value from commands_due('many', 3) $$, $$ values (1, 1::float8), (2, 4::float8), (1, 2::float8) $$, 'devices take turns, and each has its own in order');

-- Ends.
select is(commands_end('here', jsonb_build_array(jsonb_build_object('id', :'a_id', 'status', 'completed', 'verdict', 'held', 'text', 'AHU-1/SAT-SP holds 21 at priority 10',
          'slots', '{"10": 21, "16": 18.5}'::jsonb, 'held_by', 10, 'held_value', 21, 'shown_value', 21))), 1, 'a command ends');
select results_eq(format($$ select status, verdict, error_message, slots, held_by, held_value, shown_value, value_before from write_commands where id = '%s' $$, :'a_id'),
    $$ values ('completed', 'held', 'AHU-1/SAT-SP holds 21 at priority 10', '{"10": 21, "16": 18.5}'::jsonb, 10, 21::float8, 21::float8, 18.5::float8) $$, 'with all that was seen');
select is(commands_end('here', jsonb_build_array(jsonb_build_object('id', :'a_id', 'status', 'failed', 'verdict', 'unknown', 'text', 'x'))), 0, 'it ends once, however often that is said');
select is((select verdict from write_commands where id = :'a_id'), 'held', 'and as was said first');
select is(commands_end('there', jsonb_build_array(jsonb_build_object('id', :'b_id', 'status', 'failed', 'verdict', 'not-sent', 'text', 'x'))), 0, 'only those of the site');
select is(commands_end('here', jsonb_build_array(jsonb_build_object('id', :'b_id', 'status', 'failed', 'verdict', 'not-sent', 'text', 'another device answers'))), 1, 'one that was never claimed was not sent');
select throws_ok(format($$ select commands_end('there', '[{"id": "%s", "status": "completed", "verdict": "held"}]') $$, :'d_id'), '23514', null, 'and has not held');

-- A repeated key is one command.
select id as first_id from command_ask('{"site_id": "here", "point_id": 1, "value": 20, "idempotency_key": "k1"}') \gset
select is((select count(*) || ' ' || bool_and(id = :'first_id') from command_ask('{"site_id": "here", "point_id": 1, "value": 25, "idempotency_key": "k1"}')), '1 true', 'asked again with its key it is the first');
select isnt((select id from command_ask('{"site_id": "here", "point_id": 1, "value": 20, "idempotency_key": "k1"}', 'central')), :'first_id'::uuid, 'another source''s key is another');
select throws_ok($$ insert into write_commands (site_id, point_id, command_type, value, idempotency_key) values ('here', 1, 'write_value', 20, 'k1') $$, '23505', null, 'a row with a known key is an error');

-- Cancelled.
select is((select status || ': ' || error_message from command_cancel(:'first_id', 'too warm')), 'cancelled: cancelled by ' || session_user || ': too warm', 'what is pending can be cancelled');
select throws_like(format($$ select command_cancel('%s', '') $$, :'a_id'), 'command % is completed: only one that is pending can be cancelled', 'and nothing else');
select throws_like($$ select command_cancel(gen_random_uuid(), '') $$, 'there is no command %', 'nor what is none');
-- A new life of the database.
select made('pending') as p_id, made('executing') as x_id \gset
select commands_restored('here');
select is((select string_agg(distinct status || ' ' || verdict, ',') from write_commands where id in (:'p_id', :'x_id')), 'failed unknown', 'in a new life nothing is carried out that was asked for before');
select is((select status from write_commands where id = :'d_id'), 'pending', 'at that site');

-- On record.
set constraints all immediate;
set constraints all deferred;
select is((select string_agg(kind || coalesce(' ' || (body ->> 'event') || coalesce(' ' || (body ->> 'verdict'), ''), ''), ', ' order by seq) from audit where site_id = 'here' and body ->> 'id' = :'a_id'),
          'command, command_event executing, command_event completed held', 'each step is an entry of the journal');
select ok(body ?& '{point_id, value, priority, created_by, source, expires_at, release_after, number}'::text[] and body ->> 'v' = '1', 'its birth with all that was asked') from audit where site_id = 'here' and kind = 'command' and body ->> 'id' = :'a_id';
select is((select count(*) from audit where kind = 'command' and body ->> 'rule' = 'above-max' and body ->> 'id' = :'r_id'), (select count(*) from write_commands where id = :'r_id' and rule = 'above-max'), 'a refused one, too');
select is((select count(*) from audit where kind = 'command' and site_id = 'here'), (select count(*) from write_commands where site_id = 'here'), 'there is none without');

-- A clock that was set back.
alter table write_commands disable trigger a_asked, disable trigger b_gate;
insert into write_commands (site_id, point_id, command_type, value, created_at, expires_at, source, created_by)
select 'here', 1, 'write_value', 20, clock_timestamp() + ahead, clock_timestamp() + ahead + interval '1 min', 'sql', 'set back' from unnest('{10 min, 1 year}'::interval[]) as ahead;
alter table write_commands enable always trigger a_asked, enable always trigger b_gate;
select is((select rule from command_check('here', 1, 'write_value', 20, null)), null, 'what came while the clock was ahead uses up nobody''s rate');
select is((select count(*) from commands_due('here', 1000) as d join write_commands w using (id) where w.created_by = 'set back'), 0::bigint, 'what was asked for while the clock was ahead is not carried out: it may be late');
select is((select string_agg(distinct status, ' ') from write_commands where created_by = 'set back'), 'expired', 'and says so');

-- Kept for a year.
select is(commands_retain('here'), 0, 'none is a year old');
alter table write_commands disable trigger a_asked, disable trigger b_gate;
insert into write_commands (site_id, point_id, command_type, value, created_at, status, verdict, expires_at, executed_at, completed_at, source, created_by)
select 'here', 1, 'write_value', 20, now() - age, 'failed', 'not-sent', now(), null, now(), 'sql', 'x' from unnest('{364 days, 367 days, 400 days}'::interval[]) as age;
alter table write_commands enable always trigger a_asked, enable always trigger b_gate;
select is(commands_retain('here'), 2, 'what is older goes');
select is((select count(*) from write_commands where created_at < now() - interval '360 days'), 1::bigint, 'and nothing else');
select * from finish();
rollback;
