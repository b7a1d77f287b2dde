-- Job $2 of site $1.
select id, kind, request -> 'points', status, progress, text, created_at, asked_by, expires_at, taken_at, ended_at, handed_over_at, request - 'points', result from job where site_id = $1 and id = $2::uuid;
