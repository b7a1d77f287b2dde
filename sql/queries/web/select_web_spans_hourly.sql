-- The hourly rollups of points ($1 site, $2 their numbers) in $3 <= time < $4 by spans of $5 microseconds from 2000-01-01 in UTC on: by the order asked, then time.
-- Times in milliseconds since 1970. Of each at most $6; the last value of those alone for which $7 says so. The mean is rounded as a Real is, where it can be one. It
-- is made of small parts, which cannot sum up to more than a double holds; whole_sum and mean_of say the same, and take twice the time of all the rest.
select asked.point_id, trunc(extract(epoch from r.span) * 1000)::bigint as at_ms, r.min,
       case when abs(r.mean) between 1e-30 and 1e30 then r.mean::real::text else r.mean::text end as mean, r.max,
       case when asked.is_steps then (select l.last from sensor_readings_hourly l where l.site_id = $1 and l.point_id = asked.point_id and l.time >= greatest(r.span, $3)
                                         and l.time < least(r.span + $5::bigint * interval '1 microsecond', $4) and l.last_at is not null order by l.time desc limit 1) end as last,
       r.count, r.bad
  from unnest($2::integer[], $7::boolean[]) with ordinality as asked (point_id, is_steps, place),
       lateral (select s.span, s.min, case when s.count > 0 then s.part / s.count * 1152921504606846976 end as mean, s.max, s.count, s.bad
                  from (select date_bin($5::bigint * interval '1 microsecond', time, timestamptz '2000-01-01 00:00:00+00') as span, min(min) as min,
                               sum(case when abs(sum) < 1e-200 then 0 else sum / 1152921504606846976 end) as part, max(max) as max, sum(count) as count, sum(bad) as bad
                          from sensor_readings_hourly
                         where site_id = $1 and point_id = asked.point_id and time >= $3 and time < $4 group by span order by span limit $6::bigint) as s) as r
 order by asked.place, r.span;
