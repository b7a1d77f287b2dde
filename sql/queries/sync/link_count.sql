-- Octets that the link has cost since it was last said.
select link_count($1, $2, $3);
