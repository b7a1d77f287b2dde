-- The sites of this central, worst first.
select site_id, name, state, link, lag_s, backlog_octets, availability, lte_octets_month, overrides, failing_points, points, alarms, put_aside, wait_why, seen_at, backlog_s, number, joined_at, site_invited_until(site_id), program, clock_ahead_s
  from sites where state <> 'retired'
 order by case when state = 'revoked' then 6 when state = 'invited' then 5 when link = 'silent' then 0 when link = 'never' then 1 when link = 'waiting' then 2 when link = 'late' then 3 else 4 end,
          lag_s > 60 desc, alarms > 0 desc, availability nulls last, failing_points desc, name collate natural_order, site_id;
