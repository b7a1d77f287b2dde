-- What has been applied, in order.
select name, checksum, applied_at from schema_migration order by name;
