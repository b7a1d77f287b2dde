-- For --status: the central that was joined, what sync said of itself last, what waits, and what the link costs.
select k.central_name, k.host, k.port, r.state, extract(epoch from clock_timestamp() - r.since)::double precision as since_s, r.why, r.octets_s,
       extract(epoch from clock_timestamp() - r.reported_at)::double precision as reported_s,
       b.entries, b.octets, b.oldest_at, extract(epoch from clock_timestamp() - b.oldest_at)::double precision as oldest_s,
       m.sent, m.received, m.recent, m.recent_days,
       extract(epoch from date_trunc('month', t.now) + interval '1 month' - t.now)::double precision as left_s,
       extract(epoch from t.now - date_trunc('month', t.now))::double precision as month_s
  from (select clock_timestamp() at time zone 'UTC') as t (now), link_backlog($1) as b, link_month($1) as m
  left join central_link k on k.site_id = $1
  left join link_report r on r.site_id = $1;
