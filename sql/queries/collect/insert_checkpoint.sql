-- $1 site, $2 epoch, $3 seq, $4 its digest, $5 key, $6 signature, as hexadecimal digits
select journal_checkpoint($1, $2, $3, decode($4, 'hex'), decode($5, 'hex'), decode($6, 'hex'))
