-- What points are now, of those that there are; never backwards.
insert into current_value as now (site_id, point_id, value, quality, reason, at)
select s.site_id, s.point_id, s.value, s.quality, s.reason, s.at from current_stage s join point using (site_id, point_id) order by s.site_id, s.point_id
    on conflict (site_id, point_id) do update set value = excluded.value, quality = excluded.quality, reason = excluded.reason, at = excluded.at
 where now.at <= excluded.at;
