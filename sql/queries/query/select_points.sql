-- Points as they are now, for `bacpipes points`: of one device ($1: its name, device_id, instance or address, * and ? in the
-- first and the third; null: of all), with a text in their names ($2, or a name with * and ?; null: any),
-- of one site ($3; null: of all, as central has them). With the narrower of people's and the device's limits of what commands write
-- (0 to 0 of a device means nothing).
select site_id, point_id, device_id, device, instance, object_type || ',' || object_instance as object, property, name,
       description, value, state, units, quality, reason, time, enabled, poll_interval_ms, writable, chosen_at is null as by_hand,
       write_least, write_most, is_simulated
  from points join (select site_id, is_simulated from site) as site using (site_id) join (select site_id, point_id, greatest(write_min, case when coalesce(min_value < max_value, true) then min_value end) as write_least,
                           least(write_max, case when coalesce(min_value < max_value, true) then max_value end) as write_most from point) as limits using (site_id, point_id)
 where ($1::text is null or $1 in (device_id::text, address) or name_is_like(device, $1) or name_is_like(instance::text, $1))
   and ($2::text is null or name_is_like(name, $2)
        or position(lower($2) in lower(concat_ws(' ', name, description, device, object_type || ',' || object_instance))) > 0)
   and ($3::text is null or site_id = $3)
 order by site_id, device_id, point_id;
