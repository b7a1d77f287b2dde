-- The users, as JSON.
select access_users();
