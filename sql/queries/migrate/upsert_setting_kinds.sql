-- Table setting_kind has what this program knows: $1, a JSON array of its settings. Others go.
with given as materialized (
         select * from jsonb_to_recordset($1::jsonb) as s (name text, place integer, kind text, scope text, minimum bigint, maximum bigint,
                                                           fallback text, range text, meaning text)),
     gone as (delete from public.setting_kind where name not in (select name from given))
insert into public.setting_kind as known (name, place, kind, scope, minimum, maximum, fallback, range, meaning)
select name, place, kind, scope, minimum, maximum, fallback, range, meaning from given
    on conflict (name) do update
    set place = excluded.place, kind = excluded.kind, scope = excluded.scope, minimum = excluded.minimum, maximum = excluded.maximum,
        fallback = excluded.fallback, range = excluded.range, meaning = excluded.meaning
    where (known.place, known.kind, known.scope, known.minimum, known.maximum, known.fallback, known.range, known.meaning)
          is distinct from (excluded.place, excluded.kind, excluded.scope, excluded.minimum, excluded.maximum, excluded.fallback, excluded.range, excluded.meaning);
