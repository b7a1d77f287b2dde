-- Points of site $1, those of a device together. COV where it is asked for and the device says that it can.
select p.point_id, p.device_id, p.object_type, p.object_instance, p.property, coalesce(p.poll_interval_ms, 0), p.enabled, p.name, p.units,
       to_json(p.states), coalesce(p.cov, d.cov) and (d.services = '{}' or 'subscribe-cov' = any (d.services)) as cov, coalesce(p.cov_increment, 0),
       case when p.object_type like 'multi-state-%' and p.max_value between 1 and 65535 then floor(p.max_value)::integer else 0 end as states
  from point p join device d using (site_id, device_id) where p.site_id = $1 order by p.device_id, p.point_id;
