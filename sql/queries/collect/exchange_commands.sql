-- Commands of site $1 have ended (JSON in $3, which may be said again), and others are taken up (JSON in $2), each at most once: in one
-- commit. What of those may not be has ended, or waits on.
with ended as materialized (select commands_end($1, $3::jsonb) as count)
select claimed.id::text, claimed.is_claimed
  from ended, lateral commands_claim($1, case when ended.count is not null then $2::jsonb end) as claimed;
