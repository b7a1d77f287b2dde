-- Jobs of site $1 (null: of all), those under way first, then as they were asked for, the newest first.
select j.site_id, j.id, j.kind, j.status, round((100 * j.progress)::numeric)::bigint, j.asked_by, j.created_at, j.ended_at,
       case when j.status = 'pending' and k.worker = 'collect' and site_is_remote(j.site_id)
            then case when j.handed_over_at is null then 'waiting for the site' else 'the site has it' end else coalesce(j.text, '') end
  from job j join job_kind k using (kind)
 where j.site_id = coalesce($1, j.site_id)
 order by (j.ended_at is not null), j.number desc;
