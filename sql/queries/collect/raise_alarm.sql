-- $1 site, $2 key, $3 severity, $4 text
select alarm_raise($1, $2, $3, $4)
