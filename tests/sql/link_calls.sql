-- What sites call at central: who calls is known, entries arrive once and whole, what they are asked for is given out once.
begin;
select plan(129);
set local client_min_messages = warning;
select (clock_timestamp() at time zone 'UTC')::date as first_day \gset
insert into site (site_id, name, is_remote) values ('macau', 'Macau Tower', true), ('klcc', 'KLCC', true);
insert into remote_site (site_id, number, state, serials) values ('macau', 1, 'joined', '{00a1}'), ('klcc', 2, 'invited', '{b2}');
create role site_1 login in role bacpipes_sites;
create role site_2 login in role bacpipes_sites;
create or replace function link_serial() returns text language sql stable as $$ select nullif(current_setting('test.serial', true), '') $$; -- there is no certificate at a socket
create function zeros() returns bytea language sql immutable as $$ select decode(repeat('00', 32), 'hex') $$;

-- Entries as the site has them, each a second after the one before; `lie`: this one's digest is another.
create function sends(of_epoch bigint, first bigint, kinds text[], bodies text[], lie integer default 0, goes_on_from bytea default null) returns text language plpgsql security definer set search_path = public, pg_temp as $$
declare
    of_site constant text := (select site_id from remote_site where number = substr(session_user, 6)::integer);
    last    bytea := coalesce(goes_on_from, (select digest from uplink where site_id = of_site and epoch = of_epoch and seq < first and kind not in ('readings', 'health') order by seq desc limit 1),
                              (select record_digest from uplink_cursor where site_id = of_site and epoch = of_epoch and record_seq < first), zeros());
    made    bytea;
    digests bytea[] := '{}';
    ats     timestamptz[] := '{}';
begin
    for i in 1 .. cardinality(kinds) loop
        ats := ats || '2026-01-01Z'::timestamptz + (first + i) * interval '1 second';
        made := journal_digest(last, of_site, of_epoch, first + i - 1, kinds[i], ats[i], bodies[i]::bytea);
        last := case when kinds[i] in ('readings', 'health') then last else made end;
        digests := digests || case when i = lie then sha256('another') else made end;
    end loop;
    return a::text from sync.append(of_epoch, first, kinds, ats, array(select b::bytea from unnest(bodies) as b), digests, null) as a;
end
$$;
create function had(of_epoch bigint) returns text language sql security definer set search_path = public, pg_temp as $$
    select string_agg(seq || ' ' || kind, ', ' order by seq) from uplink where site_id = 'macau' and epoch = of_epoch
$$;

-- Who calls
set session authorization site_1;
select throws_ok($$ select sync.hello(1, '{"site": "macau", "epochs": []}') $$, '42501', 'certificate without a serial is none of those that site_1 has now', 'who has no certificate is nobody');
set test.serial = 'a2';
select throws_ok($$ select sync.append(7, 1, '{}', '{}', '{}', '{}', null) $$, '42501', 'certificate a2 is none of those that site_1 has now', 'nor is who has another');
set test.serial = 'a1';
select is(sync.hello(1, '{"site": "macau", "now": "2026-01-01T00:00:00Z", "epochs": []}') - 'now' - 'down', '{"name": "Macau Tower", "epochs": [], "device_end": 1, "point_end": 1, "wait_s": 0, "why": null, "limits": {"entry_octets": 1048576, "call_octets": 4194304, "entries": 1000}}', 'who has is told what is here of him');
select throws_ok($$ select sync.hello(2, '{"site": "macau", "epochs": []}') $$, '0A000', null, 'another version is refused');
select throws_ok($$ select sync.hello(1, '{"site": "klcc", "epochs": []}') $$, '22023', 'site_1 is site "macau" here, not "klcc"', 'and so is another site''s name');
set session authorization site_2;
set test.serial = 'b2';
select throws_ok($$ select sync.hello(1, '{"site": "klcc", "epochs": []}') $$, '42501', 'site_2 has not joined this central', 'who was invited is not in yet');
reset session authorization;
update remote_site set state = 'revoked' where number = 2;
set session authorization site_2;
select throws_ok($$ select sync.fetch(1, 0) $$, '42501', 'site_2 has not joined this central any more', 'and who was revoked is not any more');
reset session authorization;
select throws_ok($$ select sync.hello(1, '{}') $$, '42501', null, 'who is no site is none');
update remote_site set state = 'joined' where number = 2;
select is(serial_hex(461168601842738790399), '18ffffffffffffffff', 'a serial has as many digits as it needs');

-- Epochs
set session authorization site_1;
set test.serial = 'a1';
select throws_ok($$ select sends(7, 1, '{audit}', '{1}') $$, '22023', 'epoch 7 of site "macau" has not begun here', 'an epoch begins first');
select throws_ok($$ select sync.begin_epoch(7, null, 1, sha256('')) $$, '22023', null, 'from nothing');
select throws_ok($$ select sync.begin_epoch(7, 7, 3, sha256('')) $$, '22023', null, 'and after another');
select throws_ok($$ select sync.begin_epoch(9007199254740992, null, 3, sha256('')) $$, '22023', null, 'with a number that JSON holds');
select throws_ok($$ select sync.begin_epoch(7, null, 3, '\x00') $$, '22023', null, 'and a whole digest');
select sync.begin_epoch(7, null, 1, zeros());
select sync.begin_epoch(7, null, 1, zeros());
select is(jsonb_path_query_array(sync.hello(1, '{"site": "macau", "epochs": []}'), '$.epochs[*].epoch'), '[7]', 'once, however often it is said');

-- Entries
select set_config('synchronous_commit', 'off', true) as off \gset
select is(sends(7, 1, '{audit,readings,alarm}', '{1,2,3}'), '(3,0,0,)', 'entries arrive');
select is(current_setting('synchronous_commit'), 'on', 'and are on disk when that is said');
select is(sends(7, 1, '{audit,readings,alarm}', '{1,2,3}'), '(3,0,0,)', 'again, and nothing changes');
select is(sends(7, 2, '{readings,alarm,audit,readings}', '{2,3,4,5}'), '(5,0,0,)', 'half of them again, and the other half is taken');
select is(had(7), '1 audit, 2 readings, 3 alarm, 4 audit, 5 readings', 'each is here once');
select is(sends(7, 7, '{audit}', '{7}'), '(5,0,0,)', 'what would leave a gap is not taken');
select is(sends(7, 1, '{}', '{}'), '(5,0,0,)', 'to send nothing is to ask');
select throws_ok($$ select sends(7, 5, '{readings,audit}', '{another,6}') $$, 'XX001', 'fork: entry 5 of epoch 7 is another here: site "macau" was put back, or runs twice', 'another entry of the last number is a fork');
select throws_ok($$ select sends(7, 4, '{audit}', '{another}') $$, 'XX001', null, 'and so is one of an older');
select throws_ok($$ select sends(7, 6, '{audit,audit}', '{6,7}', 2) $$, 'XX001', 'entry 7 of epoch 7 is not what its digest says, or goes on from another entry than 6 here', 'what is damaged is not taken');
select throws_ok($$ select sends(7, 6, '{readings}', '{6}', 1) $$, 'XX001', null, 'nor a frame');
select throws_ok($$ select sends(7, 6, '{audit}', '{6}', 0, sha256('another past')) $$, 'XX001', null, 'nor what goes on from another past');
select is(had(7), '1 audit, 2 readings, 3 alarm, 4 audit, 5 readings', 'and nothing of what came with it');
select is(sync.hello(1, '{"site": "macau", "epochs": [{"epoch": 7}]}') -> 'epochs', jsonb_build_array(jsonb_build_object('epoch', 7, 'seq', 5, 'digest', encode(sha256('5'), 'hex'))), 'what is here is told by its last digest');

-- Bounds
select throws_ok($$ select sends(7, 6, array_fill('audit'::text, '{1001}'), array_fill('x'::text, '{1001}')) $$, '54000', '1001 entries in one call: 1000 are the most', 'a call has at most 1000 entries');
select throws_ok($$ select sends(9, 1, array_fill('audit'::text, '{1000}'), array_fill('x'::text, '{1000}')) $$, '22023', 'epoch 9 of site "macau" has not begun here', 'and 1000 are no more than that');
select throws_ok($$ select sends(9, 1, '{readings}', array[repeat('x', 1048576)]) $$, '22023', null, 'nor is an entry of 1 MiB');
select throws_ok($$ select sends(9, 1, array_fill('readings'::text, '{4}'), array_fill(repeat('x', 1048576), '{4}')) $$, '22023', null, 'or a call of 4');
select throws_ok($$ select sends(9, 1, array_fill('readings'::text, '{5}'), array_fill(repeat('x', 1048576), '{4}') || '{x}'::text[]) $$, '54000', null, 'but one octet more is');
select throws_ok($$ select sync.append(9, 1, '{}', '{}', '{}', '{}', to_jsonb(repeat('x', 16382))) $$, '22023', null, 'health has 16384 octets');
select throws_ok($$ select sync.append(9, 1, '{}', '{}', '{}', '{}', to_jsonb(repeat('x', 16383))) $$, '54000', null, 'and no more');
select throws_ok($$ select sends(7, 6, '{readings}', array[repeat('x', 1048577)]) $$, '54000', null, 'an entry 1 MiB');
select throws_ok($$ select sends(7, 6, array_fill('readings'::text, '{5}'), array_fill(repeat('x', 1000000), '{5}')) $$, '54000', null, 'a call 4 MiB');
select throws_ok($$ select sends(7, 0, '{audit}', '{x}') $$, '22023', null, 'the first number is 1');
select throws_ok($$ select sends(7, 6, '{No kind}', '{x}') $$, '22023', null, 'a kind is a word');
select throws_ok($$ select sync.append(7, 6, '{audit}', '{infinity}', array[''::bytea], array[zeros()], null) $$, '22023', null, 'an instant is one');
select throws_ok($$ select sync.append(7, 6, '{audit}', '{2026-01-01Z}', array[''::bytea], array['\x00'::bytea], null) $$, '22023', null, 'a digest is whole');
select throws_ok($$ select sync.append(7, 6, '{audit,audit}', '{2026-01-01Z}', array[''::bytea], array[zeros()], null) $$, '22023', null, 'lists are of one length');
select throws_ok($$ select sync.append(7, 6, '{audit}', '{2026-01-01Z}', array[null::bytea], array[zeros()], null) $$, '22023', null, 'and have no hole');
select throws_ok($$ select sync.append(7, 6, null, null, null, null, null) $$, '22023', null, 'and are there');
select throws_ok($$ select sync.append(7, 6, '{}', '{}', '{}', '{}', to_jsonb(repeat('x', 20000))) $$, '54000', null, 'health is short');
select received_seq from sync.append(7, 6, '{}', '{}', '{}', '{}', '{"unsent_octets": "x", "oldest_unsent_at": "never", "points_failing": {}, "unsent_entries": 1e30, "octets_month": -1, "roles": {"a": {}, "collect": "online"}, "other": 1}') \gset
reset session authorization;
select is((select health from remote_site where number = 1), '{"roles": {"collect": "online"}}', 'of what a site says of its health that is kept which can be');
select is((select count(*) from sites), (select count(*) from site_lag), 'and no word of one site is in the way of all');
set session authorization site_1;
select received_seq from sync.append(7, 6, '{}', '{}', '{}', '{}', '{"v": 1, "program": "0.9", "unsent_octets": 7, "oldest_unsent_at": "2026-01-01T00:00:00Z", "octets_month": null}') \gset
select received_seq from sync.append(7, 6, '{}', '{}', '{}', '{}', '["health"]') \gset
reset session authorization;
select is((select health - 'oldest_unsent_at' from remote_site where number = 1), '{"v": 1, "program": "0.9", "unsent_octets": 7}', 'what can be is kept');
select is((select (health ->> 'oldest_unsent_at')::timestamptz from remote_site where number = 1), '2026-01-01Z', 'instants, too');
select is((select count(*) from sites where backlog_octets = 7), 1::bigint, 'and seen');
select is((select count(*) from unnest('{infinity,-infinity,292277-01-01,99999999999,x,NaN,0001-01-01 BC}'::text[]) as t where health_believed(jsonb_build_object('oldest_unsent_at', t)) <> '{}'), 0::bigint, 'an instant is one that can be');
set session authorization site_1;
reset session authorization;
update remote_site set wait_until = clock_timestamp() + interval '1 minute', wait_why = 'the disk is nearly full' where number = 1;
set session authorization site_1;
select matches(sends(7, 6, '{audit}', '{6}'), '^\(5,0,(5[0-9]|60),"the disk is nearly full"\)$', 'who is told to wait is told why');
select is(had(7), '1 audit, 2 readings, 3 alarm, 4 audit, 5 readings', 'and nothing is taken from him');
reset session authorization;
create function waits(how_long interval, why text) returns text language sql as $$ select w::text from link_wait((select (r.*)::remote_site from (select jsonb_populate_record(r, jsonb_build_object('wait_until', clock_timestamp() + how_long, 'wait_why', why)) as x from remote_site r where number = 1) as j, lateral (select (j.x).*) as r)) as w $$;
select is(waits('2 hours', 'x'), '(3600,x)', 'for an hour at most, and then it asks again');
select is(waits('500 ms', 'x'), '(1,x)', 'for a second at least');
select is(waits('10.5 s', null), '(11,"central asks for patience")', 'and never for less than central wants');
select is(waits('-1 s', 'x'), '(0,)', 'or not at all');
update remote_site set wait_until = clock_timestamp() - interval '1 minute' where number = 1;
select is((select octets_up || ' ' || case day when :'first_day' then day_octets else 1285 end from remote_site where number = 1), '5 1285', 'what came is counted once, and to the day''s quota what it takes beside its bodies, too'); -- unless a day has begun since
update remote_site set day = day - 1, day_octets = 1000, health_at = null, seen_at = null where number = 1;
set session authorization site_1;
select sends(7, 6, '{}', '{}') \g /dev/null
reset session authorization;
select is((select concat_ws(' ', octets_up, day_octets, health_at, seen_at > now() - interval '1 hour', day >= :'first_day') from remote_site where number = 1), '5 0 t t', 'another day begins with nothing; who says nothing of his health is seen');
update remote_site set seen_at = null where number = 1;
set session authorization site_1;
select sync.hello(1, jsonb_build_object('site', 'macau', 'epochs', '[]'::jsonb, 'now', clock_timestamp() + interval '1 hour')) \g /dev/null
reset session authorization;
select is((select concat_ws(' ', seen_at is not null, round(clock_ahead_s / 60)) from remote_site where number = 1), 't 60', 'who greets is seen, and how far its clock is ahead');

-- What a site is asked for
create table lost (kind text, body jsonb);
grant all on lost to bacpipes_journal;
create or replace function downlink_lost(of_site text, of_kind text, of_body jsonb) returns void language sql as $$ insert into lost values (of_kind, of_body) $$;
create or replace function downlink_give(of_site text, of_kind text, of_body jsonb) returns boolean language sql as $$ select of_body -> 'over' is null $$;
create function chain(of_site text) returns boolean language sql as $$
    select bool_and(digest = journal_digest(before, site_id, epoch, seq, kind, at, body) and seq = place)
      from (select d.*, lag(d.digest, 1, zeros()) over (order by d.seq) as before, row_number() over (order by d.seq) as place from downlink d join downlink_head h using (site_id, epoch) where d.site_id = of_site) as d
$$;
select downlink_append('macau', 'command', '{"id": "a"}', clock_timestamp() + interval '1 minute') as a \gset
select downlink_append('macau', 'command', '{"id": "c", "over": true}') as c \gset
select downlink_append('macau', 'command', '{"id": "d"}', clock_timestamp() - interval '1 minute') as d \gset
select epoch as down from downlink_head where site_id = 'macau' \gset
set session authorization site_1;
select matches(sends(7, 6, '{}', '{}'), '^\(5,3,0', 'a site is told that something waits');
select results_eq(format('select seq, convert_from(body, ''UTF8'')::jsonb ->> ''id'', life_left > interval ''50 s'' from sync.fetch(%s, 0)', :down), $$ values (1::bigint, 'a', true), (2, 'd', false) $$,
                  'it is given what is not over, with the life that is left of it');
reset session authorization;
select ok(chain('macau'), 'what is given out is chained');
select downlink_append('macau', 'command', '{"id": "e"}') as e \gset
set session authorization site_1;
select is((select array_agg(seq) from sync.fetch(:down, 0)), '{1,2,3}', 'an answer that was lost is given again');
select is((select array_agg(seq) from sync.fetch(:down, 2)), '{3}', 'what was carried out is not');
select throws_ok(format('select sync.fetch(%s, 1)', :down), 'XX001', 'fork: entry 2 of epoch ' || :down || ' is another here: site "macau" was put back, or runs twice', 'to a former self nothing is given');
select throws_ok(format('select sync.fetch(%s, 4)', :down), '22023', null, 'nor to who is further than it can be');
select throws_ok(format('select sync.fetch(%s, 2)', :down + 1), '22023', null, 'nor to who is elsewhere');
select throws_ok($$ select sync.fetch(null, null) $$, '22023', null, 'or nowhere');
reset session authorization;
select count(downlink_append('macau', 'command', jsonb_build_object('id', i))) as asked from generate_series(1, 150) as i \gset
set session authorization site_1;
select is((select count(*) from sync.fetch(:down, 2)), 100::bigint, 'a hundred at most are under way');
select is((select count(*) from sync.fetch(:down, 2)), 100::bigint, 'however often it asks');
select is((select max(seq) from sync.fetch(:down, 102)), 153::bigint, 'and the others then');

-- Another life of the site
select sync.begin_epoch(8, 7, 1, zeros());
reset session authorization;
select is((select count(*) from lost), 153::bigint, 'what was given out to the former life is concluded');
select is((select array_agg(epoch order by life) from uplink_cursor where site_id = 'macau'), '{7,8}', 'lives come one after the other');
select downlink_append('macau', 'command', '{"id": "f"}') as f \gset
select epoch as down8 from downlink_head where site_id = 'macau' \gset
select isnt(:down8::text, :down::text, 'another downlink has begun');
set session authorization site_1;
select throws_ok(format('select sync.fetch(%s, 153)', :down), '22023', null, 'and the former is over');
select is((select array_agg(seq) from sync.fetch(:down8, 0)), '{1}', 'only what was not given out yet is given in it');
select is(sends(8, 1, '{epoch,audit}', '{1,2}'), '(2,1,0,)', 'the journal goes on in it');
select is(sends(8, 3, '{health,readings,audit}', '{3,4,5}'), '(5,1,0,)', 'health and readings are beside its chain');
select is(sends(8, 6, '{health}', '{6}'), '(6,1,0,)', 'also at its end');
select is(sends(8, 7, '{audit}', '{7}'), '(7,1,0,)', 'which goes on from the last record');
select is(sends(7, 6, '{audit}', '{6}'), '(6,1,0,)', 'and what is left of the former may still come');
select is(jsonb_path_query_array(sync.hello(1, '{"site": "macau", "epochs": [{"epoch": 8}, {"epoch": 7}]}'), '$.epochs[*].epoch'), '[7, 8]', 'all that it asks for are told');
select is(sync.hello(1, '{"site": "macau", "epochs": [{"epoch": 7}, {"epoch": 99}]}') #> '{epochs,1,epoch}', '8', 'the newest is always told');
select throws_ok($$ do 'begin for i in 100 .. 300 loop perform sync.begin_epoch(i, 8, 5, sha256('''')); end loop; end' $$, '54000', null, 'nobody begins lives without end');

-- Central was put back
reset session authorization;
truncate lost;
select downlink_append('macau', 'command', '{"id": "g"}') as g \gset
set session authorization site_1;
select isnt((sync.hello(1, jsonb_build_object('site', 'macau', 'epochs', '[]'::jsonb, 'down', jsonb_build_object('epoch', :down8, 'seq', 5))) #>> '{down,epoch}')::bigint, :down8::bigint, 'a site that is further than we ever gave shows that we were put back');
reset session authorization;
select is((select array_agg(body ->> 'id' order by body ->> 'id') from lost), '{f,g}', 'then what waits may have been given out since, and is concluded, too');
select is((select count(*) from downlink where seq is null), 0::bigint, 'and never given');
select epoch as down9 from downlink_head where site_id = 'macau' \gset
select downlink_append('macau', 'command', '{"id": "h"}') as h \gset
set session authorization site_1;
reset session authorization;
select octets_down as octets_before from remote_site where number = 1 \gset
set session authorization site_1;
select is((select count(*) from sync.fetch(:down9, 0)), 1::bigint, 'what is asked for from then on is');
select is((sync.hello(1, jsonb_build_object('site', 'macau', 'epochs', '[]'::jsonb, 'down', jsonb_build_object('epoch', :down9, 'seq', 1))) #>> '{down,epoch}')::bigint, :down9::bigint, 'a site that is where we are goes on');
reset session authorization;
select is((select carried_seq from downlink_head where site_id = 'macau'), 1::bigint, 'and what it has carried out is known');
select is((select r.octets_down > 0 and r.octets_down = (select sum(octet_length(body)) from downlink d where d.site_id = 'macau' and d.epoch = :down9) + :octets_before from remote_site r where number = 1), true, 'what it was given is counted');
set session authorization site_1;
select throws_ok(format('select sync.fetch(%s, 0)', :down9), 'XX001', null, 'so that a former self is told from it');
select isnt((sync.hello(1, jsonb_build_object('site', 'macau', 'epochs', '[]'::jsonb, 'down', jsonb_build_object('epoch', :down9, 'seq', 2))) #>> '{down,epoch}')::bigint, :down9::bigint, 'one that is a single entry further does not');
select (sync.hello(1, '{"site": "macau", "epochs": []}') #>> '{down,epoch}')::bigint as down9 \gset
reset session authorization;
select downlink_append('macau', 'command', '{"id": "i"}') as i \gset
set session authorization site_1;
select is((select array_agg(seq) from sync.fetch(:down9, 0)), '{1}', 'another begins with its first');
select isnt((sync.hello(1, jsonb_build_object('site', 'macau', 'epochs', '[]'::jsonb, 'down', jsonb_build_object('epoch', :down9, 'seq', 1, 'digest', repeat('ab', 32)))) #>> '{down,epoch}')::bigint, :down9::bigint, 'one that has another entry there does not');

-- Sites apart
set session authorization site_2;
set test.serial = 'b2';
select throws_ok($$ select sends(8, 3, '{audit}', '{x}') $$, '22023', 'epoch 8 of site "klcc" has not begun here', 'a site''s epochs are its own');
select sync.begin_epoch(8, null, 1, zeros());
select is(sends(8, 1, '{audit}', '{x}'), '(1,0,0,)', 'even of the same number');
reset session authorization;

set session authorization site_2;
select is(jsonb_path_query_array(sync.hello(1, '{"site": "klcc", "epochs": [{"epoch": 7}, {"epoch": 8}]}'), '$.epochs[*].epoch'), '[8]', 'and no site hears of another''s');
reset session authorization;

-- Who is let in no more is asked for nothing
update remote_site set state = 'revoked' where number = 2;
select throws_ok($$ select downlink_append('klcc', 'command', '{}') $$, '0A000', 'site "klcc" is revoked: nobody there is asked for anything until it has joined again', 'a site that is revoked is asked for nothing');

-- Lives
set session authorization site_1;
set test.serial = 'a1';
select throws_ok($$ select sync.begin_epoch(0, null, 3, sha256('')) $$, '22023', null, 'no life has number 0');
select throws_ok($$ select sync.begin_epoch(9, null, 0, sha256('')) $$, '22023', null, 'nor an entry');
do 'begin for i in 100 .. 197 loop perform sync.begin_epoch(i, 8, 5, sha256('''')); end loop; end';
select throws_ok($$ select sync.begin_epoch(198, 8, 5, sha256('')) $$, '54000', 'site "macau" has begun 100 lives in the last hour: something is wrong with it', 'a hundred lives in an hour');
reset session authorization;
update uplink_cursor set began_at = began_at - interval '61 min' where site_id = 'macau' and epoch between 100 and 197;
set session authorization site_1;
select lives_ok($$ select sync.begin_epoch(198, 8, 5, sha256('')) $$, 'and then in the next');
select is((select string_agg(e ->> 'epoch', ' ') from jsonb_array_elements(sync.hello(1, '{"site": "macau", "epochs": []}') -> 'epochs') as e), '198', 'the newest is the one that began last');
-- Of all lives together
reset session authorization;
savepoint many_lives;
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest, began_at)
select 'macau', 10000 + n, n, 1, 0, 0, zeros(), '2026-01-01Z' from generate_series((select max(life) + 1 from uplink_cursor where site_id = 'macau'), 989) as n;
update uplink_cursor set began_at = '2026-01-01Z' where site_id = 'macau';
update remote_site set joined_at = '2026-01-02Z' where site_id = 'macau';
set session authorization site_1;
select lives_ok($$ do 'begin for i in 20000 .. 20010 loop perform sync.begin_epoch(i, null, 1, zeros()); end loop; end' $$, 'a site begins a thousand lives');
select throws_ok($$ select sync.begin_epoch(20011, null, 1, zeros()) $$, '54000', 'site "macau" has begun 1000 lives: something is wrong with it', 'and no others');
select lives_ok($$ select sync.begin_epoch(20010, null, 1, zeros()) $$, 'what it has begun it may go on with');
reset session authorization;
update remote_site set joined_at = clock_timestamp() where site_id = 'macau';
set session authorization site_1;
select lives_ok($$ select sync.begin_epoch(20011, null, 1, zeros()) $$, 'but for a site that has joined anew');
reset session authorization;
rollback to many_lives;
\set select_due `cat "$SQL_QUERIES/central/select_uplink_due.sql"`
prepare due as :select_due
update uplink_applied a set applied_seq = c.received_seq from uplink_cursor c where (c.site_id, c.epoch) = (a.site_id, a.epoch);
select central_keep(null, 0, 0, '{}');
select results_eq($$ select epoch from uplink_applied where site_id = 'macau' and not is_over $$, $$ values (198::bigint) $$, 'lives that are applied and were followed are over');
set session authorization site_1;
select is(sends(150, 5, '{audit}', '{x}', 0, sha256('')), '(5,0,0,)', 'what comes of one all the same is taken');
reset session authorization;
select central_keep(null, 0, 0, '{}');
select results_eq($$ execute due $$, $$ values ('macau', 1, 150::bigint, 4::bigint, 5::bigint, null::bigint) $$, 'and applied');

-- Strikes
select is((select array_agg(site_struck(1, false, 'slow') order by i) from generate_series(1, 3) as i), '{f,f,t}', 'the third time shuts out');
select is((select shut_why from site_strike where number = 1 and shut_until > clock_timestamp() + interval '9 minutes'), 'slow', 'for a while, and says why');
update site_strike set shut_until = null, struck_at = struck_at - interval '11 minutes', strikes = 2 where number = 1;
select ok(not site_struck(1, false, 'slow'), 'what was ten minutes ago is over');
select ok(not site_struck(1, false, 'slow'), 'twice is not three times');
select ok(site_struck(2, true, 'notices'), 'what no site does shuts out at once');

-- How often it asks to be signed, and how often that is refused, has an end: of a certificate each, and of one for the other
insert into site (site_id, name) values ('central', 'Central') on conflict do nothing;
insert into site (site_id, name, is_remote) values ('asks', 'Asks', true);
insert into remote_site (site_id, number, state, serials) values ('asks', 5000, 'joined', '{1}');
insert into central_authority (certificates, host, port) values ('those', 'here', 5432) on conflict do nothing;
create role site_5000 login in role bacpipes_sites;
create function asks(by_whom text, of_serial text, what text) returns text language plpgsql as $$
begin
    perform set_config('test.serial', of_serial, true);
    execute format('set local session authorization %I', by_whom);
    if by_whom = 'bacpipes_join' then
        perform sync.join(what);
    else
        perform sync.renew(what);
    end if;
    reset session authorization;
    return 'heard';
end
$$;
create function renewals(from_serial integer, is_signed boolean) returns text language plpgsql as $$
begin
    for i in 0 .. 20 loop
        begin
            perform asks('site_5000', to_hex(from_serial + case when is_signed then i else 0 end), 'request ' || i);
        exception when insufficient_privilege then
            return i || ': ' || sqlerrm;
        end;
        perform case when is_signed then site_signed(q.id, 'one', to_hex(from_serial + i + 1), now() + interval '2 years') else site_refused(q.id, 'it is none') end from site_requests() q where q.site_id = 'asks';
    end loop;
    return 'as many as it likes';
end
$$;
select matches(renewals(1, true), '^5: site "asks" has asked for 5 certificates within a day', 'a site has five certificates signed within a day, one for the other, and no more');
update site_request set asked_at = asked_at - interval '1 day' where site_id = 'asks';
select matches(renewals(6, false), '^5: ', 'and as many refused');
select throws_ok($$ select asks('site_5000', '6', 'request 1') $$, '22023', 'it is none', 'what was refused is told to who asks for it again');
update site_request set asked_at = asked_at - interval '1 day' where site_id = 'asks';
select is(asks('site_5000', '6', 'request 1000'), 'heard', 'a day later the next is asked for');
select is((select count(*) from site_request where site_id = 'asks' and refused is not null), 0::bigint, 'and what was refused is forgotten');

insert into site_invitation (site_id, serial, until) values ('asks', 'fe', now() + interval '7 days');
create function joins() returns text language plpgsql as $$
begin
    for i in 0 .. 20 loop
        begin
            perform asks('bacpipes_join', 'fe', 'request ' || i);
        exception when insufficient_privilege then
            return i || ': ' || sqlerrm;
        end;
        perform site_refused(q.id, 'it is none') from site_requests() q where q.site_id = 'asks' and q.purpose = 'join';
    end loop;
    return 'as many as it likes';
end
$$;
select is(joins(), '10: this join file counts no more: what was asked with it was refused ten times', 'a join file is refused ten times');
select throws_ok($$ select asks('bacpipes_join', 'fe', 'request 1') $$, '22023', 'it is none', 'and who joins is told why, whenever he asks again');
-- Settings that a login has given itself
create function settings(of_login text) returns text language sql as $$
    select string_agg(c, ' ' order by c) from pg_db_role_setting s, unnest(s.setconfig) as c where s.setrole = of_login::regrole
$$;
set session authorization site_1;
select lives_ok(format('alter role site_1 set default_transaction_read_only = on; alter role site_1 set search_path = x; alter role site_1 in database %I set statement_timeout = 0', current_database()), 'a login may give itself settings');
reset session authorization;
set local role bacpipes_central;
select count(*) from sync_guard(longest => '1 day') \g /dev/null
reset role;
select is(settings('site_1'), 'idle_in_transaction_session_timeout=30s lock_timeout=10s statement_timeout=30s', 'who looks after sites puts them back');
alter role site_1 set default_transaction_read_only = on;
alter role site_1 password 'x';
select site_login(1, false) \g /dev/null
select is(settings('site_1'), 'idle_in_transaction_session_timeout=30s lock_timeout=10s statement_timeout=30s', 'and so does who shuts the login: what it gave itself does not wait for its next certificate');
select is((select rolpassword from pg_authid where rolname = 'site_1'), null, 'nor does a password');
select * from finish();
rollback;
