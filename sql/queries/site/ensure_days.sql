-- Room for readings from the day of $1 to that of $2.
select readings_ensure_days($1, $2);
