-- At a site: what is sent to central, what is filed again, and what central asks for.
begin;
select plan(49);
set local client_min_messages = warning;
insert into site (site_id, name) values ('s1', 'One');
create or replace function downlink_carry_out(of_site text, of_kind text, said jsonb, life_left interval) returns void language plpgsql as $$
begin
    if said ? 'breaks' then
        raise exception using message = said ->> 'breaks', errcode = coalesce(said ->> 'state', 'P0001');
    end if;
    perform journal_append(of_site, 'audit', jsonb_build_object('v', 1, 'event', 'carried', 'id', said -> 'id', 'life_left', life_left));
end
$$;
-- A transaction numbers its entries when it commits; a test never does.
create function number_now() returns void language plpgsql as $$ begin set constraints number_entries immediate; set constraints number_entries deferred; end $$;
create function head() returns bigint language sql as $$ select epoch from link_head('s1') $$;
select number_now();

-- ---- what there is ----
select is((link_state('s1') #> '{epochs,0}') - 'epoch', '{"previous": null, "first": 1, "seq": 1, "acknowledged": 0, "is_closed": false}', 'a new site has one life, with one entry');
select is(link_state('s1') -> 'down', 'null', 'and has joined nobody');
select is((select entries from link_backlog('s1')), 1::bigint, 'which central has not got');
insert into central_link (site_id, number, host, port) values ('s1', 7, 'central', 5432);
select is(link_state('s1') -> 'down', '{"epoch": null, "seq": 0}', 'nothing has come down');

insert into device (site_id, device_id, name, instance, address) select 's1', n, 'd' || n, n, '10.0.0.' || n from generate_series(1, 250) n;
select number_now();
select link_prepare('s1');
select number_now();
select is((select string_agg(body ->> 'table' || ' ' || jsonb_array_length(body -> 'rows') || coalesce(' ' || (body ->> 'complete'), ''), ', ' order by seq) from audit where body ->> 'op' = 'state'),
          'device 100, device 100, device 50 true, point 0 true, setting 0 true, device_status 0 true, write_commands 0 true, hold 0 true, override 0 true, alarm 0 true', 'how things stand is told in parts');
select is((select count(*) from audit where body ->> 'op' = 'state' and body #> '{rows,0}' ? 'site_id'), 0::bigint, 'without saying whose they are');
select is((select min(kind) filter (where body ->> 'table' = 'write_commands') || min(kind) filter (where body ->> 'table' = 'hold') from audit where body ->> 'op' = 'state'), 'commandhold', 'each under its kind');
select link_prepare('s1');
select number_now();
select is((select count(*) from audit where body ->> 'op' = 'state'), 10::bigint, 'once in a life');

-- ---- how devices are ----
select seq as told from link_head('s1') \gset
insert into device_status (site_id, device_id, state, since) select 's1', n, 'unknown', '2026-11-27T10:00:00Z' from generate_series(1, 3) n;
update device_status set state = 'online', reason = '', last_answer_at = now(), learned = '{"read_multiple": true}' where site_id = 's1' and device_id < 3;
update device_status set last_answer_at = now(), learned = '{"read_multiple": false}' where site_id = 's1';
update device_status set state = 'offline', reason = 'no answer' where site_id = 's1' and device_id = 2;
delete from device_status where site_id = 's1' and device_id = 3;
select number_now();
select results_eq(format($$ select body ->> 'op', (select string_agg(concat_ws(' ', r ->> 'device_id', r ->> 'state', nullif(r ->> 'reason', '')), ', ') from jsonb_array_elements(body -> 'rows') r), body #> '{rows,0}' ? 'learned'
                             from audit where kind = 'device_status' and seq > %s order by seq $$, :told),
    $$ values ('set', '1 unknown, 2 unknown, 3 unknown', false), ('set', '1 online, 2 online', false), ('set', '2 offline no answer', false), ('gone', '3', false) $$, 'how devices are is told where it changes, and not each time they answer');
delete from device_status where site_id = 's1';
select number_now();

-- ---- entries, and holes in them ----
select link_head('s1') as head \gset
select (link_head('s1')).seq as start \gset
select journal_append('s1', 'readings', '\x0101aaaaaaaa01'::bytea), journal_append('s1', 'readings', '\x0100aaaaaaaa02'::bytea), journal_append('s1', 'audit', '{"v": 1, "n": 3}'::jsonb), journal_append('s1', 'readings', '\x0101bbbbbbbb04'::bytea), journal_append('s1', 'readings', '\x0100aaaaaaaa05'::bytea);
select number_now();
select is((select array_agg(seq - :start order by seq) from link_entries('s1', head(), :start, 1000000, 100)), '{1,2,3,4,5}', 'entries come in order');
select is((select count(*) from link_entries('s1', head(), :start, 1, 100)), 1::bigint, 'one at least');
select is((select count(*) from link_entries('s1', head(), :start, 145, 100)), 3::bigint, 'no more octets than asked for');
select is((select count(*) from link_entries('s1', head(), :start, 1000000, 2)), 2::bigint, 'nor entries');
select is((select count(*) from link_entries('s1', head(), :start + 5, 1000000, 100)), 0::bigint, 'none behind the last');
delete from uplink where site_id = 's1' and seq in (:start + 1, :start + 4);
select is((select string_agg(seq - :start || kind || octet_length(body) || (digest = sha256(body)), ' ' order by seq) from link_entries('s1', head(), :start, 1000000, 100) where kind = 'readings'),
          '1readings0true 2readings7true 4readings0true 5readings7true', 'what is missing is an entry without octets');
select is((select first_seq from link_begins('s1', head())), 1::bigint, 'an epoch begins with its first entry');
select is((select record_digest from link_begins('s1', head())), decode(repeat('00', 32), 'hex'), 'before which there was nothing');
delete from uplink where site_id = 's1' and seq < :start - 1;
select is((select first_seq from link_begins('s1', head())), :start - 1::bigint, 'or what is left of it');
select is((select count(*) from journal_pending where site_id = 's1' and position('"op": "state"'::bytea in body) > 0), 10::bigint, 'and where that lacks how things stood, it is told again');
delete from journal_pending where site_id = 's1';
select is((select array_agg(seq - :start order by seq) from link_digests('s1', head(), array[:start - 2, :start, :start + 3, :start + 9])), '{0,3}', 'digests are told of what is here');

-- ---- what central has ----
select is((select entries from link_backlog('s1')), 5::bigint, 'nothing is at central');
select link_acknowledge('s1', head(), :start + 3);
select is((select entries || ' ' || octets from link_backlog('s1')), '1 7', 'but what it says it has');
select is((select acknowledged_seq - :start from journal_head where site_id = 's1'), 3::bigint, 'and the journal knows');
select ok(journal_is_at_central('s1', head(), :start + 3) and not journal_is_at_central('s1', head(), :start + 4), 'so far it may be forgotten');
select link_acknowledge('s1', head(), :start + 1);
select is((select acknowledged_seq - :start from journal_head where site_id = 's1'), 1::bigint, 'a central that was put back has less');
select ok(not journal_is_at_central('s1', 12345, 1), 'of a life that nobody knows nothing is there');

-- ---- another life ----
insert into uplink (site_id, epoch, seq, kind, at, body, digest) values ('s1', head(), :start + 1, 'readings', clock_timestamp(), '\x0101aaaaaaaa01', sha256('\x0101aaaaaaaa01'));
select head() as former \gset
select is(journal_refile('s1', :former, :start + 2, 900, 800, 'test'), 4::bigint, 'what central lacks is filed again, and frames that it needs');
select number_now();
select isnt(head(), :former, 'in a new life');
select is((select string_agg(case when kind = 'readings' then right(encode(body, 'hex'), 2) else convert_from(body, 'UTF8')::jsonb ->> 'n' end, ' ' order by seq) from uplink
            where site_id = 's1' and epoch = head() and (kind = 'readings' or convert_from(body, 'UTF8')::jsonb ? 'n')), '01 02 3 05', 'in their order');
select is((select (body -> 'refiled' ->> 'seq')::bigint - :start || ' ' || (body -> 'refiled' ->> 'epoch') from audit where epoch = head() and body ? 'refiled'), '3 ' || :former, 'a record says where it stood');
select is((select kind || (body ->> 'reason') || (body -> 'previous' ->> 'epoch') from audit where epoch = head() and seq = 1), 'epochforked' || :former, 'the first entry says why');
select is((select count(*) from alarm where site_id = 's1' and key = 'journal.new_life' and returned_at is null), 1::bigint, 'and an alarm does');
select is((select last_device_id || ' ' || last_point_id from site where site_id = 's1'), '899 799', 'numbers go on behind those of central');
select link_floors('s1', 10, 10);
select is((select last_device_id || ' ' || last_point_id from site where site_id = 's1'), '899 799', 'and never back');
select is((select jsonb_agg(e -> 'is_closed') from jsonb_array_elements(link_state('s1') -> 'epochs') e), '[true, false]', 'the former life is closed');
select ok(journal_is_at_central('s1', :former, 1000000), 'nothing of it waits');
select link_prepare('s1');
select number_now();
select is((select count(*) from audit where epoch = head() and body ->> 'op' = 'state' and body ->> 'table' = 'device'), 3::bigint, 'how things stand is told again');

-- ---- what central asks for ----
create function down(n bigint, before bytea, said text) returns bytea language sql as $$ select journal_digest(before, 's1', 5, n, 'command', '2026-01-01Z', convert_to(said, 'UTF8')) $$;
create function carry(n bigint, before bytea, said text) returns bigint language sql as $$ select link_carry('s1', 5, n, 'command', '2026-01-01Z', convert_to(said, 'UTF8'), down(n, before, said), '5 s') $$;
select decode(repeat('00', 32), 'hex') as zero \gset
select is(carry(1, :'zero', '{"id": 1}'), 1::bigint, 'it is carried out');
select is(carry(1, :'zero', '{"id": 1}'), 1::bigint, 'once');
select down(1, :'zero', '{"id": 1}') as first \gset
select throws_ok(format($$ select carry(3, %L, '{"id": 3}') $$, :'first'), 'XX001', 'entry 3 of the downlink cannot follow 1', 'none is left out');
select throws_ok(format($$ select carry(2, %L, '{"id": 2}') $$, :'zero'), 'XX001', 'entry 2 of the downlink is not what its digest says', 'nor put in between');
select throws_ok(format($$ select carry(2, %L, '{"breaks": "the disk is full", "state": "53100"}') $$, :'first'), '53100', 'the disk is full', 'what may pass later is tried again');
select is(carry(2, :'first', '{"id": 2, "breaks": "there is no such point"}'), 2::bigint, 'what cannot be is passed by');
select number_now();
select is((select string_agg(body ->> 'event' || (body ->> 'id'), ' ' order by seq) from audit where body ->> 'event' in ('carried', 'not_carried_out')), 'carried1 not_carried_out2', 'and told back');
select is(link_carry('s1', 6, 1, 'command', '2026-01-01Z', '{}', journal_digest(:'zero', 's1', 6, 1, 'command', '2026-01-01Z', '{}'), null), 1::bigint, 'another epoch begins with its first');

-- Central takes 1 MiB of an entry: what stands here is told in as many as that needs.
insert into point (site_id, point_id, device_id, object_type, object_instance, tags) select 's1', 100000 + n, 1, 'analog-value', 100000 + n, jsonb_build_object('a', repeat('é', 7900)) from generate_series(1, 250) n;
select number_now();
delete from journal_pending where site_id = 's1';
select journal_snapshot('s1');
create temporary view told as select octet_length(body) as size, convert_from(body, 'UTF8')::jsonb as body from journal_pending where site_id = 's1' and kind = 'point' and convert_from(body, 'UTF8')::jsonb ->> 'op' = 'state';
select cmp_ok((select max(size) from told), '<', 262144, 'a part of a telling is no larger than central takes, or the web shows, however long texts are');
select cmp_ok((select max(jsonb_array_length(body -> 'rows')) from told), '<=', 100, 'and has 100 rows at most');
select is((select count(distinct r ->> 'point_id') from told, jsonb_array_elements(body -> 'rows') as r), (select count(*) from point where site_id = 's1'), 'each is told');
select is((select count(*) from told where (body ->> 'complete')::boolean), 1::bigint, 'and one part is the last');
select * from finish();
