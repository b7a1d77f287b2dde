-- Rules of site $1 in their order, and of how many points each decides now: of those that were found, and that nobody set by hand.
with decided as (select choice.rule, count(*) as points
                   from point, point_choice('rules', $1, device_id, object_type, name) as choice
                  where site_id = $1 and chosen_at is not null and missing_since is null
                  group by choice.rule)
select position, device, vendor_id, object_type, point_rule.point, subnet, network, enabled, poll_interval_ms, note, coalesce(decided.points, 0) as points
  from point_rule left join decided on rule = position
 where site_id = $1
 order by position;
