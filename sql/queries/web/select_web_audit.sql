-- At most $10 records of the journal of site $1, the newest first, from $2 to before $3 (nulls: any), of kinds $4 or events $4 of kind audit, about point $5, of person $6 (nulls: any), behind
-- the record $7 (when), $8 (epoch), $9 (seq). Of $11 records it looks at no more: the first row says how many it has looked at, and which was the last.
with scanned as materialized (
    select epoch, seq, kind, at, record_shown(body) as j from uplink_record
     where site_id = $1 and ($2::timestamptz is null or at >= $2) and ($3::timestamptz is null or at < $3) and ($4::text[] is null or kind = any ($4) or kind = 'audit')
       and ($7::timestamptz is null or (at, epoch, seq) < ($7, $8::bigint, $9::bigint))
     order by at desc, epoch desc, seq desc limit $11),
     numbered as (select *, case when j ->> 'key' ~ '^[0-9]{1,9}$' then (j ->> 'key')::integer end as key from scanned),
     matching as (
    select s.epoch, s.seq, s.kind, s.at, s.j, coalesce((j ->> 'point_id')::integer, case when kind = 'point' then key end) as point_id, case when kind = 'device' then key end as device_id from numbered s
     where ($4::text[] is null or kind = any ($4) or j ->> 'event' = any ($4))
       and ($5::integer is null or coalesce((j ->> 'point_id')::integer, case when kind = 'point' then key end) = $5)
       and ($6::text is null or coalesce(j #>> '{who,person}', j ->> 'created_by', j #>> '{who,role}') = $6)
     order by at desc, epoch desc, seq desc limit $10),
     looked as (select count(*) as count, (array_agg(at order by at, epoch, seq))[1] as at, (array_agg(epoch order by at, epoch, seq))[1] as epoch, (array_agg(seq order by at, epoch, seq))[1] as seq from scanned)
select looked.count, looked.at, looked.epoch, looked.seq, m.epoch, m.seq, m.kind, m.at, m.j, m.point_id, point_label(p, d), coalesce(m.device_id, p.device_id), coalesce(own.name, d.name)
  from looked left join matching m on true
  left join point p on p.site_id = $1 and p.point_id = m.point_id
  left join device d on d.site_id = p.site_id and d.device_id = p.device_id
  left join device own on own.site_id = $1 and own.device_id = m.device_id
 order by m.at desc, m.epoch desc, m.seq desc;
