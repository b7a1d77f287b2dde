-- Asks for a job of kind $2 at site $1 by request $3, for whom this transaction acts. No row: too many are under way.
select id, kind, request -> 'points', status, progress, text, created_at, asked_by, expires_at, taken_at, ended_at, handed_over_at, request - 'points', result from job_ask($1, $2, $3::jsonb);
