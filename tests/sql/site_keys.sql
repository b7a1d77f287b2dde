-- At a central: which key a site signs with, as it is heard, and how far a life was here when the next one began.
begin;
select plan(20);
set local client_min_messages = warning;
insert into site (site_id, name, is_remote) values ('central', 'Central', false), ('macau', 'Macau Tower', true);
insert into remote_site (site_id, number, state, serials, joined_at) values ('macau', 1, 'joined', '{a1}', '2026-01-01Z');
create role site_1 login in role bacpipes_sites;
create or replace function link_serial() returns text language sql stable as $$ select 'a1' $$; -- there is no certificate at a socket
create function k(n integer) returns text language sql immutable as $$ select repeat(lpad(to_hex(n), 2, '0'), 32) $$;
-- A checkpoint of key n that has come; or another body.
create function came(of_epoch bigint, of_seq bigint, n integer, of_body bytea default null) returns void language sql as $$
    insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
    values ('macau', of_epoch, of_seq, 'checkpoint', now(), coalesce(of_body, convert_to(jsonb_build_object('v', 1, 'key', k(n), 'former', k(99))::text, 'UTF8')), sha256('x'), now())
$$;
create function keys() returns text language sql as $$
    select string_agg(format('%s:%s %s %s', epoch, seq, get_byte(key, 0), coalesce(how, '-')), ', ' order by number) from site_key where site_id = 'macau'
$$;

-- Lives
set session authorization site_1;
select sync.begin_epoch(7, null, 1, decode(repeat('00', 32), 'hex'));
reset session authorization;
update uplink_cursor set received_seq = 20 where epoch = 7;
set session authorization site_1;
select sync.begin_epoch(8, 7, 1, decode(repeat('00', 32), 'hex'));
reset session authorization;
update uplink_cursor set received_seq = 30 where epoch = 7;
update uplink_cursor set received_seq = 5 where epoch = 8;
set session authorization site_1;
select sync.begin_epoch(9, 7, 3, sha256('what was before'));
select sync.begin_epoch(10, 4711, 1, decode(repeat('00', 32), 'hex'));
reset session authorization;
select results_eq($$ select epoch, previous_had, begun_had from uplink_cursor order by life $$, $$ values (7::bigint, 0::bigint, 0::bigint), (8, 20, 20), (9, 30, 5), (10, 0, 2) $$,
                  'how far the life before, and the one that had begun before, were here when a life began');
select is((select first_digest from uplink_cursor where epoch = 9), sha256('what was before'), 'what the first entry of a life goes on from is kept');

-- Keys
select came(7, 5, null, '\xff00'), came(7, 6, null, convert_to('{"key": 7}', 'UTF8')), came(7, 7, null, convert_to(format('{"key": "%s", "x": "%s"}', k(1), repeat('x', 5000)), 'UTF8'));
select is(keys(), null, 'what is no checkpoint names no key');
select came(7, 10, 1), came(7, 11, 1);
select is(keys(), '7:10 1 first', 'the first key is the site''s');
insert into uplink (site_id, epoch, seq, kind, at, body, digest) values ('central', 1, 1000000, 'checkpoint', now(), convert_to(format('{"key": "%s"}', k(1)), 'UTF8'), sha256('x'));
select is((select count(*) from site_key), 1::bigint, 'of a journal that is kept here nothing is pinned');
select came(8, 3, 2);
select is(keys(), '7:10 1 first, 8:3 2 -', 'another one waits to be looked at');
select is((select array_agg(number) from site_keys_untold()), '{1}', 'one at a time');
select is(site_key_tell('macau', 1, false), null, 'of the first there is nothing to say');
select is((select former || ' ' || (convert_from(body, 'UTF8')::jsonb ->> 'former') from site_keys_untold()), k(1) || ' ' || k(99), 'with the entry, and the key that was vouched for last');
select is(site_key_tell('macau', 2, true), null, 'nor of one that the former has signed for');
select came(7, 15, 1), came(7, 4, 1), came(8, 4, 2), came(9, 1, 2);
select is(keys(), '7:10 1 first, 8:3 2 signed', 'each holds from its entry to the next one''s, in the order of lives, however late an entry comes; the first before that, too');
select came(9, 2, 1);
select matches(site_key_tell('macau', 3, false), '^site "macau" signs its journal with another key than before, 0101010101010101... from entry 2 of epoch 9 on: neither has the former key \(0202020202020202...\) signed for it', 'the one that was handed over is another again');
select is((select count(*) from alarm where site_id = 'central' and key = 'site.key.macau' and returned_at is null), 1::bigint, 'an alarm says so');
select is(site_key_tell('macau', 3, true), null, 'once');
select is((select how from site_key where number = 3), 'doubted', 'and for good');
update remote_site set joined_at = '2026-06-01Z';
select came(9, 3, 3);
select is((select how from site_key where number = 4), 'joined', 'who has joined anew has whatever key he has');
do 'begin for i in 4 .. 1200 loop insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at) values (''macau'', 9, i, ''checkpoint'', now(), convert_to(format(''{"key": "%s"}'', encode(sha256(i::text::bytea), ''hex'')), ''UTF8''), sha256(''x''), now()); end loop; end';
select is((select count(*) from site_key), 1000::bigint, 'nobody fills the disk with keys');
update remote_site set joined_at = '2026-07-01Z';
select came(9, 1300, 200);
select is((select how from site_key where key = decode(k(200), 'hex')), 'joined', 'and who joins anew then is believed all the same');
update site_key set is_told = true where number <= 1000;
select site_key_tell('macau', 1001, false);
select is((select count(*) from alarm where key = 'site.key.macau' and returned_at is null), 0::bigint, 'which ends the alarm');
do 'begin for i in 1301 .. 1400 loop insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at) values (''macau'', 9, i, ''checkpoint'', now(), convert_to(format(''{"key": "%s"}'', encode(sha256(i::text::bytea), ''hex'')), ''UTF8''), sha256(''x''), now()); end loop; end';
select is((select count(*) from site_key), 1010::bigint, 'with a few keys of that join');
select * from finish();
rollback;
