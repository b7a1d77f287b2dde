-- Request $1 is signed: certificate $2, of serial $3, until $4.
select site_signed($1::bigint, $2, $3, $4::timestamptz)
