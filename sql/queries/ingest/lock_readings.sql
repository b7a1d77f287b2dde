-- Until the end of this transaction no point gets a successor (readings_hold).
lock table only sensor_readings in row exclusive mode;
