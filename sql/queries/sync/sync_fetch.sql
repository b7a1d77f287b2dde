-- At central: what it asks for.
select epoch, seq, kind, at::text, body::text, digest::text, life_left::text from sync.fetch($1, $2);
