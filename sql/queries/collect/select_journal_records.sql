-- $1 site, $2 epoch, $3 behind this seq, $4 at most so many
select seq, kind, (extract(epoch from at) * 1000000)::bigint, encode(body, 'hex'), encode(digest, 'hex')
  from journal_records($1, $2, $3, $4) order by seq
