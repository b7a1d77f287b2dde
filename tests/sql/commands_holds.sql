-- What commands hold, and what others do: one hold a slot, whose end is the newest command's that is sure to be there; events once; overrides by whom.
begin;
select plan(62);
insert into site (site_id, name) values ('here', 'Here');
insert into device (site_id, device_id, address, instance, name) values ('here', 1, '10.1.2.9', 1001, 'AHU-1'), ('here', 2, '10.1.2.10', 1001, 'AHU-1');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, commandable, writable) values
    ('here', 1, 1, 'analog-value', 1, 'SP', true, true), ('here', 2, 1, 'analog-value', 2, 'PLAIN', false, true), ('here', 3, 1, 'binary-value', 3, 'FAN', true, true),
    ('here', 11, 2, 'analog-value', 1, 'SP', true, true);
update point set states = '{Off, On}' where point_id = 3;

-- A command, carried out with this end.
create function done(of_point integer, of_value double precision, of_release interval, of_verdict text, of_priority integer default 8, of_before double precision default null, of_restore boolean default false) returns uuid language plpgsql as $$
declare
    it uuid;
begin
    select id into it from command_ask(jsonb_strip_nulls(jsonb_build_object('site_id', 'here', 'point_id', of_point, 'command_type', case when of_value is null then 'release_priority' else 'write_value' end,
                                       'value', of_value, 'priority', of_priority, 'release_after', of_release, 'restore', of_restore, 'reason', 'test')));
    if of_verdict <> 'not-sent' then
        perform commands_claim('here', jsonb_build_array(jsonb_build_object('id', it, 'value_before', of_before)));
    end if;
    perform commands_end('here', jsonb_build_array(jsonb_build_object('id', it, 'verdict', of_verdict, 'text', 'test')));
    return it;
end
$$;
create function held(of_point integer, of_priority integer default 8) returns text language sql as $$
    select concat_ws(' ', value, 'until ' || (release_at - began_at), 'or ' || earlier_value, 'before ' || value_before) from hold where site_id = 'here' and point_id = of_point and priority = of_priority $$;

select done(1, 21, '2 h', 'held') as first_id \gset
select is(held(1), '21 until 02:00:00', 'what is written is held until its end');
select is(release_at - interval '2 h', executed_at, 'which counts from when it was taken up') from hold join write_commands on id = command_id where hold.point_id = 1;
select is(created_by || source || reason, session_user || 'sqltest', 'it says whose it is') from hold where point_id = 1;
select done(1, 22, '1 h', verdict) from unnest('{not-sent,refused}'::text[]) as verdict;
select is(held(1), '21 until 02:00:00', 'a newer one that was refused, or not sent, takes nothing''s place');
select done(1, 22, '4 h', 'held') as second_id \gset
select is(held(1), '22 until 04:00:00', 'one that holds takes the place of the older, and its timer');
select is((select count(*) from hold where point_id = 1), 1::bigint, 'there is one hold of a slot');
select done(1, 23, '1 h', 'held', 10);
select is(held(1) || ', ' || held(1, 10), '22 until 04:00:00, 23 until 01:00:00', 'another slot has its own');
select done(1, 23, '1 h', 'outranked', 10) is null as is_lost \gset
select is(held(1, 10), '23 until 01:00:00', 'what a higher slot outranks is in its slot all the same');
select done(1, 24, '3 h', 'not-shown', 10) is null as is_lost \gset
select ok(value = 24 and earlier_value = 23 and release_at < began_at + interval '2 h', 'so may be what is not shown, and what was there before: the earlier end stands') from hold where point_id = 1 and priority = 10;
-- After an unknown outcome the earlier end stands.
select done(1, 25, '8 h', 'unknown');
select ok(value = 25 and earlier_value = 22 and release_at = (select executed_at + interval '4 h' from write_commands where id = :'second_id'), 'after an unknown outcome the earlier end stands, and either value may be there') from hold where point_id = 1 and priority = 8;
select done(1, 26, '1 h', 'unknown');
select ok(value = 26 and earlier_value = 25 and release_at - began_at = interval '1 h', 'also where it is the newer''s') from hold where point_id = 1 and priority = 8;
select done(1, 27, null, 'unknown');
select ok(release_at is not null, 'and not for ever, where one of them ends') from hold where point_id = 1 and priority = 8;
select done(1, 28, null, 'held');
select is(held(1), '28', 'one that never ends by itself is known as well, and the doubt is over');
select done(1, null, null, 'unknown');
select is(held(1), '28', 'a release of which nothing is known releases nothing');
select done(1, null, null, 'refused');
select is(held(1), '28', 'nor does one that was refused');
select done(1, null, null, 'held');
select is(held(1), null, 'one that left the slot empty does');
select ok(held(1, 10) like '24 until % or 23', 'its own slot');
-- Points without a priority array.
select done(2, 5, null, 'held', 8, 4) is null as is_lost \gset
select is(held(2), null, 'a plain value is nobody''s when it is written');
select is((select rule || ': ' || error_message from command_ask('{"site_id": "here", "point_id": 2, "command_type": "release_priority"}')),
          'no-priority-array: AHU-1/PLAIN has no priority array, so there is nothing to let go of: write a value, or have the one from before (4) written back', 'it has nothing to let go of');
select done(2, 6, '1 h', 'held', 8, 5) is null as is_lost \gset
select is(held(2), '6 until 01:00:00 before 5', 'one that ends keeps what was before');
select done(2, 7, '2 h', 'held', 8, 6) is null as is_lost \gset
select is(held(2), '7 until 02:00:00 before 5', 'before the first of ours');
select done(2, 8, '3 h', 'held', 9, 7) is null as is_lost \gset
select is(coalesce(held(2), 'nothing'), 'nothing', 'and it has one value, whatever the priority');
select id as back_id from command_ask('{"site_id": "here", "point_id": 2, "command_type": "release_priority", "restore": true}') \gset
select is((select restore_value from commands_due('here', 10) where id = :'back_id'), 7::float8, 'where that is asked for, what was before is written back');
select commands_claim('here', jsonb_build_array(jsonb_build_object('id', :'back_id')));
select commands_end('here', jsonb_build_array(jsonb_build_object('id', :'back_id', 'verdict', 'held')));
select is((select count(*) from hold where point_id = 2), 0::bigint, 'and the hold is over');
-- Events.
select done(1, 21, '2 h', 'held') as it \gset
create function event(said jsonb) returns integer language sql as $$ select hold_event('here', jsonb_build_array(said)) $$;
select is((select command_id::text || point_id || priority || object_type || device_id || commandable from holds_of('here') where priority = 8), :'it' || '18analog-value1true', 'the collector loads them');
select is(event(jsonb_build_object('point_id', 1, 'priority', 8, 'command_id', :'it', 'event', 'retry', 'text', 'no answer', 'at', '2026-11-20T10:00:00Z')), 1, 'a try that failed is told');
select is(event(jsonb_build_object('point_id', 1, 'priority', 8, 'command_id', :'it', 'event', 'retry', 'text', 'no answer', 'at', '2026-11-20T10:00:00Z')), 0, 'once');
select is((select state || tries || text from hold where command_id = :'it'), 'releasing1no answer', 'and is on it');
select is(event(jsonb_build_object('point_id', 1, 'priority', 8, 'command_id', :'first_id', 'event', 'released', 'at', '2026-11-20T10:00:00Z')), 0, 'what is over is told once')
  from (select event(jsonb_build_object('point_id', 1, 'priority', 8, 'command_id', :'first_id', 'event', 'released', 'at', '2026-11-20T10:00:00Z'))) as before;
select is(held(1), '21 until 02:00:00', 'an older command releases nothing of a newer');
select is(event(jsonb_build_object('point_id', 1, 'priority', 8, 'command_id', :'it', 'event', 'released', 'text', 'slot 8 is empty', 'at', '2026-11-20T10:01:00Z')), 1, 'its own does');
select is(event(jsonb_build_object('point_id', 1, 'priority', 8, 'command_id', :'it', 'event', 'released', 'text', 'slot 8 is empty', 'at', '2026-11-20T10:01:00Z')), 0, 'once');
select is(held(1), null, 'and it is over');
select is(event('{"point_id": 1, "priority": 8, "command_id": "00000000-0000-4000-8000-000000000001", "event": "adopted", "value": 19, "began_at": "2026-11-27T09:00:00Z", "release_at": "2026-11-27T11:00:00Z", "source": "tools", "created_by": "alice", "at": "2026-11-20T10:02:00Z"}'), 1,
          'one that only the collector knows is adopted');
select is(event('{"point_id": 1, "priority": 8, "command_id": "00000000-0000-4000-8000-000000000001", "event": "adopted", "value": 19, "at": "2026-11-20T10:02:00Z"}'), 0, 'once');
select is(event('{"point_id": 1, "priority": 8, "command_id": "00000000-0000-4000-8000-000000000001", "event": "left", "text": "slot 8 holds 18, which is not ours", "at": "2026-11-27T11:00:00Z"}'), 1, 'and left, where it is not ours any more');
select is(event('{"point_id": 1, "priority": 8, "command_id": "00000000-0000-4000-8000-000000000001", "event": "adopted", "value": 19, "at": "2026-11-20T10:02:00Z"}') || coalesce(held(1), ''), '0', 'and does not come back');
-- Its end may be known before its command's.
select done(1, 18, '2 h', 'held') as older_id \gset
select id as away_id from command_ask('{"site_id": "here", "point_id": 1, "value": 17, "release_after": 60}') \gset
select is_claimed from commands_claim('here', jsonb_build_array(jsonb_build_object('id', :'away_id'))) \gset
select is(event(jsonb_build_object('point_id', 1, 'priority', 8, 'command_id', :'away_id', 'event', 'released', 'at', '2026-11-20T10:00:00Z')), 1, 'a hold that ended while the database was away is told');
select is(commands_end('here', jsonb_build_array(jsonb_build_object('id', :'away_id', 'verdict', 'held'))), 1, 'before the end of its command');
select is(held(1), null, 'and then nothing is held any more, nor what it took the place of');
select throws_like($$ select event('{"event": "lost"}') $$, 'a hold is released, left, retry or adopted: "lost" is none of them', 'there are four');
set constraints all immediate;
set constraints all deferred;
select is((select string_agg(body ->> 'event', ' ' order by seq) from audit where site_id = 'here' and kind = 'command_event' and body ->> 'id' = :'it'), 'executing completed retry released', 'all of it is on record');

-- What stands in the slots.
select done(1, 21.1, '2 h', 'held') is not null as is_done, done(3, 1, null, 'held') is not null as is_done2 \gset
-- A clock that was ahead.
select override_store('here', jsonb_build_array(jsonb_build_object('point_id', 3, 'at', clock_timestamp() + interval '1 year', 'slots', '{"9": 7}'::jsonb))) as stored \gset
select override_store('here', jsonb_build_array(jsonb_build_object('point_id', 3, 'at', clock_timestamp(), 'slots', '{"9": 6, "8": 5}'::jsonb))) as stored \gset
select is((select value from override where site_id = 'here' and point_id = 3 and priority = 9), 6::float8, 'what was read while the clock was ahead makes way for what is read now');
select override_store('here', jsonb_build_array(jsonb_build_object('point_id', 3, 'at', clock_timestamp() + interval '1 year', 'slots', '{"9": 7}'::jsonb))) as stored \gset
select override_store('here', jsonb_build_array(jsonb_build_object('point_id', 3, 'at', clock_timestamp(), 'slots', '{}'::jsonb))) as stored \gset
select is((select count(*) from override where site_id = 'here' and point_id = 3 and priority = 9), 0::bigint, 'also for an empty slot');
delete from override;
select override_store('here', '[{"point_id": 1, "at": "2026-11-20T10:00:00Z", "slots": {"5": 18.5, "8": 21.100000381469727, "10": 24}}, {"point_id": 3, "at": "2026-11-20T10:00:00Z", "slots": {"8": 1}}]');
select results_eq($$ select point, priority, value, state, is_holding, is_ours, created_by is not null, until is not null from overrides where site_id = 'here' order by point_id, priority $$,
    $$ values ('SP', 5, 18.5::float8, null, true, false, false, false), ('SP', 8, 21.100000381469727, null, false, true, true, true), ('SP', 10, 24, null, false, true, true, true), ('FAN', 8, 1, 'On', true, true, true, false) $$,
    'who holds what: others, and ours by whom and until when');
select override_store('here', '[{"point_id": 1, "at": "2026-11-20T10:10:00Z", "slots": {"5": 18.5, "8": 20}}]');
select results_eq($$ select priority, value, since at time zone 'UTC', is_ours from overrides where site_id = 'here' and point_id = 1 order by priority $$,
    $$ values (5, 18.5::float8, timestamp '2026-11-20 10:00', false), (8, 20, timestamp '2026-11-20 10:10', false) $$, 'since when; what others put over ours is theirs; what is empty is gone');
select override_store('here', '[{"point_id": 1, "at": "2026-11-20T10:05:00Z", "slots": {}}, {"point_id": 99, "at": "2026-11-20T10:05:00Z", "slots": {"8": 1}}]');
select is((select count(*) from override where point_id in (1, 99)), 2::bigint, 'an older reading changes nothing, nor does one of no point');
select override_store('here', '[{"point_id": 1, "at": "2026-11-20T10:20:00Z", "slots": {"8": "odd", "17": 3, "x": 4}}, {"point_id": 3, "at": "2026-11-20T10:20:00Z", "slots": null}]');
select results_eq($$ select point_id, priority, value from override $$, $$ values (1, 8, null::float8) $$, 'a value that is no number holds its slot; what is no slot is none');

-- A hold that is over stands there no more, from the same moment on.
delete from hold;
delete from override;
create function stands(of_priority integer default 8) returns text language sql as $$
    select concat_ws(' ', value, case when is_ours then 'ours' else 'another''s' end) from overrides where site_id = 'here' and point_id = 1 and priority = of_priority $$;
create function seen(of_value double precision, of_at timestamptz default clock_timestamp()) returns integer language sql as $$
    select override_store('here', jsonb_build_array(jsonb_build_object('point_id', 1, 'at', of_at, 'slots', jsonb_build_object('8', of_value, '12', 5)))) $$;
create function ends(of_id uuid, of_event text, of_at timestamptz default clock_timestamp()) returns integer language sql as $$
    select event(jsonb_build_object('point_id', 1, 'priority', 8, 'command_id', of_id, 'event', of_event, 'at', of_at)) $$;
select done(1, 21.1, '2 h', 'held') as it, seen(21.100000381469727) \gset
select is(stands(), '21.100000381469727 ours', 'what is held stands there');
select ends(:'it', 'released');
select is(coalesce(stands(), 'nothing') || ', ' || stands(12), 'nothing, 5 another''s', 'when its timer let go it is gone at once, and other slots stay');
select seen(21.1, '2026-11-01 09:00Z');
select done(1, 21.1, '2 h', 'held') as it \gset
select is((select since from overrides where priority = 8), (select executed_at from write_commands where id = :'it'), 'a new hold is since its own command, also where its value is there already');
select done(1, null, null, 'held');
select is(coalesce(stands(), 'nothing') || ', ' || stands(12), 'nothing, 5 another''s', 'when a command let go as well');
select done(1, 21.1, '2 h', 'held') as it, seen(21.1) \gset
select done(1, null, null, verdict) from unnest('{unknown,refused,not-sent}'::text[]) as verdict;
select is(stands(), '21.1 ours', 'not where it may be there still');
select seen(18);
select ends(:'it', 'left');
select is(stands(), '18 another''s', 'a hold that was left because somebody else''s value is there leaves it standing');
select done(1, 22, '2 h', 'held') as it \gset
select is(coalesce(stands(), 'nothing'), 'nothing', 'what was seen before ours was written is not called another''s over it');
select seen(22);
select ends(:'it', 'released', clock_timestamp()), seen(17), ends(:'it', 'released', clock_timestamp() + interval '1 min');
select is(stands(), '17 another''s', 'what somebody puts there later stays, though the end is told again');
select done(1, 23, '2 h', 'held') as it, seen(16, clock_timestamp() + interval '1 min') \gset
select ends(:'it', 'released');
select is(stands(), '16 another''s', 'or was seen already when the end is told');
select done(1, 24, '2 h', 'held') is not null and seen(24, clock_timestamp() + interval '2 min') > 0 as is_there \gset
select done(1, null, null, 'held');
select is(coalesce(stands(), 'nothing'), 'nothing', 'ours goes with a command, also where it was read while that was under way');

-- A new life of the database.
delete from hold;
select id as pending_id from command_ask('{"site_id": "here", "point_id": 3, "state": "On", "release_after": 60}') \gset
select id as sent_id from command_ask('{"site_id": "here", "point_id": 1, "value": 20, "release_after": 60}') \gset
select commands_claim('here', jsonb_build_array(jsonb_build_object('id', :'sent_id')));
select commands_restored('here');
select results_eq($$ select point_id, value, command_id::text, release_at is not null from hold $$, format($$ values (1, 20::float8, '%s', true) $$, :'sent_id'), 'what was under way may be there, and is let go in its time');

-- A controller takes another's place.
delete from hold;
select done(1, 21, '2 h', 'held') as old_id, done(11, 22, '3 h', 'held') as new_id \gset
select device_replace('here', 1, 2);
select is((select string_agg(concat_ws(' ', point_id, value, command_id = :'new_id'), ', ') from hold), '1 22 t', 'what is held at a device that takes another''s place goes on with its points');
delete from point where point_id = 1;
select is((select count(*) from override where point_id = 1), 0::bigint, 'what stood in a point that is no more is forgotten');
select is((select count(*) from holds_of('here') where device_id is null), 1::bigint, 'and what is held there is told, without a device');
select * from finish();
rollback;
