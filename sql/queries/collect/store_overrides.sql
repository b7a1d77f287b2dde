-- What the priority arrays of points of site $1 show: $2, an array (override_store).
select override_store($1, $2)
