-- New positions of runs, as [{"run", "stored", "skipped"}] in $2; site $1. Never back: a batch may come again.
insert into ingest_position as position (site_id, run, stored, skipped)
    select $1, run, stored, skipped from jsonb_to_recordset($2::jsonb) as p (run text, stored bigint, skipped bigint)
    on conflict (site_id, run) do update
   set stored = greatest(position.stored, excluded.stored), skipped = greatest(position.skipped, excluded.skipped), updated_at = now();
