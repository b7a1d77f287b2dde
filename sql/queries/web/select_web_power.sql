-- What the power $2 of site $1 comes to, in its unit times hours: since midnight, yesterday until this time, and all of yesterday, in the site's zone; from means of 5
-- minutes. Null: more than a tenth of them are not known.
with day as (select date_trunc('day', now() at time zone timezone) as today, now() at time zone timezone as here, timezone from site where site_id = $1),
     instants as (select today at time zone timezone as today, (today - interval '1 day') at time zone timezone as yesterday, (here - interval '1 day') at time zone timezone as same_time from day),
     spans as (select 1 as place, today as since, now() as until from instants union all select 2, yesterday, same_time from instants union all select 3, yesterday, today from instants),
     taken as (select s.place, sum(mean_of(r.sum, r.count)) * extract(epoch from s.until - s.since) / 3600 / nullif(count(r.time), 0) as amount,
                      count(r.time) >= 0.9 * (extract(epoch from s.until - s.since) / 300 - 2) as is_known
                 from spans s left join sensor_readings_5min r on r.site_id = $1 and r.point_id = $2 and r.time >= s.since and r.time < s.until and r.count > 0
                group by s.place, s.since, s.until)
select (select amount::double precision from taken where place = 1 and is_known) as today, (select amount::double precision from taken where place = 2 and is_known) as yesterday,
       (select amount::double precision from taken where place = 3 and is_known) as yesterday_whole;
