-- Readings of a point ($1 site, $2 point) in $3 <= time < $4, oldest first, at most $5, with the text of a state.
select r.time, r.value, state_text(point.object_type, point.states, r.value) as state,
       r.quality, r.reason
  from sensor_readings r join point using (site_id, point_id)
 where r.site_id = $1 and r.point_id = $2 and r.time >= $3 and r.time < $4
 order by r.time
 limit $5;
