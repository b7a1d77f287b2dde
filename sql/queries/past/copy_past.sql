-- What past_lay is to lay.
copy past_stage (point_id, time, min, max, sum, count, last, last_at) from stdin (format binary);
