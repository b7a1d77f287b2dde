-- What waits for site $1, or did: at most $4, the newest first; $2 alone, or, where $3, those that have not ended (nulls: any).
select change_told(c)::text from change c
 where c.site_id = $1 and ($2::uuid is null or c.id = $2) and (not $3 or c.ended_at is null)
 order by c.created_at desc limit $4;
