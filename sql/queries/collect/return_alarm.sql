-- $1 site, $2 key
select alarm_return($1, $2)
