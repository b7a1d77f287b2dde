-- Ends a token. $1: number.
select access_token_remove($1::integer);
