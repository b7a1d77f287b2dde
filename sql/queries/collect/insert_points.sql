-- Points of site $1 and the device at address $2 that are new (JSON in $3), with the next point_ids. The site has $4 points at most:
-- those that find no room are left out, the last by type and instance. $5, setting points.enable, says whether they are polled, and
-- $6, setting points.writable, whether those with a priority array may be written.
with given as (select * from jsonb_to_recordset($3::jsonb) as p (
                   object_type text, object_instance integer, name text, description text, units text, states text[], min_value double precision,
                   max_value double precision, resolution double precision, cov_increment double precision, commandable boolean)),
     of_device as (select device_id from device where site_id = $1 and address = $2 and replaced_since is null),
     fresh as (select device_id, given.*, row_number() over (order by object_type, object_instance) - 1 as n
                 from given, of_device
                where not exists (select from point p where p.site_id = $1 and p.device_id = of_device.device_id and p.property = 'present-value'
                                     and p.object_type = given.object_type and p.object_instance = given.object_instance)),
     room as (select $4::integer - count(*) as points from point where site_id = $1),
     start as materialized (select next_point_id($1) as first)
insert into point (site_id, point_id, device_id, object_type, object_instance, name, description, units, states, min_value, max_value,
                   resolution, cov_increment, commandable, writable, enabled, poll_interval_ms, chosen_at)
select $1, start.first + n, device_id, object_type, object_instance, name, description, units, states, min_value, max_value, resolution,
       cov_increment, commandable, commandable and $6::boolean, choice.enabled, choice.poll_interval_ms, now()
  from fresh, start, room, point_choice($5, $1, device_id, object_type, name) as choice where n < room.points;
