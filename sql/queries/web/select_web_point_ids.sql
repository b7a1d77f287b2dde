-- The points that there are at site $1.
select point_id from point where site_id = $1 order by point_id;
