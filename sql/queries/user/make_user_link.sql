-- A one-time link of a user of the web, and when it ends; null: there is no such user. $1: name; $2: SHA-256 of its secret, in hexadecimal digits.
select access_link_add(access_user_named($1), decode($2, 'hex'));
