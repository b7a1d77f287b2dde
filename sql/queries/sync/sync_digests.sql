-- At central: digests of our entries that it has.
select seq, encode(digest, 'hex') from sync.digests($1, $2::bigint[]);
