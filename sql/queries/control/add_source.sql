-- Makes source $1 of kind $2: $3 is automatic (null: a model is), $4 highest priority, $5 seconds that it may hold (null: as long as it likes), $6 a minute, $7 a
-- note; $8 the verifier of its login's password. Its login.
select source_add($1, $2, $3::boolean, $4::integer, make_interval(secs => $5::double precision), $6::integer, $7, $8);
