-- What entries call by number: $1 site
select 'device' as kind, device_id as id, coalesce(nullif(name, ''), 'device ' || instance) as name, null::integer as device_id from device where site_id = $1
 union all
select 'point', point_id, name, device_id from point where site_id = $1
 order by 1, 2;
