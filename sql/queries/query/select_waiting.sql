-- What waits for its site, of site $1 (null: all), the newest last.
select site_id, kind, id, what, asked_by, asked_at, state, handed_over_at, expires_at from waiting where $1::text is null or site_id = $1 order by asked_at, id;
