-- Drops the oldest of the quarantine of site $1 above $2 octets.
select quarantine_trim($1, $2);
