-- Points of site $1 and the device at address $2 that are known, as they were read out now (JSON in $3): only those that changed. What people
-- call them otherwise (device_says) stays, and what the device says is kept beside it.
with given as (select * from jsonb_to_recordset($3::jsonb) as p (
                   object_type text, object_instance integer, name text, description text, units text, states text[], min_value double precision,
                   max_value double precision, resolution double precision, cov_increment double precision, commandable boolean)),
     of_device as (select device_id from device where site_id = $1 and address = $2 and replaced_since is null),
     said as (select given.*, point.point_id, coalesce((select jsonb_object_agg(key, to_jsonb(given) -> key) from jsonb_object_keys(point.device_says) as key), '{}') as device_says
                from given, of_device, point
               where point.site_id = $1 and point.device_id = of_device.device_id and point.property = 'present-value'
                 and point.object_type = given.object_type and point.object_instance = given.object_instance)
update point set name = case when said.device_says ? 'name' then point.name else said.name end,
       description = case when said.device_says ? 'description' then point.description else said.description end,
       units = case when said.device_says ? 'units' then point.units else said.units end,
       device_says = said.device_says, states = said.states, min_value = said.min_value, max_value = said.max_value,
       resolution = said.resolution, cov_increment = said.cov_increment, commandable = said.commandable, updated_at = now()
  from said
 where point.site_id = $1 and point.point_id = said.point_id
   and (case when said.device_says ? 'name' then point.name else said.name end, case when said.device_says ? 'description' then point.description else said.description end,
        case when said.device_says ? 'units' then point.units else said.units end, said.device_says, said.states, said.min_value, said.max_value,
        said.resolution, said.cov_increment, said.commandable)
       is distinct from (point.name, point.description, point.units, point.device_says, point.states, point.min_value, point.max_value, point.resolution, point.cov_increment, point.commandable)
