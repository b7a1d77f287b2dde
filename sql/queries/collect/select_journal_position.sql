-- Where the journal of site $1 stands: its last record entry.
select epoch, seq, encode(digest, 'hex') from journal_position($1)
