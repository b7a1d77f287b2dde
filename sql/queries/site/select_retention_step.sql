-- What is to be sent next to forget readings older than $2 seconds at $1, and what to say of it.
select statement, said from readings_retention_step($1, make_interval(secs => $2));
