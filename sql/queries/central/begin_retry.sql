-- The next entry of site $1 that was put aside and is to be tried again, as which of $2 tries at most.
select epoch, seq, is_frame, tries from uplink_retry_begin($1, $2::integer);
