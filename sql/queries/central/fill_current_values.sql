-- What points of site $1 (null: of each site of which nothing is known) are, from their readings.
select current_values_fill($1);
