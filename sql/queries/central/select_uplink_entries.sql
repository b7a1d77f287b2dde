-- The next entries of several sites, [{"n", "site", "epoch", "after", "upto"}] in $1, $2 of each at most. What records say is applied where it is.
select w.n, u.seq, u.kind, case when u.kind = 'readings' then u.body end as body, coalesce(octet_length(u.body), 0) as octets
  from jsonb_to_recordset($1::jsonb) as w (n integer, site text, epoch bigint, after bigint, upto bigint)
       cross join lateral (select seq, kind, body from uplink where site_id = w.site and epoch = w.epoch and seq > w.after and seq <= w.upto order by seq limit $2::integer) as u
 order by w.n, u.seq;
