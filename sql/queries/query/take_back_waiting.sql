-- Takes back what waits of site $2 (null: any) and has an id that begins with $1, because of $3 (or null); nothing, where several have.
with found as materialized (select * from waiting where starts_with(id::text, lower($1)) and ($2::text is null or site_id = $2))
select f.id, f.site_id, f.kind, f.what, waiting_take_back(f.kind, f.site_id, f.id, $3) from found f where (select count(*) from found) = 1;
