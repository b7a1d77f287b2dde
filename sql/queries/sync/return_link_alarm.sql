-- It is right again.
select alarm_return($1, $2);
