-- What stands beside a value in sensor_readings, for each point of site $1.
select point_id, nullif(units, ''), device_id, object_type, object_instance from point where site_id = $1;
