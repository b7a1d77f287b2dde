-- Keeps the secret of a second factor until a code confirms it. $1: in hexadecimal digits.
select access_totp_begin(decode($1, 'hex'));
