-- One migration at a time; given back when the connection ends.
select pg_advisory_lock(hashtext('bacpipes migrate'));
