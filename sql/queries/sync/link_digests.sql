-- Digests of entries that are here; $3: their numbers, as an array.
select seq, encode(digest, 'hex') from link_digests($1, $2, $3::bigint[]);
