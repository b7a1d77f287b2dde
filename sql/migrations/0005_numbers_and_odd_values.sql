-- Numbers of devices and points are given once, and no value that a double can hold stops rollups, views or history.

-- Numbers ------------------------------------------------------------------------------------------------------------

alter table site add last_device_id integer not null default 0;
alter table site add last_point_id integer not null default 0;
comment on column site.last_device_id is 'The largest device_id that was ever given here; a deleted device''s is not given again';
comment on column site.last_point_id is 'The largest point_id that was ever given here: history of a deleted point must not become another''s';

-- Points that were deleted may still have history: their numbers are found in it, from index entry to index entry.
create function raise_numbers(of_site text) returns void language sql as $$
    with recursive had (point_id, device_id) as (
        select 0, 0
         union all
        select next.point_id, next.device_id
          from had, lateral (select point_id, device_id from sensor_readings r
                              where r.site_id = of_site and r.point_id > had.point_id order by point_id limit 1) as next)
    update site set last_device_id = greatest(last_device_id, (select max(device_id) from device where site_id = of_site),
                                              (select max(device_id) from had)),
                    last_point_id = greatest(last_point_id, (select max(point_id) from point where site_id = of_site),
                                             (select max(point_id) from had),
                                             (select max(point_id) from sensor_readings_5min where site_id = of_site),
                                             (select max(point_id) from sensor_readings_hourly where site_id = of_site))
     where site_id = of_site
$$;
comment on function raise_numbers is 'Brings a site''s numbers above all that its tables speak of: for data that were restored from before there were such numbers.';
do $$
begin
    perform raise_numbers(site_id) from site;
end
$$;

-- Whoever makes a row, with a number from here or of their own (a restore of data, central), raises the site's.
create function note_number() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'point' then
        update site set last_point_id = made.largest
          from (select site_id, max(point_id) as largest from changed_rows group by site_id) as made
         where site.site_id = made.site_id and site.last_point_id < made.largest;
    else
        update site set last_device_id = made.largest
          from (select site_id, max(device_id) as largest from changed_rows group by site_id) as made
         where site.site_id = made.site_id and site.last_device_id < made.largest;
    end if;
    return null;
end
$$;
create trigger note_insert after insert on device referencing new table as changed_rows for each statement execute function note_number();
create trigger note_update after update on device referencing new table as changed_rows for each statement execute function note_number();
create trigger note_insert after insert on point referencing new table as changed_rows for each statement execute function note_number();
create trigger note_update after update on point referencing new table as changed_rows for each statement execute function note_number();

create or replace function next_device_id(of_site text) returns integer language sql as $$
    select last_device_id + 1 from site where site_id = of_site for update
$$;
create or replace function next_point_id(of_site text) returns integer language sql as $$
    select last_point_id + 1 from site where site_id = of_site for update
$$;
comment on function next_device_id is 'The next number of a site; its row is locked so that two writers do not draw the same.';
comment on function next_point_id is 'The next number of a site; its row is locked so that two writers do not draw the same.';

-- Sums that cannot overflow ------------------------------------------------------------------------------------------

-- PostgreSQL's sum and avg of doubles raise an error where they leave a double's range (avg from 1e154 on, by its squares),
-- and two odd values of one point would stop the rollups of all. So values near the limit are added up apart, made smaller
-- by 2^60, which is exact:
--     whole_sum(sum(x) filter (where not is_huge(x)), sum(x / 2^60) filter (where is_huge(x)))
create function is_huge(value double precision) returns boolean language sql immutable parallel safe as $$
    select abs(value) >= 1e290 -- infinities and NaN too
$$;

create function whole_sum(ordinary double precision, huge double precision) returns double precision language plpgsql immutable parallel safe as $$
declare
    is_weighty constant boolean          := coalesce(abs(ordinary) > 1e200, false);
    sum        constant double precision := huge + case when is_weighty then ordinary / 2^60 else 0 end;
begin
    return case when huge is null then ordinary
                when huge in ('Infinity', '-Infinity', 'NaN') then huge
                when sum > 1.7976931348623157e308 / 2^60 then 'Infinity'
                when sum < -1.7976931348623157e308 / 2^60 then '-Infinity'
                when is_weighty then sum * 2^60
                else sum * 2^60 + coalesce(ordinary, 0) end;
end
$$;
comment on function whole_sum is 'The sum of ordinary values and of huge ones, given in 2^60s; infinite where it is beyond a double''s range.';

create function mean_of(sum double precision, count bigint) returns double precision language sql immutable parallel safe as $$
    select case when count <= 0 or sum in ('Infinity', '-Infinity', 'NaN') then null
                when abs(sum) < 1e-300 then 0 -- a quotient too small for a double is an error too
                else sum / count end
$$;
comment on function mean_of is 'Null without values, and where the sum is not a number or beyond a double''s range.';

comment on column sensor_readings_5min.sum is 'Infinite where it is beyond a double''s range (1.79e308)';
comment on column sensor_readings_hourly.sum is 'Infinite where it is beyond a double''s range (1.79e308)';

-- Rollups: of all points of a site, or of one ----------------------------------------------------------------------------

drop function rollup_5min(text, timestamptz);
create function rollup_5min(of_site text, bucket timestamptz, of_point integer default null) returns void language sql as $$
    insert into sensor_readings_5min as rollup (site_id, point_id, time, min, max, sum, count, bad, last, last_at)
    select point.site_id, point.point_id, bucket, span.min, span.max, span.sum, span.count, span.bad, span.last, span.last_at
      from point, lateral (
            select min(value) filter (where quality <> 'bad'), max(value) filter (where quality <> 'bad'),
                   whole_sum(sum(value) filter (where quality <> 'bad' and not is_huge(value)),
                             sum(value / 2^60) filter (where quality <> 'bad' and is_huge(value))) as sum,
                   count(value) filter (where quality <> 'bad') as count,
                   count(*) filter (where quality = 'bad') as bad, count(*) as readings,
                   (array_agg(value order by time desc) filter (where value is not null and quality <> 'bad'))[1] as last,
                   max(time) filter (where value is not null and quality <> 'bad') as last_at
              from sensor_readings r
             where r.site_id = point.site_id and r.point_id = point.point_id
               and r.time >= bucket and r.time < bucket + interval '5 minutes') as span
     where point.site_id = of_site and (of_point is null or point.point_id = of_point) and span.readings > 0
        on conflict (site_id, point_id, time) do update
       set min = excluded.min, max = excluded.max, sum = excluded.sum, count = excluded.count, bad = excluded.bad,
           last = excluded.last, last_at = excluded.last_at
$$;

drop function rollup_hourly(text, timestamptz);
create function rollup_hourly(of_site text, hour timestamptz, of_point integer default null) returns void language sql as $$
    insert into sensor_readings_hourly as rollup (site_id, point_id, time, min, max, sum, count, bad, last, last_at)
    select point.site_id, point.point_id, hour, span.min, span.max, span.sum, span.count, span.bad, span.last, span.last_at
      from point, lateral (
            select min(min), max(max),
                   whole_sum(sum(sum) filter (where not is_huge(sum)), sum(sum / 2^60) filter (where is_huge(sum))) as sum,
                   sum(count) as count, sum(bad) as bad, count(*) as spans,
                   (array_agg(last order by time desc) filter (where last_at is not null))[1] as last, max(last_at) as last_at
              from sensor_readings_5min r
             where r.site_id = point.site_id and r.point_id = point.point_id
               and r.time >= hour and r.time < hour + interval '1 hour') as span
     where point.site_id = of_site and (of_point is null or point.point_id = of_point) and span.spans > 0
        on conflict (site_id, point_id, time) do update
       set min = excluded.min, max = excluded.max, sum = excluded.sum, count = excluded.count, bad = excluded.bad,
           last = excluded.last, last_at = excluded.last_at
$$;

-- All points at once; where the data of one are refused, one by one, so that it is the only one without.
create function rollup_span(make text, of_site text, start timestamptz) returns void language plpgsql as $$
declare
    one integer;
begin
    execute format('select %I($1, $2)', make) using of_site, start;
exception when data_exception or integrity_constraint_violation then
    for one in select point_id from point where site_id = of_site loop
        begin
            execute format('select %I($1, $2, $3)', make) using of_site, start, one;
        exception when data_exception or integrity_constraint_violation then
            raise warning '% of point % of site % from % on is left out: %', make, one, of_site, start, sqlerrm;
        end;
    end loop;
end
$$;

create or replace function rollup_pending(at_time timestamptz, at_most integer) returns integer language plpgsql as $$
declare
    sites   text[];
    buckets timestamptz[];
begin
    with gone as (delete from rollup_dirty
                   where (site_id, bucket) in (select site_id, bucket from rollup_dirty
                                                where bucket + interval '5 minutes' <= at_time
                                                order by bucket limit at_most for update)
                  returning site_id, bucket)
    select array_agg(site_id), array_agg(bucket) into sites, buckets from gone;
    perform rollup_span('rollup_5min', site, bucket) from unnest(sites, buckets) as span (site, bucket);
    perform rollup_span('rollup_hourly', site, hour)
       from (select distinct site, bucket_hour(bucket) from unnest(sites, buckets) as span (site, bucket)) as hours (site, hour);
    return coalesce(cardinality(buckets), 0);
end
$$;

-- Texts of states, of values that are states ------------------------------------------------------------------------------

create function state_text(object_type text, states text[], value double precision) returns text language sql immutable parallel safe as $$
    select case when object_type like 'binary%' and value in (0, 1) then states[value::integer + 1]
                when object_type like 'multi-state%' and value >= 1 and value <= cardinality(states) and value = floor(value)
                then states[value::integer] end
$$;
comment on function state_text is 'Of a binary value, which counts from 0, or a multi-state one, from 1; null for all others and where there is no such state.';

create or replace view points as
    select point.site_id, point.point_id, point.device_id, device.name as device, device.instance, device.address,
           point.object_type, point.object_instance, point.property, point.name, point.description, point.units, point.states,
           latest.value, latest.quality, latest.reason, latest.time, now() - latest.time as age,
           state_text(point.object_type, point.states, latest.value) as state,
           point.commandable, point.writable, point.enabled, point.tags
      from point
      join device using (site_id, device_id)
      join point_latest as latest using (site_id, point_id);

create or replace view readings_5min as
    select r.time, r.site_id, device.name as device, point.name as point, r.min, r.max, mean_of(r.sum, r.count) as avg,
           r.last, r.count, r.bad, point.units, r.point_id
      from sensor_readings_5min r
      join point using (site_id, point_id)
      join device on device.site_id = point.site_id and device.device_id = point.device_id;

create or replace view readings_hourly as
    select r.time, r.site_id, device.name as device, point.name as point, r.min, r.max, mean_of(r.sum, r.count) as avg,
           r.last, r.count, r.bad, point.units, r.point_id
      from sensor_readings_hourly r
      join point using (site_id, point_id)
      join device on device.site_id = point.site_id and device.device_id = point.device_id;
