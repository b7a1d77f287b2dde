-- At most $7 commands of site $1 behind number $6 (null: the newest): in states $2, of point $3, of person $4, or $5 alone (nulls: any). The newest first.
select c.* from commands c
 where c.site_id = $1 and ($2::text[] is null or c.status = any ($2)) and ($3::integer is null or c.point_id = $3) and ($4::text is null or c.person = $4)
   and ($5::uuid is null or c.id = $5) and ($6::bigint is null or c.number < $6)
 order by c.number desc limit $7;
