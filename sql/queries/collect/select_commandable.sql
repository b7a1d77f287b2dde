-- Points of site $1 whose priority arrays are read now and then, to tell who holds what: the first of those from $2 on.
select p.point_id, d.device_id, d.instance, p.object_type, p.object_instance, p.name
  from point p join device d using (site_id, device_id)
 where p.site_id = $1 and p.point_id > $2 and p.commandable and p.enabled and d.enabled and d.replaced_since is null and p.property = 'present-value'
 order by p.point_id limit 1000
