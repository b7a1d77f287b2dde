-- The journal: gapless, chained, appended to by nobody but its functions, and kept as long as promised.
-- Its entries are of one month: where one ends soon it is waited for.
select pg_sleep(case when left_s < 60 then left_s + 1 else 0 end) from (select extract(epoch from date_trunc('month', clock_timestamp(), 'UTC') + interval '1 month' - clock_timestamp())) as month (left_s) \g /dev/null
begin;
select plan(82);
set local client_min_messages = warning;
insert into site (site_id, name) values ('demo', 'Demo'), ('annex', 'Annex');
insert into device (site_id, device_id, address, instance) values ('demo', 1, '10.0.0.1', 1), ('annex', 1, '10.0.0.2', 2);
set constraints all immediate;
set constraints all deferred;

create temporary view chain as
    select site_id, epoch, seq, kind, at, body, digest,
           journal_digest(lag(digest, 1, decode(repeat('00', 32), 'hex')) over (partition by site_id, epoch order by seq), site_id, epoch, seq, kind, at, body) as right_digest
      from uplink_record;
create function entries(of_site text) returns bigint language sql as $$ select count(*) from uplink where site_id = of_site $$;
create function last_body(of_site text) returns jsonb language sql as $$ select body from audit where site_id = of_site order by seq desc limit 1 $$;
create function commit_now() returns void language plpgsql as $$ begin set constraints all immediate; set constraints all deferred; end $$;

-- What is an entry
select is(last_body('demo') - 'new' - 'who', '{"v": 1, "table": "device", "op": "insert", "key": 1}', 'a new device is an entry');
select is((select array_agg(kind order by seq) from uplink where site_id = 'annex'), '{epoch,device}', 'the first of each site says that its epoch begins');
insert into point (site_id, point_id, device_id, object_type, object_instance, name)
select 'demo', i, 1, 'analog-value', i, 'P' || i from generate_series(1, 100) as i;
select commit_now();
select is(entries('demo'), 102::bigint, 'each point of one statement is one');
update point set description = 'supply', units = 'degrees-celsius' where point_id = 7;
select commit_now();
select is(last_body('demo') - 'who', '{"v": 1, "table": "point", "op": "update", "key": 7, "old": {"units": "", "description": ""}, "new": {"units": "degrees-celsius", "description": "supply"}}',
          'a change says what was and what is, and no more');
select is(last_body('demo') -> 'who' ->> 'role', session_user::text, 'and who did it');
update point set updated_at = now() + interval '1 hour', name = name;
select commit_now();
select is(entries('demo'), 103::bigint, 'what changes nothing is none');
insert into setting (site_id, name, value) values ('demo', 'poll.interval', '20s');
update setting set value = '30s' where site_id = 'demo';
delete from setting where site_id = 'demo';
select commit_now();
select is((select array_agg(body ->> 'op' order by seq) from audit where site_id = 'demo' and kind = 'setting'), '{insert,update,delete}', 'settings are entries');
select is(last_body('demo') -> 'old' ->> 'value', '30s', 'with what they were');
update point set name = 'X' where point_id between 1 and 3;
select commit_now();
select is((select array_agg(point_id order by seq desc) from (select * from audit where site_id = 'demo' order by seq desc limit 3) as a), '{3,2,1}', 'the view has the point''s number');

-- Who
select set_config('bacpipes.person', 'alice', true);
select is(journal_who() ->> 'person', 'alice', 'a program of ours says whom it acts for');
set local role bacpipes_reader;
reset role;
select set_config('bacpipes.person', '', true);
select is(journal_who() ->> 'person', null, 'or nobody');

-- The chain
select is_empty('select seq from chain where digest <> right_digest', 'each entry is bound to the one before it');
select is((select array_agg(distinct step) from (select seq - lag(seq) over (partition by site_id, epoch order by seq) as step from uplink) s where step is not null), '{1}', 'no number is left out');
select is((select (seq, record_seq) from journal_head where site_id = 'demo')::text, (select (max(seq), max(seq)) from uplink where site_id = 'demo')::text, 'the head knows the last');
select journal_append('demo', 'readings', '\x0102'::bytea);
select commit_now();
select is((select digest from uplink where kind = 'readings'), sha256('\x0102'), 'a frame has its own digest');
select is((select seq - record_seq from journal_head where site_id = 'demo'), 1::bigint, 'and stands outside the chain');
select journal_append('demo', 'audit', '{"v": 1, "event": "try"}'::jsonb);
select commit_now();
select is_empty('select seq from chain where digest <> right_digest', 'which goes on behind it');
select is_empty('select * from journal_pending', 'nothing is left behind');
select is_empty('select * from journal_due', 'nor is any transaction');

-- Savepoints
savepoint a;
select journal_append('demo', 'audit', '{"v": 1, "event": "never"}'::jsonb);
rollback to a;
select journal_append('demo', 'audit', '{"v": 1, "event": "first"}'::jsonb);
savepoint b;
select journal_append('demo', 'audit', '{"v": 1, "event": "never"}'::jsonb);
rollback to b;
select journal_append('annex', 'audit', '{"v": 1, "event": "second"}'::jsonb);
select commit_now();
select is_empty($$ select from audit where body ->> 'event' = 'never' $$, 'what was rolled back is no entry');
select is((select count(*) from audit where body ->> 'event' in ('first', 'second')), 2::bigint, 'and what was not is one');
select throws_ok($$ select journal_append('demo', 'No kind', '{}'::jsonb); select commit_now() $$, '23514', null, 'a kind is a word of small letters');
set constraints all deferred;

-- What would slip by
insert into setting (site_id, name, value) values ('demo', 'poll.interval', '20s');
update setting set name = 'ingest.flush' where site_id = 'demo';
select commit_now();
select is((select array_agg(concat_ws(' ', body ->> 'op', body ->> 'key', body #>> '{old,name}', body #>> '{new,name}') order by seq) from (select * from audit where site_id = 'demo' order by seq desc limit 2) as a),
          '{update ingest.flush ingest.flush,update poll.interval poll.interval}', 'a row whose key is changed is told as it was and as it is');
insert into mqtt_config (site_id, host, port) values ('demo', 'localhost', 1883);
update mqtt_config set username = 'bob';
update mqtt_config set username = null, updated_at = now() + interval '1 second';
select commit_now();
select is(last_body('demo') -> 'new', '{"username": null}', 'null is a value, too');
insert into mqtt_account (site_id, role, host, username) values ('demo', 'ingest', 'localhost', 'bob'), ('annex', 'ingest', 'localhost', 'bob');
delete from mqtt_account;
select commit_now();
select is((select array_agg(site_id || ' ' || (body ->> 'op') order by site_id, seq) from audit where body ->> 'table' = 'mqtt_account'), '{annex insert,annex delete,demo insert,demo delete}',
          'a statement about two sites is in the journal of each');
select throws_ok(format('truncate %I cascade', name), '0A000', null, name || ' is not emptied without a trace')
  from unnest('{device, point, setting, mqtt_config, mqtt_account}'::text[]) as name;
insert into setting (site_id, name, value) values ('demo', 'poll.interval', '20s')
    on conflict (site_id, name) do update set value = excluded.value;
insert into setting (site_id, name, value) values ('demo', 'poll.interval', '25s')
    on conflict (site_id, name) do update set value = excluded.value;
with gone as (delete from setting where site_id = 'demo' and name = 'poll.interval' returning *) select count(*) as gone from gone \gset
select commit_now();
select is((select array_agg(body ->> 'op' order by seq) from (select * from audit where site_id = 'demo' and kind = 'setting' order by seq desc limit 3) as a), '{insert,update,delete}', 'nor is there a way to write that leaves none');

-- A trigger of somebody's that waits for the commit, too, and appends then: before and after ours
create temporary table late (site_id text);
create function late() returns trigger language plpgsql as $$
begin
    perform journal_append(new.site_id, 'audit', '{"v": 1, "event": "late"}'::jsonb);
    return null;
end
$$;
create constraint trigger late after insert on late deferrable initially deferred for each row execute function late();
insert into late values ('demo');
select journal_append('demo', 'audit', '{"v": 1, "event": "early"}'::jsonb);
insert into late values ('demo'), ('annex');
select commit_now();
select is((select count(*) from audit where body ->> 'event' in ('late', 'early')), 4::bigint, 'what is appended while a commit numbers is numbered with it');
select is_empty('select * from journal_pending union all select 0, of_xact, null, null, null from journal_due', 'and nothing is left over');

-- Numbered early, and then not at all
savepoint early;
select journal_append('demo', 'audit', '{"v": 1, "event": "once"}'::jsonb);
savepoint numbered;
select commit_now();
rollback to numbered;
select is_empty($$ select from audit where body ->> 'event' = 'once' $$, 'what was numbered goes with its savepoint');
select commit_now();
select is((select count(*) from audit where body ->> 'event' = 'once'), 1::bigint, 'and is numbered again, once');
set constraints all immediate;
select journal_append('demo', 'audit', '{"v": 1, "event": "at once"}'::jsonb);
update point set name = 'Y' where point_id between 1 and 3;
select is((select count(*) from (select * from audit where site_id = 'demo' order by seq desc limit 4) as a where body ->> 'event' = 'at once' or kind = 'point'), 4::bigint, 'who will not wait has entries all the same');
set constraints all deferred;
do $do$
begin
    perform journal_append('demo', 'audit', '{"v": 1, "event": "caught"}'::jsonb);
    perform 1 / 0;
exception when division_by_zero then
    perform journal_append('demo', 'audit', '{"v": 1, "event": "told"}'::jsonb);
end
$do$;
select commit_now();
select is((select array_agg(body ->> 'event') from audit where body ->> 'event' in ('caught', 'told')), '{told}', 'an error that was caught takes its entries along');
select is_empty('select seq from chain where digest <> right_digest', 'all of which is one chain');
select is((select array_agg(distinct step) from (select seq - lag(seq) over (partition by site_id, epoch order by seq) as step from uplink) s where step is not null), '{1}', 'without a gap');

-- Who may
create function tries(of_role text, statement text) returns text language plpgsql as $$
begin
    execute format('set local role %I', of_role);
    execute statement;
    reset role;
    return 'done';
exception when others then
    reset role;
    return sqlstate;
end
$$;
select is_empty($$ select role, statement, tries(role, statement)
                     from unnest('{bacpipes_owner, bacpipes_collect, bacpipes_ingest, bacpipes_maintain, bacpipes_reader}'::text[]) as role,
                          unnest(array['insert into uplink select * from uplink limit 1', 'update uplink set body = ''''', 'delete from uplink', 'truncate uplink', 'truncate uplink_record_default',
                                       'delete from uplink_record', 'update journal_head set seq = 0', 'delete from journal_head', 'select from journal_turn for update', 'select from journal_head for update', 'insert into journal_pending (site_id, kind, body) values (''demo'', ''audit'', '''')',
                                       'insert into journal_due default values', 'alter table uplink disable trigger all', 'drop table uplink', 'alter table journal_due disable trigger all',
                                       'select journal_append(''demo'', ''audit'', ''{}''::jsonb)', 'select journal_drop(''x'')', 'select journal_give_up()', 'select journal_keep(now(), true)', 'select journal_take_turns()', 'delete from alarm', 'update alarm set text = ''''',
                                       'drop trigger journal_update on point']) as statement
                    where tries(role, statement) <> '42501' and not (statement like 'drop trigger%' and role = 'bacpipes_owner') $$, 'nobody who logs in gets at the journal but by its functions');
select is(tries('bacpipes_owner', 'drop trigger journal_update on point'), '42501', 'nor do the tools take off what writes it');
select is(tries('bacpipes_owner', 'alter table point disable trigger journal_update'), '42501', 'nor switch it off');
select is(tries('bacpipes_owner', 'set local session_replication_role = replica'), '42501', 'nor go past it');

-- Alarms
select ok(alarm_raise('demo', 'k', 'warning', 'it is wrong'), 'an alarm is raised');
select ok(not alarm_raise('demo', 'k', 'warning', 'it is wrong'), 'once');
select ok(alarm_return('demo', 'k'), 'and returns');
select ok(not alarm_return('demo', 'k'), 'once');
select commit_now();
select is((select array_agg(body ->> 'event' order by seq) from audit where kind = 'alarm' and body ->> 'key' = 'k'), '{raised,returned}', 'both are entries');

-- A new life
select epoch, seq, digest from journal_position('demo') \gset first_
select is((select is_new_life from journal_open('demo', null, null, null, 0, 0)), false, 'who opens it first has nothing to compare');
select is((select is_new_life from journal_open('demo', :first_epoch, :first_seq, :'first_digest', 0, 0)), false, 'who knows where it was goes on');
select is((select last_point_id from site where site_id = 'demo'), 100, 'numbers stay');
select is((select is_new_life from journal_open('demo', :first_epoch, :first_seq, :'first_digest', 40, 501)), false, 'also with higher numbers');
select is((select (last_device_id, last_point_id) from site where site_id = 'demo')::text, '(39,500)', 'which are not given again');
select is((select is_new_life from journal_open('demo', :first_epoch, :first_seq + 1, :'first_digest', 0, 0)), true, 'what was seen and is not here tells another life');
select isnt((select epoch from journal_head where site_id = 'demo'), :first_epoch::bigint, 'it is another epoch');
select is((select count(*) from alarm where key = 'journal.new_life' and returned_at is null), 1::bigint, 'and an alarm');
select epoch, seq, digest from journal_position('demo') \gset second_
select is((select is_new_life from journal_open('demo', :second_epoch, :second_seq, sha256('other'), 0, 0)), true, 'as does another entry in its place');
select is((select is_new_life from journal_open('demo', null, null, null, 0, 0)), true, 'or nothing to compare with, once it was opened');
select is((select is_new_life from journal_open('demo', :first_epoch, :first_seq, :'first_digest', 0, 0)), true, 'or a former epoch');
select commit_now();
select is_empty('select seq from chain where digest <> right_digest', 'each epoch has a chain of its own');
select is((select epoch from journal_head where site_id = 'annex'), (select epoch from uplink where site_id = 'annex' limit 1), 'other sites go on as they were');

-- Kept as long as promised
update retention_clock set hold = null, expected_at = null;
select journal_keep(now(), false) as nothing \gset
select is((select count(*) from journal_partitions('frames')), 3::bigint, 'days of frames are made ahead');
select is((select count(*) from uplink_record_default), 0::bigint, 'what had no month yet has moved into it');
create function life(years integer) returns text language plpgsql as $$
declare
    said text;
begin
    for i in 1 .. 5 loop
        said := nullif(concat_ws('; ', said, journal_keep(now() + make_interval(years => years, days => 40), false)), '');
    end loop;
    perform commit_now();
    return said;
end
$$;
create temporary table pruned as select distinct on (site_id, epoch) site_id, epoch, seq, encode(digest, 'hex') as digest from uplink_record order by site_id, epoch, seq desc;
update retention_clock set hold = '1 h', expected_at = now();
select is(life(1), null, 'nothing goes while the clock is not believed');
update retention_clock set hold = null, expected_at = null;
select is((select string_agg(journal_maintain(now() + make_interval(years => i), false), '') from generate_series(1, 5) as i), null, 'nor while the database''s own clock says that it is early');
select is(entries('demo') > 0, true, 'so that who maintains cannot cut the journal');
select is(life(1), format('records of the journal from before %s are dropped: they are a year old', (date_trunc('month', now() at time zone 'UTC') + interval '1 month')::date), 'a year and a month later they go');
select is((select count(*) from audit where body ->> 'event' = 'pruned' and kind = 'audit'), (select count(distinct (site_id, epoch)) from pruned), 'and each chain says what it goes on from');
select is_empty($$ select from audit join pruned on pruned.site_id = audit.site_id and pruned.epoch = (audit.body ->> 'epoch')::bigint
                    where audit.body ->> 'event' = 'pruned' and (pruned.seq, pruned.digest) <> ((audit.body ->> 'seq')::bigint, audit.body ->> 'digest') $$, 'which is the last that went');

-- Frames
delete from uplink_frames;
select journal_append('demo', 'readings', decode(repeat('ab', 100), 'hex')) from generate_series(1, 10);
select commit_now();
select is(journal_keep(now() + interval '30 days', false), null, 'what central has not got stays');
select is((select count(*) from uplink_frames), 10::bigint, 'all of it');
update journal_head set acknowledged_seq = seq where site_id = 'demo';
select is((select string_agg(journal_keep(now() + interval '6 days', false), '') from generate_series(1, 9)), null, 'what it has stays, too');
select is((select count(*) from uplink_frames), 10::bigint, 'for a week');
select is((select string_agg(journal_keep(now() + interval '9 days', false), '') from generate_series(1, 9)), null, 'and goes');
select is((select count(*) from uplink_frames), 0::bigint, 'then');
select journal_append('demo', 'readings', decode(repeat('ab', 100), 'hex')) from generate_series(1, 10);
select commit_now();
select is(journal_keep(now(), true), null, 'days that lack are a step of their own');
select is(journal_keep(now(), true), 'the disk is nearly full: 10 frames of site demo are dropped, 10 of which central has not got', 'a disk that is nearly full has them go before');
select commit_now();
select is((select (frames_given_up, octets_given_up) from journal_head where site_id = 'demo')::text, '(10,1000)', 'which is counted');
select is((select count(*) from audit where body ->> 'event' = 'given_up'), 1::bigint, 'said');
select is((select count(*) from alarm where key = 'journal.given_up'), 1::bigint, 'and an alarm');
select is(journal_keep(now(), true), null, 'records stay whatever the disk has');
select is_empty('select seq from chain where digest <> right_digest and seq > 1 and exists (select from chain c where c.site_id = chain.site_id and c.epoch = chain.epoch and c.seq < chain.seq)',
                'and the chain is whole behind what was dropped');
select * from finish();
rollback;
