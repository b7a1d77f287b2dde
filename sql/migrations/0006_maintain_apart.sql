-- Days are made, rolled up and forgotten on a connection of its own, beside ingest's that stores, and in ways that wait for
-- nobody for long: no reader's lock can stop storing, and none of this work holds a commit up.

-- Days that there are --------------------------------------------------------------------------------------------------

-- A partition is known by its bounds and not by its name. One that is no day of ours (a default partition, a month that
-- somebody attached, a foreign table) is left alone: `is_day` is false, and where its bounds are no two instants they are null.
create function readings_days(out name text, out first timestamptz, out beyond timestamptz, out is_day boolean, out is_detaching boolean)
    returns setof record language sql stable set timezone = 'UTC' set datestyle = 'ISO' as $function$
    select relname, from_text::timestamptz, to_text::timestamptz,
           relkind = 'r' and from_text is not null and from_text::timestamptz = utc_day(from_text::timestamptz)
           and to_text::timestamptz = from_text::timestamptz + interval '24 hours' and relnamespace = 'public'::regnamespace,
           inhdetachpending
      from pg_inherits
      join pg_class on pg_class.oid = inhrelid
      left join lateral regexp_match(pg_get_expr(relpartbound, inhrelid), $r$^FOR VALUES FROM \('([^']+)'\) TO \('([^']+)'\)$$r$) as bounds on true,
           lateral (select bounds[1], bounds[2]) as bound (from_text, to_text)
     where inhparent = 'sensor_readings'::regclass
$function$;
comment on function readings_days is 'The partitions of sensor_readings, and what they are for.';

create function readings_has_default() returns boolean language sql stable as $$
    select exists (select from pg_partitioned_table where partrelid = 'sensor_readings'::regclass and partdefid <> 0)
$$;

-- Days that are made ---------------------------------------------------------------------------------------------------

create or replace function readings_ensure_days(first_time timestamptz, last_time timestamptz) returns integer language plpgsql
    set lock_timeout = '2s' as $$
declare
    days timestamptz[];
    day  timestamptz;
    name text;
    made integer := 0;
begin
    if last_time - first_time > interval '11 years' then
        raise exception 'more than eleven years of days at once: from % to %', first_time, last_time;
    end if;
    if readings_are_hypertable() then
        return 0; -- it makes its chunks itself
    end if;
    days := readings_missing_days(first_time, last_time);
    if cardinality(days) = 0 then
        return 0;
    end if;
    -- One at a time. It is the lock that attaching takes anyway: nobody can hold it who may only read, and it stops nobody
    -- who reads or stores.
    lock table only sensor_readings in share update exclusive mode;
    foreach day in array readings_missing_days(first_time, last_time) loop
        name := readings_day_table(day);
        while to_regclass(quote_ident(name)) is not null loop -- as of a day that is detached and not yet dropped
            name := name || '_';
        end loop;
        begin
            -- Made apart and then attached: `create table ... partition of` would wait for every reader, and everybody for it.
            execute format('create table %I (like sensor_readings including all excluding comments)', name);
            execute format('alter table sensor_readings attach partition %I for values from (%L) to (%L)', name, day, day + interval '24 hours');
            made := made + 1;
        exception when lock_not_available or check_violation then
            if not readings_has_default() then
                raise;
            end if; -- else that partition takes the day's readings; whoever made it answers for them
        end;
    end loop;
    return made;
end
$$;

-- A day that has readings already has them in a default partition, which would refuse to let it be attached.
create function readings_missing_days(first_time timestamptz, last_time timestamptz) returns timestamptz[] language plpgsql stable as $$
begin
    return array(
        with there as materialized (select * from readings_days() where first is not null)
        select day from generate_series(utc_day(first_time), last_time, interval '24 hours') as day
         where not exists (select from there where there.first < day + interval '24 hours' and there.beyond > day)
           and not (readings_has_default() and exists (select from sensor_readings where time >= day and time < day + interval '24 hours'))
         order by day);
end
$$;

-- Days that are forgotten ----------------------------------------------------------------------------------------------

create table readings_leaving (
    name text primary key,
    day  timestamptz not null
);
comment on table readings_leaving is 'Days that are being forgotten: detached first, then dropped. What is here and no partition any more is dropped
even when whoever detached it was killed before.';

drop function readings_retain(timestamptz, interval);
drop function readings_oldest_day();

-- Detaching without a lock that others wait for (`concurrently`) has to be a statement of its own, in no function and no
-- transaction: so this only says what comes next.
create function readings_retention_step(at_time timestamptz, keep interval, out statement text, out said text) language plpgsql
    set timezone = 'UTC' set datestyle = 'ISO' as $$
declare
    is_hypertable constant boolean     := readings_are_hypertable();
    newest        constant timestamptz := readings_newest();
    step          record;
begin
    if not is_hypertable then
        -- Of one detaching that was given up or killed; PostgreSQL begins no other before.
        select name into step from readings_days() where is_detaching limit 1;
        if found then
            statement := format('alter table public.sensor_readings detach partition public.%I finalize', step.name);
            return;
        end if;
        delete from readings_leaving where to_regclass(quote_ident(name)) is null or name in (select name from readings_days());
        select * into step from readings_leaving order by day limit 1;
        if found then
            statement := format('drop table public.%I', step.name);
            said := format('dropped %s', to_char(step.day, 'YYYY-MM-DD'));
            return;
        end if;
        select * into step from readings_days() where is_day order by first limit 1;
    else
        execute $q$ select null::text as name, min(range_start) as first, min(range_start) + interval '24 hours' as beyond
                      from timescaledb_information.chunks where hypertable_name = 'sensor_readings' $q$ into step;
    end if;

    if step.first is null or step.beyond > at_time - keep then
        return;
    end if;
    -- A clock that jumped ahead must not empty the table: only while readings arrive does their age mean anything.
    if newest is null or abs(extract(epoch from at_time - newest)) > 24 * 3600 then
        said := format('kept: the clock says %s and the newest reading is of %s', at_time, coalesce(newest::text, 'never'));
        return;
    end if;
    if exists (select from rollup_dirty where bucket >= step.first and bucket < step.beyond) then
        said := format('kept: rollups of %s are still to be made', step.first);
        return;
    end if;
    if is_hypertable then
        statement := format('select drop_chunks(''public.sensor_readings'', older_than => %L::timestamptz, newer_than => %L::timestamptz)',
                            step.beyond, step.first);
        said := format('dropped %s', to_char(step.first, 'YYYY-MM-DD'));
        return;
    end if;
    insert into readings_leaving values (step.name, step.first);
    statement := format('alter table public.sensor_readings detach partition public.%I concurrently', step.name);
    if readings_has_default() then -- then PostgreSQL refuses `concurrently`, and the lock is one that others wait for
        statement := format('do $do$ begin perform set_config(''lock_timeout'', ''100ms'', true);
                             alter table public.sensor_readings detach partition public.%I; end $do$', step.name);
    end if;
end
$$;
comment on function readings_retention_step is 'The next statement on the way to forgetting the oldest day, when all of it is older than `keep`; null when
there is none. `said`: what has been done when it has been carried out, or why nothing is.';

-- A day is one in UTC, and has 24 hours, whatever zone a session is in.
alter function rollups_retain(timestamptz, interval, interval) set timezone = 'UTC';

-- Rollups --------------------------------------------------------------------------------------------------------------

-- A list and no set: with a key, storing would wait for the rollups being made, or find its span noted by a row that they
-- are just about to delete without having seen its readings.
alter table rollup_dirty drop constraint rollup_dirty_pkey;
create index on rollup_dirty (bucket, site_id);
comment on table rollup_dirty is 'A row for each time that readings of a 5-minute span were stored which its rollups may not show yet.';

create or replace function rollup_pending(at_time timestamptz, at_most integer) returns integer language plpgsql as $$
declare
    sites   text[];
    buckets timestamptz[];
begin
    with span as materialized (select site_id, bucket from rollup_dirty where bucket <= at_time - interval '5 minutes'
                                group by bucket, site_id order by bucket, site_id limit at_most),
         gone as (delete from rollup_dirty using span where rollup_dirty.bucket = span.bucket and rollup_dirty.site_id = span.site_id)
    select array_agg(site_id), array_agg(bucket) into sites, buckets from span;
    perform rollup_span('rollup_5min', site, bucket) from unnest(sites, buckets) as span (site, bucket);
    perform rollup_span('rollup_hourly', site, hour)
       from (select distinct site, bucket_hour(bucket) from unnest(sites, buckets) as span (site, bucket)) as hours (site, hour);
    return coalesce(cardinality(buckets), 0);
end
$$;

-- What a rollup is made from may be gone by then: a day that was forgotten, and made again for a reading that came late once
-- readings were kept longer. What was counted once is worth more than what is left.
create function keep_fuller_rollup() returns trigger language plpgsql as $$
begin
    return null;
end
$$;
comment on function keep_fuller_rollup is 'A rollup is not made anew from fewer readings than it has. Delete it first if that is what you want.';

create trigger keep_fuller before update on sensor_readings_5min for each row
    when (new.count::bigint + new.bad < old.count::bigint + old.bad) execute function keep_fuller_rollup();
create trigger keep_fuller before update on sensor_readings_hourly for each row
    when (new.count::bigint + new.bad < old.count::bigint + old.bad) execute function keep_fuller_rollup();
