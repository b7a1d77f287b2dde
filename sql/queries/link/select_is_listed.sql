-- Whether what was revoked of site $1 stands in the file that PostgreSQL looks at.
select site_is_listed($1)
