-- The second factor counts from now on. $1: the 30 s of its first code; $2: SHA-256 of the recovery codes, in hexadecimal digits, with commas between them.
select access_totp_confirm($1::bigint, (select array_agg(decode(code, 'hex')) from string_to_table($2, ',') as code));
