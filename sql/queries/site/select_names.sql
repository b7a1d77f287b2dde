-- The names of site $1: of devices and points, each once; points of one device alone where $2 (its name, instance or address) says
-- which. To find what may have been meant.
select name from device where site_id = $1 and $2::text is null and name <> ''
 union
select point.name from point join device using (site_id, device_id)
 where site_id = $1 and point.name <> '' and ($2 is null or $2 in (device.name, instance::text, address))
 order by name;
