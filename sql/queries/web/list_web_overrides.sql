-- What stands in priority arrays of site $1, ours and others', the oldest first: at most 10,000, of how many.
select s.point_id, point_label(p, d), p.device_id, s.priority, s.value, s.state, p.units, s.is_ours, s.is_holding, s.created_by, s.source, s.since, s.until, s.reason, s.seen_at, s.command_id,
       count(*) over () as total
  from standing s join point p using (site_id, point_id) join device d on d.site_id = p.site_id and d.device_id = p.device_id
 where s.site_id = $1
 order by s.since, s.point_id, s.priority limit 10000;
