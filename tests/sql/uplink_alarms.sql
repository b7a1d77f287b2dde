-- What a site says of its alarms is looked up by an index, whatever was planned when there were few: here thirty, and then a million that are over.
begin;
select plan(6);
insert into site (site_id, name, is_remote) values ('kl', 'KLCC', true);
insert into alarm (site_id, key, severity, text) select 'kl', 'going ' || n, 'info', 't' from generate_series(1, 30) as n;
analyze alarm;

create function pg_temp.looks(statement text) returns bigint language plpgsql as $$
declare
    before bigint;
    after  bigint;
begin
    select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) into before from pg_stat_xact_user_tables where relid = 'alarm'::regclass;
    execute statement;
    select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) into after from pg_stat_xact_user_tables where relid = 'alarm'::regclass;
    return after - before;
end
$$;
create function pg_temp.tell_all() returns void language sql as $$
    insert into uplink_named (site_id, what, key) select 'kl', 'alarm', 'going ' || n from generate_series(1, 30) as n on conflict do nothing;
    select uplink_alarm('kl', '{"op": "state", "complete": true, "rows": []}')
$$;
create function pg_temp.say(event text) returns void language sql as $$
    select uplink_record_apply('kl', 'alarm', convert_to(jsonb_build_object('v', 1, 'event', event, 'key', 'one', 'severity', 'info', 'text', 't', 'raised_at', '2026-11-27T12:00:00Z',
                                                                            case event when 'returned' then 'returned_at' else 'x' end, '2026-11-27T13:00:00Z')::text, 'UTF8'), now(), true, null, null)
$$;
create function pg_temp.say_none() returns void language sql as $$
    select uplink_alarm('kl', jsonb_build_object('event', 'returned', 'key', 'none', 'raised_at', now(), 'returned_at', now()))
$$;
do 'begin for i in 1 .. 10 loop perform pg_temp.tell_all(); perform pg_temp.say_none(); end loop; end';
insert into alarm (site_id, key, severity, text, raised_at, returned_at)
select 'kl', case n % 2 when 0 then 'one' else 'over ' || n end, 'info', 't', '2026-01-01Z'::timestamptz + n * interval '1 s', '2026-11-27T11:00:00Z' from generate_series(1, 1000000) as n;

select cmp_ok(pg_temp.looks('select pg_temp.tell_all()'), '<', 1000::bigint, 'all that are not over are told');
select cmp_ok(pg_temp.looks($$ select pg_temp.say('raised') $$), '<', 1000::bigint, 'one is raised');
select cmp_ok(pg_temp.looks($$ select pg_temp.say('returned') $$), '<', 1000::bigint, 'it returns');
select is((select count(*) from alarm where site_id = 'kl' and key = 'one' and returned_at = '2026-11-27T13:00:00Z'), 1::bigint, 'which is noted');
analyze alarm;
select cmp_ok(pg_temp.looks($$ select pg_temp.say('returned') $$), '<', 1000::bigint, 'and so it is when it is known that there are so many');
select cmp_ok(pg_temp.looks('select pg_temp.tell_all()'), '<', 1000::bigint, 'also of all of them');

select finish();
rollback;
