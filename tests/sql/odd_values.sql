-- Whatever a double can hold, nothing stops: rollups, retention, views and the statements of `bacpipes history`.
\set history `cat "$SQL_QUERIES/query/select_history.sql"`
\set spans `cat "$SQL_QUERIES/query/select_history_spans.sql"`
\set by_5min `cat "$SQL_QUERIES/query/select_history_5min.sql"`
\set hourly `cat "$SQL_QUERIES/query/select_history_hourly.sql"`
begin;
select plan(20);

insert into site (site_id, name) values ('demo', 'Demo');
insert into device (site_id, device_id, address, instance, name) values ('demo', 1, '10.0.0.1', 1, 'AHU-1');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, states)
     values ('demo', 1, 1, 'analog-input', 1, 'KWH', '{off,on}'), ('demo', 2, 1, 'binary-value', 1, 'FAN', '{off,on}'),
            ('demo', 3, 1, 'multi-state-value', 1, 'MODE', '{auto,hand,away}'), ('demo', 4, 1, 'analog-input', 4, 'SAT', '{}');
select readings_ensure_days('2026-03-01 00:00Z', '2026-03-01 00:00Z');

-- A point whose values are these, one after the other, beside one of ordinary values; returns what its rollup is.
create function rolled(variadic given double precision[]) returns setof sensor_readings_hourly language plpgsql as $$
begin
    delete from sensor_readings;
    delete from sensor_readings_5min;
    delete from sensor_readings_hourly;
    insert into sensor_readings (time, site_id, point_id, value, quality)
    select '2026-03-01 10:00Z'::timestamptz + n * interval '1 s', 'demo', 1, value, 'good' from unnest(given) with ordinality as v (value, n);
    insert into sensor_readings (time, site_id, point_id, value, quality)
    values ('2026-03-01 10:00Z', 'demo', 4, 20, 'good'), ('2026-03-01 10:01Z', 'demo', 4, 23, 'good');
    insert into rollup_dirty values ('demo', '2026-03-01 10:00Z');
    perform rollup_pending('2026-03-01 10:05Z', 10);
    return query select * from sensor_readings_hourly where point_id = 1;
end
$$;

prepare spans (text, integer, timestamptz, timestamptz, bigint, bigint) as :spans
prepare by_5min (text, integer, timestamptz, timestamptz, bigint, bigint) as :by_5min
prepare hourly (text, integer, timestamptz, timestamptz, bigint, bigint) as :hourly
prepare history (text, integer, timestamptz, timestamptz, bigint) as :history

-- Sums: what is added up, what the sum is, and what the mean.
create table odd (title text, given double precision[], sum double precision, avg double precision);
insert into odd values
    ('ordinary values', '{1,2,4.5}', 7.5, 2.5),
    ('one value, the largest', '{1.7976931348623157e308}', 1.7976931348623157e308, 1.7976931348623157e308),
    ('two values that are too much together', '{1.7e308,1.7e308}', 'Infinity', null),
    ('the same below zero', '{-1.7e308,-1.7e308,5}', '-Infinity', null),
    ('values that cancel', '{1.7e308,1.7e308,-1.7e308,-1.7e308,5,5}', 10, 10 / 6::double precision),
    ('squares beyond a double', '{1e200,-1e200,3e200}', 3e200, 1e200),
    ('ordinary ones that are large together with a huge one', '{9e289,9e289,-1.6e290}', 2e289, 2e289 / 3),
    ('NaN', '{NaN,1}', 'NaN', null),
    ('infinity', '{Infinity,1}', 'Infinity', null),
    ('both infinities', '{Infinity,-Infinity}', 'NaN', null),
    ('the smallest there are', '{5e-324,5e-324,5e-324}', 1.5e-323, 0);
create function near(got double precision, wanted double precision) returns boolean language sql as $$
    select got is not distinct from wanted or coalesce(abs(got / 2 - wanted / 2) <= abs(wanted) * 1e-12, false) $$;

-- What is found of them: in the tables, in the views, and by `bacpipes history`.
create table found (title text, place text, sum double precision, avg double precision);
do $$
declare
    one   odd;
    place text;
    span  record;
begin
    for one in select * from odd loop
        perform rolled(variadic one.given);
        insert into found select one.title, 'sensor_readings_5min', sum, one.avg from sensor_readings_5min where point_id = 1;
        insert into found select one.title, 'sensor_readings_hourly', sum, one.avg from sensor_readings_hourly where point_id = 1;
        insert into found select one.title, 'readings_5min', one.sum, avg from readings_5min where point_id = 1;
        insert into found select one.title, 'readings_hourly', one.sum, avg from readings_hourly where point_id = 1;
        foreach place in array array['spans', 'by_5min', 'hourly'] loop
            execute format($q$ execute %I ('demo', 1, '2026-03-01', '2026-03-02', 3600000000, 10) $q$, place) into span;
            insert into found values (one.title, 'history, ' || place, one.sum, span.avg);
        end loop;
        insert into found select one.title, 'another point', case when count(*) = 1 then one.sum end, case when max(sum) = 43 then one.avg end
          from sensor_readings_hourly where point_id = 4;
    end loop;
end
$$;
select is((select string_agg(format('%s: sum %s, avg %s', place, found.sum, found.avg), '; ') from found
            where found.title = odd.title and not (near(found.sum, odd.sum) and near(found.avg, odd.avg))), null, 'right everywhere: ' || title)
  from odd;
select is((select count(*) from found), 8 * (select count(*) from odd), 'all were looked at');
select is((select count(*) from rollup_dirty), 0::bigint, 'and are done with, so that retention goes on');

-- What else may be wrong with one point's rollup: the others are made, and their hour.
alter table sensor_readings_5min add constraint not_this check (max < 100);
select lives_ok($$ select rolled(100) $$, 'a rollup that is refused');
select is((select sum from sensor_readings_hourly where point_id = 4), 43::double precision, 'stops no other''s');
select is((select count(*) from sensor_readings_5min where point_id = 1), 0::bigint, 'it is left out');
alter table sensor_readings_5min drop constraint not_this;

-- Texts of states, of whatever value is the newest.
create function state_of(point integer, value double precision) returns text language plpgsql as $$
begin
    delete from sensor_readings;
    insert into sensor_readings (time, site_id, point_id, value, quality) values ('2026-03-01 10:00Z', 'demo', point, value, 'good');
    return coalesce((select state from points where point_id = point), '-');
end
$$;
select is(state_of(2, 0) || state_of(2, 1) || state_of(3, 1) || state_of(3, 3), 'offonautoaway', 'values that are states have their texts');
select is((select string_agg(state_of(point, value), '')
             from unnest('{2147483647,2147483648,-2147483649,1.7e308,-1.7e308,1e300,5e-324,NaN,Infinity,-Infinity,-1,0.5,4}'::double precision[]) as value,
                  generate_series(1, 3) as point), repeat('-', 39), 'and no others, without an error');
select is(state_of(1, 1), '-', 'nor has an analog value, whatever states it was given');
select state_of(3, 2147483648);
insert into sensor_readings (time, site_id, point_id, value, quality) values ('2026-03-01 10:01Z', 'demo', 3, 2, 'good');
select results_eq($$ execute history ('demo', 3, '2026-03-01', '2026-03-02', 10) $$,
                  $$ values ('2026-03-01 10:00Z'::timestamptz, 2147483648::double precision, null, 'good', null),
                            ('2026-03-01 10:01Z', 2, 'hand', 'good', null) $$, 'history has the same texts');

select * from finish();
rollback;
