-- Who a session or token is, and what they may: JSON; null: nobody. $1: SHA-256 of its secret, in hexadecimal digits; $2: it was used now, by a request and not by a stream that goes on.
select access_identify(decode($1, 'hex'), $2::boolean);
