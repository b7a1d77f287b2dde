-- The quarantine can be put back: what is put aside is kept whole, as the batch it came in, and is bounded in octets
-- (setting quarantine.size). What had to go for want of room is counted.

alter table ingest_quarantine
    add column run      text,
    add column n        bigint,
    add column readings integer,
    add column octets   integer generated always as (100 + octet_length(reason) + octet_length(payload)) stored;
comment on table ingest_quarantine is 'What was received and could not be stored, and why; `bacpipes quarantine` lists it and puts it back. The oldest go
when there is more than setting quarantine.size says.';
comment on column ingest_quarantine.payload is 'As received; of a batch that was stored but for some readings, those as a batch of their own';
comment on column ingest_quarantine.run is 'Of the collector, with the batch''s number n in it; null where the payload is no batch';
comment on column ingest_quarantine.readings is 'How many are in the payload; null where nobody can tell';
comment on column ingest_quarantine.octets is 'What it counts for in quarantine.size';

create table ingest_quarantine_total (
    site_id          text primary key,
    entries          bigint not null default 0,
    octets           bigint not null default 0,
    dropped          bigint not null default 0,
    dropped_readings bigint not null default 0,
    dropped_at       timestamptz
);
comment on table ingest_quarantine_total is 'How much is in ingest_quarantine, and how many entries and readings went for want of room.';

insert into ingest_quarantine_total (site_id, entries, octets)
    select site_id, count(*), sum(octets) from ingest_quarantine group by site_id;

create function quarantine_count() returns trigger language plpgsql as $$
begin
    if tg_op in ('INSERT', 'UPDATE') then
        insert into ingest_quarantine_total as total (site_id, entries, octets)
            select site_id, count(*), sum(octets) from added group by site_id
                on conflict (site_id) do update
               set entries = total.entries + excluded.entries, octets = total.octets + excluded.octets;
    end if;
    if tg_op in ('DELETE', 'UPDATE') then
        update ingest_quarantine_total as total
           set entries = total.entries - gone.entries, octets = total.octets - gone.octets
          from (select site_id, count(*) as entries, sum(octets) as octets from removed group by site_id) as gone
         where total.site_id = gone.site_id;
    end if;
    if tg_op = 'TRUNCATE' then
        update ingest_quarantine_total set entries = 0, octets = 0;
    end if;
    return null;
end
$$;
create trigger count_insert after insert on ingest_quarantine referencing new table as added
    for each statement execute function quarantine_count();
create trigger count_update after update on ingest_quarantine referencing new table as added old table as removed
    for each statement execute function quarantine_count();
create trigger count_delete after delete on ingest_quarantine referencing old table as removed
    for each statement execute function quarantine_count();
create trigger count_truncate after truncate on ingest_quarantine for each statement execute function quarantine_count();

drop function quarantine_trim();
create function quarantine_trim(of_site text, most bigint) returns bigint language plpgsql as $$
declare
    too_much bigint;
    entry    record;
    last_id  bigint;
    gone     bigint;
begin
    select octets - most into too_much from ingest_quarantine_total where site_id = of_site for update;
    if too_much is null or too_much <= 0 then
        return 0;
    end if;
    for entry in select id, octets from ingest_quarantine where site_id = of_site order by id loop
        exit when too_much <= 0;
        too_much := too_much - entry.octets;
        last_id := entry.id;
    end loop;
    with old as (delete from ingest_quarantine where site_id = of_site and id <= last_id returning readings),
    counted as (update ingest_quarantine_total
                   set dropped = dropped + (select count(*) from old), dropped_at = now(),
                       dropped_readings = dropped_readings + (select coalesce(sum(readings), 0) from old)
                 where site_id = of_site)
    select count(*) into gone from old;
    return gone;
end
$$;
comment on function quarantine_trim is 'Drops the oldest entries of a site above `most` octets, and counts them. Returns how many.';

create function batch_readings(batch jsonb, out i bigint, out item jsonb, out point_id integer, out "time" timestamptz,
                               out value double precision, out quality text, out reason text)
    returns setof record language sql immutable as $$
    select i, item, (item->>0)::integer,
           timestamptz '1970-01-01 00:00:00+00' + ((batch->>'at')::bigint + (item->>1)::bigint) * interval '1 microsecond',
           (item->>2)::double precision, (array['good', 'uncertain', 'bad'])[1 + coalesce((item->>3)::integer, 0)], nullif(item->>4, '')
      from jsonb_array_elements(batch->'readings') with ordinality as reading (item, i)
$$;
comment on function batch_readings is 'The readings of a batch as it is published (docs/protocol.md), numbered from 1.';

-- Readings of the entry that may be stored now, those numbered in `which`. Returns how many were new.
create function quarantine_store(of_site text, batch jsonb, which bigint[]) returns integer language plpgsql as $$
declare
    stored integer;
begin
    perform readings_ensure_days(min(r.time), max(r.time)) from batch_readings(batch) as r where r.i = any (which) having count(*) > 0;
    with new as (
        insert into sensor_readings (time, site_id, point_id, value, quality, reason, units, device_id, object_type, object_instance)
            select r.time, of_site, r.point_id, r.value, r.quality, r.reason, nullif(point.units, ''), point.device_id, point.object_type,
                   point.object_instance
              from batch_readings(batch) as r join point on point.site_id = of_site and point.point_id = r.point_id
             where r.i = any (which)
                on conflict do nothing returning time),
    dirty as (insert into rollup_dirty (site_id, bucket) select distinct of_site, bucket_5min(time) from new on conflict do nothing)
    select count(*) into stored from new;
    return stored;
end
$$;

create function quarantine_put_back(entry bigint, at_time timestamptz, keep interval, ahead interval, dry_run boolean,
                                    out stored integer, out present integer, out refused integer, out why text) language plpgsql as $$
declare
    kept   ingest_quarantine;
    batch  jsonb;
    good   bigint[];
    bad    bigint[] := '{}';
    number bigint;
begin
    -- First what ingest locks first, so that the two wait for each other and never in a circle.
    perform from ingest_quarantine_total as total join ingest_quarantine q using (site_id) where q.id = entry for update of total;
    select * into kept from ingest_quarantine where id = entry for update;
    if not found then
        return;
    end if;
    stored := 0;
    present := 0;
    begin
        batch := kept.payload::jsonb;
        if jsonb_typeof(batch) <> 'object' or batch->>'v' is distinct from '1' or jsonb_typeof(batch->'readings') is distinct from 'array' then
            raise exception 'no object with "v": 1 and an array of readings';
        end if;
        select coalesce(array_agg(r.i order by r.i) filter (where r.against is null), '{}'),
               coalesce(array_agg(r.i order by r.i) filter (where r.against is not null), '{}'), min(r.against)
          into good, bad, why
          from (select b.i, case when point.point_id is null then 'no such point'
                                 when b.time > at_time + ahead then 'ahead of the clock (readings.future_max)'
                                 when b.time < at_time - keep then 'older than readings are kept (retention.readings)'
                            end as against
                  from batch_readings(batch) as b left join point on point.site_id = kept.site_id and point.point_id = b.point_id) as r;
    exception when others then
        refused := coalesce(kept.readings, 1);
        why := 'it is no batch: ' || sqlerrm;
        return;
    end;
    begin
        begin
            stored := quarantine_store(kept.site_id, batch, good);
            present := cardinality(good) - stored;
        exception when others then
            -- Some of them are refused: one by one, the others are good.
            foreach number in array good loop
                begin
                    if quarantine_store(kept.site_id, batch, array[number]) > 0 then
                        stored := stored + 1;
                    else
                        present := present + 1;
                    end if;
                exception when others then
                    bad := bad || number;
                    why := sqlerrm;
                end;
            end loop;
        end;
        refused := cardinality(bad);
        if refused = 0 then
            delete from ingest_quarantine where id = entry;
        else
            update ingest_quarantine
               set reason = quarantine_put_back.why, readings = quarantine_put_back.refused,
                   payload = jsonb_set(batch, '{readings}', (select jsonb_agg(b.item order by b.i) from batch_readings(batch) as b
                                                              where b.i = any (bad)))::text
             where id = entry and stored + present > 0;
        end if;
        if dry_run then
            raise sqlstate 'BPDRY';
        end if;
    exception when sqlstate 'BPDRY' then
        null;
    end;
end
$$;
comment on function quarantine_put_back is 'Stores the readings of an entry of ingest_quarantine by the checks that ingest has. The entry goes, or keeps what
is still refused. Says how many were stored, present already, and refused, and why; nulls: there is no such entry.';
