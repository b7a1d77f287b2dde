-- Tokens, as JSON. $1: true: of all users.
select access_tokens(case when not $1::boolean then web_user() end);
