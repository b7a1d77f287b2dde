-- At central: one frame, as nearly every call has it: without the 24 octets around the element of each array. The answer is sync_append's.
select concat_ws(' ', received_seq, down_seq, wait_s, why) as a from sync.append($1, $2, array['readings'], array[$3::timestamptz], array[$4::bytea], array[$5::bytea], $6);
