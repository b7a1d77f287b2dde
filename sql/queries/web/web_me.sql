-- Who acts, for themselves.
select access_me();
