-- At central: who we are and what we have; what it has of that.
select sync.hello(1, $1::jsonb)::text;
