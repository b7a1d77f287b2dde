-- Records at central go when they are a year old, those of months that had gone by when they came, too. What is newer among them, since a site's clock leapt, and
-- what is not applied stays, and keeps no other site's. What is left of a chain goes on from what is noted.
begin;
select plan(52);
set local client_min_messages = warning;
insert into site (site_id, name) values ('central', 'Central') on conflict do nothing;
insert into site (site_id, name, is_remote) values ('mo', 'Macau', true), ('kl', 'KLCC', true), ('jp', 'Tokyo', true);
insert into remote_site (site_id, number, state, joined_at) values ('mo', 1, 'joined', now()), ('kl', 2, 'joined', now()), ('jp', 3, 'joined', now());
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest)
select s, e, e - 6, 1, 9, 0, sha256('x') from unnest('{mo,kl,jp}'::text[]) as s, generate_series(7, 8) as e;
insert into uplink_applied (site_id, epoch, applied_seq) values ('mo', 7, 9), ('kl', 7, 2), ('kl', 8, 9), ('jp', 7, 9), ('jp', 8, 9);
insert into retention_clock (seen_at) values (now()) on conflict do nothing;
update retention_clock set hold = null, expected_at = null;
create function came(of_site text, of_epoch bigint, of_seq bigint, of_at timestamptz, ago interval default '0', of_kind text default 'audit', of_body bytea default '{}') returns void language sql as $$
    insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
    select of_site, of_epoch, of_seq, of_kind, of_at, of_body,
           journal_digest(coalesce((select u.digest from uplink_record u where u.site_id = of_site and u.epoch = of_epoch and u.seq = of_seq - 1), decode(repeat('00', 32), 'hex')),
                          of_site, of_epoch, of_seq, of_kind, of_at, of_body), now() - ago
$$;
create function left_of(of_site text, of_epoch bigint default 7) returns bigint[] language sql as $$
    select array_agg(seq order by seq) from uplink_record where site_id = of_site and epoch = of_epoch
$$;
create function keep(at_time timestamptz default now()) returns void language plpgsql as 'begin for i in 1 .. 20 loop perform journal_keep(at_time, false); end loop; end';
create view broken as
    select u.site_id, u.epoch, u.seq
      from (select *, lag(digest) over life as before, lag(seq) over life as before_seq from uplink_record where site_id in ('mo', 'kl', 'jp') window life as (partition by site_id, epoch order by seq)) as u
      left join uplink_pruned p using (site_id, epoch)
     where u.seq <> coalesce(u.before_seq, p.seq, 0) + 1
        or u.digest <> journal_digest(coalesce(u.before, p.digest, decode(repeat('00', 32), 'hex')), u.site_id, u.epoch, u.seq, u.kind, u.at, u.body);

select journal_keep(now(), false); -- months ahead: a step of its own
select came('mo', 7, 1, now() - interval '16 months'), came('mo', 7, 2, now() - interval '14 months'), came('mo', 7, 3, now() - interval '5 months'),
       came('kl', 7, 1, now() - interval '22 months'), came('kl', 7, 2, now() - interval '20 months'), came('kl', 7, 3, now() - interval '18 months') \g /dev/null
select is((select count(*) from uplink_record_default where site_id in ('mo', 'kl')), 6::bigint, 'months that had gone by have no tables');
select keep() \g /dev/null
select is(left_of('mo'), '{3}', 'what is a year old goes, whoever else has older ones that stay');
select is(left_of('kl'), '{3}', 'and what is not applied stays');
select is_empty('select * from broken', 'what is left goes on from what is noted');
select is((select string_agg(format('%s:%s', site_id, seq), ' ' order by site_id) from uplink_pruned), 'kl:2 mo:2', 'of each site');
select keep(now() + interval '9 months') \g /dev/null
select is(left_of('mo'), null, 'so does the rest when its year is over');
select is((select count(*) from journal_partitions('record') where beyond < now() - interval '1 year'), 0::bigint, 'and no month is left of what is so old');

-- A month that has a table. What a clock leapt back into it came lately, and the same site has begun a life with dates that nothing can have.
select journal_keep(now(), false) \g /dev/null
select journal_ensure('record', now() - make_interval(months => m)) from unnest('{14,5,4,3}'::integer[]) as m \g /dev/null
select set_config('test.month', (select name from journal_partition('record', now() - interval '14 months')), true) \g /dev/null
select came('mo', 8, n, now() - interval '14 months', '14 months') from generate_series(1, 4) as n \g /dev/null
insert into uplink_applied (site_id, epoch, applied_seq) values ('mo', 8, 9);
update uplink_applied set applied_seq = 9 where site_id = 'kl' and epoch = 7;
select came('mo', 8, 5, now() - interval '5 months', '5 months'),
       came('kl', 7, 4, now() - interval '14 months', '14 months'), came('kl', 7, 5, now() - interval '5 months', '5 months'), came('kl', 7, 6, now() - interval '14 months', '4 months', 'checkpoint', convert_to('{"key": "' || repeat('ab', 32) || '"}', 'UTF8')),
       came('kl', 7, 7, now() - interval '3 months', '3 months'),
       came('kl', 8, 1, '1969-12-31Z', '1 month'), came('kl', 8, 2, '9999-01-01Z', '1 month'), came('kl', 8, 3, '4000-01-01Z BC', '1 month'), came('kl', 8, 4, '1970-02-01Z', '1 month'),
       came('jp', 7, 1, now() - interval '14 months', '14 months'), came('jp', 7, 2, now() - interval '14 months', '14 months') \g /dev/null
update uplink_applied set applied_seq = 1 where site_id = 'jp' and epoch = 7;
select is((select count(*) from site_key where site_id = 'kl'), 1::bigint, 'a key is seen as it comes');
delete from site_key where site_id = 'kl';
select is((select journal_keep(now(), false)), format('records of the journal from before %s are dropped: they are a year old',
          ((select beyond from journal_partition('record', now() - interval '14 months')) at time zone 'UTC')::date), 'a month goes, whoever has what stays of it');
select is(to_regclass('journal.' || current_setting('test.month')), null, 'with its table');
select keep() \g /dev/null
select is(left_of('mo', 8), '{5}', 'an honest site''s records are dropped');
select is(left_of('kl'), '{5,6,7}', 'the other''s that are new stay, also where its clock leapt back, and its old ones are dropped');
select is(left_of('kl', 8), '{1,2,3,4}', 'so do those of dates that nothing can have');
select is(left_of('jp'), '{2}', 'and what is not applied');
select is_empty('select * from broken', 'all that is left goes on from what is noted');
select is((select count(*) from uplink_saved), 0::bigint, 'nothing is left beside');
select is((select count(*) from site_key where site_id = 'kl'), 0::bigint, 'and what stays is not taken for what comes');

-- They go a year after they came, whatever they say.
select keep(now() + interval '10 months') \g /dev/null
select is(left_of('kl', 8), '{1,2,3,4}', 'until their year is over');
select is(left_of('kl'), null, 'what is among others goes with them');
select keep(now() + interval '14 months') \g /dev/null
select is(left_of('kl', 8), null, 'then they go');
select is(left_of('jp'), '{2}', 'but for what is not applied');

-- Much that stays is not moved while all wait: the others' goes out of its month, some at once.
insert into site (site_id, name, is_remote) values ('au', 'Sydney', true), ('nz', 'Auckland', true);
insert into remote_site (site_id, number, state, joined_at) values ('au', 4, 'joined', now()), ('nz', 5, 'joined', now());
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest) select 'au', 7, 1, 1, 10002, 0, sha256('x') union all select 'nz', e, e, 1, 9, 0, sha256('x') from generate_series(1, 150) as e;
insert into uplink_applied (site_id, epoch, applied_seq) select 'au', 7, 10002 union all select 'nz', e, 9 from generate_series(1, 150) as e;
select journal_keep(now(), false) \g /dev/null
select journal_ensure('record', now() - make_interval(months => m)) from unnest('{14,5}'::integer[]) as m \g /dev/null
select came('mo', 9, n, now() - interval '14 months', '14 months') from generate_series(1, 4) as n \g /dev/null
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest) values ('mo', 9, 3, 1, 9, 0, sha256('x'));
insert into uplink_applied (site_id, epoch, applied_seq) values ('mo', 9, 9);
insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
select 'au', 7, n, 'audit', now() - case when n = 1 then interval '5 months' else interval '14 months' end, '', sha256('x'), now() - interval '5 months' from generate_series(1, 10002) as n;
select keep() \g /dev/null
select is(left_of('mo', 9), null, 'where much of a month stays, an honest site''s records are dropped all the same');
select is((select count(*) from uplink_record_default where site_id = 'au'), 0::bigint, 'and what stays is not moved');
select is(cardinality(left_of('au')), 10002, 'but stays');
select keep(now() + interval '9 months') \g /dev/null
select is(left_of('au'), null, 'until its year is over');
-- Lives without number, each with something that has no month
select came('nz', e, 1, now() - interval '20 months') from generate_series(1, 150) as e \g /dev/null
select uplink_records_tidy(now(), now() - interval '1 year') \g /dev/null
select is((select count(*) between 50 and 60 from uplink_record where site_id = 'nz'), true, 'a hundred are looked at at once');
select uplink_records_tidy(now(), now() - interval '1 year') \g /dev/null
select is((select count(*) from uplink_record where site_id = 'nz'), 0::bigint, 'and then the others');

-- Of the journal that is kept here nobody says when an entry came: what no clock can have said goes with what is behind it.
insert into site (site_id, name) values ('demo', 'Demo') on conflict do nothing;
insert into uplink (site_id, epoch, seq, kind, at, body, digest)
select 'demo', 5, n, 'audit', at, '{}', sha256(n::text::bytea) from unnest(array['1960-01-01Z', '9999-01-01Z', now(), now() + interval '25 months']) with ordinality as r (at, n);
select keep() \g /dev/null
select is(left_of('demo', 5), '{1,2,3,4}', 'what a clock that nobody had set has dated stays');
select keep(now() + interval '26 months') \g /dev/null
select is(left_of('demo', 5), '{4}', 'until what is behind it is a year old');
select is((select string_agg(convert_from(body, 'UTF8')::jsonb ->> 'seq', ' ') from journal_pending where site_id = 'demo' and convert_from(body, 'UTF8')::jsonb ->> 'epoch' = '5'), '3', 'and an entry says so');

-- What a site has dated into a month, or day, that has no table yet is moved into that when it is made, while all wait: only if it is not much.
create function later(class text, n integer) returns timestamptz language sql as $$ select now() + case class when 'record' then make_interval(months => n) else make_interval(days => n) end $$;
create function counts(class text, n integer) returns text language plpgsql as $$
declare
    name  constant text := (select p.name from journal_partition(class, later(class, n)) as p);
    there bigint := 0;
    found bigint;
begin
    if to_regclass('journal.' || name) is not null then
        execute format('select count(*) from journal.%I', name) into there;
    end if;
    execute format('select count(*) from uplink_%s_default where site_id = %L and epoch = %s', class, 'us', n) into found;
    return format('%s there, %s not', there, found);
end
$$;
create function dated(class text, n integer, many bigint, of_body bytea default '') returns void language sql as $$
    insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
    select 'us', n, i, case class when 'record' then 'audit' else 'readings' end, later(class, n), of_body, sha256('x'), now() from generate_series(1, many) as i
$$;
insert into site (site_id, name, is_remote) values ('us', 'Boston', true);
insert into remote_site (site_id, number, state, joined_at) values ('us', 6, 'joined', now());
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest) select 'us', e, e, 1, 10001, 0, sha256('x') from generate_series(31, 36) as e;
insert into uplink_applied (site_id, epoch, applied_seq) select 'us', e, 10001 from generate_series(31, 36) as e;
select dated('record', 31, 10000), dated('record', 32, 10001), dated('record', 33, 65, decode(repeat('00', 1048576), 'hex')),
       dated('frames', 34, 10000), dated('frames', 35, 10001), dated('frames', 36, 65, decode(repeat('00', 1048576), 'hex')) \g /dev/null
select ok(journal_ensure(class, later(class, n)), format('%s that came before their time are moved to their table when it is made', class)) from (values ('record', 31), ('frames', 34)) as v (class, n);
select is(counts('record', 31), '10000 there, 0 not', 'all records of that month');
select is(counts('frames', 34), '10000 there, 0 not', 'all frames of that day');
select ok(not journal_ensure(class, later(class, n)), format('where more %s would have to be moved there is no table', class)) from (values ('record', 32), ('frames', 35)) as v (class, n);
select ok(not journal_ensure(class, later(class, n)), format('nor where %s are few and long', class)) from (values ('record', 33), ('frames', 36)) as v (class, n);
select is(format('%s; %s; %s; %s', counts('record', 32), counts('record', 33), counts('frames', 35), counts('frames', 36)), '0 there, 10001 not; 0 there, 65 not; 0 there, 10001 not; 0 there, 65 not', 'they stay where they are');
select keep(now() + interval '14 months') \g /dev/null
select is((select count(*) from uplink where site_id = 'us' and epoch in (32, 33, 35, 36)), 0::bigint, 'and go all the same: records when their year is over, frames when their week is');

-- However much of that there is: some thousands at once.
select keep() \g /dev/null
insert into uplink (site_id, epoch, seq, kind, at, body, digest)
select 'demo', 6, n, 'audit', case when n <= 10001 then at else now() + case when n > 10003 then interval '25 months' else interval '0' end end, '{}'::bytea, sha256(n::text::bytea) from generate_series(1, 10005) as n, (values ('1970-01-01Z'::timestamptz)) as r (at)
 union all
select 'demo', 7, n, 'audit', case when n <= 10001 then at else now() end, '{}'::bytea, sha256(n::text::bytea) from generate_series(1, 10003) as n, (values (now() + interval '40 years')) as r (at);
select keep() \g /dev/null
select is(cardinality(left_of('demo', e)), n, format('life %s: what a clock has dated at which nobody can look stays', e)) from (values (6, 10005), (7, 10003)) as v (e, n);
select keep(now() + interval '26 months') \g /dev/null
select is(left_of('demo', 6), '{10004,10005}', 'until the first behind it that says when it was is a year old');
select is(left_of('demo', 7), null, 'so does what was dated ahead');
select is((select string_agg(convert_from(body, 'UTF8')::jsonb ->> 'seq', ' ' order by number) from journal_pending where site_id = 'demo' and convert_from(body, 'UTF8')::jsonb ->> 'epoch' = '6'), '5000 10000 10003', 'some thousands at once');

-- Where much of an old month stays it is not looked at one by one, and what goes of one life goes in steps.
insert into site (site_id, name, is_remote) values ('hk', 'Hong Kong', true);
insert into remote_site (site_id, number, state, joined_at) values ('hk', 7, 'joined', now());
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest) select 'hk', e, e, 1, 60000, 0, sha256('x') from generate_series(7, 8) as e;
insert into uplink_applied (site_id, epoch, applied_seq) values ('hk', 7, 0), ('hk', 8, 60000);
select journal_ensure('record', now() - interval '14 months') \g /dev/null
insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
select 'hk', e, n, 'audit', now() - interval '14 months', '', sha256(n::text::bytea), now() - interval '14 months' from (values (7, 10001), (8, 60000)) as l (e, many), generate_series(1, l.many) as n;
set local track_functions = 'all';
create function drop_old() returns void language sql as
    $$ select uplink_records_drop(p.name, p.first, p.beyond, now()) from journal_partition('record', now() - interval '14 months') as p $$;
select drop_old() \g /dev/null
select cmp_ok(pg_stat_get_xact_function_calls('record_unapplied(text, bigint)'::regprocedure), '<', 100::bigint, 'what is applied is asked of each life, not of each record');
select is(cardinality(left_of('hk', 8)), 10000, 'of one life no more goes at once than of many');
select is((select (seq, digest) from uplink_pruned where site_id = 'hk' and epoch = 8), (50000::bigint, sha256('50000')), 'and what is left goes on from the last of it');
select drop_old() \g /dev/null
select is(format('%s %s', cardinality(left_of('hk', 7)), left_of('hk', 8)), '10001 ', 'then the rest goes, and what stays stays');

-- At a place without a month as well: what is dated ahead of now keeps nothing, what is not old is none of what goes, and so many at once are enough.
insert into uplink (site_id, epoch, seq, kind, at, body, digest)
select 'demo', e, n, 'audit', case when n = many + 1 then now() + interval '20 years' when n = many + 3 then now() + interval '25 months' else now() end, '', sha256(n::text::bytea)
  from (values (11, 3), (12, 5000), (13, 3)) as l (e, many), generate_series(1, l.many + 3) as n;
update uplink_tidied set site_id = 'demo', epoch = 10;
select cmp_ok(uplink_records_tidy(now() + interval '26 months', now() + interval '14 months'), '=', 5005::bigint, 'when many have gone the other lives'' turn comes later');
select is(left_of('demo', 11), '{6}', 'what is dated ahead goes with what is behind it, and what is new stays');
select is(cardinality(left_of('demo', 13)), 6, 'that of the third life is for the next time');
select * from finish();
rollback;
