-- Readings in PostgreSQL's own partitions, a day in UTC each. Days have to be made before readings come, and are detached before
-- they are dropped, so that nobody waits for it.
drop function if exists readings_are_hypertable();

create or replace function readings_engine() returns text language sql immutable parallel safe
    return 'native'::text;
comment on function readings_engine is 'How sensor_readings is kept: native or timescaledb.';

-- Days that there are --------------------------------------------------------------------------------------------------

create or replace function readings_day_table(day timestamptz) returns text language sql immutable as $$
    select 'sensor_readings_' || to_char(day at time zone 'UTC', 'YYYYMMDD')
$$;

create or replace function readings_day(of_name text) returns text language sql stable as $$
    select format('%I.%I', nspname, relname) from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     where nspname in ('days', 'public') and relname = of_name order by nspname limit 1
$$;
comment on function readings_day is 'The table of a day (readings_day_table) with its schema; null: there is none.';

-- A partition is known by its bounds and not by its name. One that is no day of ours (a default partition, a month that
-- somebody attached, a foreign table) is left alone: `is_day` is false, and where its bounds are no two instants they are null.
create or replace function readings_days(out name text, out first timestamptz, out beyond timestamptz, out is_day boolean, out is_detaching boolean)
    returns setof record language sql stable set timezone = 'UTC' set datestyle = 'ISO' as $function$
    select relname, from_text::timestamptz, to_text::timestamptz,
           relkind = 'r' and from_text is not null and from_text::timestamptz = utc_day(from_text::timestamptz)
           and to_text::timestamptz = from_text::timestamptz + interval '24 hours' and nspname in ('days', 'public'),
           inhdetachpending
      from pg_inherits
      join pg_class on pg_class.oid = inhrelid
      join pg_namespace on pg_namespace.oid = relnamespace
      left join lateral regexp_match(pg_get_expr(relpartbound, inhrelid), $r$^FOR VALUES FROM \('([^']+)'\) TO \('([^']+)'\)$$r$) as bounds on true,
           lateral (select bounds[1], bounds[2]) as bound (from_text, to_text)
     where inhparent = 'sensor_readings'::regclass
$function$;
comment on function readings_days is 'The partitions or chunks of sensor_readings, and what they are for.';

create or replace function readings_has_default() returns boolean language sql stable as $$
    select exists (select from pg_partitioned_table where partrelid = 'sensor_readings'::regclass and partdefid <> 0)
$$;

create or replace function readings_about() returns bigint language sql stable as $$
    select coalesce(sum(n_live_tup), 0)::bigint from pg_stat_user_tables
     where relid in (select inhrelid from pg_inherits where inhparent = 'sensor_readings'::regclass)
$$;
comment on function readings_about is 'How many rows sensor_readings has, as the statistics count them.';

-- A day without readings is 32 kB of empty pages.
create or replace function readings_kept(out octets bigint, out oldest timestamptz) language sql stable as $$
    select coalesce(sum(size), 0)::bigint, min(begins) filter (where size > 32768)
      from (select pg_total_relation_size(inhrelid) as size,
                   case when relname ~ '_[0-9]{8}$' then to_date(right(relname, 8), 'YYYYMMDD')::timestamp at time zone 'UTC' end as begins
              from pg_inherits join pg_class on pg_class.oid = inhrelid where inhparent = 'sensor_readings'::regclass) as day
$$;
comment on function readings_kept is 'Octets of sensor_readings on the disk, and when its oldest day with readings began.';

-- Days that are made ---------------------------------------------------------------------------------------------------

-- A day that has readings already has them in a default partition, which would refuse to let it be attached.
create or replace function readings_missing_days(first_time timestamptz, last_time timestamptz) returns timestamptz[] language plpgsql stable as $$
begin
    return array(
        with there as materialized (select * from readings_days() where first is not null)
        select day from generate_series(utc_day(first_time), last_time, interval '24 hours') as day
         where not exists (select from there where there.first < day + interval '24 hours' and there.beyond > day)
           and not (readings_has_default() and exists (select from sensor_readings where time >= day and time < day + interval '24 hours'))
         order by day);
end
$$;

create or replace function readings_ensure_days(first_time timestamptz, last_time timestamptz) returns integer language plpgsql
    set lock_timeout = '2s' as $$
declare
    place text    := case when has_schema_privilege(to_regnamespace('days'), 'create') then 'days' else 'public' end;
    made  integer := 0;
    day   timestamptz;
    name  text;
begin
    if last_time - first_time > interval '11 years' then
        raise exception 'more than eleven years of days at once: from % to %', first_time, last_time;
    end if;
    if cardinality(readings_missing_days(first_time, last_time)) = 0 then
        return 0;
    end if;
    -- One at a time. It is the lock that attaching takes anyway: nobody can hold it who may only read, and it stops nobody
    -- who reads or stores.
    lock table only sensor_readings in share update exclusive mode;
    foreach day in array readings_missing_days(first_time, last_time) loop
        name := readings_day_table(day);
        while readings_day(name) is not null loop -- as of a day that is detached and not yet dropped
            name := name || '_';
        end loop;
        begin
            -- Made apart and then attached: `create table ... partition of` would wait for every reader, and everybody for it.
            execute format('create table %I.%I (like sensor_readings including all excluding comments)', place, name);
            execute format('alter table sensor_readings attach partition %I.%I for values from (%L) to (%L)', place, name, day, day + interval '24 hours');
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
comment on function readings_ensure_days is 'Makes the partitions from the day of one instant to that of another; returns how many were missing.';

-- Days that are forgotten ----------------------------------------------------------------------------------------------

-- Detaching without a lock that others wait for (`concurrently`) has to be a statement of its own, in no function and no
-- transaction: so these only say what comes next.
create or replace function readings_forget_begun(out statement text, out said text) language plpgsql
    set timezone = 'UTC' set datestyle = 'ISO' as $$
declare
    step record;
begin
    -- Of one detaching that was given up or killed; PostgreSQL begins no other before.
    select name into step from readings_days() where is_detaching limit 1;
    if found then
        statement := format('alter table public.sensor_readings detach partition %s finalize', readings_day(step.name));
        return;
    end if;
    delete from readings_leaving where readings_day(name) is null or name in (select name from readings_days());
    select * into step from readings_leaving order by day limit 1;
    if found then
        statement := format('drop table %s', readings_day(step.name));
        said := format('dropped %s', to_char(step.day, 'YYYY-MM-DD'));
    end if;
end
$$;
comment on function readings_forget_begun is 'The next statement of forgetting a day that was begun; null: there is none.';

create or replace function readings_forget(name text, first timestamptz, beyond timestamptz, out statement text, out said text) language plpgsql as $$
begin
    insert into readings_leaving values (name, first);
    statement := format('alter table public.sensor_readings detach partition %s concurrently', readings_day(name));
    if readings_has_default() then -- then PostgreSQL refuses `concurrently`, and the lock is one that others wait for
        statement := format('do $do$ begin perform set_config(''lock_timeout'', ''100ms'', true);
                             alter table public.sensor_readings detach partition %s; end $do$', readings_day(name));
    end if;
end
$$;
comment on function readings_forget is 'The first statement of forgetting a day; `said`: that it is gone when that has been carried out.';
