-- The points of site $1 that are polled: number, device's instance, object, and the first reading since $2; null: none yet.
select point_id, device.instance, object_type || ',' || object_instance, first.time
  from point join device using (site_id, device_id)
  left join lateral (select time from sensor_readings r where r.site_id = point.site_id and r.point_id = point.point_id and r.time >= $2 order by time limit 1) as first on true
 where site_id = $1 and point.enabled and device.enabled and property = 'present-value';
