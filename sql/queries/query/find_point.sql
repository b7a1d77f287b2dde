-- The points that a person may mean by $1, the likeliest first: a point_id, a name, a name in other letters, a part of one.
-- Of one site ($2; null: of all, as central has them).
with candidates as (
    select site_id, point_id, point.name, device.name as device, object_type || ',' || object_instance as object, point.units, is_simulated,
           case when point_id::text = $1 then 1
                when point.name = $1 then 2
                when lower(point.name) = lower($1) then 3
                when position(lower($1) in lower(point.name)) > 0 then 4 end as likeness
      from point join device using (site_id, device_id) join site using (site_id)
     where $2::text is null or site_id = $2)
select site_id, point_id, name, device, object, units, is_simulated, coalesce((select share from past_progress where past_progress.site_id = candidates.site_id), 1) as past_share
  from candidates
 where likeness = (select min(likeness) from candidates)
 order by site_id, point_id
 limit 11;
