-- Sets one setting of a site: $1 site_id, $2 name, $3 value, $4 who. Nothing is told when nothing changes.
insert into setting (site_id, name, value, updated_by) values ($1, $2, $3, $4)
    on conflict (site_id, name) do update
    set value = excluded.value, updated_by = excluded.updated_by, updated_at = now()
    where setting.value is distinct from excluded.value;
