-- What may be written at the device of site $1 with address $2, or instance $3 (null: not known): property $6 of the object $4,$5, or, where
-- that is no point, its present-value, whose limits are not those of the property.
select point_id, coalesce(nullif(point.name, ''), point_id::text), writable,
       case when property = $6 then min_value end, case when property = $6 then max_value end
  from point join device using (site_id, device_id)
 where site_id = $1 and (address = $2 or instance = $3::integer) and replaced_since is null
   and object_type = $4 and object_instance = $5 and property in ($6, 'present-value')
 order by address = $2 desc, property = $6 desc
 limit 1;
