-- Takes back job $2 of site $1, for whom this transaction acts. False: it has ended; null: there is none.
select job_cancel($1, $2::uuid);
