-- What points of simulated site $1 mean ($2: [{"id": 1, "tags": {...}}]), where nobody has said it. On record it is the simulation that says so, and no person.
update point set tags = given.tags
  from jsonb_to_recordset($2::jsonb) as given (id integer, tags jsonb), site, (select set_config('bacpipes.person', 'simulation', true)) as who (name)
 where site.site_id = $1 and site.is_simulated and not site.is_remote and point.site_id = $1 and point_id = given.id and point.tags = '{}' and who.name is not null;
