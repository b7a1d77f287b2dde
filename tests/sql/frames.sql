-- Readings and their frames: each stored row is in a frame once, whichever way it came and whenever the site joined.
begin;
select plan(46);
set local client_min_messages = warning;
insert into site (site_id, name) values ('s1', 'One');
insert into device (site_id, device_id, address, instance) values ('s1', 1, '10.0.0.1', 1);
insert into point (site_id, point_id, device_id, object_type, object_instance, units) select 's1', n, 1, 'analog-input', n, 'percent' from generate_series(1, 3) n;
create function number_now() returns void language plpgsql as $$ begin set constraints number_entries immediate; set constraints number_entries deferred; end $$;
select number_now();
select h.epoch as epoch from journal_head h where site_id = 's1' \gset
select date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' - interval '2 days' as day \gset
select readings_ensure_days(:'day', now() + interval '1 day') as made \gset
create function store(of_point integer, at_time timestamptz) returns void language sql as $$
    insert into sensor_readings (time, site_id, point_id, value, quality, units, device_id, object_type, object_instance) values (at_time, 's1', of_point, 20, 'good', 'percent', 1, 'analog-input', of_point)
$$;
create function frames() returns bigint language sql as $$ select count(*) from uplink where site_id = 's1' and kind = 'readings' $$;

-- ---- no central ----
select store(n, :'day'::timestamptz + n * interval '1 hour') from generate_series(1, 3) n;
select is((select epoch from frames_begin('s1')), null, 'who has joined no central frames nothing');
select frames_note('s1', '{1}', array[now()]);
select is_empty('select * from frame_due', 'and notes nothing');
select throws_ok(format('select frames_append(%L, %s, %L, %L)', 's1', :epoch, '{1}', '\x00'), '23505', 'site "s1" has left its central, or has just joined one', 'a frame is refused there');

-- ---- the join ----
insert into central_link (site_id, number, host, port) values ('s1', 7, 'central', 5432);
insert into frame_due (site_id, point_id, time) values ('s1', 1, now());
select is((select (epoch, laid_until, held_until, is_laid, is_due)::text from frames_begin('s1')),
          (select (:epoch, :'day'::timestamptz + interval '1 hour', :'day'::timestamptz + interval '3 hours 1 microsecond', false, false)::text), 'what was there before is framed, from the oldest reading to the newest');
select is((select count(*) from pg_locks where pid = pg_backend_pid() and relation = 'sensor_readings'::regclass and mode = 'ShareRowExclusiveLock'), 1::bigint, 'when whoever stores has committed');
select store(1, :'day'::timestamptz + interval '4 hours');
select is((select held_until from frames_begin('s1')), :'day'::timestamptz + interval '3 hours 1 microsecond', 'that is set once');
select frames_note('s1', '{1,1,1}', array[:'day'::timestamptz, :'day'::timestamptz + interval '2 hours', :'day'::timestamptz + interval '4 hours']);
select results_eq('select time from frame_due order by number', array[:'day'::timestamptz, :'day'::timestamptz + interval '4 hours'], 'what comes later is noted, but for what its span will have');

select :'day'::timestamptz + interval '3 hours 1 microsecond' as held \gset
delete from frame_due;
select frames_note('s1', '{1,1,1,1}', array[:'day'::timestamptz + interval '1 hour', :'day'::timestamptz + interval '1 hour' - interval '1 microsecond', :'held', :'held'::timestamptz - interval '1 microsecond']);
select results_eq('select time from frame_due order by number', array[:'day'::timestamptz + interval '1 hour' - interval '1 microsecond', :'held'::timestamptz], 'the span''s first instant is its own, and its last is not');
delete from frame_due;
select frames_note('s1', '{1,1}', array[:'day'::timestamptz, :'day'::timestamptz + interval '4 hours']);
create function nobody_appends(statement text) returns text language plpgsql as $$
declare
    was text := current_setting('test.held', true);
begin
    update central_link set held_until = null;
    execute statement;
    return 'done';
exception when unique_violation then
    return sqlerrm;
end
$$;
select is(nobody_appends(format('select frames_append(%L, %s, %L, %L)', 's1', :epoch, '{1}', '\x00')), 'site "s1" has left its central, or has just joined one', 'before the first look after a join nothing is framed');

-- ---- span by span ----
select is((select count(*) from frames_held('s1', :'day'::timestamptz, :'day'::timestamptz + interval '2 hours')), 1::bigint, 'a span has its readings');
select is((select count(*) from frames_held('s1', :'day'::timestamptz + interval '1 hour', :'day'::timestamptz + interval '3 hours 1 microsecond')), 3::bigint, 'its beginning belongs to it');
delete from point where point_id = 2;
select is((select count(*) from frames_held('s1', :'day'::timestamptz + interval '1 hour', :'day'::timestamptz + interval '3 hours')), 2::bigint, 'readings of points that are no more, too');
select format('select frames_lay(%L, %s, 0, %L, %L, %%s, %L, %L)', 's1', :epoch, :'day'::timestamptz + interval '1 hour', :'day'::timestamptz + interval '3 hours', '{2,3}', '\x0102030405') as lay \gset
select throws_ok(format(:'lay', 1), '23505', null, 'a span of which one reading is missing is refused');
select number_now();
select is(frames(), 0::bigint, 'with its frames');
select is((select laid_until from central_link), :'day'::timestamptz + interval '1 hour', 'and comes again');
select lives_ok(format(:'lay', 2), 'a whole one is taken');
select number_now();
select results_eq($$ select body from uplink where kind = 'readings' order by seq $$, array['\x0102'::bytea, '\x030405'], 'with its frames, each as an entry');
select is((select digest from uplink where kind = 'readings' order by seq limit 1), sha256('\x0102'), 'whose digest is its own');
select throws_ok(format(:'lay', 2), '23505', null, 'twice is refused');
select is((select is_laid from frames_begin('s1')), false, 'there is more');
insert into point_successor (site_id, point_id, successor) values ('s1', 3, 1) returning number as successor \gset
select throws_ok(format('select frames_lay(%L, %s, %s, %L, %L, 1, %L, %L)', 's1', :epoch, :successor - 1, :'day'::timestamptz + interval '3 hours', :'held', '{1}', '\x09'), '23505', 'points of site "s1" have got successors: their readings follow', 'nor is one whose points have got successors meanwhile');
select is(frames_lay('s1', :epoch, :successor, :'day'::timestamptz + interval '3 hours', :'held', 1, '{1}', '\x09'), true, 'until the last one');
select throws_ok(format('select frames_lay(%L, %s, %s, %L, %L, 1, %L, %L)', 's1', :epoch, :successor, :'held', :'day'::timestamptz + interval '5 hours', '{1}', '\x09'), '23505', null, 'behind which there is none');
delete from point_successor;
select is((select is_laid from frames_begin('s1')), true, 'which is known');
select frames_note('s1', '{1}', array[:'day'::timestamptz + interval '2 hours 1 minute']);
select is((select count(*) from frame_due), 3::bigint, 'then everything is noted');

-- ---- what is due ----
select is((select string_agg(coalesce(point_id::text, '-'), ' ' order by number) from frames_due('s1', 10)), '- 1 -', 'each note has its reading, where that is there');
select is((select string_agg(value || ' ' || quality || ' ' || units || ' ' || object_type, ' ') from frames_due('s1', 10) where point_id is not null), '20 good percent analog-input', 'as it is stored');
select is((select count(*) from frames_due('s1', 2)), 2::bigint, 'no more at once than asked for');
select is((select array_agg(d.number order by d.number) from frames_due('s1', 2) d), (select array_agg(number order by number) from (select number from frame_due order by number limit 2) f), 'the oldest first');
select array_agg(number) as numbers from frames_due('s1', 10) \gset
insert into point_successor (site_id, point_id, successor) values ('s1', 3, 1) returning number as successor \gset
select throws_ok(format('select frames_append_due(%L, %s, %s, %L, %L, %L)', 's1', :epoch, :successor - 1, :'numbers', '{1}', '\x00'), '23505', null, 'where a point has got a successor they are read again');
delete from point_successor;
select throws_ok(format('select frames_append_due(%L, %s, 0, %L, %L, %L)', 's1', :epoch + 1, :'numbers', '{1}', '\x00'), '23505', null, 'in another epoch nothing is appended');
select is((select count(*) from frame_due), 3::bigint, 'and no note goes');
select lives_ok(format('select frames_append_due(%L, %s, 0, %L, %L, %L)', 's1', :epoch, :'numbers', '{1}', '\x00'), 'a frame takes the notes with it');
select is_empty('select * from frame_due', 'all of them');
select throws_ok(format('select frames_append_due(%L, %s, 0, %L, %L, %L)', 's1', :epoch, :'numbers', '{1}', '\x00'), '23505', null, 'once');
select throws_ok(format('select frames_append(%L, %s, %L, %L)', 's1', :epoch, '{1}', '\x0000'), 'XX001', null, 'octets that no size names are refused');

-- ---- successors ----
insert into point_successor (site_id, point_id, successor) values ('s1', 2, 3);
select throws_ok($$ select frames_follow('s1', 0) $$, '23505', null, 'where a point has got a successor meanwhile, no frame is made of what was known before');
select lives_ok($$ select frames_follow('s1', (select max(number) from point_successor)) $$, 'who knows it goes on');
insert into frame_due (site_id, point_id, time) values ('s1', 2, :'day'::timestamptz + interval '3 hours');
select is((select point_id from frames_due('s1', 10)), 3, 'a note of a point that is no more is its successor''s');
delete from frame_due;

-- ---- quarantine ----
select is(quarantine_store('s1', jsonb_build_object('v', 1, 'device', 1, 'at', (extract(epoch from :'day'::timestamptz + interval '5 hours') * 1000000)::bigint,
                                                    'readings', '[[1, 0, 7], [3, 1000000, 8]]'::jsonb), '{1,2}'), 2, 'what is put back is stored');
select results_eq('select point_id from frame_due order by number', array[1, 3], 'and noted');
select is(quarantine_store('s1', jsonb_build_object('v', 1, 'device', 1, 'at', (extract(epoch from :'day'::timestamptz + interval '5 hours') * 1000000)::bigint,
                                                    'readings', '[[1, 0, 7], [3, 1000000, 8]]'::jsonb), '{1,2}'), 0, 'twice it is not');
select is((select count(*) from frame_due), 2::bigint, 'nor noted');
-- ---- a past that is laid, and a site without readings ----
delete from frame_due;
select store(1, :'day');
select is((select count(*) from frames_points('s1', :'day'::timestamptz - interval '1 day', :'day'::timestamptz)), 0::bigint, 'a day ends before the next one''s first instant');
delete from central_link;
delete from sensor_readings;
insert into central_link (site_id, number, host, port) values ('s1', 7, 'central', 5432);
select is((select is_laid from frames_begin('s1')), true, 'where there was nothing before the join all of it is framed');
select throws_ok(format('select quarantine_store(%L, %L, %L)', 's1', jsonb_build_object('v', 1, 'device', 1, 'at', 0, 'readings', jsonb_build_array(jsonb_build_array(1, 0, null, 2, repeat('x', 65537)))), '{1}'), 'P0001',
                 'its reason is longer than 65536 octets', 'what no frame takes is not stored');
select * from finish();
rollback;
