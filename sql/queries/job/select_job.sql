-- How far job $1 is.
select status, progress, text, result, handed_over_at is not null from job where id = $1::uuid;
