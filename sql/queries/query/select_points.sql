-- Points as they are now, for `bacpipes points`: of one device ($1: its name, device_id, instance or address; null: of
-- all), with a text in their names ($2; null: any),
-- of one site ($3; null: of all, as central has them).
select site_id, point_id, device_id, device, instance, object_type || ',' || object_instance as object, property, name,
       description, value, state, units, quality, reason, time
  from points
 where ($1::text is null or $1 in (device, device_id::text, instance::text, address))
   and ($2::text is null or position(lower($2) in lower(concat_ws(' ', name, description, device, object_type || ',' || object_instance))) > 0)
   and ($3::text is null or site_id = $3)
 order by site_id, device_id, point_id;
