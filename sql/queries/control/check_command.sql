-- What the gate says of request $1, which is not asked for.
select c.is_allowed, c.rule, c.text, c.value
  from jsonb_to_record($1::jsonb) as r (site_id text, point_id integer, command_type text, value double precision, state text, priority integer, release_after double precision,
                                        execute_at timestamptz, expires_at timestamptz, restore boolean),
       command_check(r.site_id, r.point_id, r.command_type, r.value, r.state, r.priority, make_interval(secs => r.release_after), r.execute_at, r.expires_at, null, r.restore) as c;
