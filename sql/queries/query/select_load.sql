-- What asking for the points of site $1 costs: by device, as it is now, and as it would be by the rules ($3: also for points that were
-- set by hand). $2 is setting poll.interval in ms. A request takes as many points as its answer has room for, as the collector plans it
-- (apps/collect/ask/device/plan.c): 18 octets and a value for each, 3 and the device's name before them. Where one property is asked
-- for at a time, status flags are asked for once a minute. Points that their device tells (COV) are polled ten times more slowly.
with asked as (
    select p.device_id, d.interval_ms, d.enabled as of_enabled, p.chosen_at is null as by_hand, choice.rule,
           p.enabled as now, coalesce(p.poll_interval_ms, d.interval_ms) as now_ms,
           case when is_kept then p.enabled else choice.enabled end as later,
           coalesce(case when is_kept then p.poll_interval_ms else choice.poll_interval_ms end, d.interval_ms) as later_ms,
           coalesce(p.cov, d.cov) and (d.services = '{}' or 'subscribe-cov' = any (d.services)) and p.property = 'present-value' as is_told,
           p.property = 'present-value' as has_flags,
           7 + 4 + case when p.object_type ~ '^(binary|multi-state)-(input|output|value)$' then 2 when p.object_type = 'large-analog-value' then 10 else 5 end
             + case when p.property = 'present-value' then 7 else 0 end as octets
      from (select *, coalesce(poll_interval_ms, $2::integer) as interval_ms from device) as d
      join point p using (site_id, device_id),
           point_choice('rules', $1, p.device_id, p.object_type, p.name) as choice,
           lateral (select p.chosen_at is null and not $3::boolean as is_kept) as kept
     where p.site_id = $1 and p.missing_since is null),
     device_limits as (
    select device_id, least(greatest(coalesce((learned ->> 'answer_octets')::integer, max_apdu), 50), 1476) as answer_octets,
           (services = '{}' or 'read-property-multiple' = any (services)) and coalesce((learned ->> 'read_multiple')::boolean, true) as read_multiple
      from device left join device_status using (site_id, device_id) where site_id = $1),
     rounds as (
    select device_id, is_later, ms, count(*) as points, count(*) filter (where has_flags) as flags, sum(octets) as octets
      from asked, lateral (values (false, now, now_ms), (true, later, later_ms)) as plan (is_later, is_polled, own_ms),
           lateral (select case when is_told then least(10::bigint * own_ms, greatest(own_ms, 300000)) else own_ms end as ms) as told
     where is_polled and of_enabled
     group by device_id, is_later, ms),
     costs as (
    select device_id, is_later, sum(points) as points, sum(requests) as requests, sum(requests_s) as requests_s
      from rounds join device_limits using (device_id),
           lateral (select greatest(1, floor((answer_octets - 3 - case when answer_octets >= 200 then 16 else 0 end) * points / octets)) as in_one) as room,
           lateral (select case when read_multiple then ceil(points / in_one) else points end as requests) as round,
           lateral (select 1000.0 * requests / ms + case when read_multiple then 0 else 1000.0 * flags / greatest(ms, 60000) end as requests_s) as rate
     group by device_id, is_later)
select d.device_id, d.name, d.instance, coalesce(substring(d.address from '^[^/]+/\d+'), '') as network,
       case when not d.enabled then 'disabled' when d.replaced_since is not null then 'replaced' else coalesce(s.state, 'unknown') end as state,
       coalesce(found.points, 0) as points, coalesce(found.by_hand, 0) as by_hand, coalesce(found.changes, 0) as changes,
       coalesce(now.points, 0) as polled_now, coalesce(now.requests_s, 0)::double precision as requests_s_now, coalesce(now.requests, 0)::double precision as requests_now,
       coalesce(later.points, 0) as polled_later, coalesce(later.requests_s, 0)::double precision as requests_s_later, coalesce(later.requests, 0)::double precision as requests_later,
       (s.learned ->> 'round_trip_ms')::double precision as round_trip_ms,
       exists (select from point_rule where site_id = $1) as has_rules
  from device d
  left join device_status s using (site_id, device_id)
  left join (select device_id, count(*) as points, count(*) filter (where by_hand) as by_hand,
                    count(*) filter (where now <> later or later and now_ms <> later_ms) as changes from asked group by device_id) as found using (device_id)
  left join costs as now on now.device_id = d.device_id and not now.is_later
  left join costs as later on later.device_id = d.device_id and later.is_later
 where d.site_id = $1
 order by network, d.device_id;
