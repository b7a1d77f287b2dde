-- What is to be carried out at site $1 now, and what an earlier run was carrying out: at most $2 commands, the oldest first.
select id::text, number, coalesce(device_id, 0), point_id, coalesce(object_type, ''), coalesce(object_instance, 0), coalesce(property, ''),
       coalesce((select device_says ->> 'name' from point where point.site_id = $1 and point.point_id = due.point_id), point_name, ''), coalesce(units, ''), coalesce(commandable, false), command_type, coalesce(value, restore_value), priority, expires_at, execute_at,
       coalesce(release_after_ms, 0), status, source, created_by,
       (select array_to_string(states, E'\n') from point where point.site_id = $1 and point.point_id = due.point_id)
  from commands_due($1, $2::integer) as due;
