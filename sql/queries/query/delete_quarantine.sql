-- Drops the entry $1 of the quarantine. Returns how many readings it had (null: nobody can tell); no row: it is gone.
delete from ingest_quarantine where id = $1 returning readings;
