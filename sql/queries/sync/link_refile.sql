-- Begins another life of the journal, in which what central lacks stands again.
select journal_refile($1, $2, $3, $4, $5, $6);
