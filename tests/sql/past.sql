-- A past is laid for a simulated site alone, backwards, each piece once, over nothing that is there, and its rollups are what the
-- database makes of its readings.
begin;
select plan(51);

insert into site (site_id, name) values ('real', 'Real'), ('demo', 'Demo'), ('old', 'Has run before');
update site set is_simulated = true where site_id in ('demo', 'old');
insert into device (site_id, device_id, address, instance) select site_id, 1, '10.0.0.1', 1001 from site;
insert into point (site_id, point_id, device_id, object_type, object_instance, name, units)
     select site_id, i, 1, 'analog-input', i, 'P' || i, case when i = 1 then 'degrees-celsius' else '' end from site, generate_series(1, 2) as i;
select readings_ensure_days('2026-03-01 00:00Z', '2026-03-10 00:00Z');
create function stage(first_time timestamptz, beyond timestamptz, points integer default 2) returns void language sql as $$
    insert into past_stage (point_id, time, last)
    select point_id, instant, round(sin(extract(epoch from instant)) * 80) / 8 + point_id
      from generate_series(date_bin('15 seconds', first_time + interval '7 seconds', '2000-01-01 00:00:07+00'), beyond - interval '1 microsecond', '15 seconds') as instant, generate_series(1, points) as point_id
$$;
-- What rollups of the readings that stage makes are, by a plain aggregate.
create function stage_spans(width interval, first_time timestamptz, beyond timestamptz) returns void language plpgsql as $$
begin
    perform stage(first_time, beyond);
    with reading as (delete from past_stage returning point_id, time, last as value)
    insert into past_stage select point_id, date_bin(width, time, '2000-01-01 00:00:00+00'), min(value), max(value), sum(value), count(*),
                                  (array_agg(value order by time desc))[1], max(time) from reading group by 1, 2;
end
$$;

-- Where nothing is laid ----------------------------------------------------------------------------------------------------

select throws_like($$ select past_begin('real', '2026-03-08 10:22:33Z', '{}', 500) $$, '%site real is not simulated%', 'a real site has no past that is made up');
select is((select count(*) from past), 0::bigint, 'nor the beginning of one');
select throws_like($$ select past_begin('nobody', '2026-03-08 10:22:33Z', '{}', 500) $$, '%site nobody is not simulated%', 'nor one that is not there');
select stage('2026-03-08 09:00Z', '2026-03-08 10:00Z');
select throws_like($$ select past_lay('real', 'readings', '2026-03-08 09:00Z', '2026-03-08 10:00Z') $$, '%site real has no past%', 'nothing is laid for it');
select throws_like($$ select past_lay('real', 'hourly', '2026-03-08 09:00Z', '2026-03-08 10:00Z') $$, '%site real has no past%', 'of no kind');
select throws_like($$ insert into past (site_id, made_of, since, until, readings_goal, fine_goal, hourly_goal, readings_from, fine_from, hourly_from)
                      select 'real', '{}', now() - interval '1 day', now(), now(), now(), now(), now(), now(), now() $$, '%foreign key%', 'however it is tried');
select is_empty($$ select from sensor_readings union all select from sensor_readings_hourly $$, 'and there is nothing');
insert into sensor_readings (time, site_id, point_id, value, quality) values ('2026-03-07 00:00Z', 'old', 1, 20, 'good');
select is(past_begin('old', '2026-03-08 10:22:33Z', '{}', 500), null, 'a site that has readings gets no other past');
delete from sensor_readings;
insert into sensor_readings_hourly (site_id, point_id, time, count, bad) values ('old', 1, '2025-03-08 10:00Z', 1, 0);
select is(past_begin('old', '2026-03-08 10:22:33Z', '{}', 500), null, 'nor one of whose readings the rollups are left');
delete from sensor_readings_hourly;
select is((select count(*) from past), 0::bigint, 'no past was begun');

-- One is begun -------------------------------------------------------------------------------------------------------------

select is(past_begin('demo', '2026-03-08 10:22:33Z', '{"points": 500}', 500), '2026-02-28 10:00Z', 'its building is simulated from a week before its day of readings');
select is(past_begin('demo', '2026-03-09 11:00Z', '{"points": 7}', 7), '2026-02-28 10:00Z', 'a second start goes on with the first one''s');
select results_eq($$ select until, readings_goal, fine_goal, hourly_goal, readings_from, fine_from, hourly_from from past $$,
                  $$ values ('2026-03-08 10:22:33Z'::timestamptz, '2026-03-07 10:20Z'::timestamptz, '2026-02-06 10:00Z'::timestamptz, '2025-03-08 10:00Z'::timestamptz,
                             '2026-03-08 10:22:33Z'::timestamptz, '2026-03-08 10:20Z'::timestamptz, '2026-03-08 10:00Z'::timestamptz) $$, 'a day, 30 days, a year');
select throws_like($$ update site set is_simulated = false where site_id = 'demo' $$, '%foreign key%', 'a site with a past that was made up stays simulated');
select past_begin('old', '2026-03-08 10:22:33Z', '{}', 10000);
select results_eq($$ select until - readings_goal < interval '1 hour 20 minutes', fine_goal, hourly_goal from past where site_id = 'old' $$,
                  $$ values (true, '2026-03-06 22:00Z'::timestamptz, '2026-02-18 04:00Z'::timestamptz) $$, 'of 10,000 points it is as many rows, not twenty times as many');
select ok(share < 0.001 and finished_at is null, 'next to nothing of it is laid') from past_progress where site_id = 'demo';

-- Of a site of a central, whose readings come from there, it is rollups alone.
insert into site (site_id, name, is_simulated) values ('far', 'Elsewhere', true);
insert into sensor_readings (time, site_id, point_id, value, quality) values ('2026-03-08 10:22:40Z', 'far', 1, 20, 'good');
select is(past_begin('far', '2026-03-08 10:22:33Z', '{"points": 500}', 500), null, 'a site with readings gets no past with readings');
select is(past_begin('far', '2026-03-08 10:22:33Z', '{"points": 500}', 500, false), '2026-02-28 10:00Z', 'without readings it does, of the same building, where all of them are newer');
select results_eq($$ select readings_goal = until, readings_from = until, is_joined, fine_goal, hourly_goal, fine_from, hourly_from from past where site_id = 'far' $$,
                  $$ select true, true, true, fine_goal, hourly_goal, fine_from, hourly_from from past where site_id = 'demo' $$, 'its rollups go as far as those of another');
insert into site (site_id, name, is_simulated) values ('further', 'Elsewhere', true);
insert into sensor_readings (time, site_id, point_id, value, quality) values ('2026-03-08 10:22:30Z', 'further', 1, 20, 'good');
select is(past_begin('further', '2026-03-08 10:22:33Z', '{"points": 500}', 500, false), null, 'but not where one is older');
select throws_like($$ select past_begin('real', '2026-03-08 10:22:33Z', '{}', 500, false) $$, '%site real is not simulated%', 'nor where the building is real');
delete from past where site_id = 'far';
delete from sensor_readings where site_id in ('far', 'further');
delete from site where site_id in ('far', 'further');

-- Pieces -------------------------------------------------------------------------------------------------------------------

select throws_like($$ select past_lay('demo', 'readings', '2026-03-08 09:00Z', '2026-03-08 10:00Z') $$, '%does not join what is laid%', 'a piece that leaves a gap is refused');
select throws_like($$ select past_lay('demo', 'readings', '2026-03-08 09:30Z', '2026-03-08 10:22:33Z') $$, '%rows of other times are staged%', 'and rows beside it');
select throws_like($$ select past_lay('demo', 'anything', '2026-03-08 09:30Z', '2026-03-08 10:22:33Z') $$, '%does not join what is laid%', 'and a kind that is none');
truncate past_stage;
select stage('2026-03-08 09:00Z', '2026-03-08 10:22:33Z', 4); -- the fourth is no point of this site
insert into central_link (site_id, number, host, port, is_laid) values ('demo', 1, 'central', 5432, true);
set local role bacpipes_owner;
select is(past_lay('demo', 'readings', '2026-03-08 09:00Z', '2026-03-08 10:22:33Z'), 2 * 330::bigint, 'the newest readings are laid, of points that there are');
reset role;
select is((select count(*) from frame_due), 2 * 330::bigint, 'and noted for central, where there is one');
delete from central_link;
select stage_spans('5 minutes', '2026-03-08 09:00Z', '2026-03-08 10:20Z') from (select set_config('role', 'none', true)) as superuser;
set local role bacpipes_owner;
select is(past_lay('demo', '5min', '2026-03-08 09:00Z', '2026-03-08 10:20Z'), 2 * 16::bigint, 'and their 5-minute spans');
reset role;
select stage_spans('1 hour', '2026-03-08 09:00Z', '2026-03-08 10:00Z');
select is(past_lay('demo', 'hourly', '2026-03-08 09:00Z', '2026-03-08 10:00Z', '{"1": 2}'), 2::bigint, 'and the hour');
select results_eq('select counters, rows from past where site_id = ''demo''', $$ values ('{"1": 2}'::jsonb, 2 * 347::bigint) $$, 'what registers said is kept with it');
select is((select count(*) from past_stage), 0::bigint, 'what is laid is staged no more');
select results_eq($$ select distinct quality, units, device_id, object_type, reason from sensor_readings where point_id = 1 $$,
                  $$ values ('good', 'degrees-celsius', 1, 'analog-input', null) $$, 'readings say what polled ones say');
select is((select count(*) from sensor_readings where site_id = 'demo' and point_id = 2 and units is not null), 0::bigint, 'and no units where there are none');

select stage('2026-03-08 09:00Z', '2026-03-08 10:22:33Z');
select throws_like($$ select past_lay('demo', 'readings', '2026-03-08 09:00Z', '2026-03-08 10:22:33Z') $$, '%does not join what is laid%', 'the same piece again is refused');
select throws_like($$ select past_lay('demo', 'readings', '2026-03-08 08:00Z', '2026-03-08 10:00Z') $$, '%does not join what is laid%', 'so is one that overlaps');
truncate past_stage;

-- Rollups are what the database makes of the readings.
create table laid_5min as select * from sensor_readings_5min;
create table laid_hourly as select * from sensor_readings_hourly;
delete from sensor_readings_5min;
delete from sensor_readings_hourly;
insert into rollup_dirty select 'demo', bucket from generate_series('2026-03-08 09:00Z'::timestamptz, '2026-03-08 10:15Z', '5 minutes') as bucket;
select rollup_pending('2026-03-08 10:20Z', 1000);
select set_eq('select * from laid_5min', 'select * from sensor_readings_5min', 'laid 5-minute rollups are those that the database makes, to the bit');
select set_eq('select * from laid_hourly', $$ select * from sensor_readings_hourly where time < '2026-03-08 10:00Z' $$, 'and the hourly ones');

-- The seam -----------------------------------------------------------------------------------------------------------------

insert into sensor_readings (time, site_id, point_id, value, quality)
select instant, 'demo', point_id, 100, 'good' from generate_series('2026-03-08 10:22:52Z'::timestamptz, '2026-03-08 10:30Z', '15 seconds') as instant, generate_series(1, 1) as point_id;
select stage('2026-03-08 10:22:33Z', '2026-03-08 10:24Z');
select throws_like($$ select past_lay('demo', 'join', '2026-03-08 10:22:32Z', '2026-03-08 10:24Z') $$, '%does not join what is laid%', 'what joins it begins where the site began');
select is(past_lay('demo', 'join', '2026-03-08 10:22:33Z', '2026-03-08 10:24Z'), 1::bigint, 'readings are laid up to the first that was polled, and none where none is');
select is((select max(gap) from (select time - lag(time) over (order by time) as gap from sensor_readings where site_id = 'demo' and point_id = 1) as gaps), '15 seconds', 'no gap is left');
select is((select min(time) from sensor_readings where value = 100), '2026-03-08 10:22:52Z', 'and what was polled is as it was');
select stage('2026-03-08 10:22:33Z', '2026-03-08 10:24Z');
select throws_like($$ select past_lay('demo', 'join', '2026-03-08 10:22:33Z', '2026-03-08 10:24Z') $$, '%does not join what is laid%', 'they are joined once');
truncate past_stage;
select is(rollup_pending('2026-03-08 10:40Z', 1000), 1, 'the span of the seam is ingest''s');
select results_eq($$ select count, bad, max from sensor_readings_5min where site_id = 'demo' and point_id = 1 and time = '2026-03-08 10:20Z' $$,
                  $$ select count(*)::integer, 0, 100::double precision from sensor_readings where point_id = 1 and time >= '2026-03-08 10:20Z' and time < '2026-03-08 10:25Z' $$, 'it has readings of both kinds');
select results_eq($$ select count from sensor_readings_hourly where site_id = 'demo' and point_id = 1 and time = '2026-03-08 10:00Z' $$,
                  $$ select count(*)::integer from sensor_readings where point_id = 1 and time >= '2026-03-08 10:00Z' and time < '2026-03-08 10:25Z' $$, 'and so has its hour');

-- Over nothing that is there -----------------------------------------------------------------------------------------------

insert into sensor_readings (time, site_id, point_id, value, quality) values ('2026-03-08 08:00:07Z', 'demo', 1, 77, 'bad');
insert into sensor_readings_5min (site_id, point_id, time, max, count, bad) values ('demo', 1, '2026-03-08 08:00Z', 77, 1, 0);
insert into sensor_readings_hourly (site_id, point_id, time, max, count, bad) values ('demo', 1, '2026-03-08 08:00Z', 77, 1, 0);
select stage('2026-03-08 08:00Z', '2026-03-08 09:00Z');
select is(past_lay('demo', 'readings', '2026-03-08 08:00Z', '2026-03-08 09:00Z'), 2 * 240::bigint - 1, 'what is there is not counted');
select stage_spans('5 minutes', '2026-03-08 08:00Z', '2026-03-08 09:00Z');
select is(past_lay('demo', '5min', '2026-03-08 08:00Z', '2026-03-08 09:00Z'), 2 * 12::bigint - 1, 'nor in rollups');
select stage_spans('1 hour', '2026-03-08 08:00Z', '2026-03-08 09:00Z');
select is(past_lay('demo', 'hourly', '2026-03-08 08:00Z', '2026-03-08 09:00Z'), 1::bigint, 'of hours');
select results_eq($$ select value from sensor_readings where point_id = 1 and time = '2026-03-08 08:00:07Z' union all
                     select max from sensor_readings_5min where point_id = 1 and time = '2026-03-08 08:00Z' union all
                     select max from sensor_readings_hourly where point_id = 1 and time = '2026-03-08 08:00Z' $$,
                  $$ values (77::double precision), (77), (77) $$, 'and stays what it was');

-- The end ------------------------------------------------------------------------------------------------------------------

select ok(share > 0 and share < 1 and finished_at is null, 'a part of it is laid') from past_progress where site_id = 'demo';
select past_lay('demo', 'readings', '2026-03-07 10:20Z', '2026-03-08 08:00Z'), past_lay('demo', '5min', '2026-02-06 10:00Z', '2026-03-08 08:00Z'),
       past_lay('demo', 'hourly', '2025-03-08 10:00Z', '2026-03-08 08:00Z');
select ok(share = 1 and finished_at is not null and laid_from = '2025-03-08 10:00Z', 'all of it is') from past_progress where site_id = 'demo';
select is_empty($$ select from sensor_readings where site_id <> 'demo' union all select from sensor_readings_5min where site_id <> 'demo' union all
                   select from sensor_readings_hourly where site_id <> 'demo' $$, 'and of no other site anything');

select * from finish();
rollback;
