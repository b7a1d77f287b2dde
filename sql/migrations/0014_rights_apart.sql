-- What one role defines must never run with the rights of another: nobody who logs in for us makes anything in `public`, whose
-- names all the others use. Days are made in a schema of their own, which is in nobody's search_path.

do $$
begin
    create schema if not exists days;
    comment on schema days is 'The partitions of sensor_readings, a day each. They are read through it.';
exception when insufficient_privilege then
    raise notice 'this account may not make a schema: days are made in public';
end
$$;

-- A trigger, a rule, a default, an operator runs with the rights of whoever comes across it. Those who log in for us have no
-- need to define any: they store and read, ingest has a table of its own for repeats, and maintain makes and drops days.
create function refuse_definitions() returns event_trigger language plpgsql as $$
begin
    if current_user::text = any ('{bacpipes_owner, bacpipes_collect, bacpipes_ingest, bacpipes_maintain, bacpipes_reader}'::text[])
       and not (current_user = 'bacpipes_maintain' and tg_tag in ('CREATE TABLE', 'ALTER TABLE', 'DROP TABLE'))
       and not (current_user = 'bacpipes_ingest' and tg_tag = 'CREATE TABLE') then
        raise insufficient_privilege using message = format('permission denied: %s is not for %s', tg_tag, current_user),
                                           hint = 'The superuser (bacpipes) or an account of your own defines what is yours.';
    end if;
end
$$;
comment on function refuse_definitions is 'Of event trigger bacpipes_definitions (sql/rights.sql).';

-- What `alter table` leaves: defaults and checks that do something.
create function refuse_expressions() returns event_trigger language plpgsql as $$
begin
    if current_user = 'bacpipes_maintain'
       and exists (select from (select adrelid as relation, adbin::text as expression from pg_attrdef
                                union all
                                select conrelid, conbin::text from pg_constraint where contype = 'c') as defined
                     join pg_class on pg_class.oid = relation and relowner = current_user::regrole,
                          regexp_matches(expression, ':funcid (\d+)', 'g') as called
                    where (select provolatile = 'v' from pg_proc where pg_proc.oid = called[1]::oid)) then
        raise insufficient_privilege using message = 'permission denied: a default or a check that does something is not for bacpipes_maintain';
    end if;
end
$$;
comment on function refuse_expressions is 'Of event trigger bacpipes_expressions (sql/rights.sql).';

create function readings_day(of_name text) returns text language sql stable as $$
    select format('%I.%I', nspname, relname) from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     where nspname in ('days', 'public') and relname = of_name order by nspname limit 1
$$;
comment on function readings_day is 'The table of a day (readings_day_table) with its schema; null: there is none.';

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
    if readings_are_hypertable() then
        return 0; -- it makes its chunks itself
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

create or replace function readings_retention_step(at_time timestamptz, keep interval, out statement text, out said text) language plpgsql
    set timezone = 'UTC' set datestyle = 'ISO' as $$
declare
    is_hypertable constant boolean     := readings_are_hypertable();
    newest        constant timestamptz := readings_newest(at_time => at_time);
    step          record;
begin
    if exists (select from retention_clock where hold is not null) then
        return;
    end if;
    if not is_hypertable then
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
    -- Only while readings arrive does their age mean anything. It is no guard against a clock that leapt: they carry the same.
    if newest is null or newest < at_time - interval '24 hours' then
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
    statement := format('alter table public.sensor_readings detach partition %s concurrently', readings_day(step.name));
    if readings_has_default() then -- then PostgreSQL refuses `concurrently`, and the lock is one that others wait for
        statement := format('do $do$ begin perform set_config(''lock_timeout'', ''100ms'', true);
                             alter table public.sensor_readings detach partition %s; end $do$', readings_day(step.name));
    end if;
end
$$;
