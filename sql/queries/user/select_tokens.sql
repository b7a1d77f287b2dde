-- The tokens of the web, by user and name; $1: of that user alone, or null.
select (t ->> 'id')::integer, t ->> 'owner', t ->> 'name', t ->> 'prefix', t ->> 'role', (select string_agg(site, ' ') from jsonb_array_elements_text(nullif(t -> 'sites', 'null')) as site),
       (t ->> 'expires_at')::timestamptz, (t ->> 'last_used_at')::timestamptz
  from jsonb_array_elements(access_tokens(null)) as t where $1::text is null or t ->> 'owner' = lower($1) order by 2, 3;
