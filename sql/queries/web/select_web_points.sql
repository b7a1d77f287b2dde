-- Points $2 ("{1,2}") of site $1, as stream_web_points.sql has them.
select null::text, p.site_id, p.point_id, p.device_id, p.object_instance, coalesce(p.poll_interval_ms, 0), p.object_type, p.property, p.name, p.description, p.units,
       to_json(p.states)::text, p.tags::text, p.device_says::text, p.write_min, p.write_max, p.min_value, p.max_value, p.version, p.enabled, p.writable, p.commandable,
       p.missing_since is not null
  from point p
 where p.site_id = $1 and p.point_id = any ($2::integer[]);
