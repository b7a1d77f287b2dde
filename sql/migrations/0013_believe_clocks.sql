-- Forgetting goes by the clock, and readings carry the same one: when all of a machine leaps ahead, they agree and are wrong. So
-- the clock is looked at against running time and against what it said before, whoever was running then.

create table retention_clock (
    is_one      boolean primary key default true check (is_one),
    seen_at     timestamptz not null,
    expected_at timestamptz,
    hold        interval,
    check ((expected_at is null) = (hold is null))
);
comment on table retention_clock is 'What maintenance last saw of the clock. While `hold` is not null nothing is forgotten.';
comment on column retention_clock.expected_at is 'What the clock would say, had it not leapt';
comment on column retention_clock.hold is 'For how much more running time nothing is forgotten. Who knows that the clock is right sets it to 0';

-- How far readings may be ahead of the clock and still tell what is now: the default of setting readings.future_max.
create function readings_ahead() returns interval language sql immutable parallel safe
    return interval '10 minutes';

drop function readings_newest(text);
create function readings_newest(of_site text default null, at_time timestamptz default now()) returns timestamptz language plpgsql stable as $$
begin
    return (select max(newest.time)
              from point, lateral (select time from sensor_readings r
                                    where r.site_id = point.site_id and r.point_id = point.point_id and r.time <= at_time + readings_ahead()
                                    order by time desc limit 1) as newest
             where of_site is null or point.site_id = of_site);
end
$$;
comment on function readings_newest is 'Of the newest reading; readings of a clock that was ahead do not count until their time comes.';

-- Before it is looked at for the first time: as new as the readings are. What is older may have been switched off.
insert into retention_clock (seen_at) values (coalesce(readings_newest(), now()));

create function retention_look(at_time timestamptz, ran interval, out is_held boolean, out said text) language plpgsql
    set timezone = 'UTC' set datestyle = 'ISO' as $$
declare
    slack    constant interval := '1 hour'; -- a correction, or a restart
    long     constant interval := '24 hours';
    was_held boolean;
    is_leap  boolean;
    clock    retention_clock;
begin
    insert into retention_clock (seen_at) values (at_time) on conflict do nothing; -- if somebody deleted it
    select * into clock from retention_clock for update;
    was_held := clock.hold is not null;
    -- Nobody knows for how long nothing ran before a start: then only going back, or on from what is believed, is a leap.
    is_leap := at_time > clock.seen_at + coalesce(ran, '0') + slack and (ran is not null or not was_held)
            or at_time < clock.seen_at + coalesce(ran, '0') - slack;
    clock.expected_at := coalesce(clock.expected_at, clock.seen_at) + coalesce(ran, '0');
    clock.hold := case when is_leap then long else clock.hold - coalesce(ran, '0') end;
    if was_held and at_time between clock.expected_at - slack and clock.expected_at + slack then
        clock.hold := null;
        said := 'the clock is back where it was: what is old is forgotten again';
    elsif clock.hold <= '0' then
        clock.hold := null;
        said := 'the clock has gone on since it leapt and is believed: what is old is forgotten again';
    elsif is_leap or was_held and ran is null then
        said := format(case when ran is null and not was_held and at_time > clock.seen_at
                            then 'the clock says %s and said %s when it was last looked at: this was off, or the clock is wrong'
                            else 'the clock leapt: it says %s and should say %s' end || '. Nothing is forgotten until it is back or has gone on like this for '
                       '%s more. If it is wrong, set it right (timedatectl, chronyc makestep); if it is known to be right: update retention_clock set hold = ''0''',
                       date_trunc('second', at_time), date_trunc('second', clock.expected_at), date_trunc('second', clock.hold));
    end if;
    is_held := clock.hold is not null;
    update retention_clock set seen_at = at_time, hold = clock.hold, expected_at = case when is_held then clock.expected_at end;
end
$$;
comment on function retention_look is 'Notes what the clock says, `ran` of running time after the last look; null at the first of a run. A leap of more than an hour
either way has nothing forgotten for a day of running time, or until the clock is back. `said`: what there is to tell, once.';

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
    statement := format('alter table public.sensor_readings detach partition public.%I concurrently', step.name);
    if readings_has_default() then -- then PostgreSQL refuses `concurrently`, and the lock is one that others wait for
        statement := format('do $do$ begin perform set_config(''lock_timeout'', ''100ms'', true);
                             alter table public.sensor_readings detach partition public.%I; end $do$', step.name);
    end if;
end
$$;

create or replace function rollups_retain(at_time timestamptz, keep_5min interval, keep_hourly interval) returns bigint language plpgsql
    set timezone = 'UTC' as $$
declare
    newest timestamptz := readings_newest(at_time => at_time);
    day    timestamptz;
    gone   bigint := 0;
    more   bigint;
begin
    if exists (select from retention_clock where hold is not null) or newest is null or newest < at_time - interval '24 hours' then
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

create or replace view point_latest as
    select point.site_id, point.point_id, latest.time, latest.value, latest.quality, latest.reason
      from point left join lateral (select time, value, quality, reason from sensor_readings r
                                     where r.site_id = point.site_id and r.point_id = point.point_id and r.time <= now() + readings_ahead()
                                     order by time desc limit 1) as latest on true;
comment on view point_latest is 'The newest reading of every point; nulls where there is none yet. Readings of a clock that was ahead do not count until
their time comes.';
