-- A one-time link of a user, and when it ends; null: there is no such user. $1: number; $2: SHA-256 of its secret.
select access_link_add($1::integer, decode($2, 'hex'));
