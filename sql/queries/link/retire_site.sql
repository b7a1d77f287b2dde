-- Site $1 is no more.
select site_retire($1)
