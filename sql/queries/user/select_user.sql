-- A user of the web, as JSON; null: there is none. $1: name.
select access_user(access_user_named($1));
