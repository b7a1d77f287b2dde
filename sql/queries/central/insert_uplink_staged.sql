-- Those of the staged readings that are new, which are then counted by the hour. Readings of a point that is no more are its successor's.
with new as (
    insert into sensor_readings (time, site_id, point_id, value, quality, reason, units, device_id, object_type, object_instance)
    select s.time, s.site_id, coalesce(link.successor, s.point_id), s.value, s.quality, s.reason, s.units, s.device_id, s.object_type, s.object_instance
      from readings_stage s left join point_successor link using (site_id, point_id)
        on conflict do nothing returning site_id, time, quality)
insert into site_hour as h (site_id, hour, good, count)
select site_id, date_trunc('hour', time, 'UTC'), count(*) filter (where quality = 'good'), count(*) from new group by 1, 2
    on conflict (site_id, hour) do update set good = h.good + excluded.good, count = h.count + excluded.count;
