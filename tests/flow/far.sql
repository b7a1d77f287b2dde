-- Fills central's database with :sites sites elsewhere of :points points each, as they would be when their journals have been applied: far001, far002, ... with what
-- they measure, what is held, what is not well, and how they call. For tests of lists and rights, which need many and none that runs.
set session_replication_role = replica; -- as an applier's, and quick
insert into site (site_id, name, timezone) values ('central', 'Central', 'UTC') on conflict do nothing;
insert into site (site_id, name, timezone, is_remote, is_simulated)
select format('far%s', lpad(n::text, greatest(3, length(n::text)), '0')), format('Building %s', n), (array['Asia/Macau', 'Asia/Kuala_Lumpur', 'Europe/Lisbon'])[1 + n % 3], true, true from generate_series(1, :sites) n;
insert into remote_site (site_id, number, state, serials, invited_at, joined_at, seen_at, health, health_at, octets_up, octets_down)
select site_id, n, case when n % 10 = 9 then 'invited' when n % 10 = 8 then 'retired' else 'joined' end, array['a' || to_hex(n)], now() - interval '30 days',
       case when n % 10 <> 9 then now() - interval '29 days' end, case when n % 10 = 9 then null when n % 10 = 7 then now() - interval '5 hours' else now() end,
       jsonb_build_object('unsent_entries', case when n % 10 = 7 then 900 else 1 end, 'unsent_octets', case when n % 10 = 7 then 4000000 else 900 end,
                          'oldest_unsent_at', case when n % 10 = 7 then now() - interval '5 hours' else now() - interval '4 s' end, 'octets_month', n * 10000000::bigint,
                          'points', :points, 'points_failing', 0, 'program', '0.9.0', 'roles', '{"collect": "online", "ingest": "online"}'::jsonb), now(), n * 10000000::bigint, n * 100000
  from (select site_id, row_number() over (order by site_id) as n from site where is_remote) s;
insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest, received_at)
select site_id, 4711, 1, 1, 1000, 990, sha256(site_id::bytea), seen_at from remote_site where state = 'joined';
insert into uplink_applied (site_id, epoch, applied_seq, applied_at, newest_at) select site_id, epoch, received_seq, received_at, received_at from uplink_cursor;
insert into device (site_id, device_id, address, instance, name, vendor_name)
select site_id, d, format('10.1.%s.%s', d / 250, d % 250 + 1), 1000 + d, format('AHU-%s', d), 'Acme' from site, generate_series(1, greatest(1, :points / 50)) d where is_remote;
insert into device_status (site_id, device_id, state, since, last_answer_at) select site_id, device_id, 'online', now() - interval '1 day', now() from device join site using (site_id) where is_remote;
insert into point (site_id, point_id, device_id, object_type, object_instance, name, description, units, writable, commandable, tags)
select site_id, p, 1 + (p - 1) % greatest(1, :points / 50), case when p % 4 = 0 then 'analog-value' else 'analog-input' end, p,
       format('AHU-%s/%s-%s', 1 + (p - 1) % greatest(1, :points / 50), (array['SAT', 'RAT', 'ZN-T', 'SAT-C'])[1 + p % 4], p), (array['Supply air', 'Return air', 'Zone', 'Wanted'])[1 + p % 4],
       'degrees-celsius', p % 4 = 0, p % 4 = 0, '{"air": "m:", "temp": "m:"}'
  from site, generate_series(1, :points) p where is_remote;
insert into current_value (site_id, point_id, value, quality, reason, at)
select site_id, point_id, 20 + point_id % 10 + r.number / 1000.0, case when point_id % 97 = 5 then 'bad' else 'good' end, case when point_id % 97 = 5 then 'timeout' end, coalesce(r.seen_at, now())
  from point join remote_site r using (site_id) where r.state <> 'invited';
insert into site_invitation (site_id, serial, until) select site_id, 'f' || to_hex(number), now() + case when number = 9 then interval '6 days' else interval '-1 day' end from remote_site where state = 'invited'; -- far009's file is good
select pg_notify('bacpipes_config', '{"site": "far001", "table": "site"}'); -- which central would say
