-- Central makes rows of what sites send: each entry of a journal is applied once, in its order, in the transaction that says so. docs/replication.md tells how,
-- and what it is safe against.

alter table uplink_applied
    add newest_at timestamptz,
    add given_up bigint not null default 0,
    add state_at timestamptz,
    add cut bigint not null default 0,
    add cut_at timestamptz;
comment on column uplink_applied.newest_at is 'Of the newest reading that was applied';
comment on column uplink_applied.given_up is 'Frames that the site could not keep until central had them: their readings are not here';
alter table uplink_quarantine
    add is_newer boolean not null default false,
    add wants_retry boolean not null default false,
    add tries integer not null default 0,
    add is_costly boolean not null generated always as (starts_with(reason, 'it takes too ')) stored;
create index uplink_quarantine_wanted on uplink_quarantine (site_id, epoch, (kind = 'readings'), seq) where wants_retry;
comment on column uplink_quarantine.is_newer is 'Nothing is wrong with it: a newer site sent what this version does not know';
comment on column uplink_quarantine.wants_retry is '`bacpipes central` tries it again soon';
comment on column uplink_quarantine.tries is 'Since it was wanted; each is counted before it begins, so that one which ends the database is counted, too';
comment on column uplink_quarantine.is_costly is 'It takes too long, or more than the database has: it is tried again where somebody asks for its site, and at no start of central';
comment on column uplink_applied.cut is 'Texts of the site that were longer than central keeps, and end with … here, since the last day in which none came';
-- It is here, and not in remote_site, whose row a session of the site can hold: who applies waits for nothing that a site holds.
comment on column uplink_applied.state_at is 'When all of the site''s devices, points and settings were last told in this life; before the first time, in any, what is not known here is passed over';

-- Its primary key alone begins with the site: of two that do the planner holds either for as good while nothing has been analyzed, and a site that told a central
-- all it has was looked up among all its points for each of them.
alter table point drop constraint point_site_id_device_id_object_type_object_instance_propert_key, add unique (device_id, site_id, object_type, object_instance, property);

-- Counted where it changes: everybody's list of sites asks for it, of each of them.
create table uplink_aside (
    site_id text   primary key,
    entries bigint not null
) with (fillfactor = 50);
comment on table uplink_aside is 'At central: how many entries of each site are in uplink_quarantine.';

-- In the order of sites, as whoever applies entries of several does.
create function uplink_aside_count() returns trigger language plpgsql as $$
begin
    insert into uplink_aside as a (site_id, entries)
    select r.site_id, case tg_op when 'INSERT' then count(*) else -count(*) end from changed_rows r group by r.site_id order by r.site_id
        on conflict (site_id) do update set entries = a.entries + excluded.entries;
    return null;
end
$$;
comment on function uplink_aside_count is 'Of triggers: entries stand aside, or do no more.';
create trigger aside_insert after insert on uplink_quarantine referencing new table as changed_rows for each statement execute function uplink_aside_count();
create trigger aside_delete after delete on uplink_quarantine referencing old table as changed_rows for each statement execute function uplink_aside_count();

-- What the last telling of everything named so far, by table: what it has not named when it is complete is no more.
create table uplink_named (
    site_id text not null,
    what    text not null,
    key     text not null,
    primary key (site_id, what, key)
);
comment on table uplink_named is 'At central: rows that a site''s telling of all it has named so far; empty between two.';

-- How often points are to be read, since when: what is expected. Null: not at all.
create table point_interval (
    site_id    text        not null,
    point_id   integer     not null,
    since      timestamptz not null,
    interval_s double precision check (interval_s > 0),
    primary key (site_id, point_id, since)
);
comment on table point_interval is 'At central: how often each point of a site is to be read, from each instant on; null: not at all.';
create table site_rate (
    site_id  text        not null,
    since    timestamptz not null,
    per_hour double precision not null,
    points   integer     not null,
    primary key (site_id, since)
);
comment on table site_rate is 'At central: how many readings an hour a site is to have, of how many points, from each instant on.';
create table site_hour (
    site_id text        not null,
    hour    timestamptz not null,
    good    bigint      not null,
    count   bigint      not null,
    primary key (site_id, hour)
) with (fillfactor = 50);
comment on table site_hour is 'At central: how many readings of each hour came, and how many of them are good. Counted as they are stored.';

-- Where a device took another's place, readings followed their points (device_replace): central has them follow, too.
create function successor_noted() returns trigger language plpgsql as $$
begin
    if not (select is_remote from site where site_id = new.site_id) then
        perform journal_append(new.site_id, 'point', jsonb_build_object('v', 1, 'table', 'point', 'op', 'succeed', 'key', new.point_id, 'successor', new.successor, 'who', journal_who()));
    end if;
    return null;
end
$$;
comment on function successor_noted is 'Of a trigger: which point goes on with whose readings is on record.';
create trigger successor_noted after insert on point_successor for each row execute function successor_noted();

-- ---- devices, points, settings ----

create function uplink_key(of_table text) returns text language sql immutable as $$
    select case of_table when 'device' then 'device_id' when 'point' then 'point_id' when 'setting' then 'name' end
$$;

-- Those of a row's names that the table has here, too: the site may be newer, or older.
create function uplink_columns(of_table text, given jsonb) returns text[] language sql stable as $$
    select coalesce(array_agg(attname::text order by attnum), '{}') from pg_attribute
     where attrelid = ('public.' || of_table)::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = '' and attname <> 'site_id' and given ? attname
$$;

-- All of them at once, where they have the same of the names that are known here: each statement has triggers that look at the whole site.
create function uplink_put(of_table text, of_site text, given jsonb) returns void language plpgsql as $$
declare
    rows constant jsonb := case jsonb_typeof(given) when 'array' then given else jsonb_build_array(given) end;
    names text[];
    part  jsonb;
begin
    if (select count(distinct uplink_columns(of_table, r)) from jsonb_array_elements(rows) as r) > 16 then
        raise data_exception using message = 'its rows have more than 16 different sets of columns';
    end if;
    for names, part in select alike.names, alike.rows from (select uplink_columns(of_table, r) as names, jsonb_agg(r) as rows from jsonb_array_elements(rows) as r group by 1) as alike loop
        execute format('insert into public.%1$I (site_id, %2$s) select $1, %2$s from jsonb_populate_recordset(null::public.%1$I, $2) on conflict (site_id, %3$I) do update set (%2$s) = row(%4$s)', of_table,
                       (select string_agg(quote_ident(n), ', ' order by i) from unnest(names) with ordinality as u (n, i)), uplink_key(of_table),
                       (select string_agg('excluded.' || quote_ident(n), ', ' order by i) from unnest(names) with ordinality as u (n, i)))
          using of_site, part;
    end loop;
    if of_table = 'point' then -- of a site that was put back: its readings are its own again
        delete from point_successor s using jsonb_array_elements(rows) as r where s.site_id = of_site and s.point_id = (r ->> 'point_id')::integer;
    end if;
end
$$;
comment on function uplink_put is 'A row as the site has it, or an array of them.';

-- Numbers are never given again. Where one comes back as something else, the site is not who it was.
create function uplink_stranger(of_table text, of_site text, given jsonb) returns text language plpgsql stable as $$
declare
    known_device device;
    known_point  public.point;
begin
    if of_table = 'device' then
        select * into known_device from device where site_id = of_site and device_id = (given ->> 'device_id')::integer;
        if known_device.instance <> (given ->> 'instance')::integer and known_device.address <> given ->> 'address' then
            return format('device %s is device instance %s at %s here, and comes as instance %s at %s', known_device.device_id, known_device.instance, known_device.address, given ->> 'instance', given ->> 'address');
        end if;
    elsif of_table = 'point' then
        select * into known_point from point where site_id = of_site and point_id = (given ->> 'point_id')::integer;
        if (known_point.object_type, known_point.object_instance, known_point.property) is distinct from (given ->> 'object_type', (given ->> 'object_instance')::integer, given ->> 'property')
           and known_point.point_id is not null then
            return format('point %s is %s %s of device %s here, and comes as %s %s of device %s', known_point.point_id, known_point.object_type, known_point.object_instance, known_point.device_id,
                          given ->> 'object_type', given ->> 'object_instance', given ->> 'device_id');
        end if;
    end if;
    return null;
end
$$;
comment on function uplink_stranger is 'What stands against taking this row for the one of its number; null: nothing.';

create function uplink_forget(of_table text, of_site text, of_key jsonb) returns void language plpgsql as $$
begin
    case of_table
        when 'device' then
            delete from point where site_id = of_site and device_id = of_key::integer;
            delete from device_status where site_id = of_site and device_id = of_key::integer;
            delete from device where site_id = of_site and device_id = of_key::integer;
        when 'point' then delete from point where site_id = of_site and point_id = of_key::integer;
        when 'setting' then delete from setting where site_id = of_site and name = of_key #>> '{}';
    end case;
end
$$;

-- What the site told of all that it has. `is_late`: it is tried again, and its telling is over.
create function uplink_state(of_site text, body jsonb, is_late boolean) returns text language plpgsql as $$
declare
    of_what constant text := body ->> 'table';
    given jsonb;
    gone  jsonb;
    said  text;
    against text[] := '{}';
    taken jsonb[] := '{}'; -- jsonb would be copied for each row
begin
    for given in select value from jsonb_array_elements(body -> 'rows') loop
        said := uplink_stranger(of_what, of_site, given);
        if said is null then
            taken := array_append(taken, given);
        else
            against := array_append(against, said);
        end if;
    end loop;
    perform uplink_put(of_what, of_site, to_jsonb(taken));
    if not is_late then
        insert into uplink_named (site_id, what, key)
        select of_site, of_what, r ->> uplink_key(of_what) from jsonb_array_elements(body -> 'rows') as r on conflict do nothing;
    end if;
    if not is_late and coalesce((body ->> 'complete')::boolean, false) then
        for gone in execute format('select to_jsonb(t.%1$I) from public.%2$I as t where t.site_id = $1 and not exists (select from public.uplink_named as n where n.site_id = $1 and n.what = $2 and n.key = t.%1$I::text)',
                                   uplink_key(of_what), of_what) using of_site, of_what loop
            perform uplink_forget(of_what, of_site, gone);
        end loop;
        delete from uplink_named where site_id = of_site and what = of_what;
    end if;
    return nullif(array_to_string(against[1:5], '; '), '');
end
$$;
comment on function uplink_state is 'Rows of a telling of everything; at its end what it did not name goes. Returns what stands against some of them; the others are taken.';

-- Null: applied. A change of what is not known here is passed over where nobody has told yet what there is (`is_told`).
create function uplink_edit(of_site text, body jsonb, is_told boolean, is_late boolean) returns text language plpgsql as $$
declare
    what  constant text := body ->> 'table';
    key   constant text := uplink_key(what);
    fresh constant jsonb := body -> 'new';
    names text[];
    said  text;
    heir  integer;
    is_known boolean;
begin
    if key is null then
        raise invalid_parameter_value using message = format('there is no table %s in what a site tells', coalesce(what, 'without a name'));
    end if;
    if body ->> 'op' = 'state' then
        return uplink_state(of_site, body, is_late);
    end if;
    execute format('select exists (select from public.%I as t where t.site_id = $1 and to_jsonb(t.%I) = $2)', what, key) into is_known using of_site, body -> 'key';
    case body ->> 'op'
        when 'insert' then
            said := uplink_stranger(what, of_site, fresh);
            if said is not null then
                return said;
            elsif what = 'point' and not exists (select from device where site_id = of_site and device_id = (fresh ->> 'device_id')::integer) and not is_told then
                return null;
            end if;
            perform uplink_put(what, of_site, fresh);
        when 'update' then
            if fresh is null then -- its key was changed: this is what it was
                perform uplink_forget(what, of_site, body -> 'key');
            elsif is_known then
                names := uplink_columns(what, fresh);
                if cardinality(names) > 0 then
                    execute format('update public.%1$I as t set (%2$s) = row(%3$s) from jsonb_populate_record(null::public.%1$I, $2) as n where t.site_id = $1 and to_jsonb(t.%4$I) = $3', what,
                                   (select string_agg(quote_ident(n), ', ' order by i) from unnest(names) with ordinality as u (n, i)),
                                   (select string_agg('n.' || quote_ident(n), ', ' order by i) from unnest(names) with ordinality as u (n, i)), key)
                      using of_site, fresh, body -> 'key';
                end if;
            elsif fresh ? key then
                perform uplink_put(what, of_site, fresh);
            elsif is_told then
                return format('%s %s is not known here', what, body ->> 'key');
            end if;
        when 'delete' then
            perform uplink_forget(what, of_site, body -> 'key');
        when 'succeed' then
            -- Where that one has a successor by now, it is that.
            heir := coalesce((select n.successor from point_successor n where n.site_id = of_site and n.point_id = (body ->> 'successor')::integer), (body ->> 'successor')::integer);
            if exists (select from point where site_id = of_site and point_id = heir) then
                perform readings_give(of_site, (body ->> 'key')::integer, heir);
                update point_successor set successor = heir where site_id = of_site and successor = (body ->> 'key')::integer;
                insert into point_successor (site_id, point_id, successor) values (of_site, (body ->> 'key')::integer, heir) on conflict do nothing;
            elsif is_told then
                return format('point %s, which is to go on with the readings of %s, is not known here', body ->> 'successor', body ->> 'key');
            end if;
        else
            raise feature_not_supported using message = format('what "%s" does to a %s is not known to this version', body ->> 'op', what);
    end case;
    return null;
end
$$;
comment on function uplink_edit is 'What became of a device, point or setting of the site. Returns what stands against it; null: nothing.';

-- ---- how devices are ----

-- At a site that has joined a central. When a device last answered, and what was learned of it, is no change.
create function note_status() returns trigger language plpgsql as $$
begin
    if not exists (select from central_link) then
        return null;
    elsif tg_op = 'INSERT' then
        perform held_append('device_status', 'set', (select array_agg(to_jsonb(n) - 'learned' order by site_id, device_id) from new_rows n));
    elsif tg_op = 'DELETE' then
        perform held_append('device_status', 'gone', (select array_agg(jsonb_build_object('site_id', site_id, 'device_id', device_id) order by site_id, device_id) from old_rows));
    else
        perform held_append('device_status', 'set', (select array_agg(to_jsonb(n) - 'learned' order by site_id, device_id) from new_rows n
                                                      where not exists (select from old_rows o where (n.site_id, n.device_id, n.state, n.reason) = (o.site_id, o.device_id, o.state, o.reason))));
    end if;
    return null;
end
$$;
comment on function note_status is 'Of triggers: where the site has joined a central, how its devices are is told there.';
create trigger journal_insert after insert on device_status referencing new table as new_rows for each statement execute function note_status();
create trigger journal_update after update on device_status referencing old table as old_rows new table as new_rows for each statement execute function note_status();
create trigger journal_delete after delete on device_status referencing old table as old_rows for each statement execute function note_status();

-- Of a device that is not known here nothing is kept: what is told of it says how it was then.
create function uplink_status(of_site text, body jsonb) returns void language plpgsql as $$
declare
    rows constant jsonb := case when jsonb_typeof(body -> 'rows') = 'array' then body -> 'rows' else '[]' end;
begin
    if coalesce(body ->> 'op', '') not in ('set', 'gone', 'state') then
        raise feature_not_supported using message = format('what "%s" does to a device_status is not known to this version', body ->> 'op');
    end if;
    if body ->> 'op' = 'gone' then
        delete from device_status s using jsonb_to_recordset(rows) as r (device_id integer) where s.site_id = of_site and s.device_id = r.device_id;
    else
        insert into device_status as s (site_id, device_id, state, since, last_answer_at, reason)
        select distinct on (d.device_id) of_site, d.device_id, r.state, r.since, r.last_answer_at, coalesce(r.reason, '')
          from jsonb_to_recordset(rows) as r (device_id integer, state text, since timestamptz, last_answer_at timestamptz, reason text) join device d on d.site_id = of_site and d.device_id = r.device_id
            on conflict (site_id, device_id) do update set state = excluded.state, since = excluded.since, last_answer_at = excluded.last_answer_at, reason = excluded.reason;
    end if;
    if body ->> 'op' = 'state' then
        insert into uplink_named (site_id, what, key) select of_site, 'device_status', r ->> 'device_id' from jsonb_array_elements(rows) as r on conflict do nothing;
        if (body ->> 'complete')::boolean then
            delete from device_status s where s.site_id = of_site and not exists (select from uplink_named n where n.site_id = of_site and n.what = 'device_status' and n.key = s.device_id::text);
            delete from uplink_named n where n.site_id = of_site and n.what = 'device_status';
        end if;
    end if;
end
$$;
comment on function uplink_status is 'How devices of a site are: of some of them, of which nothing is known there any more, or of all.';

-- ---- alarms ----

create index alarm_raised on alarm (key, raised_at);

-- Whether an alarm is known is looked up by that index whatever the planner believes: a site may tell more in one transaction than there ever were. (No index has IS NOT DISTINCT FROM.)
-- Which one is not over is looked up by the index of those: a plan that was made for few alarms, and kept, might go through all that the site ever had.
create function uplink_alarm(of_site text, body jsonb, is_late boolean default false) returns void language plpgsql set enable_seqscan = off set plan_cache_mode = force_custom_plan as $$
declare
    given jsonb;
begin
    if body ->> 'op' = 'state' then
        for given in select value from jsonb_array_elements(body -> 'rows') loop
            perform uplink_alarm(of_site, given - 'op' || '{"event": "raised"}');
            if not is_late then
                insert into uplink_named (site_id, what, key) values (of_site, 'alarm', given ->> 'key') on conflict do nothing;
            end if;
        end loop;
        if not is_late and coalesce((body ->> 'complete')::boolean, false) then
            update alarm a set returned_at = clock_timestamp() where a.site_id = of_site and a.returned_at is null
               and not exists (select from uplink_named n where n.site_id = of_site and n.what = 'alarm' and n.key = a.key);
            delete from uplink_named where site_id = of_site and what = 'alarm';
        end if;
    elsif body ->> 'event' = 'raised' then
        if not exists (select from alarm a where a.site_id is not distinct from of_site and a.key = body ->> 'key' and a.raised_at = (body ->> 'raised_at')::timestamptz) then
            insert into alarm (site_id, key, severity, text, raised_at, returned_at)
            values (of_site, body ->> 'key', body ->> 'severity', body ->> 'text', (body ->> 'raised_at')::timestamptz, (body ->> 'returned_at')::timestamptz)
            on conflict (site_id, key) where returned_at is null do update set severity = excluded.severity, text = excluded.text, raised_at = excluded.raised_at;
        end if;
    else
        update alarm set returned_at = (body ->> 'returned_at')::timestamptz
         where site_id = of_site and key = body ->> 'key' and returned_at is null and raised_at <= coalesce((body ->> 'raised_at')::timestamptz, 'infinity');
    end if;
end
$$;
comment on function uplink_alarm is 'An alarm of the site was raised, or has returned; told again, it changes nothing.';

create function uplink_alarms_going(of_site text, most integer) returns bigint language plpgsql stable set enable_seqscan = off set plan_cache_mode = force_custom_plan as $$
begin
    return (select count(*) from (select from alarm a where a.site_id = of_site and a.returned_at is null limit most) as going);
end
$$;
comment on function uplink_alarms_going is 'How many alarms of the site are not over, as far as `most`.';

-- ---- what is expected ----

create function poll_intervals_note(of_site text, at_time timestamptz) returns void language plpgsql as $$
declare
    default_s double precision;
    last_time constant timestamptz := (select max(since) from site_rate where site_id = of_site);
    from_time timestamptz := greatest(at_time, last_time + interval '1 microsecond', clock_timestamp() - interval '31 days'); -- nobody asks for what was before
begin
    -- Of what changes more often than six times an hour, the last one is taken for as old as the sixth.
    if (select count(*) from site_rate where site_id = of_site and since > from_time - interval '1 hour') >= 6 then
        from_time := last_time;
    end if;
    begin
        default_s := extract(epoch from nullif(control_setting(of_site, 'poll.interval'), '')::interval);
    exception when data_exception then
        default_s := null; -- the site's own word
    end;
    default_s := case when default_s > 0 then default_s else 15 end;
    with now as (select p.point_id, case when p.enabled and d.enabled then coalesce(p.poll_interval_ms, d.poll_interval_ms, default_s * 1000) / 1000.0 end as interval_s
                   from point p join device d using (site_id, device_id) where p.site_id = of_site),
         last as (select distinct on (point_id) point_id, interval_s from point_interval where site_id = of_site order by point_id, since desc)
    insert into point_interval (site_id, point_id, since, interval_s)
    select of_site, coalesce(now.point_id, last.point_id), from_time, now.interval_s from now full join last using (point_id)
     where now.interval_s is distinct from last.interval_s
        on conflict (site_id, point_id, since) do update set interval_s = excluded.interval_s;
    if found then
        insert into site_rate (site_id, since, per_hour, points)
        select of_site, from_time, coalesce(sum(3600 / interval_s), 0), count(interval_s)
          from (select distinct on (point_id) interval_s from point_interval where site_id = of_site order by point_id, since desc) as last
            on conflict (site_id, since) do update set per_hour = excluded.per_hour, points = excluded.points;
    end if;
end
$$;
comment on function poll_intervals_note is 'How often points are read has changed, or may have: from when on what is expected.';

-- ---- entries ----

-- ---- what came late ----

-- What a row of a telling is known by.
create function uplink_row_key(of_kind text, given jsonb) returns text language sql immutable as $$
    select case when of_kind in ('hold', 'override') then concat(given ->> 'point_id', ':', given ->> 'priority') when of_kind = 'device_status' then given ->> 'device_id' else given ->> uplink_key(of_kind) end
$$;

-- What has been applied of the records of a kind behind a place, and is of one of these things or ends a telling of all: [{"at", "body"}] in their order. What stands aside itself is
-- not among it. A site may have sent as much as it likes: it is read one by one, and what is kept of it is bounded.
create function uplink_later(of_site text, of_life integer, of_seq bigint, of_kind text, of_keys text[]) returns jsonb language plpgsql stable as $$
declare
    octets_max constant bigint := 16777216;
    later  jsonb;
    is_all boolean;
begin
    select coalesce(jsonb_agg(jsonb_build_object('at', s.at, 'body', s.body) order by s.life, s.seq) filter (where s.size <= octets_max), '[]'), coalesce(max(s.size), 0) <= octets_max into later, is_all
      from (select o.*, sum(pg_column_size(o.body)) over (order by o.life, o.seq) as size
              from (select l.life, l.seq, l.at, case when l.body ? 'rows' then l.body || jsonb_build_object('rows', coalesce(l.rows, '[]')) else l.body end as body
                      from (select e.*, (select jsonb_agg(r) from jsonb_array_elements(case when jsonb_typeof(e.body -> 'rows') = 'array' then e.body -> 'rows' else '[]' end) as r
                                          where uplink_row_key(of_kind, r) = any (of_keys)) as rows
                              from (select c.life, u.seq, u.at, convert_from(u.body, 'UTF8')::jsonb as body
                                      from uplink_cursor c join uplink_applied a using (site_id, epoch) join uplink_record u using (site_id, epoch)
                                     where c.site_id = of_site and c.life >= of_life and u.kind = of_kind and u.seq <= a.applied_seq and (c.life > of_life or u.seq > of_seq)
                                       and not exists (select from uplink_quarantine q where q.site_id = u.site_id and q.epoch = u.epoch and q.seq = u.seq) offset 0) as e offset 0) as l
                     where l.rows is not null or l.body ->> 'key' = any (of_keys) or l.body ->> 'op' = 'state' and (l.body ->> 'complete')::boolean offset 0) as o) as s;
    if not is_all then
        raise data_exception using message = format('what came behind it of the same is more than %s', pg_size_pretty(octets_max));
    end if;
    return later;
end
$$;

-- What those say of one thing: is_whole: all of it (or that it is no more); fresh: what changed of it.
create function uplink_since(of_kind text, later jsonb, of_key text, out is_whole boolean, out is_named boolean, out fresh jsonb) language sql immutable as $$
    with entry as (select ordinality as place, l -> 'body' as body from jsonb_array_elements(later) with ordinality as e (l, ordinality)),
         said as (select e.place, true as is_whole, '{}'::jsonb as fresh from entry e, jsonb_array_elements(e.body -> 'rows') as r
                   where of_key = uplink_row_key(of_kind, r)
                   union all
                  select e.place, e.body ->> 'op' <> 'update' or jsonb_typeof(e.body -> 'new') is distinct from 'object', case when jsonb_typeof(e.body -> 'new') = 'object' then e.body -> 'new' else '{}' end
                    from entry e where e.body ->> 'op' in ('insert', 'update', 'delete') and e.body ->> 'key' = of_key)
    select coalesce(bool_or(s.is_whole), false), count(*) > 0, coalesce((select jsonb_object_agg(n.key, n.value order by f.place) from said f, jsonb_each(f.fresh) as n), '{}') from said s
$$;

-- When an alarm that was raised at that time was over, by what came behind it; null: it is not.
create function uplink_alarm_over(later jsonb, of_key text, raised timestamptz) returns timestamptz language sql stable as $$
    select coalesce(min((l -> 'body' ->> 'returned_at')::timestamptz) filter (where l -> 'body' ->> 'event' = 'returned' and l -> 'body' ->> 'key' = of_key and (l -> 'body' ->> 'raised_at')::timestamptz = raised),
                    min((l ->> 'at')::timestamptz) filter (where l -> 'body' ->> 'op' = 'state' and (l -> 'body' ->> 'complete')::boolean
                                                              or l -> 'body' ->> 'event' = 'raised' and l -> 'body' ->> 'key' = of_key and (l -> 'body' ->> 'raised_at')::timestamptz > raised))
      from jsonb_array_elements(later) as l
$$;

-- What is left of a record that is tried again when others have come behind it; null: nothing. A telling of everything is over by then: of its parts the rows count.
create function uplink_late(of_site text, of_life integer, of_seq bigint, of_kind text, body jsonb) returns jsonb language plpgsql stable as $$
declare
    op    constant text := body ->> 'op';
    later jsonb;
    since record;
    given jsonb;
    rows  jsonb[] := '{}';
begin
    if of_kind not in ('device', 'point', 'setting', 'device_status', 'hold', 'override', 'alarm') or op = 'succeed' then
        return body; -- those look themselves
    end if;
    later := uplink_later(of_site, of_life, of_seq, of_kind,
                          (select array_agg(case when of_kind = 'alarm' then r ->> 'key' else uplink_row_key(of_kind, r) end)
                             from jsonb_array_elements(case when jsonb_typeof(body -> 'rows') = 'array' then body -> 'rows' else '[]' end) as r) || (body ->> 'key'));
    if of_kind = 'alarm' then
        for given in select value from jsonb_array_elements(case when op = 'state' then body -> 'rows' else jsonb_build_array(body) end) loop
            rows := array_append(rows, given || case when op = 'state' or given ->> 'event' = 'raised' then
                        jsonb_build_object('returned_at', coalesce(given ->> 'returned_at', to_jsonb(uplink_alarm_over(later, given ->> 'key', (given ->> 'raised_at')::timestamptz)) #>> '{}')) else '{}' end);
        end loop;
        return case when op = 'state' then body || jsonb_build_object('rows', rows) else rows[1] end;
    elsif (select count(*) from jsonb_array_elements(later) as l where l -> 'body' ->> 'op' = 'state' and (l -> 'body' ->> 'complete')::boolean)
          > (op = 'state' and not coalesce((body ->> 'complete')::boolean, false))::integer then -- its own telling's end is no other
        return null; -- all has been told since
    elsif op = 'state' or of_kind in ('device_status', 'hold', 'override') then
        for given in select value from jsonb_array_elements(body -> 'rows') loop
            since := uplink_since(of_kind, later, uplink_row_key(of_kind, given));
            if not since.is_whole then
                rows := array_append(rows, given || since.fresh);
            end if;
        end loop;
        return body || jsonb_build_object('rows', rows) || case when of_kind in ('device_status', 'hold', 'override') and op = 'state' then '{"op": "set"}' else '{}'::jsonb end;
    end if;
    since := uplink_since(of_kind, later, body ->> 'key');
    if since.is_whole or since.is_named and jsonb_typeof(body -> 'new') is distinct from 'object' then
        return null;
    end if;
    return case when jsonb_typeof(body -> 'new') = 'object' then body || jsonb_build_object('new', body -> 'new' || since.fresh) else body end;
end
$$;
comment on function uplink_late is 'A record that is tried again, without what is known better by now; null: all of it is.';

-- A part of a telling of everything that could not be taken: nobody knows what it named, so nothing is taken for gone at its end.
create function uplink_state_lost(of_site text, of_kind text, is_last boolean) returns void language plpgsql as $$
begin
    if is_last then
        delete from uplink_named where site_id = of_site and what = of_kind;
    else
        insert into uplink_named (site_id, what, key) values (of_site, of_kind, '') on conflict do nothing;
    end if;
end
$$;

-- ---- texts that are too long ----

-- Letters of a text of that name that central keeps, at least as many as people and our programs can write at a site (point_set_problem, texts_are_short, setting_kind);
-- a device may say more of itself. Of lists and objects it is what they are as JSON. Null: nobody bounds it here.
create function uplink_letters(of_kind text, field text) returns integer language sql immutable as $$
    select case when of_kind = 'setting' and field = 'value' then 16000
                when of_kind = 'setting' and field = 'name' or field = 'key' then 250
                when field in ('tags', 'states', 'services', 'slots', 'answer', 'device_says') then 8000
                when field in ('object_type', 'property', 'segmentation', 'address', 'severity', 'status', 'verdict', 'command_type', 'origin', 'rule') then 64
                when field in ('units', 'source_ip') then 100
                when field in ('source', 'created_by', 'created_by_claim', 'idempotency_key', 'state', 'state_text', 'updated_by') then 200
                when of_kind = 'device' and field in ('location', 'vendor_name', 'model_name', 'firmware_revision', 'application_software_version') then 250
                when field = 'result' then null -- of a job that was asked for here
                else 1000 end
$$;
comment on function uplink_letters is 'How long a text that a site tells may be at central: what is longer is cut, and ends with ….';

-- What is told of a name that is cut goes on to be told of that one.
create function uplink_text_cut(said text, letters integer, is_name boolean default false) returns text language sql immutable as $$
    select case when length(said) <= letters then said when is_name then left(said, letters - 33) || '…' || md5(said) else left(said, letters - 1) || '…' end
$$;

-- A field as central keeps it. Of lists and objects the first ones are kept; a tag of the name … is none that people can give, so nobody writes what is left over the whole.
create function uplink_field_cut(of_kind text, field text, given jsonb) returns jsonb language plpgsql immutable as $$
declare
    letters constant integer := uplink_letters(of_kind, field);
    kept    jsonb;
begin
    if field = 'device_says' and jsonb_typeof(given) = 'object' then
        -- Texts alone: what is nested goes by its length, and is not looked into, however deep it is.
        return (select coalesce(jsonb_object_agg(f.key, case when jsonb_typeof(f.value) = 'string' then to_jsonb(uplink_text_cut(f.value #>> '{}', uplink_letters(of_kind, f.key)))
                                                             when length(f.value::text) <= 64 then f.value end), '{}')
                  from (select * from jsonb_each(given) where length(key) <= 64 limit 4) as f);
    elsif jsonb_typeof(given) = 'string' then
        return to_jsonb(uplink_text_cut(given #>> '{}', letters, field = 'key' or of_kind = 'setting' and field = 'name'));
    elsif jsonb_typeof(given) = 'array' and field in ('states', 'services') then
        -- More than so many do not fit: each has two quotes, and a comma and a blank before the next.
        select jsonb_agg(to_jsonb(uplink_text_cut(e.value #>> '{}', 200)) order by e.ordinality) into kept from jsonb_array_elements(given) with ordinality as e where e.ordinality <= letters / 4 + 1;
        if length(kept::text) > letters then
            select jsonb_agg(e.value order by e.ordinality) filter (where e.size < letters - 6) || '["…"]' into kept
              from (select n.*, sum(length(n.value::text) + 2) over (order by n.ordinality) as size from jsonb_array_elements(kept) with ordinality as n) as e;
        end if;
        return kept;
    elsif length(given::text) <= letters then
        return given;
    elsif field = 'tags' then
        return (select coalesce(jsonb_object_agg(t.key, t.value) filter (where t.size < letters - 12), '{}') || '{"…": "m:"}'
                  from (select e.*, sum(length(to_jsonb(e.key)::text) + length(e.value::text) + 4) over (order by e.ordinality) as size
                          from jsonb_each(case when jsonb_typeof(given) = 'object' then given else '{}' end) with ordinality as e where e.ordinality <= letters / 8) as t);
    elsif field = 'answer' then
        return jsonb_build_object('change', case when jsonb_typeof(given -> 'change') = 'number' and length(given ->> 'change') <= 64 then given -> 'change' end);
    end if;
    return null;
end
$$;

create function uplink_cut(of_kind text, body jsonb, out kept jsonb, out cut bigint) language plpgsql immutable as $$
declare
    shorter record;
begin
    kept := body;
    cut := 0;
    -- The least bound is 64 letters: an entry that is no longer is not looked at, nor is a field; and where nothing is cut, nothing is put together anew.
    if length(body::text) <= 64 then
        return;
    end if;
    for shorter in
        select c.part, jsonb_object_agg(c.number, c.fields) as rows, sum(c.many) as many
          from (select l.part, l.number, jsonb_object_agg(l.key, coalesce(l.kept, 'null')) as fields, count(*) as many
                  from (select f.part, f.number, f.key, f.value, uplink_field_cut(of_kind, f.key, f.value) as kept
                          from (select o.part, o.number, e.key, e.value
                                  from (select 'whole' as part, 1 as number, body as fields union all
                                        select 'new', 1, body -> 'new' union all
                                        select 'rows', r.ordinality, r.value
                                          from jsonb_array_elements(case when jsonb_typeof(body -> 'rows') = 'array' then body -> 'rows' else '[]' end) with ordinality as r) as o,
                                       jsonb_each(case when jsonb_typeof(o.fields) = 'object' then o.fields else '{}' end) as e
                                 where e.key not in ('new', 'old', 'rows', 'who') and length(e.value::text) > 64 offset 0) as f
                         where uplink_letters(of_kind, f.key) is not null offset 0) as l
                 where l.kept is distinct from l.value group by l.part, l.number) as c
         group by c.part loop
        cut := cut + shorter.many;
        kept := kept || case shorter.part
            when 'whole' then shorter.rows -> '1'
            when 'new' then jsonb_build_object('new', body -> 'new' || (shorter.rows -> '1'))
            else jsonb_build_object('rows', (select jsonb_agg(case when shorter.rows ? r.ordinality::text then r.value || (shorter.rows -> r.ordinality::text) else r.value end order by r.ordinality)
                                               from jsonb_array_elements(body -> 'rows') with ordinality as r)) end;
    end loop;
end
$$;
comment on function uplink_cut is 'A record of a site with its texts as long as central keeps them, and how many it had to cut: a site that is broken, or not who it was, fills nobody''s memory and no answer of the web.';

-- Text may say "infinity", an instant may not: who shows it has no number for it, and what is reckoned from it is none either.
create function uplink_instants_check(body jsonb) returns void language plpgsql stable as $$
declare
    endless record;
begin
    if body::text !~* 'infinity' then
        return;
    end if;
    select e.key, e.value into endless
      from (select body as fields union all
            select body -> 'new' union all
            select r.value from jsonb_array_elements(case when jsonb_typeof(body -> 'rows') = 'array' then body -> 'rows' else '[]' end) as r) as o,
           jsonb_each_text(case when jsonb_typeof(o.fields) = 'object' then o.fields else '{}' end) as e
     where e.value ~* 'infinity'
       and e.key in (select c.attname from pg_attribute c where c.atttypid = 'timestamptz'::regtype and c.attnum > 0
                        and c.attrelid = any ('{device, point, setting, device_status, alarm, write_commands, hold, override, uplink}'::regclass[])) limit 1;
    if found then
        raise data_exception using message = format('its %s is no instant: %s', endless.key, left(endless.value, 100));
    end if;
end
$$;
comment on function uplink_instants_check is 'Refuses a record of a site of which an instant, of whatever table, is not finite.';

-- It goes on for a day after the last of them (central_keep).
create function uplink_cut_note(of_site text, of_epoch bigint, more bigint) returns void language plpgsql as $$
declare
    of_key constant text := 'uplink.cut.' || of_site;
    so_far bigint;
    said   text;
begin
    if not exists (select from alarm a where a.site_id = 'central' and a.key = of_key and a.returned_at is null) then
        update uplink_applied a set cut = 0 where a.site_id = of_site and a.cut > 0; -- those were told
    end if;
    update uplink_applied a set cut = a.cut + more, cut_at = clock_timestamp() where a.site_id = of_site and a.epoch = of_epoch;
    select nullif(sum(a.cut), 0) into so_far from uplink_applied a where a.site_id = of_site;
    said := format('site "%s" has sent %s texts that are longer than central keeps: they are cut here, and end with …', of_site, coalesce(so_far, more));
    if not alarm_raise('central', of_key, 'warning', said) then
        update alarm a set text = said where a.site_id = 'central' and a.key = of_key and a.returned_at is null;
    end if;
end
$$;
comment on function uplink_cut_note is 'Texts of a site were cut: they are counted, and an alarm of central says so.';

-- Of an object the texts, cut, and what is short; of the list `rows` how many it has.
create function record_short(said jsonb, letters integer) returns jsonb language plpgsql immutable as $$
begin
    return (select coalesce(jsonb_object_agg(e.key, case when jsonb_typeof(e.value) = 'string' then to_jsonb(uplink_text_cut(e.value #>> '{}', letters))
                                                         when length(e.value::text) <= letters then e.value
                                                         when e.key in ('old', 'new', 'who') and jsonb_typeof(e.value) = 'object' and letters > 200 then record_short(e.value, 200)
                                                         when e.key = 'rows' and jsonb_typeof(e.value) = 'array' then (select jsonb_agg('{}'::jsonb) from generate_series(1, least(1000, jsonb_array_length(e.value)))) end), '{}')
              from (select * from jsonb_each(said) where length(key) <= 64 limit 40) as e);
end
$$;

-- An entry of the record as people are shown it. What is longer than any that a site of ours writes is not even read: an answer has a thousand of them, and looks at more.
create function record_shown(body bytea) returns jsonb language plpgsql immutable as $$
declare
    said jsonb;
begin
    if octet_length(body) > 262144 then
        return jsonb_build_object('v', 1, 'event', format('an entry of %s, which is too long to be shown', pg_size_pretty(octet_length(body)::bigint)));
    end if;
    begin
        said := convert_from(body, 'UTF8')::jsonb;
    exception when data_exception or program_limit_exceeded then
        said := null; -- a frame is kept as it came, whatever is in it
    end;
    if jsonb_typeof(said) is distinct from 'object' or coalesce(said ->> 'point_id', '0') !~ '^[0-9]{1,9}$' then
        return '{"v": 1, "event": "an entry that cannot be read"}';
    end if;
    return case when octet_length(body) > 16384 then record_short(said, 1000) else said end;
end
$$;
comment on function record_shown is 'An entry of the record as the web shows it, an object whose point_id is a number where it has one: of a very long one what fits a line of a list, and of one that cannot be read that.';

-- One record. `told`: who is to hear of it. reason: it cannot be applied, and why. of_seq: it is tried again, and stands there.
create function uplink_record_apply(of_site text, of_kind text, of_body bytea, received timestamptz, is_told boolean, of_life integer, of_seq bigint, out told text, out reason text, out is_newer boolean, out cut bigint) language plpgsql as $$
declare
    is_late   constant boolean := of_seq is not null;
    parts_max constant integer := 50000;
    is_state boolean := true; -- as long as nobody knows
    is_last  boolean := false;
    said text;
    bare text; -- without what is in its texts
    body jsonb;
begin
    is_newer := false;
    cut := 0;
    said := convert_from(of_body, 'UTF8');
    -- No site writes exponents: a few octets of them become megabytes where they go into columns.
    if said ~ '[0-9][eE][+-]?[0-9]{3}' and regexp_replace(said, '"(?:\\.|[^"\\])*"', '""', 'g') ~ '[0-9][eE][+-]?[0-9]{3}' then
        raise data_exception using message = 'it has a number with an exponent of three digits or more';
    end if;
    -- Nor so many lists, objects and short exponents: two octets of an empty list become hundreds while it is read. (The e of true and false is one as well.)
    if octet_length(of_body) > parts_max * 2 and length(said) - length(translate(said, '[{eE', '')) > parts_max then
        bare := regexp_replace(said, '"(?:\\.|[^"\\])*"', '""', 'g');
        if length(bare) - length(translate(bare, '[{eE', '')) > parts_max then
            raise data_exception using message = format('it has more than %s lists, objects and exponents', parts_max);
        end if;
    end if;
    body := said::jsonb; -- here, where what is no JSON is caught
    if jsonb_typeof(body -> 'rows') = 'array' and jsonb_array_length(body -> 'rows') > 1000 then
        raise data_exception using message = format('it has %s rows: a part of a telling has 100', jsonb_array_length(body -> 'rows'));
    end if;
    is_state := coalesce(body ->> 'op' = 'state', false);
    is_last := is_state and coalesce((body ->> 'complete')::boolean, false);
    if coalesce((body ->> 'v')::integer, 0) > 1 then
        reason := format('its version is %s: this central knows version 1', body ->> 'v');
        is_newer := true;
    elsif is_late then
        body := uplink_late(of_site, of_life, of_seq, of_kind, body);
    elsif is_last and exists (select from uplink_named n where n.site_id = of_site and n.what = of_kind and n.key = '') then
        body := body - 'complete';
    end if;
    if body is null or reason is not null then
        if reason is not null and is_state and not is_late then
            perform uplink_state_lost(of_site, of_kind, is_last);
        end if;
        return;
    end if;
    select c.kept, c.cut into body, cut from uplink_cut(of_kind, body) as c;
    perform uplink_instants_check(body);
    case of_kind
        when 'device', 'point', 'setting' then
            told := of_kind;
            reason := uplink_edit(of_site, body, is_told, is_late);
            if of_kind = 'setting' and is_last and not is_late then
                update uplink_applied a set state_at = clock_timestamp()
                 where a.site_id = of_site and a.epoch = (select c.epoch from uplink_cursor c where c.site_id = of_site order by c.life desc limit 1);
            end if;
        when 'device_status' then
            perform uplink_status(of_site, body); -- the web looks by itself
        when 'command', 'command_event' then
            told := 'command';
            perform uplink_apply_command(of_site, of_kind, body, received);
        when 'hold', 'override' then
            told := 'command';
            perform uplink_apply_held(of_site, of_kind, body);
        when 'job' then
            told := 'job';
            perform uplink_apply_job(of_site, body);
        when 'audit' then
            told := case when body ->> 'event' in ('change_ended', 'not_carried_out') then 'change' end;
            perform uplink_apply_audit(of_site, body);
        when 'alarm' then
            told := 'alarm';
            if coalesce(body ->> 'event', 'raised') = 'raised' and uplink_alarms_going(of_site, 10001) > 10000 then
                raise data_exception using message = 'the site has more than 10000 alarms that are not over';
            end if;
            perform uplink_alarm(of_site, body, is_late);
        when 'epoch' then
            delete from uplink_named where site_id = of_site and not is_late; -- a telling that was not ended is not
        when 'checkpoint', 'health' then
            null; -- it is on record, and that is all of it
        else
            reason := format('this version knows no entries of kind "%s"', of_kind);
            is_newer := true;
    end case;
    if is_last and not is_late and not body ? 'complete' then
        perform uplink_state_lost(of_site, of_kind, true);
    end if;
exception
    when feature_not_supported then
        reason := sqlerrm;
        is_newer := true;
        told := null;
        if is_state and not is_late then
            perform uplink_state_lost(of_site, of_kind, is_last);
        end if;
    when others then
        -- What may pass another time is no fault of the entry.
        if left(sqlstate, 2) in ('08', '25', '40', '53', '55', '57', '58', 'XX') or sqlstate = '42501' then
            raise;
        end if;
        reason := sqlerrm;
        told := null;
        if is_state and not is_late then
            perform uplink_state_lost(of_site, of_kind, is_last);
        end if;
end
$$;
comment on function uplink_record_apply is 'Applies one record of a site''s journal, or says why it cannot be.';

create function uplink_put_aside(of_site text, of_epoch bigint, of_seq bigint, of_kind text, why text, newer boolean) returns void language plpgsql as $$
begin
    insert into uplink_quarantine (site_id, epoch, seq, kind, reason, is_newer) values (of_site, of_epoch, of_seq, of_kind, left(why, 1000), newer)
    on conflict (site_id, epoch, seq) do update set reason = excluded.reason, is_newer = excluded.is_newer, wants_retry = false;
    if not newer then
        perform alarm_raise('central', 'uplink.quarantine.' || of_site, 'warning', left(format('site "%s" sent what could not be applied: entry %s (%s): %s. `bacpipes central aside` lists it', of_site, of_seq, of_kind, why), 1000));
    end if;
end
$$;
comment on function uplink_put_aside is 'An entry that cannot be applied: it stays in uplink, and an alarm of central says so. What is newer than we are is no fault.';

create function uplink_is_told(of_site text) returns boolean language sql stable as $$
    select exists (select from uplink_applied a where a.site_id = of_site and a.state_at is not null)
$$;
comment on function uplink_is_told is 'The site has told all that it has, at least once.';

-- What a site was given is written down in rows that its records are about, too (commands, changes, jobs), by the site's own session, which can hold them for as
-- long as it is let. It holds the row of downlink_head before them: who has that row waits for no session of the site.
create function uplink_gate(sites text[]) returns void language plpgsql as $$
declare
    of_site text;
    held    text[] := '{}';
begin
    foreach of_site in array sites loop
        perform from downlink_head h where h.site_id = of_site for no key update skip locked;
        if not found and exists (select from downlink_head h where h.site_id = of_site) then
            held := held || of_site;
        end if;
    end loop;
    if cardinality(held) > 0 then
        raise object_in_use using message = format('a session of site "%s" holds what it was given', array_to_string(held[1:5], '", "')), hint = 'Its entries are applied when it has ended, in half a minute at most.';
    end if;
end
$$;
comment on function uplink_gate is 'What these sites were given is not theirs until this transaction ends; object_in_use: a session of theirs holds it, and is not waited for.';

-- `work`: [{"site", "epoch", "after", "to", "key", "newest", "given_up", "has_records", "hours": [[seconds, good, count]], "aside": [{"seq", "kind", "reason", "newer"}]}]: entries after `after` up to
-- `to`, whose frames this transaction has stored. Whoever did not expect the place where a site stands is told, and changes nothing.
create function uplink_apply(work jsonb) returns table (site_id text, told text, put_aside bigint) language plpgsql set lock_timeout = '5s' as $$
declare
    part    record;
    entry   record;
    made    record;
    stands  uplink_applied;
    is_told boolean;
    words   text[];
    changed_at timestamptz;
    cut bigint;
begin
    perform uplink_gate(array(select w.site from jsonb_to_recordset(work) as w (site text, has_records boolean) where w.has_records order by w.site));
    for part in select w.* from jsonb_to_recordset(work) as w (site text, epoch bigint, after bigint, "to" bigint, key bigint, newest timestamptz, given_up bigint, has_records boolean, hours jsonb, buckets jsonb, aside jsonb)
                 order by w.site loop
        select a.* into stands from uplink_applied a where a.site_id = part.site and a.epoch = part.epoch for update;
        if stands.applied_seq is distinct from part.after then
            raise serialization_failure using message = format('site "%s" stands at entry %s and not at %s: somebody else has applied its entries', part.site, stands.applied_seq, part.after);
        end if;
        -- Where readings came of points that are no more, they are their successors', which may have them: as readings that may be here.
        if part.hours is not null and part.newest is not null and exists (
            select from point_successor n cross join (select to_timestamp(min(b::double precision)) as first, to_timestamp(max(b::double precision)) + interval '5 minutes' as beyond from jsonb_array_elements(part.buckets) as b) as span
             where n.site_id = part.site
               and exists (select from sensor_readings r where r.site_id = part.site and r.point_id = n.point_id and r.time >= span.first and r.time < span.beyond)) then
            raise unique_violation using message = format('site "%s" has sent readings of points that others go on with', part.site);
        end if;
        perform set_config('bacpipes.applying', part.site, true);
        words := case when part.newest is null then '{}' else '{values}'::text[] end;
        put_aside := 0;
        cut := 0;
        changed_at := null;
        -- What is missing or was refused by the database may have been a part of a telling.
        insert into uplink_named (site_id, what, key)
        select part.site, what, '' from unnest('{device, point, setting, device_status, hold, override, alarm}'::text[]) as what where part.aside @? '$[*] ? (@.kind == "missing" || @.kind == "record")' on conflict do nothing;
        if part.has_records then
            is_told := uplink_is_told(part.site);
            for entry in select u.seq, u.kind, u.at, u.body, u.received_at from uplink_record u
                          where u.site_id = part.site and u.epoch = part.epoch and u.seq > part.after and u.seq <= part."to" order by u.seq loop
                select * into made from uplink_record_apply(part.site, entry.kind, entry.body, entry.received_at, is_told, null, null);
                if made.reason is not null then
                    perform uplink_put_aside(part.site, part.epoch, entry.seq, entry.kind, made.reason, made.is_newer);
                    put_aside := put_aside + 1;
                else
                    cut := cut + made.cut;
                end if;
                if made.told is not null and made.told <> all (words) then
                    words := words || made.told;
                end if;
                if made.told in ('device', 'point', 'setting') then
                    changed_at := entry.at;
                    is_told := is_told or uplink_is_told(part.site);
                end if;
            end loop;
            if changed_at is not null then
                perform poll_intervals_note(part.site, least(changed_at, clock_timestamp()));
            end if;
        end if;
        for entry in select a.* from jsonb_to_recordset(part.aside) as a (seq bigint, kind text, reason text, newer boolean) loop
            perform uplink_put_aside(part.site, part.epoch, entry.seq, entry.kind, entry.reason, coalesce(entry.newer, false));
            put_aside := put_aside + 1;
        end loop;
        perform set_config('bacpipes.applying', '', true);
        if cut > 0 then
            perform uplink_cut_note(part.site, part.epoch, cut);
        end if;
        insert into site_hour as h (site_id, hour, good, count)
        select part.site, to_timestamp((c ->> 0)::double precision), (c ->> 1)::bigint, (c ->> 2)::bigint from jsonb_array_elements(part.hours) as c
            on conflict on constraint site_hour_pkey do update set good = h.good + excluded.good, count = h.count + excluded.count;
        update uplink_applied a
           set applied_seq = part."to", key_seq = coalesce(part.key, a.key_seq), applied_at = clock_timestamp(), given_up = a.given_up + coalesce(part.given_up, 0), newest_at = greatest(a.newest_at, part.newest)
         where a.site_id = part.site and a.epoch = part.epoch;
        site_id := part.site;
        told := array_to_string(words, ' ');
        return next;
    end loop;
end
$$;
comment on function uplink_apply is 'Applies entries of several sites: their records by this, and how far they are. Returns whom to tell of what, and how many entries were put aside.';

-- ---- what was put aside, again ----

create function uplink_retry_failed(of_site text, of_epoch bigint, of_seq bigint, why text) returns void language plpgsql as $$
begin
    -- Where it was applied, though nobody heard of that, it is not here.
    update uplink_quarantine q set reason = left(why, 1000), is_newer = false, wants_retry = false where q.site_id = of_site and q.epoch = of_epoch and q.seq = of_seq;
    if found then
        perform alarm_raise('central', 'uplink.quarantine.' || of_site, 'warning', left(format('site "%s" sent what could not be applied: entry %s: %s. `bacpipes central aside` lists it', of_site, of_seq, why), 1000));
    end if;
end
$$;
comment on function uplink_retry_failed is 'An entry that was tried again stays aside, for this reason, until somebody asks for it: those behind it have their turn.';

create function uplink_retry_begin(of_site text, most integer) returns table (epoch bigint, seq bigint, is_frame boolean, tries integer) language plpgsql set lock_timeout = '5s' as $$
begin
    perform uplink_gate(array[of_site]);
    loop
        select q.epoch, q.seq, frames, q.tries + 1 into epoch, seq, is_frame, tries
          from unnest('{false, true}'::boolean[]) as frames cross join uplink_cursor c
               cross join lateral (select w.epoch, w.seq, w.tries from uplink_quarantine w
                                    where w.site_id = c.site_id and w.epoch = c.epoch and w.wants_retry and (w.kind = 'readings') = frames order by w.seq limit 1) as q
         where c.site_id = of_site order by frames, c.life limit 1;
        exit when not found;
        if tries <= most then
            update uplink_quarantine q set tries = uplink_retry_begin.tries where q.site_id = of_site and q.epoch = uplink_retry_begin.epoch and q.seq = uplink_retry_begin.seq;
            return next;
            exit;
        end if;
        perform uplink_retry_failed(of_site, epoch, seq, format('it takes too much: none of %s tries came to its end', most));
    end loop;
end
$$;
comment on function uplink_retry_begin is 'The next entry of a site that is tried again, and the how manieth try this is: records in their order, then frames. What was tried so often without anybody hearing how that ended stays aside.';

-- A record that was put aside: what has come behind it stays (uplink_late has all read that did, and the site waits meanwhile). Each by itself, so that what fails, or takes too long, undoes no other.
create function uplink_retry(of_site text, of_epoch bigint, of_seq bigint) returns table (told text, applied bigint) language plpgsql set lock_timeout = '5s' as $$
declare
    entry record;
    later record;
    made  record;
begin
    applied := 0;
    perform uplink_gate(array[of_site]);
    perform set_config('bacpipes.applying', of_site, true);
    select c.life, u.kind, u.body, u.received_at, q.wants_retry into entry
      from uplink_quarantine q join uplink_cursor c using (site_id, epoch) join uplink_record u using (site_id, epoch, seq)
     where q.site_id = of_site and q.epoch = of_epoch and q.seq = of_seq and q.kind <> 'readings';
    if entry.wants_retry then -- not in the query: of so many that are wanted it would look for this one among all
        select * into made from uplink_record_apply(of_site, entry.kind, entry.body, entry.received_at, true, entry.life, of_seq);
        if made.reason is null then
            delete from uplink_quarantine q where q.site_id = of_site and q.epoch = of_epoch and q.seq = of_seq;
            applied := 1;
            if made.cut > 0 then
                perform uplink_cut_note(of_site, of_epoch, made.cut);
            end if;
            if entry.kind = 'command' then -- what became of it came when it was not known here
                for later in select u.kind, u.body, u.received_at from uplink_cursor c join uplink_applied a using (site_id, epoch) join uplink_record u using (site_id, epoch)
                              where c.site_id = of_site and c.life >= entry.life and u.kind in ('command', 'command_event') and u.seq <= a.applied_seq and (c.life > entry.life or u.seq > of_seq)
                                and position(convert_to(coalesce(convert_from(entry.body, 'UTF8')::jsonb ->> 'id', 'none'), 'UTF8') in u.body) > 0
                                and not exists (select from uplink_quarantine q where q.site_id = u.site_id and q.epoch = u.epoch and q.seq = u.seq) order by c.life, u.seq loop
                    perform uplink_record_apply(of_site, later.kind, later.body, later.received_at, true, null, null);
                end loop;
            end if;
            told := made.told;
        else
            update uplink_quarantine q set reason = left(made.reason, 1000), is_newer = made.is_newer, wants_retry = false where q.site_id = of_site and q.epoch = of_epoch and q.seq = of_seq;
        end if;
    else -- what is in uplink no more cannot be tried
        update uplink_quarantine q set wants_retry = false where q.site_id = of_site and q.epoch = of_epoch and q.seq = of_seq;
    end if;
    perform set_config('bacpipes.applying', '', true);
    if told in ('device', 'point', 'setting') then
        perform poll_intervals_note(of_site, clock_timestamp());
    end if;
    if not exists (select from uplink_quarantine q where q.site_id = of_site and not q.is_newer) then
        perform alarm_return('central', 'uplink.quarantine.' || of_site);
    end if;
    return next;
end
$$;
comment on function uplink_retry is 'Tries a record of a site again that could not be applied. Returns whom to tell of what, and how many entries are applied: it, or none.';

-- `against`: a part of JSON, as central writes down what it puts aside.
create function uplink_concluded(of_site text, of_epoch bigint, of_seq bigint, against text) returns boolean language plpgsql as $$
declare
    said constant jsonb := coalesce(('[' || against || ']')::jsonb -> 0, '{"reason": "it is in uplink no more"}');
begin
    if against is null then
        delete from uplink_quarantine q where q.site_id = of_site and q.epoch = of_epoch and q.seq = of_seq;
        if not exists (select from uplink_quarantine q where q.site_id = of_site and not q.is_newer) then
            perform alarm_return('central', 'uplink.quarantine.' || of_site);
        end if;
        return true;
    end if;
    update uplink_quarantine q set reason = said ->> 'reason', is_newer = coalesce((said ->> 'newer')::boolean, false), wants_retry = false
     where q.site_id = of_site and q.epoch = of_epoch and q.seq = of_seq;
    return false;
end
$$;
comment on function uplink_concluded is 'What came of a frame that was tried again; null: its readings are stored.';

create table uplink_tried (
    is_one  boolean primary key default true check (is_one),
    version text    not null
);
comment on table uplink_tried is 'At central: the version of `bacpipes central` at whose start all was wanted last that stood aside.';

create function central_retry(of_site text default null, of_version text default null) returns bigint language plpgsql as $$
declare
    is_same constant boolean := of_version is not null and exists (select from uplink_tried t where t.version = of_version);
    wanted bigint;
begin
    if of_version is not null then
        insert into uplink_tried as t (version) values (of_version) on conflict (is_one) do update set version = excluded.version where t.version <> excluded.version;
    end if;
    -- What is wanted already keeps its count: else one that ends the database would begin at none with each start that follows.
    update uplink_quarantine set tries = case when wants_retry then tries else 0 end, wants_retry = true
     where site_id = of_site or of_site is null and not is_costly and not (is_same and is_newer);
    get diagnostics wanted = row_count;
    return wanted;
end
$$;
comment on function central_retry is 'What was put aside, of one site or of all, is tried again soon: by `bacpipes central retry`, and at each start of central. What is costly only where its site is named; what is newer than of_version, which starts, not again at its next start.';

-- ---- frames that are old ----

-- A site that was silent for weeks goes on where it was, from the key frame that central had then.
create function uplink_is_needed(of_site text, of_epoch bigint, of_seq bigint) returns boolean language sql stable as $$
    select exists (select from uplink_applied a join uplink_cursor c using (site_id, epoch)
                    where a.site_id = of_site and a.epoch = of_epoch and of_seq >= least(a.key_seq, a.applied_seq + 1)
                      and (of_seq > a.applied_seq or not exists (select from uplink_cursor l where l.site_id = of_site and l.life > c.life)))
        or exists (select from uplink_quarantine q where q.site_id = of_site and q.epoch = of_epoch and q.seq = of_seq)
        or exists (select from (select a.seq from uplink_quarantine a -- as far as `bacpipes central` looks back, and not without end
                                 where a.site_id = of_site and a.epoch = of_epoch and a.seq > of_seq and a.seq <= of_seq + 3000 and a.kind = 'readings' order by a.seq limit 100) as q
                     join uplink_frames aside on aside.site_id = of_site and aside.epoch = of_epoch and aside.seq = q.seq
                     join uplink_frames own on own.site_id = of_site and own.epoch = of_epoch and own.seq = of_seq
                    where substr(aside.body, 3, 4) = substr(own.body, 3, 4)) -- of one stream, as frame_stream says
$$;
comment on function uplink_is_needed is 'At central: this frame is not applied, or those that will come go on from it, or it stands aside, or one that does goes on from it.';

create table uplink_saved (like uplink);
comment on table uplink_saved is 'What stays of a day of frames, or a month of records, that is dropped; empty between two.';

-- What came late, of days that are gone, and what was needed and is not any more.
create function uplink_frames_tidy(at_time timestamptz) returns bigint language plpgsql as $$
declare
    gone bigint;
begin
    delete from uplink_frames_default d
     using (select f.site_id, f.epoch, f.seq, f.kind, f.at from uplink_frames_default f
             where (f.received_at < at_time - interval '7 days' or f.received_at is null and f.at < at_time - interval '7 days' and journal_is_at_central(f.site_id, f.epoch, f.seq))
               and f.at < at_time and not uplink_is_needed(f.site_id, f.epoch, f.seq) limit 5000) as old
     where (d.site_id, d.epoch, d.seq, d.kind, d.at) = (old.site_id, old.epoch, old.seq, old.kind, old.at);
    get diagnostics gone = row_count;
    return gone;
end
$$;
comment on function uplink_frames_tidy is 'Frames of days that have no table of their own go, too: of sites elsewhere a week after they came, those that were made here when they are a week old and at central.';

-- ---- current values ----

create index current_value_failing on current_value (site_id) where quality <> 'good';

-- After a crash of the server the table is empty: what points were last is in the readings.
create function current_values_fill(of_site text) returns bigint language plpgsql as $$
declare
    filled bigint;
begin
    insert into current_value (site_id, point_id, value, quality, reason, at)
    select p.site_id, p.point_id, latest.value, latest.quality, latest.reason, latest.time
      from point p, lateral (select r.time, r.value, r.quality, r.reason from sensor_readings r
                              where r.site_id = p.site_id and r.point_id = p.point_id and r.time > now() - interval '2 days' and r.time <= now() + readings_ahead()
                              order by r.time desc limit 1) as latest
     where case when of_site is not null then p.site_id = of_site
                else p.site_id in (select r.site_id from remote_site r where not exists (select from current_value c where c.site_id = r.site_id)) end
     order by p.site_id, p.point_id -- as whoever puts the newest does: neither waits for the other
        on conflict (site_id, point_id) do nothing;
    get diagnostics filled = row_count;
    return filled;
end
$$;
comment on function current_values_fill is 'Makes what points of a site are from their readings of the last two days, where nothing is known; null: of each site of which nothing is.';

-- Maintenance asks each time, of all points: at central of all sites', which are half a million.
create or replace function readings_newest(of_site text default null, at_time timestamptz default now()) returns timestamptz language plpgsql stable as $$
begin
    if of_site is null and exists (select from uplink_applied) then
        return (select max(newest_at) from uplink_applied where newest_at <= at_time + readings_ahead());
    end if;
    return (select max(newest.time)
              from point, lateral (select time from sensor_readings r
                                    where r.site_id = point.site_id and r.point_id = point.point_id and r.time <= at_time + readings_ahead()
                                    order by time desc limit 1) as newest
             where of_site is null or point.site_id = of_site);
end
$$;

-- ---- telling ----

-- [[channel, payload], ...], all in one transaction: whoever listens is woken once.
create function central_notify(notices jsonb) returns bigint language sql as $$
    select count(*) from (select pg_notify(n ->> 0, n ->> 1) from jsonb_array_elements(notices) as n
                           where n ->> 0 ~ '^site_[0-9]+$' or n ->> 0 in ('bacpipes_config', 'bacpipes_command_end', 'bacpipes_job_end', 'bacpipes_values') offset 0) as sent
$$;
comment on function central_notify is 'Sends notices, for `bacpipes central` alone.';

-- ---- now and then ----

create table central_status (
    is_one        boolean primary key default true check (is_one),
    seen_at       timestamptz not null,
    free_octets   bigint,
    floor_octets  bigint not null,
    is_low        boolean not null default false,
    octets        bigint,
    octets_a_day  double precision,
    days_to_full  double precision,
    counters      jsonb not null default '{}'
);
comment on table central_status is 'How `bacpipes central` is, as it said last.';
comment on column central_status.free_octets is 'Of the disk that the database is on; null: it is another machine''s';
comment on column central_status.is_low is 'Less is free than setting central.floor says: sites wait with what they have';
comment on column central_status.days_to_full is 'Until the floor is reached, as the database has grown in the last week; null: it does not grow, or nobody knows yet';
create table central_size (
    hour   timestamptz primary key,
    octets bigint not null
);
comment on table central_size is 'How large the database was, each hour of the last week.';

-- What is not asked for any more: 31 days are. Of intervals and rates the last before that still holds.
create function central_tidy(before timestamptz) returns void language plpgsql as $$
begin
    perform downlink_tidy();
    delete from site_hour h using (select o.site_id, o.hour from site_hour o where o.hour < before for update skip locked) as old where (h.site_id, h.hour) = (old.site_id, old.hour);
    delete from point_interval i where i.since < before and exists (select from point_interval n where (n.site_id, n.point_id) = (i.site_id, i.point_id) and n.since > i.since and n.since < before);
    delete from site_rate r where r.since < before and exists (select from site_rate n where n.site_id = r.site_id and n.since > r.since and n.since < before);
end
$$;
comment on function central_tidy is 'Once a day: what sites have carried out, and how they were long ago, is forgotten.';

-- Returns what there is to tell; null: nothing.
create function central_keep(free bigint, floor_octets bigint, quota bigint, counters jsonb) returns text language plpgsql as $$
declare
    for_disk  constant text := 'central''s disk is nearly full';
    aside_max constant bigint := 100000;
    for_aside constant text := format('more than %s of its entries stand aside (bacpipes central aside)', aside_max);
    now       constant timestamptz := clock_timestamp();
    was_low   constant boolean := coalesce((select s.is_low from central_status s), false);
    -- Once it was low, a tenth more has to be free: or it would be one and the other in turn.
    low       constant boolean := floor_octets > 0 and free is not null and free < floor_octets * case when was_low then 1.1 else 1 end;
    first     central_size;
    size      bigint;
    growth    double precision;
    said      text[] := '{}';
    names     text;
    full_of   record;
begin
    if not exists (select from central_size c where c.hour >= date_trunc('day', now)) then
        perform central_tidy(now - interval '32 days');
    end if;
    if not exists (select from central_size c where c.hour = date_trunc('hour', now)) then
        insert into central_size values (date_trunc('hour', now), pg_database_size(current_database()));
        delete from central_size c where c.hour < now - interval '8 days';
    end if;
    select * into first from central_size c where c.hour >= now - interval '7 days' order by c.hour limit 1;
    select c.octets into size from central_size c order by c.hour desc limit 1;
    growth := (size - first.octets) * 86400.0 / nullif(extract(epoch from date_trunc('hour', now) - first.hour), 0);
    insert into central_status as s (seen_at, free_octets, floor_octets, is_low, octets, octets_a_day, days_to_full, counters)
    values (now, free, floor_octets, low, size, growth, case when growth > 0 then greatest(0, free - floor_octets) / growth end, central_keep.counters)
    on conflict (is_one) do update set seen_at = excluded.seen_at, free_octets = excluded.free_octets, floor_octets = excluded.floor_octets, is_low = excluded.is_low, octets = excluded.octets,
       octets_a_day = excluded.octets_a_day, days_to_full = excluded.days_to_full, counters = excluded.counters;

    -- Whose row is held at this moment, by a call or by who means harm, has its turn the next time.
    if low then
        update remote_site r set wait_until = now + interval '2 minutes', wait_why = for_disk
         where r.site_id in (select u.site_id from remote_site u where u.state = 'joined' and coalesce(u.wait_until < now + interval '1 minute', true) for update skip locked);
        if not was_low then
            perform alarm_raise('central', 'central.disk', 'critical', format('%s are free on central''s disk, and setting central.floor is %s: sites wait with what they have', pg_size_pretty(free), pg_size_pretty(floor_octets)));
            said := said || format('%s are free on the disk, less than central.floor (%s): all sites are told to wait', pg_size_pretty(free), pg_size_pretty(floor_octets));
        end if;
    elsif was_low then
        perform alarm_return('central', 'central.disk');
        said := said || 'there is room on the disk again: sites send'::text;
    end if;

    -- Of lives that are over nobody asks ten times a second. Locked, so that none to which something comes just now is among them.
    with over as (
        select c.site_id, c.epoch from uplink_cursor c join uplink_applied a using (site_id, epoch)
         where not a.is_over and c.received_seq = a.applied_seq and exists (select from uplink_cursor l where l.site_id = c.site_id and l.life > c.life) limit 1000 for update of c skip locked)
    update uplink_applied a set is_over = true from over where (a.site_id, a.epoch) = (over.site_id, over.epoch);

    -- A session that was ended is seen for an hour.
    perform alarm_return('central', a.key) from alarm a
      where a.site_id = 'central' and a.key like 'site.session.%' and a.returned_at is null and a.raised_at < now - interval '1 hour';

    perform alarm_return('central', a.key) from alarm a
      where a.site_id = 'central' and a.key like 'uplink.cut.%' and a.returned_at is null
        and not exists (select from uplink_applied s where s.site_id = substr(a.key, 12) and s.cut_at > now - interval '1 day');

    with over as (
        update remote_site r set wait_until = (date_trunc('day', now at time zone 'UTC') + interval '1 day') at time zone 'UTC',
               wait_why = format('it has sent more than %s today (central.site_quota)', pg_size_pretty(quota))
         where r.site_id in (select u.site_id from remote_site u where u.state = 'joined' and quota > 0 and u.day = (now at time zone 'UTC')::date and u.day_octets > quota
                                                                    and coalesce(u.wait_until < now, true) for update skip locked) returning r.site_id)
    select string_agg(site_id, ', ' order by site_id) into names from over;
    if names is not null then
        said := said || format('%s sent more than central.site_quota (%s) today: told to wait till tomorrow (UTC)', names, pg_size_pretty(quota));
    end if;
    update remote_site r set wait_until = null, wait_why = null
     where r.site_id in (select u.site_id from remote_site u where u.wait_why like 'it has sent more than %' and u.wait_until > now and (quota = 0 or u.day_octets <= quota)
                                                                or u.wait_why = for_disk and not low for update skip locked);

    -- What stands aside is kept until it can be applied: so a site does not go on for ever with what cannot. The alarm says who waits: a tenth has to be gone before one does no more.
    for full_of in
        select r.site_id, waits.already, aside.many > case when waits.already then aside_max * 9 / 10 else aside_max end as is_full
          from remote_site r,
               lateral (select exists (select from alarm a where a.site_id = 'central' and a.key = 'uplink.aside.' || r.site_id and a.returned_at is null) as already) as waits,
               lateral (select coalesce(sum(a.entries), 0) as many from uplink_aside a where r.state = 'joined' and a.site_id = r.site_id) as aside
         order by r.site_id loop
        if full_of.is_full then
            update remote_site r set wait_until = now + interval '2 minutes', wait_why = for_aside
             where r.site_id in (select u.site_id from remote_site u where u.site_id = full_of.site_id and coalesce(u.wait_until < now + interval '1 minute', true) for update skip locked);
            if not full_of.already then
                perform alarm_raise('central', 'uplink.aside.' || full_of.site_id, 'warning',
                    format('site "%s" waits: more than %s entries of it stand aside, as they could not be applied. `bacpipes central aside` lists them, `bacpipes central retry` tries them again', full_of.site_id, aside_max));
                said := said || format('more than %s entries of %s stand aside: it is told to wait until fewer do', aside_max, full_of.site_id);
            end if;
        elsif full_of.already then
            update remote_site r set wait_until = null, wait_why = null
             where r.site_id in (select u.site_id from remote_site u where u.site_id = full_of.site_id and u.wait_why = for_aside for update skip locked);
            perform alarm_return('central', 'uplink.aside.' || full_of.site_id);
            said := said || format('fewer entries of %s stand aside: it sends', full_of.site_id);
        end if;
    end loop;
    return nullif(array_to_string(said, '; '), '');
end
$$;
comment on function central_keep is 'For `bacpipes central`: has sites wait where the disk is nearly full, they have sent more than their share today, or much of them stands aside; or no more. Nothing is dropped.';

-- ---- how sites are ----

-- Up to when all that a site has recorded is here, as far as it can be known: it says how much it has not sent yet.
create view site_lag as
    select r.site_id as site, s.name, activity.pid,
           c.received_seq as received_lsn, a.applied_seq as latest_end_lsn,
           coalesce((r.health ->> 'unsent_octets')::bigint, 0) as backlog_octets,
           pg_size_pretty(coalesce((r.health ->> 'unsent_octets')::bigint, 0)) as lag,
           as_of.latest_end_time, case when as_of.latest_end_time is not null then extract(epoch from greatest(clock_timestamp() - as_of.latest_end_time, '0'))::double precision end as lag_seconds
      from remote_site r
      join site s using (site_id)
      left join lateral (select * from uplink_cursor u where u.site_id = r.site_id order by u.life desc limit 1) as c on true
      left join uplink_applied a on a.site_id = c.site_id and a.epoch = c.epoch
      left join lateral (select min(p.pid) as pid from pg_stat_activity p where p.usename = ('site_' || r.number)::name) as activity on true
      left join lateral (select case when u.at between '2000-01-01 00:00:00+00' and '2200-01-01 00:00:00+00' then u.at end as at
                           from uplink u where u.site_id = a.site_id and u.epoch = a.epoch and u.seq = a.applied_seq limit 1) as newest on true
     -- The last entry that is applied was recorded then; and where the site had nothing else when it last said how it is, or called, all was here then.
     cross join lateral (select greatest(coalesce(newest.at - make_interval(secs => least(greatest(coalesce(r.clock_ahead_s, 0), -1e9), 1e9)), a.newest_at),
                                         case when a.applied_seq = c.received_seq and coalesce((r.health ->> 'unsent_entries')::bigint, 0) = 0
                                              then case when coalesce(c.received_at > r.health_at, false) then r.health_at else r.seen_at end end) as latest_end_time) as as_of
     where r.state in ('invited', 'joined');
comment on view site_lag is 'How far behind each site is here: in octets that wait there, and in seconds. The names are those of PostgreSQL''s pg_stat_subscription: received_lsn and
latest_end_lsn are numbers of entries, and up to latest_end_time all is here.';

create view availability_hours as
    select hours.site_id, hours.hour, coalesce(h.good, 0) as good, expected.readings as expected, case when expected.readings > 0 then least(1, coalesce(h.good, 0) / expected.readings) end as availability
      from (select first.site_id, hour from (select site_id, greatest(min(since), now() - interval '31 days') as since from site_rate group by site_id) as first,
                   generate_series(date_trunc('hour', first.since, 'UTC'), now(), interval '1 hour') as hour) as hours
      left join site_hour h on h.site_id = hours.site_id and h.hour = hours.hour
     cross join lateral (select coalesce(sum(r.per_hour * extract(epoch from least(r.until, hours.hour + interval '1 hour', now()) - greatest(r.since, hours.hour)) / 3600), 0)::double precision as readings
                      from (select since, per_hour, coalesce(lead(since) over (order by since), 'infinity') as until from site_rate rate
                             where rate.site_id = hours.site_id and rate.since < hours.hour + interval '1 hour'
                               and rate.since >= coalesce((select max(b.since) from site_rate b where b.site_id = hours.site_id and b.since <= hours.hour), '-infinity')) as r
                     where r.until > hours.hour and r.since < least(hours.hour + interval '1 hour', now())) as expected;
comment on view availability_hours is 'How many good readings of each hour of the last 31 days are here, and how many there should be by the intervals that points had then.';

create view availability_points as
    select span.site_id, span.point_id, hour, coalesce(max(h.count), 0) as good, sum(extract(epoch from least(span.until, hour + interval '1 hour', now()) - greatest(span.since, hour)) / span.interval_s)::double precision as expected,
           case when sum(extract(epoch from least(span.until, hour + interval '1 hour', now()) - greatest(span.since, hour)) / span.interval_s) > 0
                then least(1, coalesce(max(h.count), 0) / sum(extract(epoch from least(span.until, hour + interval '1 hour', now()) - greatest(span.since, hour)) / span.interval_s))::double precision end as availability
      from (select site_id, point_id, since, interval_s, coalesce(lead(since) over (partition by site_id, point_id order by since), 'infinity') as until from point_interval) as span
     cross join lateral generate_series(greatest(date_trunc('hour', span.since, 'UTC'), date_trunc('hour', now(), 'UTC') - interval '7 days'), least(span.until, now()) - interval '1 microsecond', interval '1 hour') as hour
      left join sensor_readings_hourly h on h.site_id = span.site_id and h.point_id = span.point_id and h.time = hour
     where span.interval_s is not null
     group by span.site_id, span.point_id, hour;
comment on view availability_points is 'The same of each point and the last 7 days, by its hourly rollups: as new as they are. What is uncertain counts there, too.';

create view sites as
    select r.site_id, s.name, r.number, r.state,
           case when r.state <> 'joined' or r.seen_at is null then 'never' when r.wait_until > now() then 'waiting' when r.seen_at < now() - interval '2 minutes' then 'silent'
                when lag.lag_seconds > 60 then 'late' else 'online' end as link,
           case when r.state = 'joined' then lag.lag_seconds end as lag_s, lag.backlog_octets,
           extract(epoch from r.health_at - (r.health ->> 'oldest_unsent_at')::timestamptz)::double precision as backlog_s,
           day.availability, (r.health ->> 'octets_month')::bigint as lte_octets_month,
           coalesce(o.overrides, 0) as overrides,
           coalesce((r.health ->> 'points_failing')::bigint, (select count(*) from current_value v where v.site_id = r.site_id and v.quality <> 'good')) as failing_points,
           coalesce((select rate.points from site_rate rate where rate.site_id = r.site_id order by rate.since desc limit 1), 0) as points,
           (select count(*) from alarm a where a.site_id = r.site_id and a.returned_at is null) as alarms,
           coalesce(aside.entries, 0) as put_aside,
           case when r.wait_until > now() then r.wait_why when status.counters -> 'slow_sites' ? r.site_id and status.seen_at > now() - interval '1 minute' then 'what it sent takes long to apply: others go first' end as wait_why, r.seen_at, r.joined_at, r.clock_ahead_s, r.program
      from remote_site r
      join site s using (site_id)
      left join site_lag lag on lag.site = r.site_id
      left join uplink_aside aside on aside.site_id = r.site_id
      left join central_status status on true
      -- As availability_hours, of all whole hours of the last 24 at once: everybody's list of sites waits for it.
     cross join (select date_trunc('hour', now() - interval '24 hours' + interval '1 hour' - interval '1 microsecond', 'UTC') as began) as asked
      left join lateral (select case when expected.readings > 0 then least(1, came.good / expected.readings)::double precision end as availability
                           from (select sum(r.per_hour * extract(epoch from least(r.until, now()) - greatest(r.since, asked.began)) / 3600) as readings
                                   from (select since, per_hour, coalesce(lead(since) over (order by since), 'infinity') as until from site_rate rate
                                          where rate.site_id = r.site_id and rate.since < now()
                                            and rate.since >= coalesce((select max(b.since) from site_rate b where b.site_id = r.site_id and b.since <= asked.began), '-infinity')) as r
                                  where r.until > asked.began) as expected,
                                (select coalesce(sum(h.good), 0) as good from site_hour h
                                  where h.site_id = r.site_id and h.hour between greatest(asked.began, date_trunc('hour', (select min(f.since) from site_rate f where f.site_id = r.site_id), 'UTC')) and now()) as came) as day on true
      left join (select site_id, count(*) as overrides from standing where is_ours or priority <= 8 group by site_id) as o on o.site_id = r.site_id;
comment on view sites is 'The sites of this central, and how each is. link: online; late (over a minute behind); silent (over two minutes without a word); waiting (told to); never (it has not joined, or may not come any more).';
