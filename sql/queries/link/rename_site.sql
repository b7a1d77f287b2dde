-- Site $1 is called $2.
select site_rename($1, $2)
