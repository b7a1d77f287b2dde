-- Frames $8 (sizes $7) of what select_frames_held told of site $1 from $4 to $5: $6 readings; $2 is the epoch, $3 the newest successor. Answers whether it was the last span.
select frames_lay($1, $2, $3, $4, $5, $6, $7::integer[], $8);
