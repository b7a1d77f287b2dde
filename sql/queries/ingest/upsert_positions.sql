-- New positions of runs, as [{"run", "stored", "gaps": [{"from", "to"}]}] in $2; site $1. Returns all of them as they are now.
-- Never back: a batch may come again. Skipped is what lies in a gap beyond what was stored here, by whomever.
with new as materialized (
    select run, stored, gaps from jsonb_to_recordset($2::jsonb) as new (run text, stored bigint, gaps jsonb))
insert into ingest_position as position (site_id, run, stored, skipped)
    select $1, run, stored, (select coalesce(sum("to" - "from" + 1), 0) from jsonb_to_recordset(gaps) as gap ("from" bigint, "to" bigint))
      from new
    on conflict (site_id, run) do update
   set stored = greatest(position.stored, excluded.stored), updated_at = now(),
       skipped = position.skipped + (select coalesce(sum(greatest(0, "to" - greatest("from" - 1, position.stored))), 0)
                                       from new, jsonb_to_recordset(new.gaps) as gap ("from" bigint, "to" bigint)
                                      where new.run = excluded.run)
returning run, stored, skipped;
