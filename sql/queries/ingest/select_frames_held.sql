-- All readings of site $1 from $2 to $3, within one day in UTC.
select 0::bigint as number, point_id, time, value, quality, reason, units, device_id, object_type, object_instance,
       coalesce((select max(number) from point_successor where site_id = $1), 0) as newest_successor
  from frames_held($1, $2, $3);
