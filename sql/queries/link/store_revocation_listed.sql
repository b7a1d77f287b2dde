-- What was revoked of number $1 is listed.
select site_revocation_listed($1::integer)
