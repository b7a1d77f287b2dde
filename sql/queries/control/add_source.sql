-- Makes source $1 of kind $2: $3 is automatic (null: a model is), $4 highest priority, $5 seconds that it may hold (null: as long as it likes), $6 a minute, $7 a
-- note; $8 the verifier of its login's password. Its login, and of site $9 a point that it may write for the first try, or one that would have to be made writable:
-- a number before a state, with a value inside its limits; nulls where there is none.
with example as (
    select point_id, writable,
           least(greatest(case when object_type like 'analog-%' then coalesce((select value from points where points.site_id = $9 and points.point_id = point.point_id), 21.5) else 1 end,
                          write_min, case when coalesce(min_value < max_value, true) then min_value end),
                 write_max, case when coalesce(min_value < max_value, true) then max_value end) as value
      from point
     where site_id = $9 and property = 'present-value' and missing_since is null and (writable or commandable)
     order by writable desc, object_type in ('analog-value', 'analog-output') desc, point_id
     limit 1)
select source_add($1, $2, $3::boolean, $4::integer, make_interval(secs => $5::double precision), $6::integer, $7, $8),
       example.point_id, example.writable, example.value
  from (values (1)) as one left join example on true;
