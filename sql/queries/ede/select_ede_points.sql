-- Points of site $1 and of the devices that $2 chooses (as in select_ede_devices.sql), for EDE files.
select p.point_id, p.device_id, p.object_type, p.object_instance, p.property, p.name, p.description, p.units, to_json(p.states),
       p.min_value, p.max_value, p.commandable
  from point p join device d using (site_id, device_id)
 where site_id = $1 and ($2::text is null or $2 in (d.name, device_id::text, d.instance::text, d.address))
 order by p.device_id, p.point_id;
