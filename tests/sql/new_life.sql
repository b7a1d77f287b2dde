-- A journal whose site was put back, or that runs twice: what is filed again in another life, and what a central that was put back is told.
begin;
select plan(35);
set local client_min_messages = warning;
insert into site (site_id, name) values ('s1', 'One'), ('s2', 'Two');
insert into device (site_id, device_id, address, instance) values ('s1', 1, '10.0.0.1', 1);
insert into point (site_id, point_id, device_id, object_type, object_instance, commandable, writable) values ('s1', 1, 1, 'analog-value', 1, true, true);
update site set last_device_id = 50, last_point_id = 60 where site_id = 's1';
create function number_now() returns void language plpgsql as $$ begin set constraints number_entries immediate; set constraints number_entries deferred; end $$;
create function head(of_site text default 's1') returns bigint language sql as $$ select epoch from link_head(of_site) $$;
-- A frame of a stream: whether it is a key, and what tells it from others.
create function frame(stream text, is_key boolean, mark text) returns bytea language sql as $$ select decode('01' || case when is_key then '01' else '02' end || stream || mark, 'hex') $$;
create function marks(of_epoch bigint) returns text language sql as $$
    select string_agg(case when kind in ('readings', 'health') then right(encode(body, 'hex'), 2) else convert_from(body, 'UTF8')::jsonb ->> 'n' end, ' ' order by seq) from uplink
     where site_id = 's1' and epoch = of_epoch and (kind in ('readings', 'health') or convert_from(body, 'UTF8')::jsonb ? 'n')
$$;
select number_now();

select is((select array_agg(frame_is_key(f) order by place) from unnest(array['\x0101aaaaaaaa', '\x0100aaaaaaaa', '\x0103aaaaaaaa', '\x0102aaaaaaaa', '\x0101', '\x01', '']::bytea[]) with ordinality as u (f, place)), '{t,f,t,f,t,f,f}', 'a key frame says so in its second octet');
select is(frame_stream('\x0101aabbccdd99'), '\xaabbccdd', 'a frame''s stream is in the four behind it');

-- Streams a, b and d (of b a first frame whose key is gone; which differs from a in its last octet alone): what central lacks belongs to a and b.
insert into write_commands (site_id, point_id, command_type, value, created_by) values ('s1', 1, 'write_value', 20, 'mina') returning id as asked \gset
select number_now();
select (link_head('s1')).seq as start, head() as former \gset
select journal_append('s1', 'readings', frame('bbbbbbbb', false, '99')), journal_append('s1', 'readings', frame('aaaaaaaa', true, '01')), journal_append('s1', 'readings', ''::bytea), journal_append('s1', 'readings', frame('aaaaaaad', true, '02')), journal_append('s1', 'audit', '{"v": 1, "n": 3}'::jsonb),
       journal_append('s1', 'readings', frame('aaaaaaaa', false, '04')), journal_append('s1', 'readings', frame('bbbbbbbb', true, '05')), journal_append('s1', 'readings', frame('bbbbbbbb', true, '06')),
       journal_append('s1', 'readings', frame('aaaaaaad', false, '07')), journal_append('s1', 'audit', '{"v": 1, "n": 8}'::jsonb), -- so far central has it
       journal_append('s1', 'checkpoint', '{"v": 1, "n": 9}'::jsonb), journal_append('s1', 'health', '\x10'::bytea), journal_append('s1', 'readings', ''::bytea),
       journal_append('s1', 'readings', frame('aaaaaaaa', false, '12')), journal_append('s1', 'readings', frame('bbbbbbbb', false, '13')), journal_append('s1', 'audit', '{"v": 1, "n": 14}'::jsonb) \g /dev/null
select number_now();
select link_acknowledge('s1', head(), :start + 10);
select is((select frames_given_up from journal_head where site_id = 's1'), 0::bigint, 'nothing is given up');
select journal_refile('s1', :former, :start + 10, 10, 100, 'test') as filed \gset
select number_now();
select is(marks(head()), '01 04 05 06 10  12 13 14', 'what central lacks stands again, with all of the streams that its frames belong to, and nothing else');
select is(:filed::bigint, 9::bigint, 'with the hole that was among it');
select is((select concat_ws(' ', last_device_id, last_point_id) from site where site_id = 's1'), '50 99', 'numbers go on behind the highest of both');
select is((select concat_ws(' ', acknowledged_seq, frames_given_up) from journal_head where site_id = 's1'), '0 0', 'nothing of it is at central');
select is((select concat_ws(' ', acknowledged_seq, is_closed, has_state) from link_epoch where site_id = 's1' and epoch = head()), '0 f f', 'which is known');
select isnt((select status from write_commands where id = :'asked'), 'pending', 'what was asked for before is not carried out');
select is((select string_agg(l.epoch || ':' || coalesce(l.previous::text, '-'), ' ' order by age) from link_lives('s1') l), head() || ':' || :former || ' ' || :former || ':-', 'one life goes on from the other');
select link_acknowledge('s1', :former, :start + 11);
select is((select acknowledged_seq from journal_head where site_id = 's1'), 0::bigint, 'what central has of the former is not of this one');
select is((select entries from link_backlog('s1')), (select count(*) from uplink where site_id = 's1' and epoch = head()), 'and nothing of the former waits');

-- Where nothing of a stream is lacking none of its frames come again.
select (link_head('s1')).seq as start, head() as second \gset
select journal_append('s1', 'readings', frame('cccccccc', true, '20')), journal_append('s1', 'audit', '{"v": 1, "n": 21}'::jsonb) \g /dev/null
select number_now();
select journal_refile('s1', :second, :start + 1, 0, 0, 'test') as filed \gset
select number_now();
select is(marks(head()), '21', 'a record alone brings no frames with it');
select (link_head('s1')).seq as start, head() as second \gset
select journal_append('s1', 'readings', frame('eeeeeeee', true, '30')), journal_append('s1', 'readings', frame('eeeeeeee', false, '31')) \g /dev/null
select number_now();
select journal_refile('s1', :second, :start + 1, 0, 0, 'test') as filed \gset
select number_now();
select is(marks(head()), '30 31', 'the last that both have may be the key frame of what is lacking');
select link_floors('s1', 300, 10);
select is((select concat_ws(' ', last_device_id, last_point_id) from site where site_id = 's1'), '299 99', 'no number goes back with another');
select head() as third \gset
select is((select array_agg(age order by age) from link_lives('s1')), '{0,1,2,3}', 'lives go on from lives');

-- What may be forgotten
select number_now();
select (link_head('s1')).seq as last \gset
select link_acknowledge('s1', :third, :last);
select link_acknowledge('s1', :second, 5);
update link_epoch set is_closed = false where epoch = :second;
select is((select array_agg(journal_is_at_central('s1', e, s)) from (values (:third::bigint, :last::bigint), (:third, :last + 1), (:second, 5), (:second, 6)) as v (e, s)), '{t,f,t,f}', 'of each life as far as central has it');
delete from uplink where site_id = 's1' and epoch = :second;
select is((select jsonb_array_length(link_state('s1') -> 'epochs')), 1, 'a life of which nothing is left is not told, nor those before it, which nothing names any more');

-- ---- compared, and sent in parts ----

select (link_head('s2')).seq as start2, head('s2') as epoch2 \gset
select journal_append('s2', 'audit', '{"v": 1, "n": 1}'::jsonb), journal_append('s2', 'audit', '{"v": 1, "n": 2}'::jsonb) \g /dev/null
select number_now();
select encode(digest, 'hex') as digest from uplink where site_id = 's2' and seq = :start2 + 1 \gset
create function compares(of_epoch bigint, of_seq bigint, of_digest text) returns boolean language sql as $$
    select is_same from link_compare('s2', jsonb_build_object('epochs', jsonb_build_array(jsonb_build_object('epoch', of_epoch, 'seq', of_seq, 'digest', of_digest))))
$$;
select is(compares(:epoch2, :start2 + 1, :'digest'), true, 'an entry is the same');
select is(compares(:epoch2, :start2 + 1, repeat('ab', 32)), false, 'or another');
select is(compares(:epoch2 + 1, :start2 + 1, :'digest'), null, 'of another life nobody knows');
select is((select count(*) from link_entries('s2', :epoch2, :start2, 64 + (select octet_length(body) from uplink where site_id = 's2' and seq = :start2 + 1), 100)), 1::bigint, 'what fills a part ends it');
delete from uplink where site_id = 's2' and seq = :start2 + 1;
select is((select array_agg(seq - :start2) from link_entries('s2', :epoch2, :start2, 1000000, 1)), '{1}', 'no more entries than asked for, holes or not');

create function has(of_epoch bigint, seqs bigint[], body text default '{"v": 1}') returns void language sql as $$
    insert into uplink (site_id, epoch, seq, kind, at, body, digest) select 's2', of_epoch, n, 'audit', now(), body::bytea, sha256(n::text::bytea) from unnest(seqs) as n
$$;
select has(997, '{5}'), has(998, '{5,10007,10009}'), has(999, '{5,10006}'), has(996, '{1}', '{"v": 1, "event": "pruned", "epoch": 997, "seq": 3, "digest": "aa"}'), has(996, '{2}', '{"v": 1, "event": "pruned", "epoch": 997, "seq": 9, "digest": "bb"}') \g /dev/null
select is((select first_seq from link_begins('s2', 999)), 5::bigint, 'ten thousand entries that are missing are sent as holes');
select is((select (first_seq, record_digest)::text from link_begins('s2', 998)), (select (10009::bigint, sha256('10007'))::text), 'where more are an epoch begins behind its last hole');
select is((select (first_seq, record_digest)::text from link_begins('s2', 997)), '(5,"\\xaa")', 'and goes on from what was pruned before it');

-- ---- what central asks for, when it goes wrong ----

insert into central_link (site_id, number, host, port) values ('s1', 7, 'central', 5432);
create or replace function downlink_carry_out(of_site text, of_kind text, said jsonb, life_left interval) returns void language plpgsql as $$
begin
    raise exception using message = 'it breaks', errcode = said ->> 'state';
end
$$;
create function carry(state text) returns text language plpgsql as $$
declare
    said constant bytea := convert_to(jsonb_build_object('state', state)::text, 'UTF8');
begin
    perform link_carry('s1', 5, 1, 'command', '2026-01-01Z', said, journal_digest(decode(repeat('00', 32), 'hex'), 's1', 5, 1, 'command', '2026-01-01Z', said), '5 s');
    raise exception 'passed by' using errcode = 'ZZ000';
exception when others then
    return case when sqlstate = 'ZZ000' then 'passed by' when sqlstate = state then 'again' else sqlstate end;
end
$$;
select is((select string_agg(state, ' ' order by state) from unnest('{08006,40001,40P01,53100,55P03,57P01,58030}'::text[]) as state where carry(state) <> 'again'), null, 'what may pass is tried again: a lock, a deadlock, a full disk, a shutdown');
select is((select string_agg(state, ' ' order by state) from unnest('{22023,23505,42501,P0001,0A000,XX000}'::text[]) as state where carry(state) <> 'passed by'), null, 'what no second try makes better is passed by');

-- ---- frames that are given up ----

update central_link set down_epoch = null;
insert into site (site_id, name, is_remote) values ('far', 'Far', true);
delete from uplink_frames;
insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at) values ('far', 1, 1, 'readings', now() - interval '1 day', 'x', sha256('x'), now());
select journal_append('s1', 'readings', decode(repeat('ab', 100), 'hex')) from generate_series(1, 4) \g /dev/null
select number_now();
select link_acknowledge('s1', head(), (select min(seq) from uplink where kind = 'readings' and site_id = 's1'));
update journal_head set frames_given_up = 5, octets_given_up = 50 where site_id = 's1';
select is(journal_give_up(), 'the disk is nearly full: 4 frames of site s1 are dropped, 3 of which central has not got', 'a disk that is nearly full has frames go');
select number_now();
select is((select concat_ws(' ', frames_given_up, octets_given_up) from journal_head where site_id = 's1'), '8 350', 'those that central has not got are counted beside those of before');
select is((select concat_ws(' ', body ->> 'frames', body ->> 'octets') from audit where site_id = 's1' and body ->> 'event' = 'given_up'), '3 300', 'and told');
select is((select severity from alarm where site_id = 's1' and key = 'journal.given_up' and returned_at is null), 'critical', 'with an alarm');
select is((select count(*) from uplink_frames where site_id = 'far'), 1::bigint, 'at central nothing goes that is not applied');
select alarm_return('s1', 'journal.given_up') \g /dev/null
select journal_append('s1', 'readings', '\xab'::bytea) \g /dev/null
select number_now();
select link_acknowledge('s1', head(), (link_head('s1')).seq);
select is(journal_give_up(), 'the disk is nearly full: 1 frames of site s1 are dropped, 0 of which central has not got', 'what central has is no loss');
select is((select count(*) from alarm where site_id = 's1' and key = 'journal.given_up' and returned_at is null), 0::bigint, 'and no alarm');

select * from finish();
rollback;
