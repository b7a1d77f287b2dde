-- What people and programs did to points ($1 site, $2 their numbers) in $3 <= time < $4, by time: commands that the gate let pass, and what stands in priority arrays
-- and is not ours. `until`: when the same slot was written or let go of next, or is to be; null: it goes on, or has no length. At most $5.
with steps as (
    select c.point_id, coalesce(c.executed_at, c.created_at) as at, c.priority, c.command_type, c.value, c.state, c.status, c.verdict, c.created_by, c.reason, c.id,
           case when c.status = 'completed' and c.command_type = 'write_value'
                then least(c.executed_at + c.release_after,
                           (select min(n.executed_at) from write_commands n
                             where n.site_id = $1 and n.point_id = c.point_id and n.priority = c.priority and n.executed_at > c.executed_at and n.status = 'completed' and n.created_at >= c.created_at))
           end as until
      from unnest($2::integer[]) as asked (point_id) join write_commands c on c.site_id = $1 and c.point_id = asked.point_id
     where c.created_at >= $3 and c.created_at < $4 and c.status <> 'refused')
select s.point_id, s.at, s.until, 'command' as kind, s.priority, s.command_type, s.value, coalesce(s.state, state_text(p.object_type, p.states, s.value)) as state, p.units,
       s.status, s.verdict, s.created_by, s.reason, s.id::text as command_id
  from steps s join point p on p.site_id = $1 and p.point_id = s.point_id
union all
select o.point_id, greatest(o.since, $3), null, 'override', o.priority, null, o.value, o.state, o.units, null, null, null, null, null
  from overrides o
 where o.site_id = $1 and o.point_id = any($2::integer[]) and o.since < $4 and not o.is_ours
 order by 2, 1
 limit $5::bigint;
