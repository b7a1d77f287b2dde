-- Readings of a point ($1 site, $2 point) in $3 <= time < $4 by spans of $5 microseconds, at most $6.
select date_bin($5::bigint * interval '1 microsecond', time, timestamptz '2000-01-01 00:00:00+00') as span,
       min(value) filter (where quality <> 'bad') as min,
       mean_of(whole_sum(sum(value) filter (where quality <> 'bad' and not is_huge(value)),
                         sum(value / 2^60) filter (where quality <> 'bad' and is_huge(value))),
               count(value) filter (where quality <> 'bad')) as avg,
       max(value) filter (where quality <> 'bad') as max,
       (array_agg(value order by time desc) filter (where value is not null and quality <> 'bad'))[1] as last,
       count(value) filter (where quality <> 'bad') as count, count(*) filter (where quality = 'bad') as bad
  from sensor_readings
 where site_id = $1 and point_id = $2 and time >= $3 and time < $4
 group by span
 order by span
 limit $6;
