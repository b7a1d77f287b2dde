-- Asks for a job of kind $2 at site $1: of discover among the instances $3 to $4, or of the device of instance $5; where these are null, of all. No row: too much is under way; has_device false: there is no such device.
select j.id, true as has_device
  from (select case when $3::bigint is not null then jsonb_build_object('low', $3::bigint, 'high', $4::bigint)
                    when $5::bigint is not null then (select jsonb_build_object('device', min(d.device_id)) from device d where d.site_id = $1 and d.instance = $5::bigint having count(*) > 0)
                    else '{}' end as request) as wanted
 cross join lateral job_ask($1, $2, wanted.request) as j
 where wanted.request is not null
union all
select null, false where $5::bigint is not null and not exists (select from device d where d.site_id = $1 and d.instance = $5::bigint);
