-- Adds a user of the web. $1: name; $2: name for people; $3: role; $4: site, or null: all.
select access_user_add($1, $2, jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('role', $3::text, 'site', $4::text))));
