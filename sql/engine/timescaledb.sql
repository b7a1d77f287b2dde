-- Readings in a hypertable of TimescaleDB: it makes its chunks of a day itself, and drops one in a statement. Those of two days ago
-- and older are compressed by a policy (migrations/0002_store_readings.sql), under the Timescale licence.
drop function if exists readings_are_hypertable();
drop function if exists readings_missing_days(timestamptz, timestamptz);
drop function if exists readings_has_default();
drop function if exists readings_day(text);
drop function if exists readings_day_table(timestamptz);

create or replace function readings_engine() returns text language sql immutable parallel safe
    return 'timescaledb'::text;
comment on function readings_engine is 'How sensor_readings is kept: native or timescaledb.';

-- Days that there are --------------------------------------------------------------------------------------------------

create or replace function readings_days(out name text, out first timestamptz, out beyond timestamptz, out is_day boolean, out is_detaching boolean)
    returns setof record language sql stable set timezone = 'UTC' set datestyle = 'ISO' as $$
    select chunk_name, range_start, range_end, true, false
      from timescaledb_information.chunks where hypertable_schema = 'public' and hypertable_name = 'sensor_readings'
$$;
comment on function readings_days is 'The partitions or chunks of sensor_readings, and what they are for.';

-- Of what is compressed PostgreSQL's statistics know the compressed rows, of up to 1,000 readings each.
create or replace function readings_about() returns bigint language sql stable as $$
    select coalesce(sum(coalesce(size.numrows_pre_compression, stat.n_live_tup)), 0)::bigint
      from _timescaledb_catalog.hypertable
      join _timescaledb_catalog.chunk on chunk.hypertable_id = hypertable.id
      left join _timescaledb_catalog.compression_chunk_size as size on size.chunk_id = chunk.id
      left join pg_stat_user_tables as stat on stat.schemaname = chunk.schema_name and stat.relname = chunk.table_name
     where hypertable.schema_name = 'public' and hypertable.table_name = 'sensor_readings'
$$;
comment on function readings_about is 'How many rows sensor_readings has, as the statistics count them.';

create or replace function readings_kept(out octets bigint, out oldest timestamptz) language sql stable as $$
    select coalesce(hypertable_size('public.sensor_readings'), 0), (select min(first) from readings_days())
$$;
comment on function readings_kept is 'Octets of sensor_readings on the disk, and when its oldest day with readings began.';

-- Days that are made ---------------------------------------------------------------------------------------------------

create or replace function readings_ensure_days(first_time timestamptz, last_time timestamptz) returns integer language plpgsql as $$
begin
    if last_time - first_time > interval '11 years' then
        raise exception 'more than eleven years of days at once: from % to %', first_time, last_time;
    end if;
    return 0;
end
$$;
comment on function readings_ensure_days is 'Refuses what would be far too many chunks at once; they are made when readings come.';

-- Days that are forgotten ----------------------------------------------------------------------------------------------

create or replace function readings_forget_begun(out statement text, out said text) language sql immutable as $$
    select null::text, null::text
$$;
comment on function readings_forget_begun is 'The next statement of forgetting a day that was begun; null: there is none.';

create or replace function readings_forget(name text, first timestamptz, beyond timestamptz, out statement text, out said text) language sql stable
    set timezone = 'UTC' set datestyle = 'ISO' as $$
    select format('select public.drop_chunks(''public.sensor_readings'', older_than => %L::timestamptz, newer_than => %L::timestamptz)', beyond, first),
           format('dropped %s', to_char(first, 'YYYY-MM-DD'))
$$;
comment on function readings_forget is 'The first statement of forgetting a day; `said`: that it is gone when that has been carried out.';

-- Who may only read starts no jobs, which run again and again without a connection.
do $$
declare
    thing record;
begin
    for thing in select pg_proc.oid::regprocedure as name from pg_proc
                  where pronamespace = 'public'::regnamespace and proname = 'add_job' and pg_has_role(proowner, 'usage')
                    and has_function_privilege('public', pg_proc.oid, 'execute') loop
        execute format('revoke execute on function %s from public', thing.name);
    end loop;
end
$$;
