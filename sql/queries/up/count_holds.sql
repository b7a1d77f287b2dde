-- How many values site $1 holds in devices, and how many of them until a time.
select count(*), count(release_at) from hold where site_id = $1;
