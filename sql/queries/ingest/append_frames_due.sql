-- Frames $6 (sizes $5) of what select_frames_due told of site $1, numbered $4 (text of bigint[]); $2 is the epoch, $3 the newest successor.
select frames_append_due($1, $2, $3, $4::bigint[], $5::integer[], $6);
