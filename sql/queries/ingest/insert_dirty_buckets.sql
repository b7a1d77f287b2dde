-- 5-minute spans of site $1 that begin at the instants $2 (text of timestamptz[]) have new readings.
insert into rollup_dirty (site_id, bucket) select $1, unnest($2::timestamptz[]) on conflict do nothing;
