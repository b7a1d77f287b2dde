-- Who holds which points, by the highest slot that has a value.
select o.site_id, o.point_id, o.priority, o.until, o.is_ours, coalesce(o.created_by, '')
  from overrides o where o.is_holding
 order by o.site_id collate "C", o.point_id;
