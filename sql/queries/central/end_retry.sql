-- The entry of site $1, epoch $2, entry $3, which was tried again, stays aside: why ($4).
select uplink_retry_failed($1, $2, $3, $4);
