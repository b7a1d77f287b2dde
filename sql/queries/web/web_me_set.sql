-- Changes what is one's own to change. $1: JSON.
select access_me_set($1::jsonb);
