-- 5-minute spans that have new readings, [{"site", "buckets": [seconds since 1970]}] in $1.
insert into rollup_dirty (site_id, bucket)
select w.site, to_timestamp(b::double precision) from jsonb_to_recordset($1::jsonb) as w (site text, buckets jsonb), jsonb_array_elements(w.buckets) as b
    on conflict do nothing;
