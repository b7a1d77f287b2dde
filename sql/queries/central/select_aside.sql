-- What could not be applied, of site $1 or of all (null).
select q.site_id, q.epoch, q.seq, q.kind, q.put_aside_at, q.is_newer, q.reason from uplink_quarantine q join uplink_cursor c using (site_id, epoch)
 where $1::text is null or q.site_id = $1 order by q.site_id, c.life, q.seq;
