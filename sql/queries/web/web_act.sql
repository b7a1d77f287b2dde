-- The first step of a transaction in which the web changes something: for whom. $1: SHA-256 of the session's or token's secret, in hexadecimal digits; $2: where from.
select web_act(decode($1, 'hex'), $2);
