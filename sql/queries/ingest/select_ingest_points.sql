-- What stands beside a value in sensor_readings, for each point of site $1; under which point_id it is stored, which is another's
-- where the point has a successor; and the newest successor that this knows of.
select given.point_id, nullif(units, ''), device_id, object_type, object_instance, point.point_id as stored_as,
       (select coalesce(max(number), 0) from point_successor where site_id = $1) as newest_successor
  from point join (select point_id, point_id as stored_as from point where site_id = $1
                    union all
                   select point_id, successor from point_successor where site_id = $1) as given on point.point_id = given.stored_as
 where point.site_id = $1;
