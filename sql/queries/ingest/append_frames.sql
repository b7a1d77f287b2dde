-- Frames $4 of site $1, one after the other with the sizes $3 (text of integer[]), into epoch $2 of its journal.
select frames_append($1, $2, $3::integer[], $4);
