-- Notices, [[channel, payload], ...] in $1, all in one transaction.
select central_notify($1::jsonb);
