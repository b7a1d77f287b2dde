-- What may be written at the device of site $1 with address $2, or instance $3 (null: not known): property $6 of the object $4,$5, or, where
-- that is no point, its present-value, whose limits are not those of the property. Limits are the narrower of people's and the device's
-- (0 to 0 of a device means nothing); and whether control goes on at the site.
select point_id, coalesce(nullif(point.name, ''), point_id::text), writable,
       case when property = $6 then greatest(write_min, case when coalesce(min_value < max_value, true) then min_value end) end,
       case when property = $6 then least(write_max, case when coalesce(min_value < max_value, true) then max_value end) end,
       coalesce(control_setting(site_id, 'control.mode'), 'normal')
  from point join device using (site_id, device_id)
 where site_id = $1 and (address = $2 or instance = $3::integer) and replaced_since is null
   and object_type = $4 and object_instance = $5 and property in ($6, 'present-value')
 order by address = $2 desc, property = $6 desc
 limit 1;
