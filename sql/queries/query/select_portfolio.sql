-- How central is with its sites: those that are invited or have joined, those that have, those of these that have not called for 5 minutes, and which (five of them), those that are told
-- to wait, and why (of one); how long entries that came wait to be applied; how many are put aside; whether `bacpipes central` is there;
-- and where PostgreSQL listens: "" where it has its socket alone.
select count(*) filter (where state in ('invited', 'joined')), count(*) filter (where state = 'joined'), count(*) filter (where is_silent),
       array_to_string((array_agg(site_id order by seen_at nulls first) filter (where is_silent))[1:5], ', '), count(*) filter (where wait_until > now()), min(wait_why) filter (where wait_until > now()),
       (select extract(epoch from now() - min(coalesce(a.applied_at, c.received_at))) from uplink_cursor c left join uplink_applied a using (site_id, epoch) where c.received_seq > coalesce(a.applied_seq, 0)),
       (select coalesce(sum(entries), 0)::bigint from uplink_aside), exists (select from pg_stat_activity where usename = 'bacpipes_central'),
       current_setting('listen_addresses'), current_setting('port')::integer
  from (select *, state = 'joined' and coalesce(seen_at, '-infinity') < now() - interval '5 minutes' as is_silent from remote_site) as r;
