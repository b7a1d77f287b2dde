-- Readings follow their point to its successor, also those that were on their way when a device took another's place: in the
-- spool, with the broker, gathered by ingest, or in quarantine.

create table point_successor (
    site_id   text        not null,
    point_id  integer     not null,
    successor integer     not null,
    number    bigint      not null generated always as identity,
    at        timestamptz not null default now(),
    primary key (site_id, point_id),
    foreign key (site_id, successor) references point (site_id, point_id) on delete cascade
);
create index on point_successor (site_id, number);
create index on point_successor (site_id, successor);
comment on table point_successor is 'Points that are no more since device_replace gave their place to another. No point_id is given again, so a row stays as
long as its successor.';
comment on column point_successor.successor is 'The point that goes on, which has no successor itself: where it gets one, this is that one';
comment on column point_successor.number is 'Later ones have larger numbers, in the order in which they can be seen: readings_hold lets in one at a time';

-- From here to the end of the transaction nobody stores readings or makes rollups. Whoever was about to has committed, so that
-- all of it can be seen; whoever comes later sees the successors, since each of his statements after the first row looks anew.
create function readings_hold() returns void language plpgsql as $$
begin
    lock table only sensor_readings in share row exclusive mode;
    lock table sensor_readings_5min in share row exclusive mode;
    lock table sensor_readings_hourly in share row exclusive mode;
end
$$;

-- What a transaction stored under numbers that had no successor yet when it learned the points, `known` being the newest
-- successor then: it becomes the successors', as it would have with device_replace.
create function readings_follow(of_site text, known bigint) returns bigint language plpgsql as $$
declare
    link  record;
    moved bigint := 0;
begin
    for link in select point_id, successor from point_successor where site_id = of_site and number > known order by number loop
        moved := moved + readings_give(of_site, link.point_id, link.successor);
    end loop;
    return moved;
end
$$;
comment on function readings_follow is 'Gives readings that were stored under the number of a point that is no more to its successor. Returns how many.';

create or replace function device_replace(of_site text, old_device integer, new_device integer)
       returns table (points_kept integer, points_added integer, points_missing integer, readings_moved bigint) language plpgsql as $$
declare
    pair  record;
    fresh record;
    taker device;
begin
    perform next_device_id(of_site); -- one at a time
    select * into taker from device where site_id = of_site and device_id = new_device;
    if taker.device_id is null or old_device = new_device or not exists (select from device where site_id = of_site and device_id = old_device) then
        raise exception 'device_id % cannot take the place of device_id % in site %: both must be there', new_device, old_device, of_site;
    end if;
    points_kept := 0;
    readings_moved := 0;
    perform readings_hold();
    -- Objects change hands, perhaps in a circle: those that stay are the new device's until all have what is theirs.
    for pair in select * from device_pairs(of_site, old_device, new_device) loop
        readings_moved := readings_moved + readings_give(of_site, pair.new_point, pair.old_point);
        update point_successor set successor = pair.old_point where site_id = of_site and successor = pair.new_point;
        insert into point_successor (site_id, point_id, successor) values (of_site, pair.new_point, pair.old_point);
        delete from point where site_id = of_site and point_id = pair.new_point returning * into fresh;
        update point set device_id = new_device, object_type = fresh.object_type, object_instance = fresh.object_instance, name = fresh.name,
               description = fresh.description, units = fresh.units, states = fresh.states, min_value = fresh.min_value, max_value = fresh.max_value,
               resolution = fresh.resolution, cov_increment = fresh.cov_increment, commandable = fresh.commandable,
               missing_since = fresh.missing_since, updated_at = now()
         where site_id = of_site and point_id = pair.old_point;
        points_kept := points_kept + 1;
    end loop;
    update point set missing_since = now(), updated_at = now() where site_id = of_site and device_id = old_device and missing_since is null;
    select count(*) into points_missing from point where site_id = of_site and device_id = old_device;
    select count(*) - points_kept into points_added from point where site_id = of_site and device_id = new_device;
    update point set device_id = old_device where site_id = of_site and device_id = new_device;
    delete from device_status where site_id = of_site and device_id = new_device;
    delete from device where site_id = of_site and device_id = new_device;
    update device set address = taker.address, instance = taker.instance, replaced_since = taker.replaced_since, name = taker.name,
           description = taker.description, location = taker.location, vendor_id = taker.vendor_id, vendor_name = taker.vendor_name,
           model_name = taker.model_name, firmware_revision = taker.firmware_revision,
           application_software_version = taker.application_software_version, protocol_revision = taker.protocol_revision,
           max_apdu = taker.max_apdu, segmentation = taker.segmentation, services = taker.services, object_count = taker.object_count,
           updated_at = now()
     where site_id = of_site and device_id = old_device;
    return next;
end
$$;

-- Of 0008, but that readings follow their points to their successors.
create or replace function quarantine_store(of_site text, batch jsonb, which bigint[]) returns integer language plpgsql as $$
declare
    stored integer;
begin
    perform readings_ensure_days(min(r.time), max(r.time)) from batch_readings(batch) as r where r.i = any (which) having count(*) > 0;
    with new as (
        insert into sensor_readings (time, site_id, point_id, value, quality, reason, units, device_id, object_type, object_instance)
            select r.time, of_site, point.point_id, r.value, r.quality, r.reason, nullif(point.units, ''), point.device_id, point.object_type,
                   point.object_instance
              from batch_readings(batch) as r left join point_successor as link on link.site_id = of_site and link.point_id = r.point_id
              join point on point.site_id = of_site and point.point_id = coalesce(link.successor, r.point_id)
             where r.i = any (which)
                on conflict do nothing returning time),
    dirty as (insert into rollup_dirty (site_id, bucket) select distinct of_site, bucket_5min(time) from new on conflict do nothing)
    select count(*) into stored from new;
    return stored;
end
$$;

create or replace function quarantine_put_back(entry bigint, at_time timestamptz, keep interval, ahead interval, dry_run boolean,
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
                  from batch_readings(batch) as b
                  left join point_successor as link on link.site_id = kept.site_id and link.point_id = b.point_id
                  left join point on point.site_id = kept.site_id and point.point_id = coalesce(link.successor, b.point_id)) as r;
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
