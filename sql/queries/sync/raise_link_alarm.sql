-- Something about the link is wrong, which people should know.
select alarm_raise($1, $2, 'warning', $3);
