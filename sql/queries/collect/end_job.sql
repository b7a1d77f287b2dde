-- How job $1 ended: $2 completed or failed, $3 what it found, $4 why it failed.
select job_end($1::uuid, $2, $3::jsonb, $4);
