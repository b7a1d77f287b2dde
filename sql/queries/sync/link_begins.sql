-- Where an epoch begins for a central that has nothing of it.
select first_seq, record_digest::text from link_begins($1, $2);
