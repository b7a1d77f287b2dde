-- Removes view $2 of site $1; what became of it.
select view_remove($1, $2::bigint);
