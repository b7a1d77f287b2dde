-- What people asked of sites that did not come for it in time is over.
select remote_tick();
