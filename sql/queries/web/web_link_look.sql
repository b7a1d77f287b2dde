-- Whose one-time link it is, and their second factor; null: there is none, or no more. $1: SHA-256 of its secret.
select name, encode(totp_secret, 'hex'), totp_step from access_link_look(decode($1, 'hex'));
