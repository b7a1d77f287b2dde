-- Tries the record of site $1, epoch $2, entry $3 again, which was put aside.
select told, applied from uplink_retry($1, $2, $3);
