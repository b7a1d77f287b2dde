-- What the database says is held at site $1, to be put together with what the collector keeps itself. How long a hold has left is by the
-- database's own clock.
select h.point_id, h.priority, h.command_id, h.value, h.earlier_value, h.began_at,
       case when h.release_at is not null then (extract(epoch from h.release_at - clock_timestamp()) * 1000)::bigint end as left_ms,
       h.source, h.created_by, h.device_id, d.instance, d.address, h.object_type, h.object_instance, h.property,
       coalesce((select device_says ->> 'name' from point p where p.site_id = $1 and p.point_id = h.point_id), h.point_name), h.commandable
  from holds_of($1) h left join device d on d.site_id = $1 and d.device_id = h.device_id
