-- Points are edited by people: each has a version, so that nobody overwrites what he has not seen; many are changed together or none; a change
-- can be undone; and what a person has looked for is kept as a view.

-- ---- versions ----

alter table point add version bigint not null default 1;
comment on column point.version is 'Raised by each change that people see; whoever changes a point says which one he saw';
alter table point add device_says jsonb not null default '{}' constraint device_says_is_of_name_description_units check (jsonb_typeof(device_says) = 'object' and device_says - '{name, description, units}'::text[] = '{}');
comment on column point.device_says is 'What the device calls name, description or units where people have said otherwise: the latter stay when it is read out anew';

create function point_version() returns trigger language plpgsql as $$
declare
    same public.point := old;
begin
    same.version := new.version; -- nobody sets it
    same.updated_at := new.updated_at;
    same.missing_since := new.missing_since;
    same.chosen_at := new.chosen_at;
    new.version := old.version + case when same is distinct from new then 1 else 0 end;
    return new;
end
$$;
comment on function point_version is 'Of a trigger: counts the changes of a point that people see.';
create trigger count_version before update on point for each row execute function point_version();

-- A version that is raised is no change of its own for the journal.
do $$
declare
    before constant text := pg_get_functiondef('note_change()'::regprocedure);
    after  constant text := replace(before, $was$where name <> 'updated_at' and$was$, $is$where name not in ('updated_at', 'version') and$is$);
begin
    if after = before then
        raise exception 'note_change is not as it was expected';
    end if;
    execute after;
end
$$;

-- Which point of a new device goes on with which of an old one: a name is the device's own.
create or replace function device_pairs(of_site text, old_device integer, new_device integer) returns table (old_point integer, new_point integer, by_what text) language sql stable as $$
    with old as (select *, coalesce(device_says ->> 'name', name) as own_name from point where site_id = of_site and device_id = old_device),
         new as (select *, coalesce(device_says ->> 'name', name) as own_name from point where site_id = of_site and device_id = new_device),
         same as (select old.point_id as old_point, new.point_id as new_point
                    from old join new using (object_type, object_instance, property)),
         old_left as (select *, count(*) over (partition by own_name, property) as namesakes from old where point_id not in (select same.old_point from same)),
         new_left as (select *, count(*) over (partition by own_name, property) as namesakes from new where point_id not in (select same.new_point from same))
    select same.old_point, same.new_point, 'object' from same
     union all
    select old_left.point_id, new_left.point_id, 'name'
      from old_left join new_left using (own_name, property)
     where own_name <> '' and old_left.namesakes = 1 and new_left.namesakes = 1
$$;

-- ---- changes ----

create table point_change (
    site_id    text        not null references site on delete cascade,
    change_id  bigint      not null generated always as identity,
    changed_at timestamptz not null default now(),
    person     text,
    undoes     bigint,
    undone_by  bigint,
    points     jsonb       not null check (jsonb_typeof(points) = 'array'),
    primary key (site_id, change_id)
);
create index on point_change (site_id, changed_at);
comment on table point_change is 'What people changed of points, and what it was before, so that it can be undone: the last 500 of a site, for 90 days. The journal has it for good.';
comment on column point_change.points is '[{"id", "before", "after"}], of what differs';
comment on column point_change.undone_by is 'The change that undid it; null: it stands';

-- What is wrong with one member of what is to be set; null: nothing.
create function point_set_problem(field text, said jsonb) returns text language plpgsql immutable as $$
declare
    kind constant text := jsonb_typeof(said);
    word constant text := said #>> '{}';
begin
    case
        when field in ('name', 'description', 'units') then
            if kind = 'null' then
                return null; -- the device's own again
            elsif kind <> 'string' then
                return format('%s is a text, or null for what the device says', field);
            elsif word ~ '[\u0001-\u001f\u007f]' then
                return format('%s has a control character', field);
            elsif length(word) > (case field when 'name' then 500 when 'units' then 100 else 1000 end) then
                return format('%s has %s letters at most', field, case field when 'name' then 500 when 'units' then 100 else 1000 end);
            elsif field = 'name' and word !~ '\S' then
                return 'name has at least one letter; null gives back the device''s own';
            elsif field = 'units' and word <> '' and word !~ '^[a-z0-9-]+$' then
                return 'units are a name of the standard, as degrees-celsius, or empty';
            end if;
        when field in ('enabled', 'writable') then
            if kind <> 'boolean' then
                return format('%s is true or false', field);
            end if;
        when field = 'poll_interval_s' then
            if kind not in ('number', 'null') or (kind = 'number' and (word::numeric not between 1 and 86400 or word::double precision::numeric * 1000 <> trunc(word::double precision::numeric * 1000))) then
                return 'poll_interval_s is 1 to 86400 seconds, or null for as its device says';
            end if;
        when field in ('write_min', 'write_max') then
            if kind not in ('number', 'null') or (kind = 'number' and abs(word::numeric) > 1e300) then
                return format('%s is a number in the point''s units, or null for what the device takes', field);
            end if;
        when field = 'tags' then
            if kind <> 'object' then
                return 'tags are an object, as {"zone": "m:"}';
            elsif length(said::text) > 8000 then
                return 'tags have 8000 letters at most';
            elsif exists (select from jsonb_object_keys(said) as tag where tag !~ '^[A-Za-z][A-Za-z0-9_]{0,59}$') then
                return 'a tag begins with a letter, and has letters, digits and _ behind it, at most 60';
            end if;
        else
            return format('%s cannot be set', field);
    end case;
    return null;
end
$$;

-- [{"id", "version": the one that was seen, or null, "expect": {...} what it has to be, or null, "set": {...}}]. All or nothing: where one has a problem, none is
-- changed. A row for each; before and after have what differs. rule: unknown (no such point), version (somebody has changed it since), invalid, or null.
create function points_change(of_site text, asked jsonb, is_dry_run boolean, of_undone bigint default null)
       returns table (point_id integer, path text, version bigint, before jsonb, after jsonb, rule text, problem text, change bigint) language plpgsql as $$
#variable_conflict use_column
declare
    judged jsonb;
    made   bigint;
begin
    perform web_must(of_site, 'edit_points');
    if jsonb_typeof(asked) is distinct from 'array' or jsonb_array_length(asked) not between 1 and 10000 then
        raise invalid_parameter_value using message = '1 to 10000 points are changed at once';
    elsif (select count(*) <> count(distinct a.entry ->> 'id') from jsonb_array_elements(asked) as a (entry)) then
        raise invalid_parameter_value using message = 'a point is there twice: one change says all of it';
    end if;
    -- In one order, so that two who change the same do not wait for each other.
    perform from point p where p.site_id = of_site and p.point_id in (select (a.entry ->> 'id')::integer from jsonb_array_elements(asked) as a (entry)) order by p.point_id for update;
    -- Set by set: 10,000 points are some hundred milliseconds. What is to be set is often the same for all, and judged once.
    -- Numbers are what a double makes of them, in its shortest writing: as they are kept, so that undo knows them again, however they were written.
    with given as (select (a.entry ->> 'id')::integer as id, (a.entry ->> 'version')::bigint as seen, a.entry -> 'expect' as expect, coalesce(a.entry -> 'set', '{}') as said, a.place
                     from jsonb_array_elements(asked) with ordinality as a (entry, place)),
         checked as materialized (select d.said, (select string_agg(wrong, '; ') from (select point_set_problem(f.field, f.value) as wrong from jsonb_each(d.said) as f (field, value)) as found) as wrong,
                                         (select coalesce(jsonb_object_agg(n.field, to_jsonb((n.value #>> '{}')::double precision)), '{}') from jsonb_each(d.said) as n (field, value)
                                           where n.field in ('poll_interval_s', 'write_min', 'write_max') and case when jsonb_typeof(n.value) = 'number' then abs((n.value #>> '{}')::numeric) <= 1e300 end) as numbers
                                    from (select distinct said from given) as d),
         known as materialized (select g.*, c.wrong, c.numbers, p.point_id is not null as is_known, p.version, point_label(p, d) as path,
                          jsonb_build_object('name', p.name, 'description', p.description, 'units', p.units, 'tags', p.tags, 'enabled', p.enabled,
                                             'poll_interval_s', trim_scale(p.poll_interval_ms / 1000.0), 'writable', p.writable, 'write_min', p.write_min, 'write_max', p.write_max) as was,
                          jsonb_build_object('name', p.name, 'description', p.description, 'units', p.units) || p.device_says as own, p.device_says
                     from given g join checked c using (said)
                     left join point p on p.site_id = of_site and p.point_id = g.id left join device d on d.site_id = of_site and d.device_id = p.device_id),
         made as materialized (select k.*, case when k.is_known and k.wrong is null
                                   then k.was || k.said || k.numbers || case when k.said @> '{"name": null}' then jsonb_build_object('name', k.own -> 'name') else '{}' end
                                                        || case when k.said @> '{"description": null}' then jsonb_build_object('description', k.own -> 'description') else '{}' end
                                                        || case when k.said @> '{"units": null}' then jsonb_build_object('units', k.own -> 'units') else '{}' end
                                   else k.was end as will_be from known k),
         judged_one as materialized (select m.*, m.is_known and m.wrong is null and m.will_be <> m.was as is_other,
                               (select string_agg(e.field, ', ' order by e.field) from jsonb_each(m.expect) as e (field, value) where m.was -> e.field is distinct from e.value) as others,
                               (m.will_be ->> 'write_min')::double precision > (m.will_be ->> 'write_max')::double precision as is_nothing from made m)
    select jsonb_agg(jsonb_build_object('id', id, 'path', path, 'version', version,
               'before', case when is_other then (select jsonb_object_agg(o.field, o.value) from jsonb_each(was) as o (field, value) where will_be -> o.field is distinct from o.value) else '{}' end,
               'after', case when is_other then (select jsonb_object_agg(o.field, o.value) from jsonb_each(will_be) as o (field, value) where was -> o.field is distinct from o.value) else '{}' end,
               'says', case when is_other and said ?| '{name, description, units}'
                            then (select coalesce(jsonb_object_agg(o.field, o.value), '{}') from jsonb_each(own) as o (field, value) where will_be -> o.field is distinct from o.value) else device_says end,
               'rule', case when not is_known then 'unknown' when seen <> version or others is not null then 'version' when wrong is not null or is_nothing then 'invalid' end,
               'problem', case when not is_known then format('there is no point %s at this site', id)
                               when seen <> version then format('somebody has changed it since: it has version %s now', version)
                               when others is not null then format('somebody has changed it since: %s', others)
                               when wrong is not null then wrong
                               when is_nothing then format('from %s to %s is nothing: write_min is at most write_max', will_be ->> 'write_min', will_be ->> 'write_max') end) order by place)
      into judged from judged_one;
    if not is_dry_run and not exists (select from jsonb_array_elements(judged) as j (entry) where j.entry ->> 'problem' is not null) then
        update point p set name = coalesce(m.now ->> 'name', p.name), description = coalesce(m.now ->> 'description', p.description), units = coalesce(m.now ->> 'units', p.units),
               tags = coalesce(m.now -> 'tags', p.tags), enabled = coalesce((m.now ->> 'enabled')::boolean, p.enabled), writable = coalesce((m.now ->> 'writable')::boolean, p.writable),
               poll_interval_ms = case when m.now ? 'poll_interval_s' then ((m.now ->> 'poll_interval_s')::double precision::numeric * 1000)::integer else p.poll_interval_ms end,
               write_min = case when m.now ? 'write_min' then (m.now ->> 'write_min')::double precision else p.write_min end,
               write_max = case when m.now ? 'write_max' then (m.now ->> 'write_max')::double precision else p.write_max end, device_says = m.says, updated_at = now()
          from (select (j.entry ->> 'id')::integer as id, j.entry -> 'after' as now, j.entry -> 'says' as says from jsonb_array_elements(judged) as j (entry) where j.entry -> 'after' <> '{}') as m
         where p.site_id = of_site and p.point_id = m.id;
        if found then
            insert into point_change (site_id, person, undoes, points)
            select of_site, nullif(current_setting('bacpipes.person', true), ''), of_undone,
                   jsonb_agg(jsonb_build_object('id', j.entry -> 'id', 'before', j.entry -> 'before', 'after', j.entry -> 'after'))
              from jsonb_array_elements(judged) as j (entry) where j.entry -> 'after' <> '{}'
            returning change_id into made;
            delete from point_change c where c.site_id = of_site
               and (c.changed_at < now() - interval '90 days' or c.change_id <= (select o.change_id from point_change o where o.site_id = of_site order by o.change_id desc offset 500 limit 1));
        end if;
    end if;
    return query
    select (j.entry ->> 'id')::integer, j.entry ->> 'path', coalesce(p.version, (j.entry ->> 'version')::bigint), j.entry -> 'before', j.entry -> 'after', j.entry ->> 'rule', j.entry ->> 'problem', made
      from jsonb_array_elements(judged) with ordinality as j (entry, place)
      left join point p on p.site_id = of_site and p.point_id = (j.entry ->> 'id')::integer
     order by j.place;
end
$$;
comment on function points_change is 'Changes points as people do, all or none of them; a row for each says what was and what is. Kept for undo.';

-- As points_change; no row: there is no such change, or it was undone.
create function points_undo(of_site text, of_change bigint)
       returns table (point_id integer, path text, version bigint, before jsonb, after jsonb, rule text, problem text, change bigint) language plpgsql as $$
#variable_conflict use_column
declare
    kept point_change;
    made bigint;
begin
    perform web_must(of_site, 'edit_points');
    select * into kept from point_change c where c.site_id = of_site and c.change_id = of_change for update;
    if kept.undone_by is not null then
        raise invalid_parameter_value using message = format('change %s was undone already, by change %s', of_change, kept.undone_by);
    elsif kept.change_id is null then
        return;
    end if;
    return query
    select c.* from points_change(of_site, (select jsonb_agg(jsonb_build_object('id', e.entry -> 'id', 'expect', e.entry -> 'after', 'set', e.entry -> 'before')) from jsonb_array_elements(kept.points) as e (entry)),
                                  false, of_change) as c;
    select max(c.change_id) into made from point_change c where c.site_id = of_site and c.undoes = of_change;
    update point_change c set undone_by = made where c.site_id = of_site and c.change_id = of_change and made is not null;
end
$$;
comment on function points_undo is 'Gives points back what they had before a change, all or none: where somebody has changed one since, it says which.';

-- ---- views ----

create table saved_view (
    view_id    bigint  primary key generated always as identity,
    site_id    text    not null references site on delete cascade,
    user_id    integer not null references access.users on delete cascade,
    owner      text    not null,
    name       text    not null constraint name_is_1_to_100_letters check (name ~ '\S' and length(name) <= 100),
    screen     text    not null constraint screen_is_a_word check (screen ~ '^[a-z][a-z0-9-]{0,39}$'),
    query      text    not null constraint query_is_at_most_4000_letters check (length(query) <= 4000),
    is_shared  boolean not null default false,
    version    bigint  not null default 1,
    changed_at timestamptz not null default now(),
    unique (site_id, user_id, screen, name)
);
comment on table saved_view is 'Names that people give to what they look at: a screen, and what stands behind "?" in its address. Shared ones are seen by all who see the site.';

create function views_noted() returns trigger language plpgsql as $$
begin
    perform pg_notify('bacpipes_config', json_build_object('site', changed.site_id, 'table', 'saved_view')::text) from (select distinct site_id from changed_rows) as changed;
    return null;
end
$$;
comment on function views_noted is 'Of triggers: who looks at views looks again.';
create trigger notify_insert after insert on saved_view referencing new table as changed_rows for each statement execute function views_noted();
create trigger notify_update after update on saved_view referencing new table as changed_rows for each statement execute function views_noted();
create trigger notify_delete after delete on saved_view referencing old table as changed_rows for each statement execute function views_noted();

-- Who may share, or change what others share: who may edit points.
create function view_store(of_site text, of_view bigint, seen bigint, of_name text, of_screen text, of_query text, shared boolean, out outcome text, out view saved_view) language plpgsql as $$
declare
    known saved_view;
begin
    perform web_must(of_site, 'view');
    if of_view is not null then
        select * into known from saved_view v where v.site_id = of_site and v.view_id = of_view and (v.user_id = web_user() or v.is_shared) for update;
        outcome := case when known.view_id is null then 'unknown' when known.user_id <> web_user() and not web_may(of_site, 'edit_points') then 'forbidden'
                        when seen <> known.version then 'changed' end;
    end if;
    if outcome is null and shared and not coalesce(known.is_shared, false) and not web_may(of_site, 'edit_points') then
        outcome := 'forbidden';
    end if;
    if outcome is not null then
        return;
    end if;
    if of_view is null then
        perform from site s where s.site_id = of_site for no key update; -- many at once are counted one after the other
        if (select count(*) >= 200 from saved_view v where v.site_id = of_site and v.user_id = web_user()) then
            raise invalid_parameter_value using message = 'you have 200 views here already: remove one first';
        end if;
        insert into saved_view (site_id, user_id, owner, name, screen, query, is_shared)
        values (of_site, web_user(), coalesce(nullif(current_setting('bacpipes.person', true), ''), ''), of_name, of_screen, of_query, shared) returning * into view;
    else
        update saved_view v set name = of_name, screen = of_screen, query = of_query, is_shared = shared, version = v.version + 1, changed_at = now()
         where v.view_id = of_view returning * into view;
    end if;
    outcome := 'stored';
exception when unique_violation then
    raise unique_violation using message = format('there is a view "%s" of this screen already: give it another name', of_name);
end
$$;
comment on function view_store is 'Saves a view for who acts (of_view null), or changes one; outcome: stored, unknown, changed (not as it was seen), forbidden.';

create function view_remove(of_site text, of_view bigint) returns text language plpgsql as $$
declare
    known saved_view;
begin
    perform web_must(of_site, 'view');
    select * into known from saved_view v where v.site_id = of_site and v.view_id = of_view and (v.user_id = web_user() or v.is_shared) for update;
    if known.view_id is null then
        return 'unknown';
    elsif known.user_id <> web_user() and not web_may(of_site, 'edit_points') then
        return 'forbidden';
    end if;
    delete from saved_view v where v.view_id = of_view;
    return 'removed';
end
$$;
