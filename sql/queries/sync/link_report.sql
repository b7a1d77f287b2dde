-- What sync says of itself.
select link_report($1, $2, $3, $4::double precision);
