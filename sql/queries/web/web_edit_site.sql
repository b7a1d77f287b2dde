-- Changes site $1 for whom this transaction acts: $2 what it is called, $3 its groups as a JSON array (nulls: as before).
select (select site_rename($1, $2) where $2::text is not null), case when $3::jsonb is not null then site_groups_set($1, $3::jsonb) end;
