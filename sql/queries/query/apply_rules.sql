-- The points of site $1 become what the rules say; those that were set by hand only where $2. Returns how many changed.
with chosen as (update point set enabled = choice.enabled, poll_interval_ms = choice.poll_interval_ms, chosen_at = clock_timestamp(), updated_at = now()
                  from point p, point_choice('rules', $1, p.device_id, p.object_type, p.name) as choice
                 where p.site_id = $1 and point.site_id = $1 and point.point_id = p.point_id
                   and (p.chosen_at is null and $2::boolean
                        or p.chosen_at is not null and (p.enabled <> choice.enabled or p.poll_interval_ms is distinct from choice.poll_interval_ms))
                returning p.enabled <> choice.enabled or p.poll_interval_ms is distinct from choice.poll_interval_ms as is_change)
select count(*) filter (where is_change) from chosen;
