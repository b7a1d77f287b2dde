-- At a central: the lives of a site as they came, in their order, each from what is still here of it. $1 site
select c.epoch, c.record_seq, encode(c.record_digest, 'hex'), coalesce(p.seq + 1, c.first_seq), encode(coalesce(p.digest, c.first_digest), 'hex'), coalesce(c.previous, 0), c.previous_had, c.begun_had, encode(u.body, 'hex')
  from uplink_cursor c left join uplink_record u on u.site_id = c.site_id and u.epoch = c.epoch and u.seq = 1 and u.kind = 'epoch' and octet_length(u.body) < 65536
  left join uplink_pruned p on p.site_id = c.site_id and p.epoch = c.epoch
 where c.site_id = $1 order by c.life;
