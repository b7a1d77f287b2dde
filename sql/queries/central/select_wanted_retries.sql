-- Sites of which somebody wants what was put aside to be tried again.
select site_id, count(*) filter (where kind = 'readings') as frames from uplink_quarantine where wants_retry group by site_id order by site_id collate "C";
