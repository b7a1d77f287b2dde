-- Changes points of site $1 as JSON in $2 says (points_change); where $3, says only what would become of them. The first row has what waits for a site elsewhere.
select point_id, path, version, before::text, after::text, rule, problem, change, case when row_number() over () = 1 then change_asked()::text end
  from points_change($1, $2::jsonb, $3::boolean);
