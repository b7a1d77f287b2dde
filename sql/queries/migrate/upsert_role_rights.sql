-- Table access.role_right has what this program knows: $1, a JSON array of rights. Others go.
with given as materialized (select * from jsonb_to_recordset($1::jsonb) as r (name text, place integer, role text, meaning text)),
     gone as (delete from access.role_right where name not in (select name from given))
insert into access.role_right (name, place, role, meaning)
select name, place, role, meaning from given
    on conflict (name) do update set place = excluded.place, role = excluded.role, meaning = excluded.meaning;
