-- Ends a token. $1: its number.
select access_token_remove($1::integer);
