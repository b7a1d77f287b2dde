-- Takes up at most $2 jobs of site $1 that the collector does: a row for each of their points, with who is asked for it.
select j.id, j.kind, wanted.point::integer, d.device_id, d.instance, p.object_type, p.object_instance, p.property, coalesce(p.device_says ->> 'name', p.name)
  from jobs_take($1, 'collect', $2) as j
 cross join lateral jsonb_array_elements(j.request -> 'points') with ordinality as wanted (point, place)
  left join point p on p.site_id = j.site_id and p.point_id = wanted.point::integer
  left join device d on d.site_id = p.site_id and d.device_id = p.device_id
 order by j.number, wanted.place;
