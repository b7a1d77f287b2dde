-- The users of the web, by name. grants is JSON.
select u ->> 'name', u ->> 'full_name', u ->> 'grants', (u ->> 'enabled')::boolean, (u ->> 'has_password')::boolean, (u ->> 'totp')::boolean, (u ->> 'sessions')::integer,
       (u ->> 'tokens')::integer, (u ->> 'last_login_at')::timestamptz, (u ->> 'id')::integer
  from jsonb_array_elements(access_users()) as u order by 1;
