-- One step of forgetting at $1: readings after $2, 5-minute rollups after $3, hourly ones after $4 seconds; and what
-- ingest keeps of its own. Says what was done to readings.
select readings_retain($1, make_interval(secs => $2)), rollups_retain($1, make_interval(secs => $3), make_interval(secs => $4)),
       quarantine_trim();
