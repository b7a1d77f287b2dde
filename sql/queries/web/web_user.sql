-- One user, as JSON; null: there is none. $1: number.
select access_user($1::integer);
