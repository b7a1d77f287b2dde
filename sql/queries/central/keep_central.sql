-- What central does now and then: sites wait, or no more, as the disk ($1: free octets, $2: the floor) and their quota ($3) have it; its own row ($4). What there is to tell.
select central_keep($1, $2, $3, $4::jsonb);
