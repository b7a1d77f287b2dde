-- Tells sites the authorities $1, that central is reached at host $2 and port $3, and that $4 is the highest number that was ever given; and applies again what
-- stands outside the database: serials $5 were revoked, and by $6 each site has the one that it was given last.
select site_authorities_tell($1, $2, $3::integer, $4::integer), sites_mend($5::text[], $6::jsonb)
