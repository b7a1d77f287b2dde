-- Whether any migration was ever applied here.
select to_regclass('public.schema_migration') is not null;
