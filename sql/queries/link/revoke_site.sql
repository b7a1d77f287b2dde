-- Shuts site $1 out; $2 says why.
select site_revoke($1, $2)
