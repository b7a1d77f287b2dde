-- How central $1 is, for the eye: its sites, those that have joined, those that called in the last 2 minutes, and how long ago the last one did.
select count(*) filter (where state in ('invited', 'joined')), count(*) filter (where state = 'joined'),
       count(*) filter (where state = 'joined' and seen_at > now() - interval '2 minutes'), extract(epoch from now() - max(seen_at))
  from remote_site where site_id <> $1;
