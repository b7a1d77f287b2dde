-- Ends the sessions of a user, and says how many. $1: number.
select access_sessions_end($1::integer);
