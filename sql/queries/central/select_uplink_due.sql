-- Sites that have sent more than is applied: each in its oldest life that has such entries.
select distinct on (c.site_id) c.site_id, r.number, c.epoch, a.applied_seq, c.received_seq, a.key_seq
  from uplink_cursor c join uplink_applied a using (site_id, epoch) join remote_site r using (site_id)
 where c.received_seq > a.applied_seq order by c.site_id, c.life;
