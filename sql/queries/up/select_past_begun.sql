-- The past of simulated site $1: when it ends, of how many points, and what the building is made of. No row: it has none.
select until, (made_of->>'points')::bigint, made_of::text from past where site_id = $1;
