-- The entry $1 of the quarantine, whole.
select id, site_id, received_at, run, n, readings, octets, reason, payload from ingest_quarantine where id = $1;
