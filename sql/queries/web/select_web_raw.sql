-- Readings of points ($1 site, $2 their numbers) in $3 <= time < $4, of each the oldest $5: by the order asked, then time. Times in milliseconds since 1970,
-- qualities as numbers: 0 good, 1 uncertain, 2 bad.
select asked.point_id, trunc(extract(epoch from r.time) * 1000)::bigint as at_ms, r.value, case r.quality when 'good' then 0 when 'uncertain' then 1 else 2 end as quality, r.reason, r.time
  from unnest($2::integer[]) with ordinality as asked (point_id, place),
       lateral (select time, value, quality, reason from sensor_readings r
                 where r.site_id = $1 and r.point_id = asked.point_id and r.time >= $3 and r.time < $4 order by r.time limit $5::bigint) as r
 order by asked.place, r.time;
