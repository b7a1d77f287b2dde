-- Of commands $1 (a uuid[]) those that have ended, and those that there are no more (status null).
select asked.id, c.status, c.verdict, c.rule, c.error_message, c.point_id, p.name, c.command_type, c.value, c.priority, c.expires_at, c.idempotency_key, c.state, c.execute_at,
       c.slots, c.held_by, c.held_value, c.shown_value
  from unnest($1::uuid[]) as asked (id)
  left join write_commands c on c.id = asked.id
  left join point p on p.site_id = c.site_id and p.point_id = c.point_id
 where c.status is null or c.status not in ('pending', 'executing');
