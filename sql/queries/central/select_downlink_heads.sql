-- What was given to each site last.
select site_id, epoch, seq from downlink_head order by site_id;
