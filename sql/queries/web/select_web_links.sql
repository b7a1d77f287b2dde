-- How sites elsewhere are, for the web at central: the worst first.
select site_id, jsonb_build_object('state', state, 'link', link, 'lag_s', lag_s, 'backlog_octets', backlog_octets, 'backlog_s', backlog_s, 'availability', availability, 'octets_month', lte_octets_month,
                                   'overrides', overrides, 'failing_points', failing_points, 'alarms', alarms, 'put_aside', put_aside, 'waits_because', wait_why,
                                   'seen_at', (to_jsonb(seen_at at time zone 'UTC') #>> '{}') || 'Z', 'joined_at', (to_jsonb(joined_at at time zone 'UTC') #>> '{}') || 'Z',
                                   'invited_until', (to_jsonb(site_invited_until(site_id) at time zone 'UTC') #>> '{}') || 'Z', 'clock_ahead_s', clock_ahead_s, 'program', program, 'groups', site_groups(site_id))::text
  from sites
 where $1::text is null or site_id = $1
 order by case when state in ('revoked', 'retired') then 6 when state = 'invited' then 5 when link = 'silent' then 0 when link = 'never' then 1 when link = 'waiting' then 2 when link = 'late' then 3 else 4 end,
          case when link = 'silent' then seen_at end nulls last, put_aside > 0 desc, alarms desc, failing_points desc, overrides desc, name collate natural_order, site_id;
