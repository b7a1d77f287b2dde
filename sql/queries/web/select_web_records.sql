-- The next $4 records of an epoch, as they are: $1 site, $2 epoch, $3 behind this seq.
select seq, kind, at, encode(body, 'hex'), encode(digest, 'hex') from uplink_record where site_id = $1 and epoch = $2 and seq > $3 order by seq limit $4;
