-- $1 site, $2 epoch and $3 seq of what was signed last
select epoch, seq, is_unsigned from journal_unsigned($1, $2, $3)
