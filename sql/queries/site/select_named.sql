-- What goes by name $2 on site $1: devices and points, those that have it in just these letters before those that have it in others, and
-- those that are there before those that are missing or replaced. Points of one device alone where $3 (its name, instance or
-- address) says which.
with named as (
    select 'device' as what, null::integer as point_id, device.name, device.name as device, instance, address, null as object, null as property,
           replaced_since is not null as is_gone
      from device where site_id = $1 and $3::text is null and lower(name) = lower($2)
    union all
    select 'point', point_id, point.name, device.name, instance, address, object_type || ',' || object_instance, property,
           missing_since is not null or replaced_since is not null
      from point join device using (site_id, device_id)
     where site_id = $1 and lower(point.name) = lower($2) and ($3 is null or $3 in (device.name, instance::text, address))),
     ranked as (select *, case when name = $2 then 0 else 2 end + is_gone::integer as rank from named)
select what, name, device, instance, address, object, property
  from ranked
 where rank = (select min(rank) from ranked)
 order by what, instance, address, point_id
 limit 11;
