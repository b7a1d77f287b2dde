-- Commands of site $1 are taken up (JSON in $2), each at most once; what of them may not be has ended, or waits on.
select id::text, is_claimed, status, coalesce(text, '') from commands_claim($1, $2::jsonb);
