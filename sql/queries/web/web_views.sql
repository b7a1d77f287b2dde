-- Views of site $1 that user $2 has saved, and those that are shared.
select view_id, name, screen, query, is_shared, owner, user_id = $2::integer, version from saved_view where site_id = $1 and (user_id = $2::integer or is_shared) order by lower(name), view_id;
