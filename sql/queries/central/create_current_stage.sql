-- Where what points are now waits; private to the connection.
create temporary table if not exists current_stage (like current_value) on commit delete rows;
