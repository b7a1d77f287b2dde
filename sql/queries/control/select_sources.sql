-- The sources, or $1 alone (null: all), and how many commands each has asked for in the last day.
select s.name, s.kind, s.login, s.is_automatic, s.highest_priority, extract(epoch from s.longest_hold)::double precision, s.rate_per_minute, s.enabled, s.note,
       (select count(*) from write_commands w where w.source = s.name and w.created_at > now() - interval '1 day')
  from command_source s
 where $1::text is null or s.name = $1
 order by s.name;
