-- Puts the entry $1 back: at $2, readings being kept for $3 and believed $4 seconds ahead; $5: only says what would be done.
select stored, present, refused, why from quarantine_put_back($1, $2, make_interval(secs => $3), make_interval(secs => $4), $5);
