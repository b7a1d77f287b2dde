-- Invites site $1, called $2 ('': as it is): what its join file's certificate is signed for is request $3. $4: also where somebody has used the former one and has not called since.
select site_invite($1, $2, $3, $4::boolean)
