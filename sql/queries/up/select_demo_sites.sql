-- The sites of central $1 for the eye, a row each: what they are called, whether they have joined, devices, points, readings since $2 and the newest, when they
-- called last, and their past: how much of it is laid, and from when on.
select r.site_id, r.state = 'joined', (select count(*) from device where site_id = r.site_id), (select count(*) from point where site_id = r.site_id),
       (select count(*) from sensor_readings where site_id = r.site_id and time >= $2 and time <= now() + readings_ahead()),
       extract(epoch from now() - readings_newest(r.site_id)), extract(epoch from now() - r.seen_at), p.share, p.laid_from
  from remote_site r left join past_progress p using (site_id) where r.site_id <> $1 and r.state in ('invited', 'joined') order by r.number;
