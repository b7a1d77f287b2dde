-- This database is a central's, called $1 ('': as it is).
select central_begin($1)
