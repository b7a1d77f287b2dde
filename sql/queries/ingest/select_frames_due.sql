-- At most $2 readings of site $1 that are in no frame yet; point_id is null where such a reading is no more.
select number, point_id, time, value, quality, reason, units, device_id, object_type, object_instance, newest_successor from frames_due($1, $2);
