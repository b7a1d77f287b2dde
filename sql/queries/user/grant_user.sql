-- A role of a user of the web at a site, in place of the one there; null: there is no such user. $1: name; $2: site, null: all; $3: role, null: none any more.
select access_grant(access_user_named($1), $2, $3);
