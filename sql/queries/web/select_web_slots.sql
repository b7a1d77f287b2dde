-- The 16 slots of point $2 of site $1, as they are known, and when they were read last. No row: there is no such point.
select p.commandable, greatest((select max(seen_at) from standing where site_id = $1 and point_id = $2),
                               (select max((r ->> 'at')::timestamptz) from job, jsonb_array_elements(job.result -> 'points') as r
                                 where job.site_id = $1 and job.kind = 'read-slots' and job.request -> 'points' @> to_jsonb($2::integer) and (r ->> 'point')::integer = $2 and r ? 'slots')) as read_at,
       slot.priority, s.value, s.state, coalesce(s.is_ours, false) as is_ours, s.created_by, s.source, s.since, s.until, s.reason, s.command_id
  from point p cross join generate_series(1, 16) as slot (priority)
  left join standing s on s.site_id = p.site_id and s.point_id = p.point_id and s.priority = slot.priority
 where p.site_id = $1 and p.point_id = $2
 order by slot.priority;
