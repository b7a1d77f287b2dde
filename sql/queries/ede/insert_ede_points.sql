-- New points of site $1, as JSON in $2, each with its device's address, with the next point_ids. One that is there by
-- now is a unique violation.
with given as (select p.*, row_number() over (order by address, object_type, object_instance) - 1 as n from jsonb_to_recordset($2::jsonb) as p (
                   address text, object_type text, object_instance integer, name text, description text, units text, states text[],
                   min_value double precision, max_value double precision, commandable boolean)),
     start as materialized (select next_point_id($1) as first)
insert into point (site_id, point_id, device_id, object_type, object_instance, name, description, units, states, min_value, max_value, commandable)
select $1, start.first + n, device_id, object_type, object_instance, coalesce(given.name, ''), coalesce(given.description, ''),
       coalesce(units, ''), coalesce(states, '{}'), min_value, max_value, coalesce(commandable, false)
  from start, given join device on device.site_id = $1 and device.address = given.address;
