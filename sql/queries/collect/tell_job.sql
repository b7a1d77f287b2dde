-- How far job $1 is ($2), and what it has found so far ($3). False: nobody waits for more.
select job_tell($1::uuid, $2, $3::jsonb);
