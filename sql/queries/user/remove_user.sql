-- Removes a user of the web. $1: name.
select access_user_remove(access_user_named($1));
