-- What is not well at site $1 and only the database knows: alarms that have not returned, and commands that failed in the last 24 hours, the newest $2 of each, with how
-- many there are of the kind.
(select 'alarm' as kind, case a.severity when 'critical' then 'high' when 'warning' then 'medium' else 'low' end as severity, a.text, a.raised_at as since, null::integer as point_id, null as command_id, null as by,
        count(*) over () as total
   from alarm a where a.site_id = $1 and a.returned_at is null order by a.raised_at desc limit $2::bigint)
union all
(select 'command', 'medium', coalesce(c.error_message, 'a command failed'), c.completed_at, c.point_id, c.id::text, c.created_by, count(*) over ()
   from write_commands c where c.site_id = $1 and c.created_at > now() - interval '24 hours' and c.status = 'failed' order by c.created_at desc limit $2::bigint);
