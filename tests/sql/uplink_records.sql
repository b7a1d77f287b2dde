-- Records at central go when they are a year old, those of months that had gone by when they came, too.
begin;
select plan(5);
set local client_min_messages = warning;
insert into site (site_id, name) values ('central', 'Central') on conflict do nothing;
insert into site (site_id, name, is_remote) values ('mo', 'Macau', true), ('kl', 'KLCC', true);
insert into remote_site (site_id, number, state, joined_at) values ('mo', 1, 'joined', now()), ('kl', 2, 'joined', now());
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest) select s, 7, 1, 1, 9, 0, sha256('x') from unnest('{mo,kl}'::text[]) as s;
insert into uplink_applied (site_id, epoch, applied_seq) values ('mo', 7, 9), ('kl', 7, 2);
insert into retention_clock (seen_at) values (now()) on conflict do nothing;
update retention_clock set hold = null, expected_at = null;
create function came(of_site text, of_seq bigint, ago interval) returns void language sql as $$
    insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at) values (of_site, 7, of_seq, 'audit', now() - ago, '{}', sha256('x'), now())
$$;
create function left_of(of_site text) returns bigint[] language sql as $$
    select array_agg(seq order by seq) from uplink_record where site_id = of_site and epoch = 7
$$;

select journal_keep(now(), false); -- months ahead: a step of its own
select came('mo', 1, '16 months'), came('mo', 2, '14 months'), came('mo', 3, '5 months'), came('kl', 2, '20 months'), came('kl', 3, '18 months');
select is((select count(*) from uplink_record_default where site_id in ('mo', 'kl')), 5::bigint, 'months that had gone by have no tables');
do 'begin for i in 1 .. 9 loop perform journal_keep(now(), false); end loop; end';
select is(left_of('mo'), '{3}', 'what is a year old goes, whoever else has older ones that stay');
select is(left_of('kl'), '{3}', 'and what is not applied stays');
do 'begin for i in 1 .. 9 loop perform journal_keep(now() + interval ''8 months'', false); end loop; end';
select is(left_of('mo'), null, 'so does the rest when its year is over');
select is((select count(*) from journal_partitions('record') where beyond < now() - interval '1 year'), 0::bigint, 'and no table is left of what was made for it');
select * from finish();
rollback;
