-- What points are now, many at a time.
copy current_stage (site_id, point_id, value, quality, reason, at) from stdin (format binary);
