-- What is staged becomes the past of site $1: of kind $2, from $3 to $4, where what is laid begins; $5: what counters said at the beginning, null: as before.
select past_lay($1, $2, $3, $4, $5::jsonb);
