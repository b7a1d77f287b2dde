-- Records of an epoch in their order, as they are: $1 site, $2 epoch, $3 behind this seq, $4 from then on, $5 before then (nulls: any).
select seq, kind, at, body, digest from uplink_record
 where site_id = $1 and epoch = $2 and seq > $3 and ($4::timestamptz is null or at >= $4) and ($5::timestamptz is null or at < $5)
 order by seq;
