-- Sites that have sent more than is applied: each in its oldest life that has such entries. Of all lives that ever were, only those are looked at that are not over.
select distinct on (c.site_id) c.site_id, r.number, c.epoch, a.applied_seq, c.received_seq, a.key_seq
  from uplink_applied a join uplink_cursor c using (site_id, epoch) join remote_site r using (site_id)
 where not a.is_over and c.received_seq > a.applied_seq order by c.site_id, c.life;
