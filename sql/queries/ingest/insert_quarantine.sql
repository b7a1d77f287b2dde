-- What could not be stored, as [{"reason", "run", "n", "readings", "payload"}] in $2; site $1.
insert into ingest_quarantine (site_id, reason, run, n, readings, payload)
    select $1, reason, run, n, readings, payload
      from jsonb_to_recordset($2::jsonb) as q (reason text, run text, n bigint, readings integer, payload text);
