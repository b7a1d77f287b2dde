-- Devices of site $1 for EDE files; of one ($2: its name, device_id, instance or address; null: of all).
select device_id, address, instance, name, description
  from device
 where site_id = $1 and ($2::text is null or $2 in (name, device_id::text, instance::text, address))
 order by device_id;
