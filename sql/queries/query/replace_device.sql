-- Device $3 of site $1 takes the place of device $2: see device_replace. How the new one is goes with it, so that nobody sees the old one's silence there.
with as_it_is as (
    update device_status as old set state = new.state, since = new.since, last_answer_at = new.last_answer_at, reason = new.reason, learned = new.learned
      from device_status as new
     where old.site_id = $1 and old.device_id = $2::integer and new.site_id = $1 and new.device_id = $3::integer
)
select points_kept, points_added, points_missing, readings_moved from device_replace($1, $2::integer, $3::integer);
