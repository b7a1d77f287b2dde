-- While nobody has a password: a one-time link for the first administrator; false: somebody has. $1: SHA-256 of its secret, in hexadecimal digits.
select access_first_link(decode($1, 'hex'));
