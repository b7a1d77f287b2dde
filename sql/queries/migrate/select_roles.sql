-- Whether the roles of sql/rights.sql have what is theirs, and who we are.
select exists (select from pg_class where oid = to_regclass('public.sensor_readings') and relowner = to_regrole('bacpipes_maintain')), current_user;
