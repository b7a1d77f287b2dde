-- At central: entries, in order; the arrays in PostgreSQL's binary format. The answer is one text: of each column PostgreSQL says name and kind each time, which cost more than a frame's readings do.
select concat_ws(' ', received_seq, down_seq, wait_s, why) as a from sync.append($1, $2, $3, $4, $5, $6, $7);
