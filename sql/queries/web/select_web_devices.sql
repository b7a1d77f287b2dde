-- Devices of all sites, for the web's memory.
select d.site_id, d.device_id, d.instance, d.name, d.description, d.location, d.address, d.vendor_name, d.model_name, d.firmware_revision,
       case when d.replaced_since is not null then 'replaced' else coalesce(s.state, 'unknown') end as state, coalesce(s.reason, ''), s.since, s.last_answer_at,
       coalesce(d.poll_interval_ms, 0), d.enabled, d.replaced_since is not null
  from device d left join device_status s using (site_id, device_id)
 order by d.site_id collate "C", d.device_id;
