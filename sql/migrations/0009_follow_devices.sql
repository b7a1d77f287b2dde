-- A device is who it says it is, not where it answers: addresses are lent, and given to others.

alter table device add replaced_since timestamptz;
comment on column device.replaced_since is 'Another device answers at its address since then, and it was found nowhere else: it is not asked, and its points are bad. Null: the address is its own';
comment on column device.address is 'Where it answers: 10.1.2.9, 10.1.2.9:47809, or 10.1.2.1/2001:0a behind a router (network:MAC). The collector follows a device that moves';
comment on column device.instance is 'Instance of its device object: the name that it answers to';
alter table device drop constraint device_site_id_address_key;
create unique index device_site_id_address_key on device (site_id, address) where replaced_since is null;

alter table device_status drop constraint device_status_state_check;
alter table device_status add constraint device_status_state_check check (state in ('online', 'offline', 'replaced', 'unknown'));

-- Is what was read out now (its device object and its objects, as JSON) what was read out of this device before? Vendor and
-- model are the same, and its name or its objects; where `wholly`, both.
create function device_is_like(known device, given jsonb, objects jsonb, wholly boolean) returns boolean language plpgsql stable as $$
declare
    is_same_name    constant boolean := known.name <> '' and known.name = given ->> 'name';
    is_same_objects boolean          := known.object_count = (given ->> 'object_count')::integer;
begin
    if known.object_count is null or known.model_name is distinct from given ->> 'model_name'
       or known.vendor_id is distinct from (given ->> 'vendor_id')::integer then
        return false; -- one that was never read out is like nobody
    end if;
    if is_same_objects and (wholly or not is_same_name) then
        is_same_objects := not exists (
            select from (select object_type, object_instance from point
                          where site_id = known.site_id and device_id = known.device_id and property = 'present-value' and missing_since is null) as had
                   full join jsonb_to_recordset(objects) as has (object_type text, object_instance integer) using (object_type, object_instance)
             where had is null or has is null);
    end if;
    return case when wholly then is_same_name and is_same_objects else is_same_name or is_same_objects end;
end
$$;

-- A device as it was read out at its address. It is the one that is known there by this instance; or `moved`, which has this
-- instance and is not where it was; or `renumbered`, which was here with another instance, and is here no more; both only if
-- they are like it. Else it is new. Whoever else had the address is replaced. What people say of a device stays.
create function device_store(of_site text, given jsonb, objects jsonb, moved integer, renumbered integer) returns integer language plpgsql as $$
declare
    said record;
    here device;
    it   integer;
begin
    perform next_device_id(of_site); -- one at a time
    select * into said from jsonb_to_record(given) as d (
        address text, instance integer, name text, description text, location text, vendor_id integer, vendor_name text,
        model_name text, firmware_revision text, application_software_version text, protocol_revision integer,
        max_apdu integer, segmentation text, services text[], object_count integer);
    select * into here from device where site_id = of_site and address = said.address and replaced_since is null;
    if here.instance = said.instance then
        it := here.device_id;
    end if;
    if it is null then
        select device_id into it from device
         where site_id = of_site and device_id = moved and instance = said.instance and device_is_like(device, given, objects, false);
    end if;
    if it is null and not exists (select from device where site_id = of_site and instance = said.instance) then
        select device_id into it from device
         where site_id = of_site and device_id = renumbered and address = said.address and device_is_like(device, given, objects, true);
    end if;
    update device set replaced_since = now(), updated_at = now() where site_id = of_site and device_id = here.device_id and device_id is distinct from it;
    if it is null then
        it := next_device_id(of_site);
        insert into device (site_id, device_id, address, instance) values (of_site, it, said.address, said.instance);
    end if;
    update device set address = said.address, instance = said.instance, replaced_since = null, name = said.name, description = said.description,
           location = said.location, vendor_id = said.vendor_id, vendor_name = said.vendor_name, model_name = said.model_name,
           firmware_revision = said.firmware_revision, application_software_version = said.application_software_version,
           protocol_revision = said.protocol_revision, max_apdu = said.max_apdu, segmentation = said.segmentation,
           services = said.services, object_count = said.object_count, updated_at = now()
     where site_id = of_site and device_id = it;
    return it;
end
$$;
comment on function device_store is 'Finds or makes the row of a device that was read out; returns its device_id.';

-- One device takes another's place --------------------------------------------------------------------------------------

-- Which point of a new device goes on with which of an old one: the same property of the same object, else the one of the
-- same name where there is one such on both sides.
create function device_pairs(of_site text, old_device integer, new_device integer) returns table (old_point integer, new_point integer, by_what text) language sql stable as $$
    with old as (select * from point where site_id = of_site and device_id = old_device),
         new as (select * from point where site_id = of_site and device_id = new_device),
         same as (select old.point_id as old_point, new.point_id as new_point
                    from old join new using (object_type, object_instance, property)),
         old_left as (select *, count(*) over (partition by name, property) as namesakes from old where point_id not in (select same.old_point from same)),
         new_left as (select *, count(*) over (partition by name, property) as namesakes from new where point_id not in (select same.new_point from same))
    select same.old_point, same.new_point, 'object' from same
     union all
    select old_left.point_id, new_left.point_id, 'name'
      from old_left join new_left using (name, property)
     where name <> '' and old_left.namesakes = 1 and new_left.namesakes = 1
$$;

-- Readings and rollups of a point become another's, but where it has its own of the same instant.
create function readings_give(of_site text, from_point integer, to_point integer) returns bigint language plpgsql as $$
declare
    given bigint;
begin
    insert into rollup_dirty (site_id, bucket)
    select distinct of_site, bucket_5min(time) from sensor_readings where site_id = of_site and point_id = from_point on conflict do nothing;
    insert into sensor_readings (time, site_id, point_id, value, quality, units, device_id, object_type, object_instance, reason)
    select time, site_id, to_point, value, quality, units, device_id, object_type, object_instance, reason
      from sensor_readings where site_id = of_site and point_id = from_point on conflict do nothing;
    get diagnostics given = row_count;
    insert into sensor_readings_5min (site_id, point_id, time, min, max, sum, count, bad, last, last_at)
    select site_id, to_point, time, min, max, sum, count, bad, last, last_at
      from sensor_readings_5min where site_id = of_site and point_id = from_point on conflict do nothing;
    insert into sensor_readings_hourly (site_id, point_id, time, min, max, sum, count, bad, last, last_at)
    select site_id, to_point, time, min, max, sum, count, bad, last, last_at
      from sensor_readings_hourly where site_id = of_site and point_id = from_point on conflict do nothing;
    delete from sensor_readings where site_id = of_site and point_id = from_point;
    delete from sensor_readings_5min where site_id = of_site and point_id = from_point;
    delete from sensor_readings_hourly where site_id = of_site and point_id = from_point;
    return given;
end
$$;
comment on function readings_give is 'Gives the history of a point that goes to another; spans that have readings of both are made anew. Returns how many readings.';

create function device_replace(of_site text, old_device integer, new_device integer)
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
    -- Objects change hands, perhaps in a circle: those that stay are the new device's until all have what is theirs.
    for pair in select * from device_pairs(of_site, old_device, new_device) loop
        readings_moved := readings_moved + readings_give(of_site, pair.new_point, pair.old_point);
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
comment on function device_replace is 'A controller took another''s place: the old device''s row, points and history go on with the new one, whose own row goes.';
