-- Another epoch of what site $1 is asked for, after the database was put back: what was given out is never given again, and what waits may be.
select downlink_begin_again($1);
