-- When a point ($1 site, $2 point) was last read; null: never.
select time from point_latest where site_id = $1 and point_id = $2;
