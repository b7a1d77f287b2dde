-- At most $5 jobs of site $1 of kinds $2 behind number $4 (null: the newest), of those that have ended ($3) or have not (null: of both). The newest first.
select j.id, j.kind, j.request -> 'points', j.status, j.progress, j.text, j.created_at, j.asked_by, j.expires_at, j.taken_at, j.ended_at, j.handed_over_at, j.request - 'points', j.number
  from unnest($2::text[]) as asked (kind)
 cross join lateral (select * from job where site_id = $1 and kind = asked.kind and ($3::boolean is null or (ended_at is not null) = $3) and ($4::bigint is null or number < $4)
                      order by number desc limit $5) as j
 order by j.number desc limit $5;
