-- What was put aside of site $1 (null: of all) is tried again soon; by version $2, which starts, what is newer only where it has not been wanted by that. How many entries; and how many only where their site is named.
select wanted, (select count(*) from uplink_quarantine where $1::text is null and is_costly and not wants_retry) from central_retry($1, $2) as wanted;
