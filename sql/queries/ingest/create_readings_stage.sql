-- Where readings wait that may be there already; private to the connection.
create temporary table if not exists readings_stage (like sensor_readings) on commit delete rows;
