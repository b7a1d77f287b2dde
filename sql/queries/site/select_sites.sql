-- All sites that the database has.
select site_id, name from site order by site_id;
