-- How sensor_readings is kept and whether TimescaleDB can be had, from PostgreSQL's own catalogue alone: where the extension is not
-- preloaded, whatever touches it ends the connection. Of its settings those of its loader are there before it is made.
select (select relkind::text from pg_class where oid = to_regclass('public.sensor_readings')) as kind,
       (select extversion from pg_extension where extname = 'timescaledb') as made,
       (select default_version from pg_available_extensions where name = 'timescaledb') as installed,
       exists (select from pg_settings where name = 'timescaledb.max_background_workers') as is_loaded;
