-- Undoes change $2 of points of site $1. At a site elsewhere one row without a point says what waits for it.
with done as materialized (select * from points_undo($1, $2::bigint))
select point_id, path, version, before::text, after::text, rule, problem, change, null::text from done
 union all
select null, null, null, null, null, null, null, null, asked.told::text
  from (select change_asked() as told where not exists (select from done)) as asked where asked.told is not null;
