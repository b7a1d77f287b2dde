-- Changes a user of the web; null: there is none. $1: name; $2: what changes, JSON.
select access_user_set(access_user_named($1), $2::jsonb, null);
