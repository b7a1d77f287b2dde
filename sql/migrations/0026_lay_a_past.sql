-- A simulated site may have a past: what its building would have said before anybody asked it, so that its first screen has a winter
-- to show. It is laid by `bacpipes past`, the newest first, and only here: a site whose building is not simulated has none, and
-- no row that is there is changed.

alter table site add is_simulated boolean not null default false;
alter table site add unique (site_id, is_simulated);
comment on column site.is_simulated is 'Its building is not there: what is read of it is computed, and so is a past before its first reading';

create table past (
    site_id       text primary key,
    is_simulated  boolean     not null default true check (is_simulated),
    made_of       jsonb       not null,
    since         timestamptz not null,
    until         timestamptz not null check (until > since),
    readings_goal timestamptz not null,
    fine_goal     timestamptz not null,
    hourly_goal   timestamptz not null,
    readings_from timestamptz not null,
    fine_from     timestamptz not null,
    hourly_from   timestamptz not null,
    is_joined     boolean     not null default false,
    counters      jsonb       not null default '{}',
    rows          bigint      not null default 0,
    begun_at      timestamptz not null default now(),
    finished_at   timestamptz,
    foreign key (site_id, is_simulated) references site (site_id, is_simulated) on delete cascade
);
comment on table past is 'The past of a simulated site: how far back it goes, and how far it is laid. A site that has one stays simulated.';
comment on column past.made_of is 'The building, as {"points": 500, "seed": 1}: whoever goes on laying has the same';
comment on column past.since is 'From when on the building is simulated, before it is served: the same since, the same building to the bit';
comment on column past.until is 'When the site began: what is laid is older, but for what joins it to the first reading of each point';
comment on column past.readings_from is 'Readings from there to `until` are laid; so for 5-minute (fine) and hourly rollups';
comment on column past.is_joined is 'Readings are laid up to the first that was polled';
comment on column past.counters is 'What registers said where what is laid begins, by span of the simulation: {"2026-07-01T00:00:00Z": {"1003 accumulator,1": 17000000}}';

-- What is to become the past, on its way. It is worth nothing after a crash: what was under way is simulated again.
create unlogged table past_stage (
    point_id integer          not null,
    time     timestamptz      not null,
    min      double precision,
    max      double precision,
    sum      double precision,
    count    integer,
    last     double precision not null,
    last_at  timestamptz
);
comment on table past_stage is 'Rows that past_lay is about to lay: rollups, or readings, which have `last` alone.';

-- How far back it goes: a year by the hour, 30 days by 5 minutes, a day of readings, for up to 500 points. More points have as many
-- rows and no more, some 12 million: disk and time have an end. The building has run for a week before, so that it does not
-- matter how it began; a large one, which takes longer to simulate, for 2 days.
create function past_begin(of_site text, at_time timestamptz, of_building jsonb, points integer) returns timestamptz language plpgsql
    set timezone = 'UTC' as $$
declare
    share constant double precision := least(1, 500.0 / greatest(points, 1));
    hour  constant timestamptz      := bucket_hour(at_time);
    fine  constant timestamptz      := bucket_hour(at_time - interval '30 days' * share);
    day   constant timestamptz      := greatest(hour - interval '24 hours', fine);
    begun timestamptz;
begin
    select since into begun from past where site_id = of_site;
    if found then
        return begun;
    end if;
    if exists (select from sensor_readings where site_id = of_site) or exists (select from sensor_readings_hourly where site_id = of_site)
       or exists (select from sensor_readings_5min where site_id = of_site) then
        return null;
    end if;
    insert into past (site_id, made_of, since, until, readings_goal, fine_goal, hourly_goal, readings_from, fine_from, hourly_from)
    values (of_site, of_building, day - case when points > 1000 then interval '2 days' else interval '7 days' end, at_time,
            greatest(day, bucket_5min(at_time - interval '24 hours' * share)), fine, bucket_hour(at_time - interval '365 days' * share), at_time, bucket_5min(at_time), hour)
    returning since into begun;
    return begun;
exception when foreign_key_violation then
    raise exception 'site % is not simulated: only what nobody measured may be made up', of_site using errcode = 'check_violation';
end
$$;
comment on function past_begin is 'Begins a past of a simulated site that has no history yet, ending at `at_time`. Returns since when its building is to be simulated,
also of a past that was begun before; null: the site has a history, and gets no other.';

-- One piece, in one transaction with the COPY that staged it: what is staged is older than all that is laid of its kind, and
-- reaches up to it. So a piece that was laid is not laid again, whoever was killed in between.
create function past_lay(of_site text, kind text, first_time timestamptz, beyond timestamptz, new_counters jsonb default null) returns bigint language plpgsql
    set timezone = 'UTC' as $$
declare
    the  past;
    edge timestamptz;
    laid bigint := 0;
begin
    select * into the from past where site_id = of_site for update;
    if not found then
        raise exception 'site % has no past that was begun: nothing is laid', of_site;
    end if;
    edge := case kind when 'readings' then the.readings_from when '5min' then the.fine_from when 'hourly' then the.hourly_from
                      when 'join' then case when not the.is_joined then the.until end end;
    if edge is null or first_time >= beyond or edge <> (case kind when 'join' then first_time else beyond end) then
        raise exception 'site %: a piece of % from % to % does not join what is laid, from % on', of_site, kind, first_time, beyond, coalesce(edge::text, 'never');
    end if;
    if exists (select from past_stage where time < first_time or time >= beyond) then
        raise exception 'site %: rows of other times are staged than from % to %', of_site, first_time, beyond;
    end if;

    if kind = '5min' then
        insert into sensor_readings_5min (site_id, point_id, time, min, max, sum, count, bad, last, last_at)
        select of_site, s.point_id, s.time, s.min, s.max, s.sum, s.count, 0, s.last, s.last_at
          from past_stage s join point on point.site_id = of_site and point.point_id = s.point_id on conflict do nothing;
        get diagnostics laid = row_count;
        update past set fine_from = first_time where site_id = of_site;
        if beyond > bucket_hour(the.until) then -- of the hour in which the site began: ingest makes its rollup, of both
            insert into rollup_dirty values (of_site, bucket_5min(the.until));
        end if;
    elsif kind = 'hourly' then
        insert into sensor_readings_hourly (site_id, point_id, time, min, max, sum, count, bad, last, last_at)
        select of_site, s.point_id, s.time, s.min, s.max, s.sum, s.count, 0, s.last, s.last_at
          from past_stage s join point on point.site_id = of_site and point.point_id = s.point_id on conflict do nothing;
        get diagnostics laid = row_count;
        update past set hourly_from = first_time where site_id = of_site;
    else
        perform set_config('synchronous_commit', 'off', true), readings_ensure_days(first_time, beyond);
        with polled as (select point.*, first.time as polled_at
                          from point left join lateral (select time from sensor_readings r where r.site_id = of_site and r.point_id = point.point_id and r.time >= the.until
                                                         order by time limit 1) as first on kind = 'join'
                         where point.site_id = of_site)
        insert into sensor_readings (time, site_id, point_id, value, quality, units, device_id, object_type, object_instance)
        select s.time, of_site, s.point_id, s.last, 'good', nullif(polled.units, ''), polled.device_id, polled.object_type, polled.object_instance
          from past_stage s join polled using (point_id)
         where kind = 'readings' or s.time < polled.polled_at on conflict do nothing;
        get diagnostics laid = row_count;
        if kind = 'join' then
            update past set is_joined = true where site_id = of_site;
        else
            update past set readings_from = first_time where site_id = of_site;
        end if;
        -- Spans that readings of both kinds are in are ingest's; all before are laid as they are.
        insert into rollup_dirty select of_site, bucket from generate_series(bucket_5min(greatest(first_time, bucket_5min(the.until))), beyond, interval '5 minutes') as bucket;
    end if;
    truncate past_stage;
    update past set rows = rows + laid, counters = coalesce(new_counters, counters),
           finished_at = case when is_joined and readings_from <= readings_goal and fine_from <= fine_goal and hourly_from <= hourly_goal then now() end
     where site_id = of_site;
    return laid;
end
$$;
comment on function past_lay is 'Lays what is staged as readings, 5min, hourly, or join (readings from `until` to the first polled one): from `first_time` to what is laid.
Changes no row that is there. Returns how many rows are new.';

create view past_progress as
    select site_id, since, until, finished_at, rows, least(readings_from, fine_from, hourly_from) as laid_from,
           case when finished_at is not null then 1
                else least(0.999, (extract(epoch from until - readings_from) / 15 + extract(epoch from until - fine_from) / 300 + extract(epoch from until - hourly_from) / 3600)
                                / (extract(epoch from until - readings_goal) / 15 + extract(epoch from until - fine_goal) / 300 + extract(epoch from until - hourly_goal) / 3600))
           end::double precision as share
      from past;
comment on view past_progress is 'How much of each past is laid, by its rows: 1 is all of it.';
