-- The gate: what each rule refuses, the sentence that says what would be allowed, and that a dry run says the same and writes nothing.
begin;
select plan(90);
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
    ('here', 19, 1, 'analog-value', 19, 'HALF', 'percent', '{}', null, null, 20, null, true, true),
    ('here', 20, 1, 'integer-value', 20, 'WHOLE', 'no-units', '{}', -5, 5, null, null, true, true),
    ('here', 21, 1, 'large-analog-value', 21, 'BIG', 'no-units', '{}', 0.1, 1e9, null, null, true, true);
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

-- Numbers.
select is(says(1, 21.5), 'pending 21.5', 'a value within the limits passes');
select is(says(1, 10) || ' ' || says(1, 30), 'pending 10 pending 30', 'so do the limits themselves');
select is(says(1, 45), 'above-max: AHU-1/SAT-SP takes 10 to 30 degrees-celsius: 45 is above', 'above the device''s most');
select is(says(1, 9.99), 'below-min: AHU-1/SAT-SP takes 10 to 30 degrees-celsius: 9.99 is below', 'below its least');
select is((select string_agg(coalesce(c.rule, 'pass'), ' ' order by n)
             from (values (1, 20, -5), (2, 20, 5), (3, 20, -6), (4, 20, 6), (5, 21, 0.1), (6, 21, 1e9), (7, 21, 0.0999999), (8, 21, 1000000000.5)) as tried (n, point, value), command_check('here', point, 'write_value', tried.value, null) as c),
          'pass pass below-min above-max pass pass below-min above-max', 'limits of whole numbers and doubles, and what is beyond them by the least');
select is(says(2, 11), 'below-min: AHU-1/SAT-2 takes 12 to 30 degrees-celsius: 11 is below', 'people''s least counts where it is narrower');
select is(says(2, 35), 'above-max: AHU-1/SAT-2 takes 12 to 30 degrees-celsius: 35 is above', 'and the device''s most, where that is');
select is(says(3, 101), 'out-of-range: AHU-1/VLV-C takes 0 to 100 percent: 101 is above (limits of its own: `bacpipes points set --min --max`)', 'the unit''s range, where there are no limits');
select is(says(3, -1), 'out-of-range: AHU-1/VLV-C takes 0 to 100 percent: -1 is below (limits of its own: `bacpipes points set --min --max`)', 'on both sides');
select is(says(19, 10), 'below-min: AHU-1/HALF takes 20 to 100 percent: 10 is below', 'a limit on one side');
select is(says(19, 120), 'out-of-range: AHU-1/HALF takes 20 to 100 percent: 120 is above (limits of its own: `bacpipes points set --min --max`)', 'leaves the other to the unit');
select is(says(18, 51), 'above-max: AHU-1/TEN takes at most 50: 51 is above', 'and without a unit to nothing');
select is(says(4, 1e6), 'pending 1000000', 'a device that says 0 to 0 means nothing by it');
select is(says(15, 10.1) || ' ' || says(15, 30.1), 'pending 10.1 pending 30.1', 'limits that a device tells as REAL are compared as REAL');
select is(says(15, 30.2), 'above-max: AHU-1/REAL takes 10.1 to 30.1 degrees-celsius: 30.2 is above', 'and told as such');
select is(says(1, 'NaN'), 'not-a-number: AHU-1/SAT-SP takes a finite number: NaN is none', 'NaN is no value');
select is(says(4, 'Infinity'), 'not-a-number: AHU-1/FREE takes a finite number: Infinity is none', 'nor is infinity');
select is(says(4, '-Infinity'), 'not-a-number: AHU-1/FREE takes a finite number: -Infinity is none', 'nor the other');
select is(says(4, 1e39), 'out-of-range: AHU-1/FREE (analog-value) takes -3.4028234663852886e+38 to 3.4028234663852886e+38: 1e+39 is above', 'a REAL cannot be that large');
select is(says(4, -1e39), 'out-of-range: AHU-1/FREE (analog-value) takes -3.4028234663852886e+38 to 3.4028234663852886e+38: -1e+39 is below', 'nor that small');
select is(says(16, 1e39), 'pending 1e+39', 'a double can');
select is(says(4, 1e-320), 'pending 1e-320', 'what is too near to zero for it is no error');
select is(says(9, 4294967295), 'pending 4294967295', 'a whole number');
select is(says(9, 4294967296), 'out-of-range: AHU-1/COUNT (positive-integer-value) takes 0 to 4294967295: 4294967296 is above', 'has 32 bits');
select is(says(9, 1.5), 'out-of-range: AHU-1/COUNT takes whole numbers: 1.5 is none', 'and no parts');

-- States.
select is(says(5, null, 'On') || ' ' || says(5, null, ' oFF '), 'pending 1 pending 0', 'a state goes by its name, whatever its case');
select is(says(5, null, 'Active') || ' ' || says(5, null, 'inactive'), 'pending 1 pending 0', 'a binary one by the standard''s, too');
select is(says(6, null, 'ACTIVE'), 'pending 1', 'also where it has no names of its own');
select is(says(5, null, 'Fast'), 'unknown-state: AHU-1/FAN has no state "Fast": it takes Off (0), On (1)', 'the states that there are');
select is(says(6, null, 'On'), 'unknown-state: AHU-1/OCC has no state "On": it takes inactive (0), active (1)', 'of one without names');
select is(says(5, 2), 'unknown-state: AHU-1/FAN has no state 2: it takes 0 (Off), 1 (On)', 'a binary value is 0 or 1');
select is(says(6, 0.5), 'unknown-state: AHU-1/OCC has no state 0.5: it takes 0 (inactive) and 1 (active)', 'and nothing between');
select is(says(7, null, 'cool'), 'pending 3', 'a multi-state value counts from 1');
select is(says(7, null, 'Heat') || ' ' || says(7, null, 'heat'), 'pending 2 pending 4', 'a name as it is written comes first');
select is(says(7, null, 'HEAT'), 'unknown-state: AHU-1/MODE has several states "HEAT": give its number, 2 or 4', 'and two that differ in case are two');
select is(says(7, 4), 'pending 4', 'or by its number');
select is(says(7, 5), 'unknown-state: AHU-1/MODE has no state 5: it takes 1 (Off), 2 (Heat), 3 (Cool), 4 (heat)', 'which is one that it has');
select is(says(7, 0), 'unknown-state: AHU-1/MODE has no state 0: it takes 1 (Off), 2 (Heat), 3 (Cool), 4 (heat)', '0 is none');
select is(says(7, 1.5), 'unknown-state: AHU-1/MODE has no state 1.5: it takes 1 (Off), 2 (Heat), 3 (Cool), 4 (heat)', 'nor is what lies between');
select is(says(8, 17), 'pending 17', 'where its states are not known, any whole number from 1 on');
select is(says(8, 0), 'unknown-state: AHU-1/STAGE has no state 0: it takes whole numbers from 1', 'and no other');
select is(says(8, null, 'On'), 'unknown-state: AHU-1/STAGE has no state "On": it takes numbers from 1 on', 'nor a name');
select is(says(1, null, 'Warm'), 'unknown-state: AHU-1/SAT-SP has no states, so "Warm" is none of them: give a number of degrees-celsius', 'a number has no names');
select is(says(5, 1, 'On'), 'no-value: a value and a state are one too many: 1 and "On"', 'a value or a state');
select is(says(1), 'no-value: a value is missing: give one, or the name of a state, or release_priority to let go of AHU-1/SAT-SP', 'and one of them');

-- What may be written at all.
select is(says(11, 20), 'not-writable: AHU-1/LOCKED (point 11) is not writable: `bacpipes points set --writable yes --point 11` allows it', 'somebody has said that it may be written');
select alike(says(12, 20), 'not-writable: AHU-1/GONE is in its device no more (since 2026-11-01 00:00:00 UTC)', 'it is still there');
select alike(says(10, 20), 'read-only-type: AHU-1/SAT is present-value of analog-input: commands write the present value of analog-output, analog-value, binary-output,%', 'an input is read');
select alike(says(17, 1), 'read-only-type: AHU-1/COV is cov-increment of analog-value: commands write the present value of %', 'and so are other properties');
select is(says(13, 20), 'device-disabled: device 1002 is left alone, neither read nor written (device.enabled is false)', 'a device that is left alone is');
select alike(says(14, 20), 'device-disabled: another device answers at the address of AHU-3 (since 2026-11-01 00:00:00 UTC): nothing is written to it until it is found again', 'one whose address is another''s is not written to');

-- Slots.
select is(says(1, 20, null, 'write_value', 0), 'priority: there is no priority 0: 1 (the highest) to 16, without 6', 'priorities begin at 1');
select is(says(1, 20, null, 'write_value', 17), 'priority: there is no priority 17: 1 (the highest) to 16, without 6', 'and end at 16');
select is(says(1, 20, null, 'write_value', 16) || ' ' || says(1, 20, null, 'write_value', 3), 'pending 20 pending 20', 'both ends may be used');
select is(says(1, 20, null, 'write_value', 6), 'reserved-priority: priority 6 is the device''s own (minimum on and off times): take another', '6 never');
select is(says(1, 20, null, 'write_value', 1), 'reserved-priority: priority 1 is for life safety: 3 to 16 may be used, or setting control.life_safety = true allows it at this site', '1 not as a rule');
select is(says(1, 20, null, 'write_value', 2), 'reserved-priority: priority 2 is for life safety: 3 to 16 may be used, or setting control.life_safety = true allows it at this site', 'nor 2');
select is(says(1, null, null, 'release_priority', 2), 'reserved-priority: priority 2 is for life safety: 3 to 16 may be used, or setting control.life_safety = true allows it at this site', 'nor may they be released');
insert into setting (site_id, name, value) values ('there', 'control.life_safety', 'true');
select alike(says(1, 20, null, 'write_value', 2), 'reserved-priority:%', 'a setting of another site is another site''s');
insert into setting (site_id, name, value) values ('here', 'control.life_safety', 'yes');
select is(says(1, 20, null, 'write_value', 1) || ' ' || says(1, 20, null, 'write_value', 2), 'pending 20 pending 20', 'but where the site says so');
select is(says(1, 20, null, 'write_value', 6), 'reserved-priority: priority 6 is the device''s own (minimum on and off times): take another', '6 not even then');
delete from setting where name = 'control.life_safety';

-- Releases.
select is(says(1, null, null, 'release_priority'), 'pending null', 'a release takes no value');
select is(says(1, 20, null, 'release_priority'), 'no-value: a release takes no value: leave value and state out', 'and gets none');
select is(says(5, null, 'On', 'release_priority'), 'no-value: a release takes no value: leave value and state out', 'nor a state');
select is(says(9, null, null, 'release_priority'), 'no-priority-array: AHU-1/COUNT has no priority array, so there is nothing to let go of: write a value', 'where there is no slot, nothing is released');
select throws_like($$ select says(1, 20, null, 'write') $$, 'there is no command_type "write": write_value or release_priority', 'there are two types');

-- The site's mode.
insert into setting (site_id, name, value) values ('here', 'control.mode', 'stop');
select is(says(1, 20), 'stopped: control is stopped at this site: values are refused until `bacpipes control normal`, releases are not', 'stop: no values');
select is(says(1, null, null, 'release_priority'), 'pending null', 'and releases go on');
update setting set value = 'freeze' where name = 'control.mode';
select is(says(1, 20), 'frozen: control is frozen at this site: nothing is written or released until `bacpipes control normal`', 'freeze: no values');
select is(says(1, null, null, 'release_priority'), 'frozen: control is frozen at this site: nothing is written or released until `bacpipes control normal`', 'and no releases');
select throws_like($$ update setting set value = 'halt' where name = 'control.mode' $$, '%is none of the choices: normal, stop or freeze', 'there is no other mode');
update setting set value = 'normal' where name = 'control.mode';
select is(says(1, 20), 'pending 20', 'normal: both');

-- Times.
select is((select expires_at - created_at from write_commands order by number desc limit 1), interval '60 s', 'a command lives for a minute');
insert into write_commands (site_id, point_id, command_type, value, execute_at) values ('here', 1, 'write_value', 20, now() + interval '180 days') returning expires_at - execute_at as life, status \gset
select is(:'life'::interval, interval '60 s', 'from when it is due');
select throws_ok($$ update write_commands set expires_at = null $$, '23514', null, 'and never for ever');
select alike(says(1, 20, null, 'write_value', 8, null, null, now() - interval '1 s'), 'expired: it had expired already, at % UTC', 'one that is over already is refused');
select alike(says(1, 20, null, 'write_value', 8, null, now() + interval '1 h', now() + interval '1 h'), 'expired: it would expire (%) before it is due (%)', 'and one that ends before it begins');
select alike(says(1, 20, null, 'write_value', 8, null, null, now() + interval '25 h'), 'expires-at: a command waits for a day at most: expires_at is % UTC', 'none waits for long');
select alike(says(1, 20, null, 'write_value', 8, null, null, 'infinity'), 'expires-at: %', 'or for ever');
select alike(says(1, 20, null, 'write_value', 8, null, now() + interval '367 days'), 'execute-at: execute_at is more than a year away: %', 'none is for the year after next');
select alike(says(1, 20, null, 'write_value', 8, null, 'infinity'), 'execute-at: %', 'or for never');
select is(says(1, 20, null, 'write_value', 8, null, clock_timestamp() - interval '30 s'), 'pending 20', 'a clock that is a little behind means now');
select alike(says(1, 20, null, 'write_value', 8, null, clock_timestamp() - interval '61 s'), 'execute-at: execute_at % UTC is past: leave it out to write now', 'what was to be done before is not done now');
select alike((select rule || ': ' || text from command_check('here', 1, 'write_value', 20, null, 8, null, now() - interval '1 h', now() + interval '1 h')), 'execute-at: execute_at % is past:%', 'also where it would wait still');
select alike((select rule || ': ' || text from command_check('here', 1, 'write_value', 20, null, 8, null, '-infinity')), 'execute-at: execute_at % is past:%', 'however long ago');
select alike((select rule || ': ' || text from command_check('here', 1, 'release_priority', null, null, 8, null, now() - interval '1 h')), 'execute-at: execute_at % is past:%', 'nor is it let go');

-- Holds.
select is(says(1, 20, null, 'write_value', 8, '2 h'), 'pending 20', 'a hold may end');
select is(says(1, 20, null, 'write_value', 8, '0'), 'must-release: release_after is 0 s: it is 1 s at least', 'after a while');
select is(says(1, 20, null, 'write_value', 8, '-1 h'), 'must-release: release_after is -1 h: it is 1 s at least', 'not before it began');
select is(says(1, 20, null, 'write_value', 8, '11 years'), 'hold-too-long: source "sql" may hold for 3660 days at most: release_after is 96426 h', 'nor after we are gone');

select * from finish();
rollback;
