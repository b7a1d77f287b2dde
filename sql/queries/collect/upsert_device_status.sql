-- How device $2 of site $1 is: $3 state, $4 since when, $5 when it last answered (or null), $6 reason, $7 what was learned (JSON).
insert into device_status (site_id, device_id, state, since, last_answer_at, reason, learned) values ($1, $2::integer, $3, $4, $5, $6, $7::jsonb)
    on conflict (site_id, device_id) do update
    set state = excluded.state, since = excluded.since, last_answer_at = excluded.last_answer_at, reason = excluded.reason, learned = excluded.learned;
