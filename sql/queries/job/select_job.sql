-- How far job $1 is.
select status, progress, text, result, handed_over_at is not null, exists (select from remote_site r where r.site_id = job.site_id and r.state = 'invited') from job where id = $1::uuid;
