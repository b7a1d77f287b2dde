-- A clock that leapt makes nothing old before it has gone on for a day of running time; and readings that it dated ahead are not
-- what is now.
begin;
select plan(38);

insert into site (site_id, name) values ('demo', 'Demo');
insert into device (site_id, device_id, address, instance) values ('demo', 1, '10.0.0.1', 1);
insert into point (site_id, point_id, device_id, object_type, object_instance, name) values ('demo', 1, 1, 'analog-input', 1, 'SAT');
select readings_ensure_days('2026-03-01 00:00Z', '2026-04-10 00:00Z');
insert into sensor_readings (time, site_id, point_id, value, quality)
select instant, 'demo', 1, 20, 'good' from generate_series('2026-03-01 00:00Z'::timestamptz, '2026-04-10 00:00Z', '1 hour') as instant;
insert into sensor_readings_5min (site_id, point_id, time, min, max, sum, count, bad) values ('demo', 1, '2026-03-01 00:00Z', 20, 20, 20, 1, 0);

-- What maintenance does of it: it looks, and forgets if it may.
create function look(at_time timestamptz, ran interval default '20 s') returns text language sql as $$
    select concat_ws(': ', case when is_held then 'held' else 'free' end, substring(said from '^(.*?)(?:[:.]|$)')) from retention_look(at_time, ran) $$;
create function forgets(at_time timestamptz) returns boolean language sql as $$
    select (select statement is not null from readings_retention_step(at_time, '7 days')) $$;
create function left_over() returns interval language sql as $$ select hold from retention_clock $$;
create function set_right(at_time timestamptz) returns void language sql as $$
    update retention_clock set seen_at = at_time, hold = null, expected_at = null $$;

select is((select count(*) from retention_clock), 1::bigint, 'a clock has been seen from the beginning');
select set_right('2026-03-10 12:00Z');
select is(look('2026-03-10 12:00:20Z'), 'free', 'a clock that goes on says nothing');
select is(look('2026-03-10 13:00:20Z'), 'free', 'nor does one that is corrected by less than an hour');
select is(look('2026-03-10 12:10:20Z'), 'free', 'either way');
select is(look('2026-03-10 15:10:20Z', '3 hours'), 'free', 'or that nobody could look at for hours, running');
select ok(forgets('2026-03-10 15:10:20Z'), 'what is old is forgotten by it');

-- Ahead, and back.
select set_right('2026-03-10 12:00Z');
select is(look('2026-03-20 12:00:20Z'), 'held: the clock leapt', 'a leap ahead is noticed');
select is(forgets('2026-03-20 12:00:20Z'), false, 'nothing is forgotten, though the readings agree');
select is(rollups_retain('2026-03-20 12:00:20Z', '1 day', '1 day'), 0::bigint, 'nor a rollup');
select is(left_over(), '24 hours'::interval, 'for a day');
select is(look('2026-03-20 12:00:40Z'), 'held', 'it is said once');
select is(left_over(), interval '23:59:40', 'the day is counted down');
select is(look('2026-03-10 12:01:00Z'), 'free: the clock is back where it was', 'it is over when the clock is back');
select ok(forgets('2026-03-10 12:01:00Z'), 'then what is old is forgotten');
select is(look('2026-03-10 12:01:20Z'), 'free', 'that is said once, too');
select is((select expected_at from retention_clock), null, 'and nothing remains of it');

-- Ahead, and on.
select set_right('2026-03-10 12:00Z');
select look('2026-03-20 12:00:20Z');
select is(look('2026-03-21 11:00:20Z', '23 hours'), 'held', 'a clock that goes on is not believed within the day');
select is(look('2026-04-01 11:00:40Z'), 'held: the clock leapt', 'one that leaps on');
select is(left_over(), '24 hours'::interval, 'begins the day anew');
select is(look('2026-04-02 11:00:40Z', '24 hours'), 'free: the clock has gone on since it leapt and is believed', 'after a day of running it is believed');
select ok(forgets('2026-04-02 11:00:40Z'), 'and what is old is forgotten by it');
select is(rollups_retain('2026-04-02 11:00:40Z', '1 day', '1 day'), 1::bigint, 'rollups, too');

-- Starts.
select set_right('2026-03-10 12:00Z');
select is(look('2026-03-10 12:30Z', null), 'free', 'a restart is no leap');
select is(look('2026-03-31 12:30Z', null), 'held: the clock says 2026-03-31 12', 'after weeks, off or leapt cannot be told');
select is(forgets('2026-03-31 12:30Z'), false, 'so nothing is forgotten');
select is(look('2026-03-31 22:30Z', '10 hours'), 'held', 'it goes on');
select is(look('2026-04-01 08:30Z', null), 'held: the clock leapt', 'off over night: each run says that it is held');
select is(left_over(), '14 hours'::interval, 'and counts on where the one before ended');
select is(look('2026-04-01 22:30Z', '14 hours'), 'free: the clock has gone on since it leapt and is believed', 'a site that was off forgets a day later');
select ok(forgets('2026-04-01 22:30Z'), 'what is old by then');

-- Back, and forth again: as from a machine without a battery, before it hears of the time.
select set_right('2026-04-01 12:00Z');
select is(look('1970-01-01 00:00Z', null), 'held: the clock leapt', 'a clock that begins anew is none to go by');
select is(look('2026-04-01 12:10Z', '5 minutes'), 'free: the clock is back where it was', 'until it is set');

delete from retention_clock;
select is(look('2026-04-01 12:30Z', null), 'free', 'what was seen may be deleted');
select is(look('2026-05-01 12:30Z'), 'held: the clock leapt', 'and is there again');
update retention_clock set hold = '0';
select is(look('2026-05-01 12:30:20Z'), 'free: the clock has gone on since it leapt and is believed', 'who knows that it is right ends it');

-- What is now.
select is(readings_newest(at_time => '2026-03-10 12:00Z'), '2026-03-10 12:00Z'::timestamptz, 'the newest reading is none of days to come');
select is(readings_newest('demo', '2026-03-10 11:55Z'), '2026-03-10 12:00Z'::timestamptz, 'but one that is minutes ahead');
select readings_ensure_days(now() - interval '1 hour', now() + interval '10 days');
delete from sensor_readings where time > now() - interval '1 hour';
insert into sensor_readings (time, site_id, point_id, value, quality)
     values (now() - interval '1 minute', 'demo', 1, 1, 'good'), (now() + interval '10 days', 'demo', 1, 2, 'good');
select is((select value from points), 1::double precision, 'and points shows what is now');
select * from finish();
rollback;
