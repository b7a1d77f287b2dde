-- Readings, their rollups, and what ingest keeps of its own. With TimescaleDB sensor_readings is a compressed
-- hypertable, otherwise it has a native partition for each day in UTC; what users write is the same.
-- An earlier text chose the engine itself and ended with the same tables, wherever it could be applied; its checksum is
-- 5a5d4d9e37eb54562fef7e588977a9175c4ad5524f8e6f8664b1bfaaa304baad

create function readings_are_hypertable() returns boolean language sql stable as $$
    select exists (select from pg_extension where extname = 'timescaledb')
$$;

do $$
declare
    columns constant text := '
        time            timestamptz not null,
        site_id         text not null,
        point_id        integer not null,
        value           double precision,
        quality         text not null check (quality in (''good'', ''uncertain'', ''bad'')),
        units           text,
        device_id       integer,
        object_type     text,
        object_instance integer,
        reason          text,
        primary key (site_id, point_id, time)';
begin
    -- `bacpipes migrate` has decided it and, for TimescaleDB, made the extension.
    if current_setting('bacpipes.engine', true) = 'timescaledb' then
        execute format('create table sensor_readings (%s)', columns);
        perform create_hypertable('sensor_readings', 'time', chunk_time_interval => interval '1 day',
                                  create_default_indexes => false);
        begin
            alter table sensor_readings set (timescaledb.compress, timescaledb.compress_segmentby = 'site_id, point_id',
                                             timescaledb.compress_orderby = 'time desc');
            perform add_compression_policy('sensor_readings', interval '2 days');
        exception when feature_not_supported then
            null; -- not under the Apache licence
        end;
    else
        execute format('create table sensor_readings (%s) partition by range (time)', columns);
    end if;
end
$$;
comment on table sensor_readings is 'What each point was, as it was polled. One row for a point and an instant.';
comment on column sensor_readings.value is 'Null where there was none to be had: see quality and reason';
comment on column sensor_readings.quality is 'good; uncertain: the device says so (out of service); bad: not to be used';
comment on column sensor_readings.units is 'As the point had them when it was read';
comment on column sensor_readings.reason is 'Why the quality is not good: timeout, out-of-service, fault: open-loop; null when good';

-- Days that are made and dropped -------------------------------------------------------------------------------------

create function readings_day_table(day timestamptz) returns text language sql immutable as $$
    select 'sensor_readings_' || to_char(day at time zone 'UTC', 'YYYYMMDD')
$$;

create function utc_day(instant timestamptz) returns timestamptz language sql immutable as $$
    select date_trunc('day', instant at time zone 'UTC') at time zone 'UTC'
$$;

create function readings_ensure_days(first_time timestamptz, last_time timestamptz) returns integer language plpgsql as $$
declare
    day  timestamptz := utc_day(first_time);
    made integer     := 0;
begin
    if last_time - first_time > interval '11 years' then
        raise exception 'more than eleven years of days at once: from % to %', first_time, last_time;
    end if;
    if readings_are_hypertable() then
        return 0; -- it makes its chunks itself
    end if;
    while day <= last_time loop
        if to_regclass(readings_day_table(day)) is null then
            perform pg_advisory_xact_lock(hashtext('readings_ensure_days'));
            if to_regclass(readings_day_table(day)) is null then
                execute format('create table %I partition of sensor_readings for values from (%L) to (%L)',
                               readings_day_table(day), day, day + interval '24 hours');
                made := made + 1;
            end if;
        end if;
        day := day + interval '24 hours';
    end loop;
    return made;
end
$$;
comment on function readings_ensure_days is 'Makes the partitions from the day of one instant to that of another; returns how many were missing.';

-- PL/pgSQL: a plan of language sql would be kept for the length of a transaction that makes days.
create function readings_newest(of_site text default null) returns timestamptz language plpgsql stable as $$
begin
    return (select max(newest.time)
              from point, lateral (select time from sensor_readings r
                                    where r.site_id = point.site_id and r.point_id = point.point_id
                                    order by time desc limit 1) as newest
             where of_site is null or point.site_id = of_site);
end
$$;

create function readings_oldest_day() returns timestamptz language plpgsql stable as $$
declare
    oldest timestamptz;
begin
    if readings_are_hypertable() then
        execute $q$ select min(range_start) from timescaledb_information.chunks where hypertable_name = 'sensor_readings' $q$
           into oldest;
    else
        select min(to_date(right(child.relname, 8), 'YYYYMMDD')::timestamp at time zone 'UTC') into oldest
          from pg_inherits join pg_class child on child.oid = inhrelid
         where inhparent = 'sensor_readings'::regclass;
    end if;
    return oldest;
end
$$;

create table rollup_dirty (
    site_id text not null,
    bucket  timestamptz not null,
    primary key (site_id, bucket)
);
comment on table rollup_dirty is '5-minute spans with readings that their rollups do not show yet.';

create function readings_retain(at_time timestamptz, keep interval) returns text language plpgsql as $$
declare
    day    timestamptz := readings_oldest_day();
    newest timestamptz := readings_newest();
begin
    if day is null or day + interval '24 hours' > at_time - keep then
        return null;
    end if;
    -- A clock that jumped ahead must not empty the table: only while readings arrive does their age mean anything.
    if newest is null or abs(extract(epoch from at_time - newest)) > 24 * 3600 then
        return format('kept: the clock says %s and the newest reading is of %s', at_time, coalesce(newest::text, 'never'));
    end if;
    if exists (select from rollup_dirty where bucket >= day and bucket < day + interval '24 hours') then
        return format('kept: rollups of %s are still to be made', day);
    end if;
    if readings_are_hypertable() then
        execute 'select drop_chunks(''sensor_readings'', older_than => $1, newer_than => $2)'
          using day + interval '24 hours', day;
    else
        execute format('drop table %I', readings_day_table(day));
    end if;
    return format('dropped %s', to_char(day at time zone 'UTC', 'YYYY-MM-DD'));
end
$$;
comment on function readings_retain is 'Drops the oldest day when all of it is older than `keep`: one a call, and none while the clock disagrees
with the newest readings. Says what it did; null when there was nothing to do.';

-- Rollups ------------------------------------------------------------------------------------------------------------

create table sensor_readings_5min (
    site_id  text not null,
    point_id integer not null,
    time     timestamptz not null,
    min      double precision,
    max      double precision,
    sum      double precision,
    count    integer not null,
    bad      integer not null,
    last     double precision,
    last_at  timestamptz,
    primary key (site_id, point_id, time)
) with (fillfactor = 90);
comment on table sensor_readings_5min is 'Of each point in each 5 minutes from `time` on: values that are not bad (min, max, sum, count, last), and how many readings were bad.';
create index on sensor_readings_5min using brin (time);

create table sensor_readings_hourly (like sensor_readings_5min including all);
comment on table sensor_readings_hourly is 'The same by the hour, made from the 5-minute ones.';

create function bucket_5min(instant timestamptz) returns timestamptz language sql immutable as $$
    select date_bin('5 minutes', instant, timestamptz '2000-01-01 00:00:00+00')
$$;

create function bucket_hour(instant timestamptz) returns timestamptz language sql immutable as $$
    select date_bin('1 hour', instant, timestamptz '2000-01-01 00:00:00+00')
$$;

-- A span is always made whole from what is there, so that late readings, repeats and crashes cannot make it wrong.
create function rollup_5min(of_site text, bucket timestamptz) returns void language sql as $$
    insert into sensor_readings_5min as rollup (site_id, point_id, time, min, max, sum, count, bad, last, last_at)
    select point.site_id, point.point_id, bucket, span.min, span.max, span.sum, span.count, span.bad, span.last, span.last_at
      from point, lateral (
            select min(value) filter (where quality <> 'bad'), max(value) filter (where quality <> 'bad'),
                   sum(value) filter (where quality <> 'bad'), count(value) filter (where quality <> 'bad') as count,
                   count(*) filter (where quality = 'bad') as bad, count(*) as readings,
                   (array_agg(value order by time desc) filter (where value is not null and quality <> 'bad'))[1] as last,
                   max(time) filter (where value is not null and quality <> 'bad') as last_at
              from sensor_readings r
             where r.site_id = point.site_id and r.point_id = point.point_id
               and r.time >= bucket and r.time < bucket + interval '5 minutes') as span
     where point.site_id = of_site and span.readings > 0
        on conflict (site_id, point_id, time) do update
       set min = excluded.min, max = excluded.max, sum = excluded.sum, count = excluded.count, bad = excluded.bad,
           last = excluded.last, last_at = excluded.last_at
$$;

create function rollup_hourly(of_site text, hour timestamptz) returns void language sql as $$
    insert into sensor_readings_hourly as rollup (site_id, point_id, time, min, max, sum, count, bad, last, last_at)
    select point.site_id, point.point_id, hour, span.min, span.max, span.sum, span.count, span.bad, span.last, span.last_at
      from point, lateral (
            select min(min), max(max), sum(sum), sum(count) as count, sum(bad) as bad, count(*) as spans,
                   (array_agg(last order by time desc) filter (where last_at is not null))[1] as last, max(last_at) as last_at
              from sensor_readings_5min r
             where r.site_id = point.site_id and r.point_id = point.point_id
               and r.time >= hour and r.time < hour + interval '1 hour') as span
     where point.site_id = of_site and span.spans > 0
        on conflict (site_id, point_id, time) do update
       set min = excluded.min, max = excluded.max, sum = excluded.sum, count = excluded.count, bad = excluded.bad,
           last = excluded.last, last_at = excluded.last_at
$$;

create function rollup_pending(at_time timestamptz, at_most integer) returns integer language plpgsql as $$
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
    perform rollup_5min(site, bucket) from unnest(sites, buckets) as span (site, bucket);
    perform rollup_hourly(site, hour)
       from (select distinct site, bucket_hour(bucket) from unnest(sites, buckets) as span (site, bucket)) as hours (site, hour);
    return coalesce(cardinality(buckets), 0);
end
$$;
comment on function rollup_pending is 'Makes the rollups of spans that have ended and have new readings, `at_most` of them, and of their hours. Returns how many.';

create function rollups_retain(at_time timestamptz, keep_5min interval, keep_hourly interval) returns bigint language plpgsql as $$
declare
    newest timestamptz := readings_newest();
    day    timestamptz;
    gone   bigint := 0;
    more   bigint;
begin
    if newest is null or abs(extract(epoch from at_time - newest)) > 24 * 3600 then
        return 0;
    end if;
    select min(time) into day from sensor_readings_5min;
    delete from sensor_readings_5min where time < least(at_time - keep_5min, utc_day(day) + interval '24 hours');
    get diagnostics gone = row_count;
    select min(time) into day from sensor_readings_hourly;
    delete from sensor_readings_hourly where time < least(at_time - keep_hourly, utc_day(day) + interval '24 hours');
    get diagnostics more = row_count;
    return gone + more;
end
$$;
comment on function rollups_retain is 'Deletes rollups older than they are kept, at most a day of each a call; returns how many rows.';

-- What ingest keeps ----------------------------------------------------------------------------------------------------

create table ingest_position (
    site_id    text not null references site,
    run        text not null check (run ~ '^[0-9a-f]{16}$'),
    stored     bigint not null check (stored >= 0),
    skipped    bigint not null default 0 check (skipped >= 0),
    updated_at timestamptz not null default now(),
    primary key (site_id, run)
);
comment on table ingest_position is 'For each run of a collector, the number up to which its batches are stored (docs/protocol.md).';
comment on column ingest_position.skipped is 'How many of them the collector had dropped for want of room';

create table ingest_quarantine (
    id          bigint generated always as identity primary key,
    site_id     text not null,
    received_at timestamptz not null default now(),
    reason      text not null,
    payload     text not null
);
comment on table ingest_quarantine is 'What was received and could not be stored, and why. The newest 10,000 are kept.';

create function quarantine_trim() returns bigint language sql as $$
    with gone as (delete from ingest_quarantine where id <= (select max(id) - 10000 from ingest_quarantine) returning 1)
    select count(*) from gone
$$;

-- For people and Grafana -------------------------------------------------------------------------------------------------

create view point_latest as
    select point.site_id, point.point_id, latest.time, latest.value, latest.quality, latest.reason
      from point left join lateral (select time, value, quality, reason from sensor_readings r
                                     where r.site_id = point.site_id and r.point_id = point.point_id
                                     order by time desc limit 1) as latest on true;
comment on view point_latest is 'The newest reading of every point; nulls where there is none yet.';

create view points as
    select point.site_id, point.point_id, point.device_id, device.name as device, device.instance, device.address,
           point.object_type, point.object_instance, point.property, point.name, point.description, point.units, point.states,
           latest.value, latest.quality, latest.reason, latest.time, now() - latest.time as age,
           point.states[case when point.object_type like 'binary%' then latest.value + 1 else latest.value end::integer] as state,
           point.commandable, point.writable, point.enabled, point.tags
      from point
      join device using (site_id, device_id)
      join point_latest as latest using (site_id, point_id);
comment on view points is 'Points with the names of their devices and what they are now.';

create view readings as
    select r.time, r.site_id, device.name as device, point.name as point, r.value, r.units, r.quality, r.reason, r.point_id
      from sensor_readings r
      join point using (site_id, point_id)
      join device on device.site_id = point.site_id and device.device_id = point.device_id;
comment on view readings is 'Readings with names: select time, value from readings where point = ''AHU-1/SAT'' and time > now() - interval ''1 hour''';

create view readings_5min as
    select r.time, r.site_id, device.name as device, point.name as point, r.min, r.max, r.sum / nullif(r.count, 0) as avg,
           r.last, r.count, r.bad, point.units, r.point_id
      from sensor_readings_5min r
      join point using (site_id, point_id)
      join device on device.site_id = point.site_id and device.device_id = point.device_id;
comment on view readings_5min is '5-minute rollups with names.';

create view readings_hourly as
    select r.time, r.site_id, device.name as device, point.name as point, r.min, r.max, r.sum / nullif(r.count, 0) as avg,
           r.last, r.count, r.bad, point.units, r.point_id
      from sensor_readings_hourly r
      join point using (site_id, point_id)
      join device on device.site_id = point.site_id and device.device_id = point.device_id;
comment on view readings_hourly is 'Hourly rollups with names.';

-- A role that only reads, for Grafana and SQL tools. Where we may not make roles somebody else has to.
do $$
begin
    if not exists (select from pg_roles where rolname = 'bacpipes_reader') then
        create role bacpipes_reader;
    end if;
    grant usage on schema public to bacpipes_reader;
    grant select on all tables in schema public to bacpipes_reader;
    alter default privileges in schema public grant select on tables to bacpipes_reader;
exception when insufficient_privilege then
    raise notice 'no right to make the role bacpipes_reader; ask an administrator if you want it';
end
$$;
