-- A checkpoint by another key: $1 site, $2 epoch, $3 seq, $4 digest, $5 key, $6 signature, $7 the former key, $8 its signature for this one; all in hexadecimal
select journal_key_handed($1, $2, $3, decode($4, 'hex'), decode($5, 'hex'), decode($6, 'hex'), decode($7, 'hex'), decode($8, 'hex'));
