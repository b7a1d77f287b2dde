-- How long maintenance waits for a lock: while it waits for some, others may wait for it.
select set_config('lock_timeout', '1s', false);
