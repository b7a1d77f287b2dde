-- Points of site $1 that an EDE file says something else of, as JSON in $2: what is null there stays.
with given as (select * from jsonb_to_recordset($2::jsonb) as p (
                   point_id integer, name text, description text, units text, states text[], min_value double precision,
                   max_value double precision, commandable boolean))
update point set name = coalesce(given.name, point.name), description = coalesce(given.description, point.description),
       units = coalesce(given.units, point.units), states = coalesce(given.states, point.states),
       min_value = coalesce(given.min_value, point.min_value), max_value = coalesce(given.max_value, point.max_value),
       commandable = coalesce(given.commandable, point.commandable), updated_at = now()
  from given where point.site_id = $1 and point.point_id = given.point_id;
