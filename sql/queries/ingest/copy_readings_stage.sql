-- The second try, after a unique violation: beside the table first (see insert_staged_readings).
copy readings_stage (time, site_id, point_id, value, quality, reason, units, device_id, object_type, object_instance)
    from stdin (format binary);
