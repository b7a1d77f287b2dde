-- How far each run of site $1 is stored; the newest first, so that those who are still sending come before old ones.
select run, stored, skipped from ingest_position where site_id = $1 order by updated_at desc limit 1000;
