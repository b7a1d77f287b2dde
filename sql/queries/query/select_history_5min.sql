-- The 5-minute rollups of a point ($1 site, $2 point) in $3 <= time < $4 by spans of $5 microseconds, at most $6.
select date_bin($5::bigint * interval '1 microsecond', time, timestamptz '2000-01-01 00:00:00+00') as span,
       min(min) as min,
       mean_of(whole_sum(sum(sum) filter (where not is_huge(sum)), sum(sum / 2^60) filter (where is_huge(sum))), sum(count)) as avg,
       max(max) as max,
       (array_agg(last order by time desc) filter (where last_at is not null))[1] as last,
       sum(count) as count, sum(bad) as bad
  from sensor_readings_5min
 where site_id = $1 and point_id = $2 and time >= $3 and time < $4
 group by span
 order by span
 limit $6;
