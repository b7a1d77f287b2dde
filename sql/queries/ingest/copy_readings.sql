-- Readings, many at a time.
copy sensor_readings (time, site_id, point_id, value, quality, reason, units, device_id, object_type, object_instance)
    from stdin (format binary);
