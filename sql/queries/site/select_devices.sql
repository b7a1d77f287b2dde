-- Devices for `bacpipes device`: all, or ($1) those that have it as name, device_id, id:device_id, instance or address; of one site ($2) or all.
select site_id, device_id, name, instance, address, replaced_since is not null as is_replaced,
       case when enabled then coalesce(state, 'unknown') else 'disabled' end as state, since, vendor_name, model_name,
       (select count(*) from point where point.site_id = device.site_id and point.device_id = device.device_id) as points
  from device left join device_status using (site_id, device_id)
 where ($1::text is null or $1 in (name, device_id::text, 'id:' || device_id, instance::text, address)) and ($2::text is null or site_id = $2)
 order by site_id, device_id;
