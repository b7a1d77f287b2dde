-- Points of site $1 and the device at address $2 that were not among those read out now (JSON in $3) are marked, and those that are
-- back are not any more. The last of the statements that store what was read out: counts what they made new and changed, what is
-- missing, and what has been since now, with the first names of that; and how many found no room.
with given as (select * from jsonb_to_recordset($3::jsonb) as p (object_type text, object_instance integer)),
     of_device as (select device_id from device where site_id = $1 and address = $2 and replaced_since is null),
     known as (select p.point_id, p.name, p.object_type || ',' || p.object_instance as object, p.created_at, p.updated_at, p.missing_since,
                      exists (select from given g where g.object_type = p.object_type and g.object_instance = p.object_instance) as is_there
                 from point p join of_device using (device_id)
                where p.site_id = $1 and p.property = 'present-value'),
     marked as (update point set missing_since = case when is_there then null else now() end
                  from known where point.site_id = $1 and point.point_id = known.point_id and is_there = (known.missing_since is not null)
                returning known.name, known.object, is_there)
select count(*) filter (where created_at = now()) as added,
       count(*) filter (where updated_at = now() and created_at <> now()) as changed,
       count(*) filter (where not is_there) as gone,
       (select count(*) from marked where not is_there) as gone_now,
       (select string_agg(object || ' ' || name, ', ' order by object)
          from (select * from marked where not is_there order by object limit 10) as first) as names,
       (select count(*) from given) - count(*) filter (where is_there) as left_out
  from known;
