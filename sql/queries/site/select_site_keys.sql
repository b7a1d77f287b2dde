-- At a central: with which keys a site has signed, in the order in which they hold. $1 site
select encode(k.key, 'hex'), k.epoch, k.seq, coalesce(k.how, 'doubted') = 'doubted', k.seen_at
  from site_key k join uplink_cursor c using (site_id, epoch) where k.site_id = $1 order by c.life, k.seq;
