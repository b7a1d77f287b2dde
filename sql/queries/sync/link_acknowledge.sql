-- Central has all of an epoch up to there.
select link_acknowledge($1, $2, $3);
