-- Ends the sessions of a user of the web, and says how many; null: there is no such user. $1: name.
select access_sessions_end(access_user_named($1));
