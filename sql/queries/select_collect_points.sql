-- Points of site $1, those of a device together.
select point_id, device_id, object_type, object_instance, property, coalesce(poll_interval_ms, 0), enabled, name, units,
       to_json(states)
  from point where site_id = $1 order by device_id, point_id;
