-- How site $1 is, by the database's tables, in one row: what `bacpipes status` judges. The columns are listed in apps/status/database.c.
-- Days of readings are tables of their own, TimescaleDB's chunks too; a name ends with the day where it is one of ours.
with day as (select inhrelid::regclass as name, pg_total_relation_size(inhrelid) as octets from pg_inherits where inhparent = 'sensor_readings'::regclass),
     dated as (select to_date(right(name::text, 8), 'YYYYMMDD')::timestamp at time zone 'UTC' as begins, octets from day where name::text ~ '_[0-9]{8}$'),
     devices as (select coalesce(state, 'unknown') as state from device left join device_status using (site_id, device_id) where site_id = $1)
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
       (select min(begins) from dated where octets > 32768),
       (select coalesce(sum(octets), 0)::bigint from day),
       (select created_at from site where site_id = $1),
       (select extract(epoch from hold)::double precision from retention_clock where hold is not null);
