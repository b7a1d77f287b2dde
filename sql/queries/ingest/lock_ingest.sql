-- True if nobody else stores for site $1; held until the connection ends. Two keys: `bacpipes migrate` has one, and another lock.
select pg_try_advisory_lock(hashtext('bacpipes ingest'), hashtext($1));
