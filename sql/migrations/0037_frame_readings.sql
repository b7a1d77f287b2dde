-- Readings on their way to central, as frames (docs/protocol.md, "Frames"): an entry of the journal in the transaction that stores them. What gets into
-- sensor_readings in other ways is noted in frame_due, and what was there before the site joined is framed from central_link.laid_until on; ingest does both soon.
-- So each row is in a frame once: with its own transaction; or of frame_due; or, where it is of a time from laid_until to held_until, when that span is framed.

alter table central_link add held_until timestamptz;
comment on column central_link.held_until is 'Readings of times before it, from laid_until on, are framed span by span, whenever they are stored; null: nobody has looked since the join';

create table frame_due (
    number   bigint      not null generated always as identity primary key,
    site_id  text        not null,
    point_id integer     not null,
    time     timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
comment on table frame_due is 'Readings that are stored and in no frame yet, of whatever point has followed theirs; empty as a rule.';

-- ---- which readings ----

-- From one point to the next by the key; the instants are those of whole days, whose partitions alone are looked into.
create function frames_points(of_site text, from_day timestamptz, until_day timestamptz) returns setof integer language plpgsql stable as $$
begin
    return query
    with recursive next (id) as (
        (select r.point_id from sensor_readings r where r.site_id = of_site and r.time >= from_day and r.time < until_day order by r.point_id limit 1)
         union all
        select (select r.point_id from sensor_readings r where r.site_id = of_site and r.point_id > next.id and r.time >= from_day and r.time < until_day order by r.point_id limit 1)
          from next where next.id is not null)
    select next.id from next where next.id is not null;
end
$$;
comment on function frames_points is 'Points that have readings, whether they are points any more or not.';

create function frames_held(of_site text, from_time timestamptz, until_time timestamptz) returns setof sensor_readings language plpgsql stable as $$
begin
    return query
    select r.* from frames_points(of_site, date_trunc('day', from_time at time zone 'UTC') at time zone 'UTC', date_trunc('day', from_time at time zone 'UTC') at time zone 'UTC' + interval '24 hours') as p (id)
      join sensor_readings r on r.site_id = of_site and r.point_id = p.id and r.time >= from_time and r.time < until_time;
end
$$;
comment on function frames_held is 'Readings of a span within one day in UTC; by the key, whose first column is not the time.';

create function frames_due(of_site text, at_most integer)
       returns table (number bigint, point_id integer, "time" timestamptz, value double precision, quality text, reason text, units text, device_id integer, object_type text,
                      object_instance integer, newest_successor bigint) language plpgsql stable as $$
begin
    return query
    select d.number, r.point_id, r.time, r.value, r.quality, r.reason, r.units, r.device_id, r.object_type, r.object_instance,
           coalesce((select max(s.number) from point_successor s where s.site_id = of_site), 0)
      from (select * from frame_due f where f.site_id = of_site order by f.number limit at_most) as d
      left join point_successor link on link.site_id = d.site_id and link.point_id = d.point_id
      left join sensor_readings r on r.site_id = d.site_id and r.point_id = coalesce(link.successor, d.point_id) and r.time = d.time;
end
$$;
comment on function frames_due is 'The oldest notes, each with its reading; without one where that is no more.';

create function frames_note(of_site text, points integer[], times timestamptz[]) returns void language plpgsql as $$
declare
    link central_link;
begin
    select * into link from central_link l where l.site_id = of_site for share; -- a span that is framed meanwhile has counted these, or comes after them
    if found then
        insert into frame_due (site_id, point_id, time)
        select of_site, p.id, p.at from unnest(points, times) as p (id, at)
         where link.is_laid or p.at < link.laid_until or p.at >= link.held_until;
        perform pg_notify('bacpipes_entry', of_site || ' due');
    end if;
end
$$;
comment on function frames_note is 'These readings have been stored by a transaction that makes no frame of them. Nothing where the site has joined no central.';

-- ---- frames ----

create function frames_begin(of_site text, out epoch bigint, out laid_until timestamptz, out held_until timestamptz, out is_laid boolean, out is_due boolean) language plpgsql as $$
declare
    link   central_link;
    oldest timestamptz;
    newest timestamptz;
begin
    -- Who stores readings and did not know of the link has committed then: what he has stored is counted. Before the row is locked, which such ask for.
    if exists (select from central_link l where l.site_id = of_site and l.held_until is null and not l.is_laid) then
        perform readings_hold();
    end if;
    select * into link from central_link l where l.site_id = of_site for update;
    if not found then
        return;
    end if;
    if link.held_until is null and not link.is_laid then
        delete from frame_due f where f.site_id = of_site; -- of an earlier link
        select min(ends.oldest), max(ends.newest) into oldest, newest
          from frames_points(of_site, '-infinity', 'infinity') as p (id),
               lateral (select (select r.time from sensor_readings r where r.site_id = of_site and r.point_id = p.id order by r.time limit 1) as oldest,
                               (select r.time from sensor_readings r where r.site_id = of_site and r.point_id = p.id order by r.time desc limit 1) as newest) as ends;
        update central_link l set held_until = coalesce(newest, clock_timestamp()) + interval '1 microsecond', laid_until = coalesce(oldest, newest, clock_timestamp()), is_laid = newest is null
         where l.site_id = of_site returning * into link;
    end if;
    select h.epoch into epoch from journal_head h where h.site_id = of_site order by h.version desc limit 1;
    laid_until := link.laid_until;
    held_until := link.held_until;
    is_laid := link.is_laid;
    is_due := exists (select from frame_due f where f.site_id = of_site);
end
$$;
comment on function frames_begin is 'How framing stands; epoch null: the site has joined no central. Called while nothing is being stored: at the first time after a join it sets what was there before.';

-- What is not as its maker believed is a unique violation: then nothing of the transaction is done, and he looks again.
create function frames_append(of_site text, of_epoch bigint, sizes integer[], frames bytea) returns void language plpgsql as $$
declare
    size integer;
    at   integer := 1;
begin
    if not exists (select from central_link l where l.site_id = of_site and (l.is_laid or l.held_until is not null)) then
        raise unique_violation using message = format('site "%s" has left its central, or has just joined one', of_site);
    elsif of_epoch is distinct from (select h.epoch from journal_head h where h.site_id = of_site order by h.version desc limit 1) then
        raise unique_violation using message = format('the journal of site "%s" is in another epoch: a key frame has to begin it', of_site);
    end if;
    foreach size in array sizes loop
        perform journal_append(of_site, 'readings', substring(frames from at for size));
        at := at + size;
    end loop;
    if at <> octet_length(frames) + 1 then
        raise data_corrupted using message = format('%s octets of frames are not the %s that they are said to be', octet_length(frames), at - 1);
    end if;
end
$$;
comment on function frames_append is 'Entries `readings` of this transaction: the frames one after the other, with their sizes.';

create function frames_follow(of_site text, known bigint) returns void language plpgsql as $$
begin
    if exists (select from point_successor s where s.site_id = of_site and s.number > known) then
        raise unique_violation using message = format('points of site "%s" have got successors: their readings follow', of_site);
    end if;
end
$$;
comment on function frames_follow is 'No point has got a successor since `known`, and none gets one until this transaction, which has its hand on sensor_readings, has ended.';

create function frames_append_due(of_site text, of_epoch bigint, known bigint, numbers bigint[], sizes integer[], frames bytea) returns void language plpgsql as $$
declare
    gone bigint;
begin
    perform frames_follow(of_site, known);
    delete from frame_due f where f.site_id = of_site and f.number = any (numbers);
    get diagnostics gone = row_count;
    if gone <> cardinality(numbers) then
        raise unique_violation using message = 'somebody else has framed what was due';
    end if;
    perform frames_append(of_site, of_epoch, sizes, frames);
end
$$;
comment on function frames_append_due is 'Frames of what frames_due told, whose notes go.';

create function frames_lay(of_site text, of_epoch bigint, known bigint, from_time timestamptz, until_time timestamptz, rows bigint, sizes integer[], frames bytea) returns boolean language plpgsql as $$
declare
    link central_link;
begin
    select * into link from central_link l where l.site_id = of_site for update;
    if link.laid_until is distinct from from_time or link.is_laid then
        raise unique_violation using message = format('what site "%s" held when it joined is framed up to %s, not %s', of_site, coalesce(link.laid_until::text, 'nowhere'), from_time);
    end if;
    perform frames_follow(of_site, known);
    if rows <> (select count(*) from frames_held(of_site, from_time, until_time)) then
        raise unique_violation using message = format('readings from %s to %s have come meanwhile', from_time, until_time);
    end if;
    perform frames_append(of_site, of_epoch, sizes, frames);
    update central_link l set laid_until = until_time, is_laid = until_time >= l.held_until where l.site_id = of_site returning l.is_laid into link.is_laid;
    return link.is_laid;
end
$$;
comment on function frames_lay is 'Frames of all that frames_held tells of this span; true: it was the last one.';

-- Other entries are told, so that the readings of the last seconds go with them.
create function entry_told() returns trigger language plpgsql as $$
begin
    if exists (select from central_link l where l.site_id = new.site_id) then
        perform pg_notify('bacpipes_entry', new.site_id);
    end if;
    return null;
end
$$;
comment on function entry_told is 'Of a trigger, at a site that has joined a central: NOTIFY bacpipes_entry, once a transaction.';
create trigger tell_entry after insert on uplink for each row when (new.kind not in ('readings', 'health', 'checkpoint')) execute function entry_told();

-- ---- other ways into sensor_readings ----

-- Of 0011, but that it notes what it has stored, and refuses what no frame takes.
create or replace function quarantine_store(of_site text, batch jsonb, which bigint[]) returns integer language plpgsql as $$
declare
    stored integer;
    points integer[];
    times  timestamptz[];
begin
    if exists (select from batch_readings(batch) as r where r.i = any (which) and octet_length(r.reason) > 65536) then
        raise exception 'its reason is longer than 65536 octets';
    end if;
    perform readings_ensure_days(min(r.time), max(r.time)) from batch_readings(batch) as r where r.i = any (which) having count(*) > 0;
    with new as (
        insert into sensor_readings (time, site_id, point_id, value, quality, reason, units, device_id, object_type, object_instance)
            select r.time, of_site, point.point_id, r.value, r.quality, r.reason, nullif(point.units, ''), point.device_id, point.object_type,
                   point.object_instance
              from batch_readings(batch) as r left join point_successor as link on link.site_id = of_site and link.point_id = r.point_id
              join point on point.site_id = of_site and point.point_id = coalesce(link.successor, r.point_id)
             where r.i = any (which)
                on conflict do nothing returning point_id, time),
    dirty as (insert into rollup_dirty (site_id, bucket) select distinct of_site, bucket_5min(time) from new on conflict do nothing)
    select count(*), array_agg(new.point_id), array_agg(new.time) into stored, points, times from new;
    if stored > 0 then
        perform frames_note(of_site, points, times);
    end if;
    return stored;
end
$$;

-- Of 0026, but that it notes the readings.
create or replace function past_lay(of_site text, kind text, first_time timestamptz, beyond timestamptz, new_counters jsonb default null) returns bigint language plpgsql
    set timezone = 'UTC' as $$
declare
    the  past;
    edge timestamptz;
    laid bigint := 0;
    points integer[];
    times  timestamptz[];
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
                         where point.site_id = of_site),
        new as (
        insert into sensor_readings (time, site_id, point_id, value, quality, units, device_id, object_type, object_instance)
        select s.time, of_site, s.point_id, s.last, 'good', nullif(polled.units, ''), polled.device_id, polled.object_type, polled.object_instance
          from past_stage s join polled using (point_id)
         where kind = 'readings' or s.time < polled.polled_at on conflict do nothing returning point_id, time)
        select count(*), array_agg(new.point_id), array_agg(new.time) into laid, points, times from new;
        if laid > 0 then
            perform frames_note(of_site, points, times);
        end if;
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
