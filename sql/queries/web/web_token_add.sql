-- A token of who acts, as JSON. $1: name; $2: SHA-256 of the token; $3: how it begins; $4: role; $5: sites, JSON, or null; $6: when it ends.
select access_token_add(web_user(), $1, decode($2, 'hex'), $3, $4, (select array_agg(site) from jsonb_array_elements_text($5::jsonb) as site), $6);
