-- What is applied is lost together with its place, or not at all: who applies need not wait for the disk. What sites send is on it already.
-- Nor does one statement keep a worker for ever.
select set_config('synchronous_commit', 'off', false), set_config('statement_timeout', '10min', false);
