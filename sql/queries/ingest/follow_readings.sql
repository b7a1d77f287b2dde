-- Readings of site $1 that this transaction stored under points that have a successor by now: $2 is the newest that was known.
select readings_follow($1, $2);
