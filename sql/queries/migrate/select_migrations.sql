-- What has been applied, in order.
select name, checksum, applied_at from public.schema_migration order by name;
