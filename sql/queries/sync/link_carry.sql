-- Carries out what central asks for; $9: seconds that its life has been running since central told what is left.
select link_carry($1, $2, $3, $4, $5::timestamptz, $6::bytea, $7::bytea, $8::interval - make_interval(secs => $9::double precision));
