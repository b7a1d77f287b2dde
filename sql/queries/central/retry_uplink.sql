-- Tries records of site $1 again that were put aside.
select told, applied, left_over from uplink_retry($1);
