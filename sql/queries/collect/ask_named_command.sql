-- Asks for command $6 (as command_ask has it, but for site and point) for source $7 and person $7, to a point of site $1: $2 (its point_id; null: not given), or named $3, or object $5 of device $4.
-- Of its row: what an answer says. No row: refused, and only counted.
select c.id, c.status, c.verdict, c.rule, c.error_message, c.point_id, p.name, c.command_type, c.value, c.priority, c.expires_at, c.idempotency_key, c.state, c.execute_at
  from command_ask($6::jsonb || jsonb_build_object('site_id', $1::text, 'point_id', coalesce($2::integer, point_named($1, $3, $4, $5))), $7::text, $7::text) as c
  left join point p on p.site_id = c.site_id and p.point_id = c.point_id;
