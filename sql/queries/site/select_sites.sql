-- All sites that the database has; is_remote: the site is elsewhere, and this is its central.
select site_id, name, is_simulated, is_remote from site order by site_id;
