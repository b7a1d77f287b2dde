-- Who asks and how often: sources, rates, floods of refusals, and asking by JSON.
begin;
select plan(44);
insert into site (site_id, name) values ('here', 'Here'), ('there', 'There');
insert into device (site_id, device_id, address, instance, name) values ('here', 1, '10.1.2.9', 1001, 'AHU-1'), ('here', 2, '10.1.2.10', 1002, ''), ('here', 3, '10.1.2.11', 1003, 'AHU-3');
update device set enabled = false where device_id = 2;
update device set replaced_since = '2026-11-01 00:00Z' where device_id = 3;
insert into point (site_id, point_id, device_id, object_type, object_instance, name, units, states, min_value, max_value, write_min, write_max, commandable, writable) values
    ('here', 1, 1, 'analog-value', 1, 'SAT-SP', 'degrees-celsius', '{}', 10, 30, null, null, true, true),
    ('here', 2, 1, 'analog-value', 2, 'SAT-2', 'degrees-celsius', '{}', 10, 30, 12, 40, true, true),
    ('here', 3, 1, 'analog-output', 3, 'VLV-C', 'percent', '{}', null, null, null, null, true, true),
    ('here', 4, 1, 'analog-value', 4, 'FREE', 'no-units', '{}', 0, 0, null, null, true, true),
    ('here', 5, 1, 'binary-output', 5, 'FAN', 'no-units', '{Off, On}', null, null, null, null, true, true),
    ('here', 6, 1, 'binary-value', 6, 'OCC', 'no-units', '{}', null, null, null, null, true, true),
    ('here', 7, 1, 'multi-state-value', 7, 'MODE', 'no-units', '{Off, Heat, Cool, heat}', null, null, null, null, true, true),
    ('here', 8, 1, 'multi-state-output', 8, 'STAGE', 'no-units', '{}', null, null, null, null, true, true),
    ('here', 9, 1, 'positive-integer-value', 9, 'COUNT', 'no-units', '{}', null, null, null, null, false, true),
    ('here', 10, 1, 'analog-input', 10, 'SAT', 'degrees-celsius', '{}', null, null, null, null, false, true),
    ('here', 11, 1, 'analog-value', 11, 'LOCKED', 'degrees-celsius', '{}', null, null, null, null, true, false),
    ('here', 12, 1, 'analog-value', 12, 'GONE', 'degrees-celsius', '{}', null, null, null, null, true, true),
    ('here', 13, 2, 'analog-value', 13, 'AWAY', '', '{}', null, null, null, null, true, true),
    ('here', 14, 3, 'analog-value', 14, 'OTHER', '', '{}', null, null, null, null, true, true),
    ('here', 15, 1, 'analog-value', 15, 'REAL', 'degrees-celsius', '{}', 10.100000381469727, 30.100000381469727, null, null, true, true),
    ('here', 16, 1, 'large-analog-value', 16, 'LARGE', 'no-units', '{}', null, null, null, null, true, true),
    ('here', 18, 1, 'analog-value', 18, 'TEN', 'no-units', '{}', null, null, null, 50, true, true),
    ('here', 19, 1, 'analog-value', 19, 'HALF', 'percent', '{}', null, null, 20, null, true, true);
insert into point (site_id, point_id, device_id, object_type, object_instance, property, name, commandable, writable) values ('here', 17, 1, 'analog-value', 17, 'cov-increment', 'COV', true, true);
update point set missing_since = '2026-11-01 00:00Z' where point_id = 12;
update command_source set rate_per_minute = 100000 where name = 'sql';
insert into setting (site_id, name, value) values ('here', 'control.point_rate', '6000');

-- A command as a row, and what became of it; the dry run is asked first and has to say the same.
create function says(of_point integer, of_value double precision default null, of_state text default null, of_type text default 'write_value', of_priority integer default 8,
                     of_release interval default null, of_execute timestamptz default null, of_expires timestamptz default null) returns text language plpgsql as $$
declare
    dry  record;
    made write_commands;
    before bigint := (select count(*) from write_commands);
begin
    select * into dry from command_check('here', of_point, of_type, of_value, of_state, of_priority, of_release, of_execute, of_expires);
    if (select count(*) from write_commands) <> before then
        return 'the dry run wrote a row';
    end if;
    insert into write_commands (site_id, point_id, command_type, value, state, priority, release_after, execute_at, expires_at)
    values ('here', of_point, of_type, of_value, of_state, of_priority, of_release, of_execute, of_expires) returning * into made;
    if dry.is_allowed <> (made.status = 'pending') or dry.rule is distinct from made.rule or (dry.rule is null and dry.value is distinct from made.value)
       or regexp_replace(dry.text, 'again in .*', '') is distinct from regexp_replace(made.error_message, 'again in .*', '') then
        return format('the dry run says %s', dry);
    end if;
    return case when made.status = 'pending' then 'pending ' || coalesce(made.value::text, 'null') else made.rule || ': ' || made.error_message end;
end
$$;

-- Sources.
update command_source set highest_priority = 10 where name = 'sql';
select is(says(1, 20, null, 'write_value', 9), 'priority: source "sql" may write at priority 10 to 16: 9 is above', 'a source has a ceiling');
select is(says(1, null, null, 'release_priority', 9), 'priority: source "sql" may write at priority 10 to 16: 9 is above', 'for releases, too');
select is(says(1, 20, null, 'write_value', 10), 'pending 20', 'which it may use');
update command_source set highest_priority = 16 where name = 'sql';
select is(says(1, 20, null, 'write_value', 8), 'priority: source "sql" may write at priority 16: 8 is above', 'the lowest is 16');
update command_source set highest_priority = 1, longest_hold = '2 h' where name = 'sql';
select is(says(1, 20), 'must-release: source "sql" must say when the value ends: give release_after, at most 2 h', 'who may hold for so long says for how long');
select is(says(1, 20, null, 'write_value', 8, '121 min'), 'hold-too-long: source "sql" may hold for 2 h at most: release_after is 121 min', 'and no longer');
select is(says(1, 20, null, 'write_value', 8, '2 h'), 'pending 20', 'but so long');
update command_source set is_automatic = true, longest_hold = null where name = 'sql';
select is(says(1, 20), 'must-release: source "sql" must say when the value ends: give release_after', 'a program lets go by itself');
select is(says(1, null, null, 'release_priority', 8), 'pending null', 'to release is to let go');
select is(says(1, null, null, 'release_priority', 8, '1 h'), 'pending null', 'and what it says always does no harm there');
select is((select release_after from write_commands order by number desc limit 1), null, 'nor is it kept');
update command_source set is_automatic = false, enabled = false where name = 'sql';
select is(says(1, 20), 'source-disabled: source "sql" is off: `bacpipes source set sql --on` lets it ask', 'a source that is off asks for nothing');
update command_source set enabled = true where name = 'sql';

-- Rates: values and releases apart.
update command_source set rate_per_minute = (select count(*) + 2 from write_commands where source = 'sql' and command_type = 'write_value' and status <> 'refused') where name = 'sql';
insert into write_commands (site_id, point_id, command_type, value) select 'here', 4, 'write_value', n from generate_series(1, 5) as n;
select results_eq($$ select status, coalesce(rule, '') from (select * from write_commands order by number desc limit 5) as last order by number $$,
                  $$ values ('pending', ''), ('pending', ''), ('refused', 'rate'), ('refused', 'rate'), ('refused', 'rate') $$, 'rows of one statement are counted like those of many');
select matches(says(1, 20), '^rate: source "sql" may ask for [0-9]+ values a minute: again in [0-9]+ s$', 'a source has a rate');
select is(says(1, null, null, 'release_priority'), 'pending null', 'that leaves it releases');
update command_source set rate_per_minute = 100000 where name = 'sql';
update setting set value = '3' where name = 'control.point_rate';
insert into write_commands (site_id, point_id, command_type, value) select 'here', 3, 'write_value', n from generate_series(1, 3) as n;
select matches(says(3, 50), '^point-rate: AHU-1/VLV-C is written 3 times a minute at most \(setting control.point_rate\): again in [0-9]+ s$', 'a point has one');
select is(says(3, null, null, 'release_priority'), 'pending null', 'that leaves it releases');
select is(says(2, 20), 'pending 20', 'each its own');
update setting set value = '6000' where name = 'control.point_rate';

-- What is no command at all.
select throws_ok($$ insert into write_commands (site_id, point_id, command_type, value) values ('here', 99, 'write_value', 1) $$, '23503', 'there is no point 99 in site "here"', 'an unknown point is an error');
select throws_ok($$ insert into write_commands (site_id, point_id, command_type, value) values ('nowhere', 1, 'write_value', 1) $$, '23503', 'there is no site "nowhere"', 'so is an unknown site');
select throws_ok($$ insert into write_commands (point_id, command_type, value) values (1, 'write_value', 1) $$, '23503', null, 'and none');
select throws_ok($$ insert into write_commands (site_id, command_type, value) values ('here', 'write_value', 1) $$, '23503', null, 'or no point');
select throws_ok($$ select * from command_check('here', 99, 'write_value', 1, null) $$, '23503', 'there is no point 99 in site "here"', 'for the dry run, too');
select throws_ok($$ insert into write_commands (site_id, point_id, command_type, value, reason) values ('here', 1, 'write_value', 1, repeat('x', 1001)) $$, '23514', null, 'a reason is no book');
select is((select count(*) from write_commands where point_id = 99 or site_id <> 'here'), 0::bigint, 'there is no row of them');

-- A flood of refusals.
create temporary table before as select count(*) as refused from write_commands where status = 'refused';
update command_source set rate_per_minute = 100000 where name = 'central';
set client_min_messages = error;
insert into write_commands (site_id, point_id, command_type, value) select 'here', 1, 'write_value', 1000 + n from generate_series(1, 300) as n;
select is((select count(*) from write_commands where status = 'refused' and source = 'sql' and created_at > clock_timestamp() - interval '1 min'), 60::bigint + greatest(0, (select refused from before) - 60), 'refusals beyond 60 a minute leave no row');
select is((select sum(count)::bigint from command_flood where source = 'sql'), 300 - (60 - least(60, (select refused from before))), 'and are counted');
select is((select count(*) from command_ask('{"site_id": "here", "point_id": 1, "value": 99}')), 0::bigint, 'who asks then gets no row');
select is(says_status, 'pending', 'what is allowed passes all the same') from (select status from command_ask('{"site_id": "here", "point_id": 1, "value": 20}')) as asked (says_status);
select isnt((select count(*) from command_ask('{"site_id": "here", "point_id": 1, "value": 99}', 'central')), 0::bigint, 'and other sources have refusals of their own');
create temporary table flooded as select sum(count) as many, count(*) as minutes from command_flood where source = 'sql'; -- two, where one ended meanwhile
update command_flood set minute = minute - interval '2 min';
set constraints all immediate;
set constraints all deferred;
create temporary table entries as select max(seq) as seq from uplink where site_id = 'here';
select * from commands_due('here', 0);
set constraints all immediate;
set constraints all deferred;
select results_eq($$ select sum((body ->> 'count')::bigint)::bigint, count(*), min(body ->> 'rule') from audit where site_id = 'here' and kind = 'audit' and body ->> 'event' = 'refusals' and seq > (select seq from entries) $$,
                  $$ select many::bigint, minutes, 'above-max' from flooded $$, 'the journal has one entry of those of a minute, with their number');
select is_empty($$ select * from command_flood $$, 'and then they are forgotten');
reset client_min_messages;

-- Asking by JSON.
select results_eq($$ select status, value, priority, release_after, reason, created_by, created_by_claim, source_ip, source
                       from command_ask('{"site_id": "here", "point_id": 5, "state": "On", "priority": 10, "release_after": 7200, "reason": "hot day", "created_by": "bob"}', 'mqtt', 'alice', '10.0.0.7') $$,
                  $$ values ('refused', null::float8, 10, interval '2 h', 'hot day', 'alice', 'bob', '10.0.0.7', 'mqtt') $$, 'a source that is off is refused, with all that is known of it');
update command_source set enabled = true where name in ('mqtt', 'central');
select results_eq($$ select status, value, origin, extract(epoch from expires_at - created_at)::integer from command_ask('{"site_id": "here", "point_id": 5, "state": "On", "release_after": "90 min"}', 'central') $$,
                  $$ values ('pending', 1::float8, 'central', 600) $$, 'what comes from central lives for ten minutes');
select is((select rule || ': ' || error_message from command_ask('{"site_id": "here", "point_id": 5, "state": "On", "priority": 5}', 'central')),
          'central-ceiling: source "central" may write at priority 8 to 16: 5 is above', 'and has a ceiling');
select is((select rule from command_ask('{"site_id": "here", "point_id": 4, "value": 1e400}', 'mqtt')), 'not-a-number', 'a number that is none is refused');
select is((select rule from command_ask('{"site_id": "here", "point_id": 4, "value": 1, "priority": 8.5}', 'mqtt')), 'priority', 'and half a priority');
select throws_like($$ select command_ask('{"site_id": "here", "point_id": 5, "value": "On"}') $$, 'value is "On": it is a number; the name of a state is "state"', 'what is of another type is told');
select throws_like($$ select command_ask('{"site_id": "here", "point_id": "5", "value": 1}') $$, 'point_id is "5": it is a number', 'a point goes by its number');
select throws_like($$ select command_ask('{"site_id": "here", "value": 1}') $$, 'point_id is missing: it is the number of a point', 'and has one');
select throws_like($$ select command_ask('{"site_id": "here", "point_id": 5, "value": 1, "release_after": "soon"}') $$, 'release_after is "soon": it is seconds, or a text such as "2h" or "90 min"', 'a length of time');
select throws_like($$ select command_ask('{"site_id": "here", "point_id": 5, "value": 1, "execute_at": "soon"}') $$, 'execute_at is "soon": it is a time such as %', 'an instant');
select throws_like($$ select command_ask('[]') $$, 'a command is a JSON object', 'it is an object');
select throws_like($$ select command_ask('{"site_id": "here", "point_id": 5, "value": 1}', 'nobody') $$, 'there is no source "nobody"', 'and its source is known');
select * from finish();
rollback;
