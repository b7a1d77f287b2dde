-- What the web at central tells of what it asks sites to change (table change, 0032).

-- For people and programs: how far it is, and the first 20 points that it is about.
create function change_told(said change) returns jsonb language sql stable as $$
    select jsonb_build_object('id', said.id, 'site', said.site_id, 'what', said.what,
               'state', case when said.ended_at is not null then said.outcome when said.given_at is not null then 'handed-over' else 'waiting' end,
               'created_by', said.asked_by, 'address', said.address, 'created_at', (to_jsonb(said.created_at at time zone 'UTC') #>> '{}') || 'Z',
               'handed_over_at', (to_jsonb(said.given_at at time zone 'UTC') #>> '{}') || 'Z', 'ended_at', (to_jsonb(said.ended_at at time zone 'UTC') #>> '{}') || 'Z', 'text', said.text,
               'points', (select coalesce(jsonb_agg(jsonb_build_object('id', e.entry -> 'id', 'path', coalesce(point_label(p, d), 'point ' || (e.entry ->> 'id')),
                                                                       'set', coalesce(e.entry -> 'set', '{}'), 'was', coalesce(e.entry -> 'expect', '{}')) order by e.place), '[]')
                            from jsonb_array_elements(case when jsonb_typeof(said.request -> 'points') = 'array' then said.request -> 'points' else '[]' end) with ordinality as e (entry, place)
                            left join point p on p.site_id = said.site_id and p.point_id = (e.entry ->> 'id')::integer
                            left join device d on d.site_id = p.site_id and d.device_id = p.device_id
                           where e.place <= 20),
               'points_total', case when jsonb_typeof(said.request -> 'points') = 'array' then jsonb_array_length(said.request -> 'points') else 0 end,
               'setting', said.request -> 'name', 'value', said.request -> 'value', 'was', said.request -> 'expect', 'undoes', said.request -> 'undo', 'change', said.answer -> 'change')
$$;
comment on function change_told is 'A change that waits for its site, or did, as the API tells it.';

-- What this transaction asks a site for (change_ask says so); null: nothing, since the site is here or nothing would be otherwise.
create function change_asked() returns jsonb language sql volatile as $$
    select change_told(c) from change c where c.id = nullif(current_setting('bacpipes.change', true), '')::uuid
$$;

-- ---- what waits for its site ----

create function change_set(fields jsonb) returns text language sql immutable as $$
    select string_agg(case when jsonb_typeof(value) <> 'number' then format('%s = %s', name, coalesce(value #>> '{}', 'as before'))
                           when name = 'poll_interval_s' then format('every %s s', trim_scale((value #>> '{}')::numeric))
                           else format('%s = %s', name, trim_scale((value #>> '{}')::numeric)) end, ', ' order by name) from jsonb_each(case when jsonb_typeof(fields) = 'object' then fields else '{}' end) as f (name, value)
$$;

-- What is asked for, in a few words: "AHU-1/SAT and 2 more: description = Lobby".
create function change_words(said change) returns text language sql stable as $$
    select case when said.request ? 'undo' then format('undo of change %s', said.request ->> 'undo')
                when said.what = 'setting' then format('%s = %s', said.request ->> 'name', coalesce(said.request ->> 'value', 'its default'))
                when said.what = 'device' then format('device %s%s', coalesce(d.name, said.request ->> 'device_id', said.request ->> 'replace'),
                                                      case when said.request ? 'replace' then format(' makes way for device %s', said.request ->> 'by') else ': ' || change_set(said.request -> 'set') end)
                else coalesce(point_label(p, of_point), 'point ' || (said.request #>> '{points,0,id}'))
                     || case when jsonb_array_length(said.request -> 'points') > 1 then format(' and %s more', jsonb_array_length(said.request -> 'points') - 1) else '' end
                     || ': ' || change_set(said.request #> '{points,0,set}') end
      from (select 1) as one
      left join device d on d.site_id = said.site_id and d.device_id = coalesce(said.request ->> 'device_id', said.request ->> 'replace')::integer
      left join point p on p.site_id = said.site_id and p.point_id = (said.request #>> '{points,0,id}')::integer
      left join device of_point on of_point.site_id = p.site_id and of_point.device_id = p.device_id
$$;

create view waiting as
    select 'change' as kind, c.id, c.site_id, change_words(c) as what, c.asked_by, c.created_at as asked_at, case when r.state = 'invited' then 'waiting for the site, which has not joined yet' when c.given_at is null then 'waiting for the site' else 'handed over, no answer yet' end as state,
           c.given_at as handed_over_at, null::timestamptz as expires_at
      from change c join remote_site r using (site_id) where c.ended_at is null
    union all
    select 'command', w.id, w.site_id, concat(coalesce(point_label(p, d), 'point ' || w.point_id),
               case when w.command_type = 'release_priority' then ': release' else ' = ' || coalesce(w.state, state_text(p.object_type, p.states, w.value), w.value::text) end), w.created_by, w.created_at,
           command_step(w), w.handed_over_at, w.expires_at
      from write_commands w join remote_site r using (site_id) left join point p using (site_id, point_id) left join device d on d.site_id = p.site_id and d.device_id = p.device_id
     where w.origin = 'central' and w.status in ('pending', 'executing')
    union all
    select 'job', j.id, j.site_id, concat(j.kind, ' ' || coalesce(point_label(p, d), 'point ' || (j.request #>> '{points,0}')),
               case when jsonb_typeof(j.request -> 'points') = 'array' and jsonb_array_length(j.request -> 'points') > 1 then format(' and %s more', jsonb_array_length(j.request -> 'points') - 1) end), j.asked_by, j.created_at,
           case when j.status = 'executing' then 'under way at the site' when r.state = 'invited' then 'waiting for the site, which has not joined yet' when j.handed_over_at is null then 'waiting for the site' else 'handed over, no answer yet' end, j.handed_over_at, j.expires_at
      from job j join remote_site r using (site_id)
      left join point p on p.site_id = j.site_id and p.point_id = case when jsonb_typeof(j.request #> '{points,0}') = 'number' then (j.request #>> '{points,0}')::integer end
      left join device d on d.site_id = p.site_id and d.device_id = p.device_id
     where j.status in ('pending', 'executing') and exists (select from job_kind k where k.kind = j.kind and k.worker = 'collect'); -- the others are done here
comment on view waiting is 'At central: edits, commands and jobs that wait for their site, or for its answer.';

create function waiting_take_back(of_kind text, of_site text, of_id uuid, of_why text) returns text language plpgsql as $$
declare
    made    record;
    command write_commands;
begin
    if of_kind = 'change' then
        select * into made from change_cancel(of_site, of_id);
        if made.outcome <> 'cancelled' then
            raise check_violation using message = made.text, hint = '`bacpipes sites --waiting` says what can be taken back.';
        end if;
        return 'cancelled';
    elsif of_kind = 'command' then
        command := command_cancel(of_id, of_why);
        return case when command.status = 'cancelled' then 'cancelled' else command.error_message end;
    end if;
    return case when job_cancel(of_site, of_id) then 'cancelled' end;
end
$$;
comment on function waiting_take_back is 'What waits is taken back: "cancelled"; or what is to be said of it, where the site has it and is asked.';

-- ---- groups of sites ----

create function site_groups(of_site text) returns text[] language sql stable as $$
    select coalesce(array_agg(g.name order by g.name), '{}') from access.site_group g join access.site_group_site m using (group_id) where m.site_id = of_site
$$;
comment on function site_groups is 'The groups that a site belongs to.';

-- A group is there as long as a site, or somebody's role, belongs to it.
create function site_groups_set(of_site text, names jsonb) returns text[] language plpgsql as $$
declare
    wanted text[];
begin
    perform web_must(null, 'manage_sites');
    if jsonb_typeof(names) is distinct from 'array' or jsonb_array_length(names) > 20 then
        raise invalid_parameter_value using message = 'groups are a list of at most 20 names';
    end if;
    wanted := array(select distinct btrim(n #>> '{}') from jsonb_array_elements(names) as n order by 1);
    if exists (select from jsonb_array_elements(names) as n where jsonb_typeof(n) <> 'string' or n #>> '{}' !~ '\S' or length(n #>> '{}') > 100 or n #>> '{}' ~ ',') then
        raise invalid_parameter_value using message = 'the name of a group has at most 100 letters, and no comma';
    elsif not exists (select from site s where s.site_id = of_site and s.organisation_id = access_organisation()) then
        raise invalid_parameter_value using message = format('there is no site "%s"', of_site);
    elsif wanted = site_groups(of_site) then
        return wanted;
    end if;
    -- Who puts a site or a role into one of them has committed, and is seen when it is asked which are of no use any more; or he waits.
    perform from access.site_group g order by g.group_id for update;
    insert into access.site_group (organisation_id, name) select access_organisation(), n from unnest(wanted) as n on conflict do nothing;
    delete from access.site_group_site m using access.site_group g where g.group_id = m.group_id and m.site_id = of_site and g.name <> all (wanted);
    insert into access.site_group_site (group_id, site_id)
    select g.group_id, of_site from access.site_group g where g.organisation_id = access_organisation() and g.name = any (wanted) on conflict do nothing;
    delete from access.site_group g where not exists (select from access.site_group_site m where m.group_id = g.group_id) and not exists (select from access.user_grant u where u.group_id = g.group_id);
    perform journal_note(access_organisation(), jsonb_build_object('event', 'site', 'op', 'grouped', 'of', of_site, 'groups', wanted));
    return wanted;
end
$$;
comment on function site_groups_set is 'The groups that a site belongs to from now on, and with it whose roles are given there.';
