-- Takes up a job of site $1 that the web does.
select id from jobs_take($1, 'web', 1);
