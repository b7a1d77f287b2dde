-- What was put aside of site $1 (null: of all) is tried again soon. How many entries.
select central_retry($1);
