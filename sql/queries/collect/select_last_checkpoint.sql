-- $1 site, $2 epoch
select encode(journal_last_checkpoint($1, $2), 'hex')
