-- A role of a user at a site, in place of the one there: JSON; null: there is no such user. $1: number; $2: site, null: all; $3: role, null: none any more; $4: a group of sites, in place of a site.
select access_grant($1::integer, $2, $3, $4);
