-- Devices of site $1 that an EDE file calls otherwise, as JSON in $2: what is null there stays.
with given as (select * from jsonb_to_recordset($2::jsonb) as d (device_id integer, name text, description text))
update device set name = coalesce(given.name, device.name), description = coalesce(given.description, device.description), updated_at = now()
  from given where device.site_id = $1 and device.device_id = given.device_id;
