-- What is to be said of a key. $1 site, $2 its number, $3 the former key has signed for it
select site_key_tell($1, $2, $3);
