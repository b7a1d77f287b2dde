-- What stands in priority arrays at site $1, ours and others', and what we hold that nobody has read back there since: of the device $2 (name,
-- device_id, instance or address), the point $3 (name or point_id; * and ? in both names), of source $4, only ours (true) or others' (false)
-- where $5 says, in slots $6 to $7; nulls: any.
with seen as (
    select site_id, point_id, priority, value, state, since, is_ours, created_by, source, reason, until, command_id, seen_at from overrides
     where site_id = $1),
     held as (
    select h.site_id, h.point_id, h.priority, h.value, state_text(p.object_type, p.states, h.value) as state, h.began_at as since, true as is_ours, h.created_by, h.source, h.reason,
           h.release_at as until, h.command_id, null::timestamptz as seen_at
      from hold h join point p using (site_id, point_id)
     where h.site_id = $1 and not exists (select from seen where seen.point_id = h.point_id and seen.priority = h.priority and (seen.is_ours or seen.seen_at > h.began_at))),
     stands as (
    select seen.* from seen where not exists (select from held where held.point_id = seen.point_id and held.priority = seen.priority)
    union all
    select * from held)
select s.point_id, point_label(p, d) as label, d.name as device, p.units, s.priority, s.value, s.state, s.since, s.is_ours, s.created_by, s.source, s.reason, s.until, s.command_id, s.seen_at,
       s.priority = min(s.priority) over (partition by s.point_id) as is_holding, p.commandable
  from stands s join point p using (site_id, point_id) join device d on d.site_id = p.site_id and d.device_id = p.device_id
 where ($2::text is null or $2 in (d.device_id::text, d.address) or name_is_like(d.name, $2) or name_is_like(d.instance::text, $2))
   and ($3::text is null or p.point_id::text = $3 or name_is_like(p.name, $3))
   and ($4::text is null or s.source = $4) and ($5::boolean is null or s.is_ours = $5)
   and s.priority between $6::integer and $7::integer
 order by label, s.priority;
