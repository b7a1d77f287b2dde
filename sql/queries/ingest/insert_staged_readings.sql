-- Those of the staged readings that are new.
insert into sensor_readings (time, site_id, point_id, value, quality, reason, units, device_id, object_type, object_instance)
    select time, site_id, point_id, value, quality, reason, units, device_id, object_type, object_instance from readings_stage
    on conflict do nothing;
