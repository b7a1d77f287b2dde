-- What server this is, for the log and for doctor.
select current_setting('server_version') as server_version, current_setting('server_version_num')::integer as number,
       (select extversion from pg_extension where extname = 'timescaledb') as timescaledb_version;
