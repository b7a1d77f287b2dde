-- True if nobody else does work $2 ('ingest', 'control') for site $1; held until the connection ends. Two keys: `bacpipes migrate` has one, and another lock.
select pg_try_advisory_lock(hashtext('bacpipes ' || $2::text), hashtext($1::text));
