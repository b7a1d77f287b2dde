-- What the counter $2 of site $1 said last before midnight of today, before midnight of yesterday, and yesterday at this time, in the site's zone: from rollups, not
-- more than an hour before. Null: it is not known.
with day as (select date_trunc('day', now() at time zone timezone) as today, now() at time zone timezone as here, timezone from site where site_id = $1),
     instants as (select today at time zone timezone as today, (today - interval '1 day') at time zone timezone as yesterday, (here - interval '1 day') at time zone timezone as same_time from day)
select (select r.last from sensor_readings_5min r where r.site_id = $1 and r.point_id = $2 and r.time >= i.today - interval '1 hour' and r.time <= i.today - interval '5 minutes' and r.last is not null
         order by r.time desc limit 1) as at_today,
       (select r.last from sensor_readings_5min r where r.site_id = $1 and r.point_id = $2 and r.time >= i.yesterday - interval '1 hour' and r.time <= i.yesterday - interval '5 minutes' and r.last is not null
         order by r.time desc limit 1) as at_yesterday,
       (select r.last from sensor_readings_5min r where r.site_id = $1 and r.point_id = $2 and r.time >= i.same_time - interval '1 hour' and r.time <= i.same_time - interval '5 minutes' and r.last is not null
         order by r.time desc limit 1) as at_same_time
  from instants i;
