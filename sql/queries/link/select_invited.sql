-- What the join file of invitation $1 is made of; no row: it was withdrawn.
select row_to_json(invited) from (select is_over, refused, number, site_id, name, certificate, to_char(until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as until, authorities, central, host, port from site_invited($1::bigint)) as invited
