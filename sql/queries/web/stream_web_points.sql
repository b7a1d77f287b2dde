-- Points of all sites, for the web's memory: all of them, or those that transactions from $1 on have written (the first column of an earlier answer).
-- A row without a site comes first and says what $1 of the next question is, and in the last column how many points each site has. Whatever
-- was not yet to be seen in this answer was written by a transaction that had not ended when it began, which are those from there on.
select null::text as seen_from, p.site_id, p.point_id, p.device_id, p.object_instance, coalesce(p.poll_interval_ms, 0), p.object_type, p.property, p.name, p.description, p.units,
       to_json(p.states)::text, p.tags::text, p.device_says::text, p.write_min, p.write_max, p.min_value, p.max_value, p.version, p.enabled, p.writable, p.commandable,
       p.missing_since is not null, null::text
  from point p
 where $1::text is null or age(p.xmin) <= age($1::text::xid)
 union all
select pg_snapshot_xmin(pg_current_snapshot())::xid::text, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
       (select coalesce(json_object_agg(site_id, points), '{}')::text from (select site_id, count(*) as points from point group by site_id) as counted)
 order by 2 nulls first, 9;
