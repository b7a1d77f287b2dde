-- Points of site $1 and the device at address $2 that are known, as they were read out now (JSON in $3): only those that changed.
with given as (select * from jsonb_to_recordset($3::jsonb) as p (
                   object_type text, object_instance integer, name text, description text, units text, states text[], min_value double precision,
                   max_value double precision, resolution double precision, cov_increment double precision, commandable boolean)),
     of_device as (select device_id from device where site_id = $1 and address = $2 and replaced_since is null)
update point set name = given.name, description = given.description, units = given.units, states = given.states,
       min_value = given.min_value, max_value = given.max_value, resolution = given.resolution, cov_increment = given.cov_increment,
       commandable = given.commandable, updated_at = now()
  from given, of_device
 where point.site_id = $1 and point.device_id = of_device.device_id and point.property = 'present-value'
   and point.object_type = given.object_type and point.object_instance = given.object_instance
   and (point.name, point.description, point.units, point.states, point.min_value, point.max_value, point.resolution, point.cov_increment, point.commandable)
       is distinct from (given.name, given.description, given.units, given.states, given.min_value, given.max_value, given.resolution, given.cov_increment, given.commandable);
