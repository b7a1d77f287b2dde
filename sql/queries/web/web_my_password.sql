-- Sets the password of who acts. $1: Argon2id's string.
select access_password_set(web_user(), $1);
