-- Begins the past of simulated site $1, which ends at $4 (null: now), of building $2 with $3 points, with readings or, for a site of a central, without ($5);
-- one column: since when that is to be simulated, in seconds since 1970. Null: it has a history already, and gets no other.
select extract(epoch from past_begin($1, coalesce($4, date_trunc('milliseconds', now())), $2::jsonb, $3::integer, $5))::bigint;
