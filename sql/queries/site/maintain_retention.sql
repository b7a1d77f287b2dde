-- One step of forgetting at $1: 5-minute rollups after $2, hourly ones after $3 seconds.
select rollups_retain($1, make_interval(secs => $2), make_interval(secs => $3));
