-- Numbers of the entries of the quarantine, the oldest first: those in $3 (text of bigint[]; null: all) of site $1 with $2 in
-- their reason (null: all).
select id from ingest_quarantine
 where ($1::text is null or site_id = $1) and ($2::text is null or strpos(reason, $2) > 0) and ($3::bigint[] is null or id = any ($3))
 order by id;
