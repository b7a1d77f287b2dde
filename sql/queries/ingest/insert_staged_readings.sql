-- Those of the staged readings that are new; they are noted, for frames of them come later.
with new as (
    insert into sensor_readings (time, site_id, point_id, value, quality, reason, units, device_id, object_type, object_instance)
    select time, site_id, point_id, value, quality, reason, units, device_id, object_type, object_instance from readings_stage
    on conflict do nothing returning site_id, point_id, time)
select frames_note(site_id, array_agg(point_id), array_agg(time)) from new group by site_id;
