-- Ends a session of who acts. $1: its number.
select access_session_end($1::bigint);
