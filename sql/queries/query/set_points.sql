-- Sets points of site $3 by hand, those of device $1 with $2 in their names as in select_points.sql: $4 polled, $5 how often in ms (0: as
-- the device or setting poll.interval says), $6 writable, $9 and $10 what commands write at least and at most (-Infinity and Infinity:
-- nobody says); each null for as it is. Where $7, only says what would become of them. $8: the name or number of one alone. Nothing is
-- changed where one's least would be above its most. A site that is elsewhere is asked to: change_id is what waits for it then.
with meant as (
    select p.point_id, p.device_id, d.name as device, p.object_type || ',' || p.object_instance as object, p.name, p.enabled, p.poll_interval_ms, p.writable, p.write_min, p.write_max,
           coalesce($4::boolean, p.enabled) as then_enabled, case when $5::integer is null then p.poll_interval_ms else nullif($5::integer, 0) end as then_ms,
           coalesce($6::boolean, p.writable) as then_writable,
           case when $9::double precision is null then p.write_min else nullif($9::double precision, '-Infinity') end as then_min,
           case when $10::double precision is null then p.write_max else nullif($10::double precision, 'Infinity') end as then_max
      from point p join device d using (site_id, device_id)
     where p.site_id = $3
       and ($1::text is null or $1 in (d.device_id::text, d.address) or name_is_like(d.name, $1) or name_is_like(d.instance::text, $1))
       and ($8::text is null or $8 in (p.name, p.point_id::text))
       and ($2::text is null or name_is_like(p.name, $2)
            or position(lower($2) in lower(concat_ws(' ', p.name, p.description, d.name, p.object_type || ',' || p.object_instance))) > 0)),
     done as (
    update point set enabled = then_enabled, poll_interval_ms = then_ms, writable = then_writable, write_min = then_min, write_max = then_max, updated_at = now(),
           chosen_at = case when $4::boolean is null and $5::integer is null then point.chosen_at end
      from meant
     where point.site_id = $3 and point.point_id = meant.point_id and not site_is_remote($3) and not $7::boolean and not exists (select from meant where then_min > then_max)
       and (point.enabled, point.poll_interval_ms, point.writable, point.write_min, point.write_max) is distinct from (then_enabled, then_ms, then_writable, then_min, then_max)),
     asked as (
    select change_ask($3, 'points', jsonb_build_object('points', jsonb_agg(jsonb_build_object('id', point_id,
               'expect', case when $4::boolean is null then '{}' else jsonb_build_object('enabled', enabled) end || case when $5::integer is null then '{}' else jsonb_build_object('poll_interval_s', poll_interval_ms / 1000.0) end
                         || case when $6::boolean is null then '{}' else jsonb_build_object('writable', writable) end || case when $9::double precision is null then '{}' else jsonb_build_object('write_min', write_min) end
                         || case when $10::double precision is null then '{}' else jsonb_build_object('write_max', write_max) end,
               'set', case when $4::boolean is null then '{}' else jsonb_build_object('enabled', then_enabled) end || case when $5::integer is null then '{}' else jsonb_build_object('poll_interval_s', then_ms / 1000.0) end
                      || case when $6::boolean is null then '{}' else jsonb_build_object('writable', then_writable) end || case when $9::double precision is null then '{}' else jsonb_build_object('write_min', then_min) end
                      || case when $10::double precision is null then '{}' else jsonb_build_object('write_max', then_max) end) order by point_id))) as id
      from meant
     where site_is_remote($3) and not $7::boolean and not exists (select from meant where then_min > then_max)
       and (enabled, poll_interval_ms, writable, write_min, write_max) is distinct from (then_enabled, then_ms, then_writable, then_min, then_max)
    having count(*) > 0)
select point_id, device, object, name, enabled, then_enabled, poll_interval_ms, then_ms, writable, then_writable, write_min, then_min, write_max, then_max,
       (enabled, poll_interval_ms, writable, write_min, write_max) is distinct from (then_enabled, then_ms, then_writable, then_min, then_max) as is_change,
       (select id from asked) as change_id
  from meant
 order by device_id, point_id;
