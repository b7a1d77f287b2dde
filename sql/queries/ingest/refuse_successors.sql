-- Fails where a point of site $1 has got a successor since $2, the newest that was known.
select frames_follow($1, $2);
