-- The quarantine: bounded in octets, counted, and put back by the checks that readings pass when they arrive.
begin;
select plan(26);

insert into site (site_id, name) values ('demo', 'Demo'), ('other', 'Other');
insert into device (site_id, device_id, address, instance) values ('demo', 1, '10.0.0.1', 1);
insert into point (site_id, point_id, device_id, object_type, object_instance, units) values ('demo', 1, 1, 'analog-input', 7, 'percent');

-- Readings of 2026-03-05 12:00:00.
create function batch(readings text) returns text language sql as $$
    select format('{"v":1,"run":"0123456789abcdef","n":1,"oldest":1,"device":1,"at":1772712000000000,"readings":[%s]}', readings) $$;
create function aside(readings text, of_site text default 'demo') returns bigint language sql as $$
    insert into ingest_quarantine (site_id, reason, run, n, readings, payload)
    values (of_site, 'no such point', '0123456789abcdef', 1, 1, batch(readings)) returning id $$;
create function put_back(entry bigint, dry_run boolean default false) returns text language sql as $$
    select concat_ws(' ', stored, present, refused, why) from quarantine_put_back(entry, '2026-03-05 12:10Z', '7 days', '10 minutes', dry_run) $$;

-- Putting back
select is(put_back(aside('[1,0,21.5]')), '1 0 0', 'a reading is stored');
select results_eq('select time, point_id, value, quality, reason, units, device_id, object_type, object_instance from sensor_readings',
    $$ values ('2026-03-05 12:00Z'::timestamptz, 1, 21.5::float8, 'good', null::text, 'percent', 1, 'analog-input', 7) $$,
    'with the words that belong to it');
select is((select count(*) from ingest_quarantine), 0::bigint, 'and its entry is gone');
select is((select bucket from rollup_dirty), '2026-03-05 12:00Z'::timestamptz, 'its span is to be rolled up');
select is(put_back(aside('[1,0,21.5]')), '0 1 0', 'what is there already is no error');
select is(put_back(aside('[1,3,null,2,"timeout"],[1,4,5,1,"out-of-service"]')), '2 0 0', 'readings that are not good');
select results_eq($$ select value, quality, reason from sensor_readings where quality <> 'good' order by time $$,
    $$ values (null::float8, 'bad', 'timeout'), (5, 'uncertain', 'out-of-service') $$, 'keep why');
select is(put_back(aside('[1,1790488719000000,1]')), '0 0 1 ahead of the clock (readings.future_max)', 'ahead of the clock it stays');
select is(put_back(aside('[1,-864000000000,1]')), '0 0 1 older than readings are kept (retention.readings)', 'too old it stays');
select is(put_back((select aside('[1,10,1],[2,10,1],[1,11,2]') as id)), '2 0 1 no such point', 'of three the good ones are stored');
select is((select payload::jsonb->'readings' from ingest_quarantine order by id desc limit 1), '[[2, 10, 1]]', 'and the other one is kept');
insert into point (site_id, point_id, device_id, object_type, object_instance) values ('demo', 2, 1, 'analog-input', 8);
select is(put_back((select max(id) from ingest_quarantine)), '1 0 0', 'until its point is there');
alter table sensor_readings add constraint odd check (value < 100);
select is(put_back(aside('[1,20,1],[1,21,200],[1,22,3]')),
          (select '2 0 1 new row for relation "' || relname || '" violates check constraint "odd"' from sensor_readings r join pg_class on pg_class.oid = r.tableoid limit 1),
          'one that the table refuses holds up no other');
select is(put_back(aside('[1,30,1],[2,30,1]'), true), '2 0 0', 'a dry run says what would be');
select is((select count(*) from sensor_readings where time = '2026-03-05 12:00:00.00003Z'), 0::bigint, 'and does nothing');
select is((select count(*) from ingest_quarantine where payload like '%[1,30,1]%'), 1::bigint, 'nor does the entry go');
insert into ingest_quarantine (site_id, reason, payload) values ('demo', 'no JSON', 'garbage "');
select matches(put_back((select max(id) from ingest_quarantine)), '^0 0 1 it is no batch: ', 'what is no batch stays, with the reason');
insert into ingest_quarantine (site_id, reason, payload) values ('demo', 'odd', '{"v":1,"at":0,"readings":[[1,"x",1]]}');
select matches(put_back((select max(id) from ingest_quarantine)), '^0 0 1 it is no batch: ', 'and one of odd readings');
select is(put_back(1000000), '', 'no entry, no answer');

-- Room
create function total() returns text language sql as $$
    select entries || ' ' || octets || ' ' || dropped || ' ' || dropped_readings from ingest_quarantine_total where site_id = 'demo' $$;
delete from ingest_quarantine;
select is(total(), '0 0 0 0', 'nothing is left');
insert into ingest_quarantine (site_id, reason, payload, readings) select 'demo', 'because', repeat('x', 893), 2 from generate_series(1, 10);
select aside('[1,0,1]', 'other');
select is(total(), '10 10000 0 0', 'what is there is known');
select is(quarantine_trim('demo', 10000), 0::bigint, 'what fits stays');
select is(quarantine_trim('demo', 7500), 3::bigint, 'what does not goes');
select is(total() || ' ' || (select min(id) - max(id) from ingest_quarantine where site_id = 'demo'), '7 7000 3 6 -6', 'the oldest first, and is counted');
update ingest_quarantine set payload = '' where id = (select max(id) from ingest_quarantine where site_id = 'demo');
select is(total(), '7 6107 3 6', 'a changed entry counts for what it is');
truncate ingest_quarantine;
select is((select sum(entries) || ' ' || sum(octets) from ingest_quarantine_total), '0 0', 'and all of it may go at once');

select * from finish();
rollback;
