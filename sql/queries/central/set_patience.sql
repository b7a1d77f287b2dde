-- No session of a site keeps this one waiting, which looks after them, for longer than this.
select set_config('lock_timeout', '5s', false);
