-- How long this session waits for a lock: while maintenance waits for some, others may wait for it; and who stops control tells what is in
-- the way.
select set_config('lock_timeout', '1s', false);
