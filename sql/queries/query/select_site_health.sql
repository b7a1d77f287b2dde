-- How site $1 is, by the database's tables, in one row: what `bacpipes status` judges. The columns are listed in apps/status/database.c.
-- Points whose device tells their changes are read a tenth as often.
with devices as (select coalesce(state, 'unknown') as state from device left join device_status using (site_id, device_id) where site_id = $1),
     asked as (select coalesce(p.poll_interval_ms, d.poll_interval_ms) as own_ms, case when coalesce(p.cov, d.cov) then 10 else 1 end as rounds
                 from point p join device d using (site_id, device_id) where site_id = $1 and p.enabled and d.enabled)
select split_part(current_setting('server_version'), ' ', 1),
       case readings_engine() when 'timescaledb' then 'TimescaleDB ' || (select extversion from pg_extension where extname = 'timescaledb') else 'native partitions' end,
       pg_database_size(current_database()),
       now(),
       (select count(*) from devices where state = 'online'),
       (select count(*) from devices where state in ('offline', 'replaced')),
       (select count(*) from devices where state = 'unknown'),
       (select count(*) from point where site_id = $1 and enabled),
       (select count(*) from sensor_readings where site_id = $1 and time > now() - interval '1 minute' and time <= now()),
       readings_newest($1),
       (select coalesce(sum(entries), 0)::bigint from ingest_quarantine_total where site_id = $1),
       (select coalesce(sum(skipped), 0)::bigint from ingest_position where site_id = $1 and updated_at > now() - interval '1 day'),
       (select min(bucket) from rollup_dirty where site_id = $1),
       kept.oldest,
       kept.octets,
       (select created_at from site where site_id = $1),
       (select extract(epoch from hold)::double precision from retention_clock where hold is not null),
       (select min(own_ms * rounds)::bigint from asked),
       (select min(rounds) from asked where own_ms is null),
       (select is_simulated from site where site_id = $1),
       (select share from past_progress where site_id = $1),
       (select laid_from from past_progress where site_id = $1)
  from readings_kept() as kept;
