-- What is in quarantine, the oldest first: of site $1, with $2 in its reason (null: all), the newest $3 of them.
select * from (
    select id, site_id, received_at, run, n, readings, octets, reason
      from ingest_quarantine
     where ($1::text is null or site_id = $1) and ($2::text is null or strpos(reason, $2) > 0)
     order by id desc limit $3) as newest
 order by id;
