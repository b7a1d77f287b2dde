-- What the journal says of itself: $1 site
select epoch, record_seq, encode(digest, 'hex'), frames_given_up from journal_head where site_id = $1;
