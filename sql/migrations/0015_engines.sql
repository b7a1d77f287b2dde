-- How readings are kept, natively or by TimescaleDB, was asked in each function, and by whether the extension is there: a database
-- with partitions in which somebody made the extension got no more days. It is asked once: what depends on it is a set of
-- functions for each engine (sql/engine/), and `bacpipes migrate` puts in place that of what `sensor_readings` is. Here is
-- what they share.

create or replace function readings_retention_step(at_time timestamptz, keep interval, out statement text, out said text) language plpgsql
    set timezone = 'UTC' set datestyle = 'ISO' as $$
declare
    newest constant timestamptz := readings_newest(at_time => at_time);
    day    record;
begin
    if exists (select from retention_clock where hold is not null) then
        return;
    end if;
    select * into statement, said from readings_forget_begun();
    if statement is not null then
        return;
    end if;
    select * into day from readings_days() as d where d.is_day order by d.first limit 1;
    if day.first is null or day.beyond > at_time - keep then
        return;
    end if;
    -- Only while readings arrive does their age mean anything. It is no guard against a clock that leapt: they carry the same.
    if newest is null or newest < at_time - interval '24 hours' then
        said := format('kept: the clock says %s and the newest reading is of %s', at_time, coalesce(newest::text, 'never'));
        return;
    end if;
    if exists (select from rollup_dirty where bucket >= day.first and bucket < day.beyond) then
        said := format('kept: rollups of %s are still to be made', day.first);
        return;
    end if;
    select * into statement, said from readings_forget(day.name, day.first, day.beyond);
end
$$;
