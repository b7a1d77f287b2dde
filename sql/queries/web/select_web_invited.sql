-- What the join file of invitation $1 is made of.
select i.is_over, i.refused, row_to_json(i)::text
  from (select is_over, refused, number, site_id, name, certificate, to_char(until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as until, authorities, central, host, port
          from site_invited($1::bigint)) as i;
