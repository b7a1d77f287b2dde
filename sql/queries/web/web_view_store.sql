-- Saves a view at site $1 (view_store): $2 null for a new one, $3 the version that was seen, or null; name, screen, query, whether it is shared.
select outcome, (v.view).view_id, (v.view).name, (v.view).screen, (v.view).query, (v.view).is_shared, (v.view).owner, (v.view).user_id = web_user(), (v.view).version
  from view_store($1, $2::bigint, $3::bigint, $4, $5, $6, $7::boolean) as v;
