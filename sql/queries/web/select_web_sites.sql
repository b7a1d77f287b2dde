-- Sites, for the web's memory, and whether their collectors may write; of remote ones, which have no broker here, how their programs are: sync by when the site called
-- last (of who has not joined, or was shut out, it is not known), the others as it said then. Of its own words those alone that are words of ours: who has taken over a site may say anything.
select s.site_id, s.name, s.timezone, s.is_simulated,
       coalesce((select case when btrim(value, E' \t\n\v\f\r') in ('normal', 'stop', 'freeze') then btrim(value, E' \t\n\v\f\r') else 'unknown' end
                   from setting where setting.site_id = s.site_id and setting.name = 'control.mode'), 'normal'), s.is_remote,
       case when r.state <> 'joined' then '{"sync": "unknown"}'
            when coalesce(r.seen_at, r.joined_at) < now() - interval '2 min' then '{"sync": "offline"}'
            else jsonb_build_object('sync', 'online')
                 || coalesce((select jsonb_object_agg(said.role, said.state)
                                from jsonb_each_text(case when jsonb_typeof(r.health -> 'roles') = 'object' then r.health -> 'roles' else '{}' end) as said (role, state)
                               where said.role in ('collect', 'ingest') and said.state in ('online', 'offline')), '{}') end::text as roles
  from site s left join remote_site r using (site_id) order by s.site_id collate "C";
