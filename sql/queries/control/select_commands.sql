-- Commands of site $1, the newest $7 of those of the point $2, in state $3, of source $4, asked for since $5, with an id that begins with $6 (null: any), the oldest of them first.
select * from (
    select c.id, c.created_at, c.created_by, c.source, c.point_id, coalesce(point_label(p, d), 'point ' || c.point_id) as point, c.command_type, c.value,
           coalesce(c.state, state_text(p.object_type, p.states, c.value)) as state, p.units, c.priority, extract(epoch from c.release_after)::double precision, c.status, c.verdict, c.rule, c.error_message, c.reason,
           c.execute_at, c.expires_at, c.executed_at, c.completed_at, c.number, c.created_by_claim, c.source_ip, c.idempotency_key, c.origin, command_step(c), c.handed_over_at, c.arrived_at,
           c.taken_told_at, c.ended_told_at
      from write_commands c
      left join point p using (site_id, point_id)
      left join device d on d.site_id = p.site_id and d.device_id = p.device_id
     where c.site_id = $1 and ($2::integer is null or c.point_id = $2) and ($3::text is null or c.status = $3) and ($4::text is null or c.source = $4)
       and ($5::timestamptz is null or c.created_at >= $5) and ($6::text is null or starts_with(c.id::text, lower($6)))
     order by c.number desc
     limit $7::integer) as newest
 order by number;
