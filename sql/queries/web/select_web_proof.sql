-- The proof of site $1's journal that was made last, if it is not older than 5 minutes.
select status, result from job
 where site_id = $1 and kind = 'prove-audit' and status = 'completed' and ended_at > clock_timestamp() - interval '5 min' order by ended_at desc limit 1;
