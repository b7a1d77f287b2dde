-- The site $1 has joined a central, where its number is $2, at host $3 and port $4, called $5; $6: another one than it had, by the file with certificate $7.
select central_link_store($1, $2::integer, $3, $4::integer, $5, $6::boolean, $7)
