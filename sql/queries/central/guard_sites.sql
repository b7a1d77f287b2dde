-- Ends sessions of sites that hold or do what they should not, raises an alarm of central for each, and says whose. $1: processes that sent notices, $2: that take too much memory.
select format('%s: %s%s', login, why, case when is_shut then '; its login is shut for a while' end),
       alarm_raise('central', 'site.session.' || login, 'warning', left(format('a session of %s was ended: %s%s', login, why, case when is_shut then '; its login is shut for a while' end), 1000))
  from sync_guard(noticing => $1::integer[], too_large => $2::integer[]);
