-- Request $1 cannot be signed: $2 says why.
select site_refused($1::bigint, $2)
