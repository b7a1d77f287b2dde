-- The points of site $1 that $2 may mean: one of that name, of that point_id, or of that object where $3, a device's name, instance or address, says of
-- which device. Those in just these letters before those in others, those that are there before those that are missing. With the
-- slots that we hold.
with named as (
    select point_id, point_label(point, device) as label, object_type || ',' || object_instance as object, instance, units, property,
           case when point.name = $2::text or $3::text is not null and object_type || ',' || object_instance = $2 then 0 when $3::text is null and point_id::text = $2 then 1 else 2 end
           + case when missing_since is not null or device.replaced_since is not null then 4 else 0 end as rank
      from point join device using (site_id, device_id)
     where site_id = $1 and ($3::text is null or $3 in (device.name, instance::text, address) or lower(device.name) = lower($3))
       and (lower(point.name) = lower($2) or $3::text is null and point_id::text = $2::text or $3::text is not null and object_type || ',' || object_instance = $2))
select point_id, label, object, instance, units, property,
       (select string_agg(priority::text, ', ' order by priority) from hold where hold.site_id = $1 and hold.point_id = named.point_id) as held,
       (select count(*) from hold where hold.site_id = $1 and hold.point_id = named.point_id) as holds
  from named
 where rank = (select min(rank) from named)
 order by instance, object, property, point_id
 limit 11;
