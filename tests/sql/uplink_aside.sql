-- A site of which very much stands aside waits until less does: nothing of that is dropped, and it does not grow without end.
begin;
select plan(14);
set local client_min_messages = warning;

insert into site (site_id, name) values ('central', 'Central') on conflict do nothing;
insert into site (site_id, name, is_remote) values ('mo', 'Macau', true), ('kl', 'KLCC', true);
insert into remote_site (site_id, number, state, joined_at, seen_at) values ('mo', 1, 'joined', now(), now()), ('kl', 2, 'joined', now(), now());
create function aside(first integer, last integer) returns void language sql as $$
    insert into uplink_quarantine (site_id, epoch, seq, kind, reason) select 'mo', 7, n, 'readings', 'damaged' from generate_series(first, last) as n
$$;
create view told_to_wait as select string_agg(concat(site_id, ': ', wait_why), ', ') as of from sites where wait_why is not null;

select aside(1, 100000) \g /dev/null
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
select * from finish();
rollback;
