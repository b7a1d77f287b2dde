-- What became of holds of site $1: $2, an array (hold_event). How many are new.
select hold_event($1, $2)
