-- Changes source $1: $2 is automatic, $3 highest priority, $4 seconds that it may hold (with $5 false: as long as it likes), $6 a minute, $7
-- enabled, $8 its note; nulls stay.
select (source_set($1, $2::boolean, $3::integer, make_interval(secs => $4::double precision), $5::boolean, $6::integer, $7::boolean, $8)).name;
