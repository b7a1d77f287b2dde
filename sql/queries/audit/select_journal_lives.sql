-- At a central: the lives of a site as they came, in their order. $1 site
select c.epoch, c.record_seq, c.record_digest, c.first_seq, c.first_digest, coalesce(c.previous, 0), c.previous_had, c.begun_had, u.body
  from uplink_cursor c left join uplink_record u on u.site_id = c.site_id and u.epoch = c.epoch and u.seq = 1 and u.kind = 'epoch'
 where c.site_id = $1 order by c.life;
