-- The frame of site $1, epoch $2, entry $3, which was tried again: what stands against it still ($4), or null: its readings are stored. True: it is.
select uplink_concluded($1, $2, $3, $4);
