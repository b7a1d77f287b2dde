-- The same as select_web_reach, and how many readings there are, counted up to $5, and when the first of them was. For some days: each day is another partition.
select asked.point_id, raw.count, raw.first,
       (select r.time from sensor_readings_5min r where r.site_id = $1 and r.point_id = asked.point_id and r.time >= $3 and r.time < $4 order by r.time limit 1) as first_5min,
       (select r.time from sensor_readings_hourly r where r.site_id = $1 and r.point_id = asked.point_id and r.time >= $3 and r.time < $4 order by r.time limit 1) as first_hourly
  from unnest($2::integer[]) with ordinality as asked (point_id, place),
       lateral (select count(*), min(sample.time) as first
                  from (select r.time from sensor_readings r where r.site_id = $1 and r.point_id = asked.point_id and r.time >= $3 and r.time < $4 order by r.time limit $5::bigint) as sample) as raw
 order by asked.place;
