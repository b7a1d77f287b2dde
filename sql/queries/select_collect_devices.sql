-- Devices of site $1 as the collector asks them.
select device_id, address, instance, max_apdu, enabled, coalesce(poll_interval_ms, 0),
       services = '{}' or 'read-property-multiple' = any (services) as read_multiple
  from device where site_id = $1 order by device_id;
