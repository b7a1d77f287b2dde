-- Changes a user: JSON; null: there is none. $1: number; $2: what changes, JSON; $3: the version that it was, or null.
select access_user_set($1::integer, $2::jsonb, $3);
