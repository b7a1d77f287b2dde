-- How control is at site $1, for `bacpipes control`: since when and by whom (nulls: table setting says nothing), how many commands wait
-- and are under way, and how many values are held, and until a time.
select (select updated_at from setting where site_id = $1 and name = 'control.mode'),
       (select updated_by from setting where site_id = $1 and name = 'control.mode'),
       (select count(*) from write_commands where site_id = $1 and status = 'pending'),
       (select count(*) from write_commands where site_id = $1 and status = 'executing'),
       (select count(*) from hold where site_id = $1),
       (select count(*) from hold where site_id = $1 and release_at is not null);
