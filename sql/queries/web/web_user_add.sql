-- Adds a user. $1: name; $2: name for people; $3: grants, JSON.
select access_user_add($1, $2, $3::jsonb);
