-- Devices of site $1 as the collector asks them, with what runs before have learned of them; behind these their points, those of a
-- device together. In one statement, so that both are as they are at one instant. COV where it is asked for and the device says that it can.
select *
  from (select d.device_id, d.address, d.instance, d.max_apdu, d.enabled, coalesce(d.poll_interval_ms, 0) as poll_interval_ms,
               d.services = '{}' or 'read-property-multiple' = any (d.services) as read_multiple, coalesce(s.learned, '{}')::text as learned,
               d.replaced_since is not null as is_replaced,
               null as point_id, null as object_type, null as object_instance, null as property, null as point_interval_ms, null as point_enabled,
               null as name, null as units, null as states, null as cov, null as cov_increment, null as state_count, null as is_tagged,
               d.name as device_name, d.vendor_name, d.model_name, d.application_software_version
          from device d left join device_status s using (site_id, device_id) where d.site_id = $1
        union all
        select p.device_id, null, null, null, null, null, null, null, null,
               p.point_id, p.object_type, p.object_instance, p.property, coalesce(p.poll_interval_ms, 0), p.enabled,
               p.name, p.units, to_json(p.states), coalesce(p.cov, d.cov) and (d.services = '{}' or 'subscribe-cov' = any (d.services)),
               coalesce(p.cov_increment, 0),
               case when p.object_type like 'multi-state-%' and p.max_value between 1 and 65535 then floor(p.max_value)::integer else 0 end,
               p.tags ? 'homeAssistant', null, null, null, null
          from point p join device d using (site_id, device_id) where p.site_id = $1) as known
 order by point_id is not null, device_id, point_id;
