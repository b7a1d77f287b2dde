-- Devices of site $1 as the collector asks them, with what runs before have learned of them.
select device_id, address, instance, max_apdu, enabled, coalesce(poll_interval_ms, 0),
       services = '{}' or 'read-property-multiple' = any (services) as read_multiple, coalesce(learned, '{}')::text as learned,
       replaced_since is not null as is_replaced
  from device left join device_status using (site_id, device_id) where site_id = $1 order by device_id;
