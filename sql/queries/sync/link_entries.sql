-- The next entries of an epoch, without gaps.
select seq, kind, at, body, digest from link_entries($1, $2, $3, $4, $5);
