-- Settings of site $1 that stand over the configuration file's.
select name, value from setting where site_id = $1 order by name;
