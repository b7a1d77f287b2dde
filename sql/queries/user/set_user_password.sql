-- Sets the password of a user of the web, which ends their sessions; null, false: there is no such user. $1: name; $2: Argon2id's string.
select access_password_set(access_user_named($1), $2);
