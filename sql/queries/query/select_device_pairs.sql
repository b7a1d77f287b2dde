-- What becomes of the points of site $1 where device $3 takes the place of device $2: those of both, by the same object or the same name;
-- those that only the new one has; those that it has not.
select pair.by_what, pair.old_point, old.object_type || ',' || old.object_instance as old_object, old.name as old_name,
       pair.new_point, new.object_type || ',' || new.object_instance as new_object, new.name as new_name
  from (select old_point, new_point, by_what from device_pairs($1, $2::integer, $3::integer)
         union all
        select point_id, null, 'missing' from point where site_id = $1 and device_id = $2::integer
           and point_id not in (select old_point from device_pairs($1, $2::integer, $3::integer))
         union all
        select null, point_id, 'more' from point where site_id = $1 and device_id = $3::integer
           and point_id not in (select new_point from device_pairs($1, $2::integer, $3::integer))) as pair
  left join point old on old.site_id = $1 and old.point_id = pair.old_point
  left join point new on new.site_id = $1 and new.point_id = pair.new_point
 order by coalesce(old_point, new_point);
