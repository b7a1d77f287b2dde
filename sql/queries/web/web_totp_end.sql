-- The second factor goes. $1: the 30 s of a code, or null; $2: SHA-256 of a recovery code, or null.
select access_totp_end($1::bigint, decode($2, 'hex'));
