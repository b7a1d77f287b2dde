-- One step of forgetting at $1: 5-minute rollups after $2, hourly ones after $3 seconds; and what ingest keeps of its own.
select rollups_retain($1, make_interval(secs => $2), make_interval(secs => $3)), quarantine_trim();
