-- Whether the journal is the one that we know of, by what is kept outside the database: $2 to $4, an epoch, a number and its digest in
-- hex, or nulls. $1 site_id; $5, $6: all numbers of devices and points are smaller.
select epoch, seq, encode(digest, 'hex'), is_new_life from journal_open($1, $2, $3, decode($4, 'hex'), $5, $6)
