-- The link of site $1 to its central; no row: it has none. Where that is, what `bacpipes sync` said of itself last, how long ago and since when it is so, and what central has not
-- got yet: entries, octets, and how old the oldest is.
select l.host, l.port, l.central_name, r.state, r.why, extract(epoch from now() - r.reported_at), extract(epoch from now() - r.since), b.entries, b.octets, extract(epoch from now() - b.oldest_at)
  from central_link l left join link_report r using (site_id), link_backlog(l.site_id) b where l.site_id = $1;
