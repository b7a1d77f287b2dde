-- Tells sites the authorities $1, that central is reached at host $2 and port $3, and that $4 is the highest number that was ever given; and applies again what
-- was revoked: serials $5.
select site_authorities_tell($1, $2, $3::integer, $4::integer), sites_mend($5::text[])
