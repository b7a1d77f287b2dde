-- The next frame of site $1 that was put aside and is to be tried again.
select q.epoch, q.seq from uplink_quarantine q join uplink_cursor c using (site_id, epoch)
 where q.site_id = $1 and q.wants_retry and q.kind = 'readings' order by c.life, q.seq limit 1;
