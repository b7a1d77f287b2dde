-- Applies what $1 says of several sites (uplink_apply): their records, and where they stand by now. Whom to tell of what.
select site_id, told, put_aside from uplink_apply($1::jsonb);
