-- A site of which very much stands aside waits until less does: nothing of that is dropped, and it does not grow without end.
begin;
select plan(39);
set local client_min_messages = warning;

insert into site (site_id, name) values ('central', 'Central') on conflict do nothing;
insert into site (site_id, name, is_remote) values ('mo', 'Macau', true), ('kl', 'KLCC', true);
insert into remote_site (site_id, number, state, joined_at, seen_at) values ('mo', 1, 'joined', now(), now()), ('kl', 2, 'joined', now(), now());
create function aside(first integer, last integer) returns void language sql as $$
    insert into uplink_quarantine (site_id, epoch, seq, kind, reason) select 'mo', 7, n, 'readings', 'damaged' from generate_series(first, last) as n
$$;
-- Pages that a query looks at.
create function pages(of_query text) returns bigint language plpgsql as $$
declare
    told json;
begin
    execute 'explain (analyze, buffers, format json) ' || of_query into told;
    return (told -> 0 -> 'Plan' ->> 'Shared Hit Blocks')::bigint + (told -> 0 -> 'Plan' ->> 'Shared Read Blocks')::bigint;
end
$$;
create function counted_right() returns boolean language sql as $$
    select not exists (select site_id, count(*) from uplink_quarantine group by 1 except select site_id, entries from uplink_aside)
       and not exists (select site_id, entries from uplink_aside where entries <> 0 except select site_id, count(*) from uplink_quarantine group by 1)
$$;
create view told_to_wait as select string_agg(concat(site_id, ': ', wait_why), ', ') as of from sites where wait_why is not null;

analyze uplink_quarantine, uplink_aside, remote_site, site;
select pages('select * from sites') as before \gset
select aside(1, 100000) \g /dev/null
analyze uplink_quarantine, uplink_aside;
select cmp_ok(pages('select * from sites'), '<', :before + 50::bigint, 'the list of sites looks at no more where much of one stands aside');
select results_eq('select site_id, put_aside from sites order by 1', $$ values ('kl'::text, 0::bigint), ('mo', 100000) $$, 'and says how much');
select is(central_keep(null, 0, 0, '{}'), null, 'of a site of which much stands aside there is nothing to tell');
select is((select of from told_to_wait), null, 'and it goes on');
select aside(100001, 100001) \g /dev/null
select is(central_keep(null, 0, 0, '{}'), 'more than 100000 entries of mo stand aside: it is told to wait until fewer do', 'that it is more is told');
select is((select of from told_to_wait), 'mo: more than 100000 of its entries stand aside (bacpipes central aside)', 'then it waits, and that one alone');
select is((select link from sites where site_id = 'mo'), 'waiting', 'as is seen');
select ok((select w.wait_s > 60 and w.why ~ 'stand aside' from remote_site r, link_wait(r) as w where r.site_id = 'mo'), 'and told to it');
select is((select text from alarm where site_id = 'central' and key = 'uplink.aside.mo' and returned_at is null),
          'site "mo" waits: more than 100000 entries of it stand aside, as they could not be applied. `bacpipes central aside` lists them, `bacpipes central retry` tries them again', 'an alarm says so');
delete from uplink_quarantine where seq <= 10000;
update remote_site set wait_until = now() where site_id = 'mo';
select is(central_keep(null, 0, 0, '{}'), null, 'while a tenth is not gone there is nothing to tell');
select ok((select wait_until > clock_timestamp() + interval '1 minute' from remote_site where site_id = 'mo'), 'and it waits on');
select is(central_retry('mo'), 90001::bigint, 'all of it can be tried again');
delete from uplink_quarantine where seq = 10001;
select is(central_keep(null, 0, 0, '{}'), 'fewer entries of mo stand aside: it sends', 'that a tenth is gone is told');
select is((select of from told_to_wait), null, 'and it goes on');
select is((select count(*) from alarm where site_id = 'central' and key = 'uplink.aside.mo' and returned_at is null), 0::bigint, 'without an alarm');
select is((select count(*) from uplink_quarantine), 90000::bigint, 'nothing else was taken away');
select ok(counted_right(), 'and the number of them is right');

-- ---- the number, whatever becomes of them ----
delete from uplink_quarantine;
select ok(counted_right() and (select entries from uplink_aside) = 0, 'where nothing stands aside it is none');
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest) select s, 7, 1, 1, 0, 0, decode(repeat('00', 32), 'hex') from unnest('{mo,kl}'::text[]) as s;
insert into uplink_applied (site_id, epoch, applied_seq) values ('mo', 7, 0), ('kl', 7, 0);
set constraints number_entries immediate;
create function came(of_site text, of_seq bigint, of_kind text, body jsonb) returns void language sql as $$
    insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
    values (of_site, 7, of_seq, of_kind, '2026-11-27 10:00:00+00', convert_to(('{"v": 1}'::jsonb || body)::text, 'UTF8'), sha256('x'), now())
$$;
-- As `bacpipes central` does: how many of so many are applied.
create function tried_again(of_site text, most integer) returns bigint language plpgsql as $$
declare
    applied bigint := 0;
    entry record;
begin
    for n in 1..most loop
        select * into entry from uplink_retry_begin(of_site, 5);
        exit when not found;
        applied := applied + (select r.applied from uplink_retry(of_site, entry.epoch, entry.seq) as r);
    end loop;
    return applied;
end
$$;
create function put_aside(of_site text) returns bigint language sql as $$ select put_aside from sites where site_id = of_site $$;
select came('mo', n, 'weather', '{}') from generate_series(1, 5) as n \g /dev/null
select came('kl', n, 'weather', '{}') from generate_series(1, 2) as n \g /dev/null
select uplink_apply('[{"site": "kl", "epoch": 7, "after": 0, "to": 3, "has_records": true, "aside": [{"seq": 3, "kind": "readings", "reason": "damaged"}]},
                      {"site": "mo", "epoch": 7, "after": 0, "to": 5, "has_records": true}]') \g /dev/null
select ok(counted_right() and (put_aside('mo'), put_aside('kl')) = (5, 3), 'what cannot be applied is counted, of each site');
select uplink_put_aside('mo', 7, 5, 'weather', 'another reason', false);
select ok(counted_right() and put_aside('mo') = 5, 'once, though it is put aside again');
savepoint before;
select uplink_put_aside('mo', 7, 6, 'weather', 'x', true);
rollback to before;
select ok(counted_right() and put_aside('mo') = 5, 'and not where that was taken back');
select central_retry() \g /dev/null
select is(tried_again('mo', 1), 0::bigint, 'one is tried again');
select ok(counted_right() and put_aside('mo') = 5, 'and stands aside as before');
update uplink set kind = 'checkpoint' where site_id = 'mo' and seq in (2, 3);
select is(tried_again('mo', 10), 2::bigint, 'of the others two are known by now');
select ok(counted_right() and put_aside('mo') = 3, 'and counted no more');
select ok(not uplink_concluded('kl', 7, 3, '{"reason": "damaged as before"}') and counted_right() and put_aside('kl') = 3, 'a frame that is damaged as before is counted');
select ok(uplink_concluded('kl', 7, 3, null) and counted_right() and put_aside('kl') = 2, 'one that is stored is not');
delete from uplink where site_id = 'kl';
select central_retry('kl') \g /dev/null
select is(tried_again('kl', 10), 0::bigint, 'what is on record no more is tried in vain');
select ok(counted_right() and put_aside('kl') = 2, 'and stands aside, counted');
select site_retire('kl');
select ok(counted_right() and put_aside('kl') = 2, 'as that of a site that is no more');
select ok(not exists (select from pg_roles, unnest('{insert,update,delete,truncate}'::text[]) as what where rolname in ('bacpipes_central', 'bacpipes_owner', 'bacpipes_web') and has_table_privilege(rolname, 'uplink_aside', what)), 'nobody else writes that number');

-- ---- what waits for a newer central ----
select uplink_put_aside('mo', 7, 9, 'device', 'wrong', false);
create function wanted(of_site text, of_version text) returns bigint language plpgsql as $$
begin
    update uplink_quarantine set wants_retry = false;
    perform central_retry(of_site, of_version);
    return (select count(*) from uplink_quarantine where wants_retry);
end
$$;
select is((select array_agg(is_newer order by site_id, seq) from uplink_quarantine), '{t,t,t,t,t,f}', 'much is newer, and one is wrong');
select is(wanted(null, '1.0'), 6::bigint, 'a version that starts for the first time tries all');
select is(wanted(null, '1.0'), 1::bigint, 'at its next start what is newer is as it was');
select is(wanted(null, null), 6::bigint, 'who asks for all has all tried');
select is(wanted('mo', null), 4::bigint, 'or all of a site');
select is(wanted(null, '1.0'), 1::bigint, 'after which that version starts as before');
select is(wanted(null, '1.1'), 6::bigint, 'and another one tries all');
select is(wanted(null, '1.0'), 6::bigint, 'as does the former one, when it is put back');
select * from finish();
rollback;
