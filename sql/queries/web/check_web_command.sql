-- What would become of command $1, which is not asked for; and what stands in higher slots of its point.
select c.outcome, c.rule, c.text, c.value, coalesce(($1::jsonb ->> 'priority')::integer, 8) as priority,
       case when $1::jsonb ->> 'command_type' = 'write_value' then clock_timestamp() + make_interval(secs => ($1::jsonb ->> 'release_after')::double precision) end as release_at,
       (select coalesce(jsonb_agg(jsonb_build_object('priority', s.priority, 'value', s.value, 'text', s.state, 'is_ours', s.is_ours, 'by', s.created_by, 'source', s.source, 'since', to_char(s.since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'until', to_char(s.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                                                     'reason', s.reason, 'command', s.command_id) order by s.priority), '[]')
          from standing s
         where s.site_id = $1::jsonb ->> 'site_id' and s.point_id = ($1::jsonb ->> 'point_id')::integer and s.priority < coalesce(($1::jsonb ->> 'priority')::integer, 8)) as in_the_way
  from web_command_check($1::jsonb) as c;
