-- Takes up at most $2 jobs of site $1 that the collector does: a row for each of their points, with who is asked for it, and one for a job without.
select j.id, j.kind, wanted.point::integer, d.device_id, d.instance, p.object_type, p.object_instance, p.property, coalesce(p.device_says ->> 'name', p.name),
       case j.kind when 'discover' then (j.request ->> 'low')::integer end, case j.kind when 'discover' then (j.request ->> 'high')::integer end
  from jobs_take($1, 'collect', $2) as j
  left join lateral jsonb_array_elements(j.request -> 'points') with ordinality as wanted (point, place) on true
  left join point p on p.site_id = j.site_id and p.point_id = wanted.point::integer
  left join device d on d.site_id = j.site_id and d.device_id = coalesce(p.device_id, case j.kind when 'discover' then (j.request ->> 'device')::integer end)
 order by j.number, wanted.place;
