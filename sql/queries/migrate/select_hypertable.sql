-- Whether sensor_readings is a hypertable, and whether its chunks are compressed when they are old.
select exists (select from timescaledb_information.hypertables where hypertable_schema = 'public' and hypertable_name = 'sensor_readings'),
       exists (select from timescaledb_information.jobs
                where hypertable_schema = 'public' and hypertable_name = 'sensor_readings' and proc_name = 'policy_compression' and scheduled);
