-- What central has not got yet, and what the link costs this month.
select b.entries, b.octets, b.oldest_at, m.sent, m.received, m.recent, m.recent_days,
       extract(epoch from date_trunc('month', t.now) + interval '1 month' - t.now)::double precision as left_s,
       extract(epoch from t.now - date_trunc('month', t.now))::double precision as month_s
  from (select clock_timestamp() at time zone 'UTC') as t (now), link_backlog($1) as b, link_month($1) as m;
