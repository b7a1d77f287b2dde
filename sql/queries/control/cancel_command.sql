-- Takes back the command of site $1 whose id begins with $2, the one and only such; $3 says why, or is null.
select c.id, c.status, c.error_message, coalesce(point_label(p, d), 'point ' || c.point_id)
  from (select id from write_commands where site_id = $1 and starts_with(id::text, lower($2))
                                        and (select count(*) from write_commands where site_id = $1 and starts_with(id::text, lower($2))) = 1) as one,
       command_cancel(one.id, $3) as c
  left join point p on p.site_id = c.site_id and p.point_id = c.point_id
  left join device d on d.site_id = p.site_id and d.device_id = p.device_id;
