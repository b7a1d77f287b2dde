-- Removes a user. $1: number.
select access_user_remove($1::integer);
