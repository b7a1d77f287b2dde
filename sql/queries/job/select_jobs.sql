-- Jobs of site $1 (null: of all), those under way first, then as they were asked for, the newest first.
select j.site_id, j.id, j.kind, j.status, round((100 * j.progress)::numeric)::bigint, j.asked_by, j.created_at, j.ended_at,
       coalesce(j.text, ''),
       case when j.status = 'executing' then 'under way'
            when j.status <> 'pending' then null
            when k.worker <> 'collect' then 'waiting'
            when not site_is_remote(j.site_id) then 'waiting for the collector'
            when exists (select from remote_site r where r.site_id = j.site_id and r.state = 'invited') then 'waiting for the site, which has not joined yet'
            when j.handed_over_at is null then 'waiting for the site'
            else 'handed over; the site has not answered yet' end
  from job j join job_kind k using (kind)
 where j.site_id = coalesce($1, j.site_id)
 order by (j.ended_at is not null), j.number desc;
