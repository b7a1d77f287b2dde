-- Asks central to sign request $1, with a join file's certificate; null: not yet.
select sync.join($1)
