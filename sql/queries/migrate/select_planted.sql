-- What a role of ours defined that would run as whoever migrates: in public under a name of PostgreSQL's own, or on the table of migrations.
with ours as (select oid, rolname from pg_roles
               where rolname in ('bacpipes_owner', 'bacpipes_collect', 'bacpipes_ingest', 'bacpipes_maintain', 'bacpipes_reader', 'bacpipes_journal', 'bacpipes_web', 'bacpipes_access', 'bacpipes_sync', 'bacpipes_central', 'bacpipes_sites', 'bacpipes_join') and rolname <> current_user)
select 'function ' || p.oid::regprocedure::text || ' of ' || rolname
  from pg_proc p join ours on ours.oid = proowner
 where pronamespace = to_regnamespace('public') and proname in (select proname from pg_proc where pronamespace = 'pg_catalog'::regnamespace)
 union all
select 'operator ' || o.oid::regoperator::text || ' of ' || rolname from pg_operator o join ours on ours.oid = oprowner
 union all
select 'trigger ' || tgname || ' on table schema_migration' from pg_trigger where tgrelid = to_regclass('public.schema_migration') and not tgisinternal
 union all
select 'rule ' || rulename || ' on table schema_migration' from pg_rewrite where ev_class = to_regclass('public.schema_migration')
 limit 1;
