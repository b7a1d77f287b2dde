-- Counts a code of the second factor that came with a one-time link: seconds to wait (0: it is looked at); null: there is no such link any more. $1: SHA-256 of its secret; $2: where from.
select access_link_try(decode($1, 'hex'), $2);
