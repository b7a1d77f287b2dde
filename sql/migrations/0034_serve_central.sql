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
