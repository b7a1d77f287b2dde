-- Invites site $1, called $2 ('': as it is): what its join file's certificate is signed for is request $3.
select site_invite($1, $2, $3)
