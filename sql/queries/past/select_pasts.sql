-- The sites elsewhere whose past is to be laid here, at their central.
select site_id from past join site using (site_id) where is_remote and finished_at is null order by begun_at;
