-- How the commands $1 (an array of their ids) stand.
select id, status, verdict, rule, error_message, command_type, value, priority, value_before, slots, held_by, held_value, shown_value, created_at, execute_at, expires_at,
       executed_at, completed_at, case when verdict in ('held', 'outranked', 'not-shown', 'unknown') then executed_at + release_after end as release_at, created_by, reason,
       command_step(write_commands), site_id, handed_over_at is not null
  from write_commands
 where id = any ($1::uuid[]);
