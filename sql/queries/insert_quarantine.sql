-- What could not be stored, as [{"reason", "payload"}] in $2; site $1.
insert into ingest_quarantine (site_id, reason, payload)
    select $1, reason, payload from jsonb_to_recordset($2::jsonb) as q (reason text, payload text);
