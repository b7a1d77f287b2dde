-- What points are now (0029): the site and a JSON array of rows, as current_values_keep has them.
select current_values_keep($1, $2::jsonb)
