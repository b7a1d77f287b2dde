-- Settings with what site $1 says of them: all, or $2 alone.
select k.name, k.kind, k.scope, k.minimum, k.maximum, k.fallback, k.range, k.meaning, s.value, s.updated_at, s.updated_by,
       coalesce((extract(epoch from s.updated_at) * 1000000)::bigint::text, '0') as version
  from setting_kind k left join setting s on s.name = k.name and s.site_id = $1
 where $2::text is null or k.name = $2
 order by k.place;
