-- Frames at central go a week after they came, but for those from which a site that was silent goes on, and those that stand aside with what they go on from.
begin;
select plan(12);

insert into site (site_id, name) values ('central', 'Central') on conflict do nothing;
insert into site (site_id, name, is_remote) values ('mo', 'Macau', true), ('kl', 'KLCC', true);
insert into remote_site (site_id, number, state, joined_at) values ('mo', 1, 'joined', now()), ('kl', 2, 'joined', now());
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest)
select s, 7, 1, 1, 100, 0, sha256('x') from unnest('{mo,kl}'::text[]) as s;
insert into uplink_applied (site_id, epoch, applied_seq, key_seq) values ('mo', 7, 100, 95), ('kl', 7, 100, 95);
insert into retention_clock (seen_at) values (now()) on conflict do nothing;
update retention_clock set hold = null, expected_at = null;

select journal_keep(now(), false); -- days and months ahead: a step of its own
select journal_ensure('frames', now() - interval '10 days');
insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
select s, 7, n, 'readings', now() - interval '10 days', case when n < 83 then 'v1old.' when n = 84 then 'v1off.' when n < 88 then 'v1mid.' else 'v1new.' end::bytea, sha256('x'), now() - interval '10 days' from unnest('{mo,kl}'::text[]) as s, generate_series(80, 100) as n;
insert into uplink_quarantine (site_id, epoch, seq, kind, reason) values ('kl', 7, 85, 'readings', 'damaged');
select is((select count(*) from uplink_frames_default), 0::bigint, 'the frames are in a day of their own');
select set_config('test.day', (select name from journal_partition('frames', now() - interval '10 days')), true);
select journal_keep(now(), false);
select is(to_regclass('journal.' || current_setting('test.day')), null, 'the day is gone after a week');
select results_eq($$ select site_id, array_agg(seq order by seq) from uplink_frames group by site_id order by site_id $$,
    $$ values ('kl'::text, '{83,85,95,96,97,98,99,100}'::bigint[]), ('mo', '{95,96,97,98,99,100}') $$, 'but for what the next frames go on from, and what stands aside with what that goes on from');
select is((select count(*) from uplink_saved), 0::bigint, 'nothing is left beside');

-- The site has gone on since.
update uplink_applied set key_seq = 200, applied_seq = 220 where site_id = 'mo';
select journal_keep(now(), false);
select is((select count(*) from uplink_frames where site_id = 'mo'), 0::bigint, 'what is needed no more goes, too');
select is((select count(*) from uplink_frames where site_id = 'kl'), 8::bigint, 'the other site''s stay');
insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at) values ('mo', 7, 221, 'readings', now() - interval '20 days', 'x', sha256('x'), now());
update uplink_applied set key_seq = 222, applied_seq = 230 where site_id = 'mo';
select journal_keep(now(), false);
select is((select count(*) from uplink_frames where site_id = 'mo'), 1::bigint, 'what came late is kept for a week all the same');
-- A former life that is not applied to its end, and one of which no key frame has come.
insert into site (site_id, name, is_remote) values ('li', 'Lisbon', true), ('jp', 'Tokyo', true);
insert into remote_site (site_id, number, state, joined_at) values ('li', 3, 'joined', now()), ('jp', 4, 'joined', now());
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest)
values ('li', 7, 1, 1, 100, 0, sha256('x')), ('li', 8, 2, 1, 5, 0, sha256('x')), ('jp', 7, 1, 1, 100, 0, sha256('x'));
insert into uplink_applied (site_id, epoch, applied_seq, key_seq) values ('li', 7, 98, 95), ('li', 8, 0, null), ('jp', 7, 98, null);
select is((select string_agg(s || ':' || n, ' ' order by s, n) from unnest('{li,jp}'::text[]) as s, generate_series(94, 101) as n where uplink_is_needed(s, 7, n)), 'jp:99 jp:100 jp:101 li:99 li:100 li:101', 'what is not applied is needed, in whatever life');
select is((select string_agg(n::text, ' ' order by n) from generate_series(1, 2) as n where uplink_is_needed('li', 8, n)), '1 2', 'also all of a life of which nothing is');

-- A day that cannot be made.
select set_config('test.day', (select name from journal_partition('frames', now() + interval '20 days')), true) as day \gset
create type journal.:day as enum ();
select is(journal_keep(now() + interval '20 days', false), format('not done: a day of frames for %s: type "%s" already exists', ((now() + interval '20 days') at time zone 'UTC')::date, :'day'), 'it is told');
select is(to_regclass('journal.' || (select name from journal_partition('record', now() + interval '27 days')))::text, 'journal.' || (select name from journal_partition('record', now() + interval '27 days')), 'months are made all the same');
select is((select string_agg(journal_keep(now() + interval '20 days', false), ' ') from generate_series(1, 9)) is not null and not exists (select from journal_partitions('frames') where beyond < now() + interval '13 days'),
          true, 'and what may be forgotten is');

select finish();
rollback;
