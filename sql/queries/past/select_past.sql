-- The past of site $1: how far it goes, how far it is laid, and the building. No row: it has none. The columns are listed in apps/sim/run/past_store.c.
select since, until, readings_goal, fine_goal, hourly_goal, readings_from, fine_from, hourly_from, is_joined, finished_at is not null,
       (counters->>'at')::timestamptz, (counters->'values')::text, made_of::text, rows, (select share from past_progress as p where p.site_id = past.site_id)
  from past where site_id = $1;
