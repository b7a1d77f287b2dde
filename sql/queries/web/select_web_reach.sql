-- What rollups there are of points ($1 site, $2 their numbers) in $3 <= time < $4: for each, in the order asked, when the first of 5 minutes and the first of an
-- hour begins; null: none. The columns in front are those of select_web_reach_raw.
select asked.point_id, null::bigint as count, null::timestamptz as first,
       (select r.time from sensor_readings_5min r where r.site_id = $1 and r.point_id = asked.point_id and r.time >= $3 and r.time < $4 order by r.time limit 1) as first_5min,
       (select r.time from sensor_readings_hourly r where r.site_id = $1 and r.point_id = asked.point_id and r.time >= $3 and r.time < $4 order by r.time limit 1) as first_hourly
  from unnest($2::integer[]) with ordinality as asked (point_id, place)
 order by asked.place;
