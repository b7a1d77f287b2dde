-- What the web does beyond reading and editing points: commands in the name of a person, what stands in priority arrays, settings, and jobs,
-- which is how anybody has the collector look at a device. docs/protocol.md ("Commands of the web", "Jobs") says it to those who ask.

-- ---- source `web` ----

-- As the others that are there from the beginning, it is no change of somebody's, and no entry of the journal.
alter table command_source disable trigger source_noted;
insert into command_source (name, kind, login, highest_priority, rate_per_minute, enabled, note)
values ('web', 'web', 'bacpipes_web', 8, 600, true, 'People and tokens in the web, each as the role lets')
    on conflict (name) do update set kind = excluded.kind, login = excluded.login; -- one of that name that somebody made before there was a web
alter table command_source enable trigger source_noted;

create index write_commands_number on write_commands (site_id, number);

-- A command with its words, for people.
create view commands as
    select c.site_id, c.id, c.number, c.point_id, coalesce(point_label(p, d), 'point ' || c.point_id) as point, d.device_id, d.name as device, p.units, c.command_type, c.value,
           coalesce(c.state, state_text(p.object_type, p.states, c.value)) as state, c.priority, c.status, c.verdict, c.rule, c.error_message as text, c.created_by as person, c.source,
           c.source_ip as address, c.reason, c.restore, c.created_at, c.execute_at, c.expires_at, c.executed_at, c.completed_at, extract(epoch from c.release_after)::double precision as release_after_s,
           case when c.verdict in ('held', 'outranked', 'not-shown', 'unknown') then c.executed_at + c.release_after end as release_at,
           c.value_before, state_text(p.object_type, p.states, c.value_before) as state_before, c.slots, c.held_by, c.held_value, c.shown_value,
           state_text(p.object_type, p.states, c.shown_value) as shown_state
      from write_commands c
      left join point p using (site_id, point_id)
      left join device d on d.site_id = p.site_id and d.device_id = p.device_id;
comment on view commands is 'write_commands with the names of their points and states. address: where it was asked from.';

-- What the role of who asks in the web adds to the gate. An operator's value ends by itself.
create function web_limit(of_site text, of_type text, of_priority integer, of_release_after interval, out rule text, out text text) language plpgsql stable as $$
declare
    longest constant interval := coalesce(control_setting(of_site, 'control.operator_hold'), '24h')::interval;
begin
    if web_user() is null or web_may(of_site, 'command_freely') then -- or a tool
        return;
    elsif of_priority < 8 then
        rule := 'role-priority';
        text := format('an operator writes at priority 8 to 16: %s is an engineer''s, as far as source "web" may write there', of_priority);
    elsif of_type = 'write_value' and of_release_after is null then
        rule := 'role-must-release';
        text := format('an operator''s value ends by itself: say when by release_after, at most %s; without an end it is an engineer''s', command_span(longest));
    elsif of_type = 'write_value' and of_release_after > longest then
        rule := 'role-hold-too-long';
        text := format('an operator''s value stands for %s at most (setting control.operator_hold): %s is an engineer''s', command_span(longest), command_span(of_release_after));
    end if;
end
$$;

create function web_command_priority(request jsonb) returns integer language plpgsql immutable as $$
declare
    said constant numeric := coalesce(command_number(request, 'priority'), 8);
begin
    return case when said = trunc(said) and abs(said) < 1000000 then said else 0 end; -- there is no such one, which the gate says
end
$$;

-- In the name of whom this transaction acts for (web_act), whatever the request says. outcome: asked, again (the idempotency_key is known), refused (by the gate; the command is on record), forbidden (to that role), key-used (for another command),
-- unknown (there is no such point), flooded (one of too many refusals).
create function web_command_ask(request jsonb)
       returns table (outcome text, rule text, text text, command commands) language plpgsql as $$
declare
    known write_commands;
    made  write_commands;
    kind  constant text := coalesce(command_text(request, 'command_type'), 'write_value');
begin
    if jsonb_typeof(request) is distinct from 'object' then
        raise invalid_parameter_value using message = 'a command is a JSON object';
    end if;
    perform web_must(command_text(request, 'site_id'), case kind when 'release_priority' then 'release' else 'command' end);
    request := request || jsonb_build_object('idempotency_key', coalesce(web_user() || ':', '') || command_text(request, 'idempotency_key')); -- keys of others are others
    select l.rule, l.text into rule, text
      from web_limit(command_text(request, 'site_id'), kind, web_command_priority(request), command_interval(request, 'release_after')) as l;
    if rule is not null then
        outcome := 'forbidden';
        return next;
        return;
    end if;
    if request ->> 'idempotency_key' is not null then
        select w.* into known from write_commands w
         where w.site_id = request ->> 'site_id' and w.source = 'web' and w.idempotency_key = request ->> 'idempotency_key';
    end if;
    begin
        select a.* into made from command_ask(request, 'web', journal_person(), (web_acting()).address) as a;
    exception when foreign_key_violation then
        outcome := 'unknown';
        text := sqlerrm;
        return next;
        return;
    end;
    if made.id is null then
        outcome := 'flooded';
        text := 'more than 60 commands were refused in a minute: this one is counted, and not kept';
        return next;
        return;
    end if;
    if known.id is not null or made.created_at < transaction_timestamp() then -- or somebody asked with this key meanwhile
        outcome := 'again';
        if (made.point_id, made.command_type, made.priority, made.release_after, made.execute_at, made.reason) is distinct from
           ((request ->> 'point_id')::integer, kind, web_command_priority(request), command_interval(request, 'release_after'), command_time(request, 'execute_at'), left(request ->> 'reason', 1000))
           or made.state is distinct from request ->> 'state' or made.state is null and made.value is distinct from (request ->> 'value')::double precision then
            outcome := 'key-used';
            text := 'this Idempotency-Key was used for another command: each command has one of its own';
            return next;
            return;
        end if;
    else
        outcome := 'asked';
    end if;
    if made.status = 'refused' then
        outcome := 'refused';
        rule := made.rule;
        text := made.error_message;
    end if;
    select c.* into command from commands c where c.id = made.id;
    return next;
end
$$;
comment on function web_command_ask is 'command_ask for source web: in the name of whom it acts for, as far as the role goes.';

-- The dry run of the same; outcome: allowed, refused, forbidden or unknown. value: what would be written.
create function web_command_check(request jsonb, out outcome text, out rule text, out text text, out value double precision) language plpgsql as $$
declare
    whole constant numeric := command_number(request, 'point_id');
    given constant numeric := command_number(request, 'value');
    kind  constant text := coalesce(command_text(request, 'command_type'), 'write_value');
begin
    if whole is null or whole <> trunc(whole) or whole not between 1 and 2147483647 then
        raise invalid_parameter_value using message = format('point_id is %s: it is the number of a point', coalesce(request ->> 'point_id', 'missing'));
    end if;
    perform web_must(command_text(request, 'site_id'), case kind when 'release_priority' then 'release' else 'command' end);
    select l.rule, l.text into rule, text
      from web_limit(command_text(request, 'site_id'), kind, web_command_priority(request), command_interval(request, 'release_after')) as l;
    if rule is not null then
        outcome := 'forbidden';
        return;
    end if;
    select case when c.is_allowed then 'allowed' else 'refused' end, c.rule, c.text, c.value into outcome, rule, text, value
      from command_check(command_text(request, 'site_id'), whole::integer, kind,
                         case when abs(given) > 1.7976931348623157e308::numeric then sign(given) * double precision 'Infinity' when given <> 0 and abs(given) < 1e-300 then 0 else given end,
                         command_text(request, 'state'), web_command_priority(request), command_interval(request, 'release_after'),
                         command_time(request, 'execute_at'), command_time(request, 'expires_at'), 'web', command_truth(request, 'restore')) as c;
exception when foreign_key_violation then
    outcome := 'unknown';
    text := sqlerrm;
end
$$;

-- outcome: cancelled, late (it is not pending any more) or unknown.
create function web_command_cancel(of_site text, of_id uuid, of_why text) returns table (outcome text, text text, command commands) language plpgsql as $$
begin
    perform web_must(of_site, 'command');
    if not exists (select from write_commands w where w.site_id = of_site and w.id = of_id) then
        outcome := 'unknown';
        text := format('site "%s" has no command %s', of_site, of_id);
        return next;
        return;
    end if;
    begin
        perform command_cancel(of_id, of_why);
        outcome := 'cancelled';
    exception when check_violation then
        outcome := 'late';
        text := sqlerrm;
    end;
    select c.* into command from commands c where c.id = of_id;
    return next;
end
$$;

-- ---- what stands in the slots ----

create view standing as
    with seen as not materialized (
        select o.site_id, o.point_id, o.priority, o.value, o.state, o.since, o.is_ours, o.created_by, o.source, o.reason, o.until, o.command_id, o.seen_at from overrides o),
         held as not materialized (
        select h.site_id, h.point_id, h.priority, h.value, state_text(p.object_type, p.states, h.value) as state, h.began_at as since, true as is_ours, h.created_by, h.source, h.reason,
               h.release_at as until, h.command_id, null::timestamptz as seen_at
          from hold h join point p using (site_id, point_id)
         where not exists (select from seen where seen.site_id = h.site_id and seen.point_id = h.point_id and seen.priority = h.priority and (seen.is_ours or seen.seen_at > h.began_at)))
    select s.*, s.priority = min(s.priority) over (partition by s.site_id, s.point_id) as is_holding
      from (select seen.* from seen where not exists (select from held where held.site_id = seen.site_id and held.point_id = seen.point_id and held.priority = seen.priority)
             union all
            select * from held) as s;
comment on view standing is 'What stands in slots of priority arrays, as far as it is known: overrides, and what we hold that nobody has read back there since (seen_at is null).';

-- ---- settings ----

-- A setting's version is when it was last changed; 0: it has its default.
create function setting_change(of_site text, of_name text, of_value text, of_version text,
                               out outcome text, out version text, out value text) language plpgsql as $$
declare
    was setting;
begin
    perform web_must(of_site, 'edit_settings');
    if not exists (select from setting_kind k where k.name = of_name) or not exists (select from site where site_id = of_site) then
        outcome := 'unknown';
        return;
    end if;
    perform from site s where s.site_id = of_site for no key update; -- a row that is not there yet cannot be locked
    select * into was from setting s where s.site_id = of_site and s.name = of_name for update;
    version := coalesce((extract(epoch from was.updated_at) * 1000000)::bigint::text, '0');
    value := was.value;
    if of_version <> '*' and of_version <> version then
        outcome := 'stale';
    elsif was.value is not distinct from of_value then
        outcome := 'same';
    elsif of_value is null then
        delete from setting s where s.site_id = of_site and s.name = of_name;
        outcome := 'changed';
        version := '0';
        value := null;
    else
        insert into setting as s (site_id, name, value, updated_by, updated_at) values (of_site, of_name, of_value, coalesce(journal_person(), session_user), clock_timestamp())
            on conflict (site_id, name) do update set value = excluded.value, updated_by = excluded.updated_by, updated_at = excluded.updated_at
            returning (extract(epoch from s.updated_at) * 1000000)::bigint::text, s.value into version, value;
        outcome := 'changed';
    end if;
end
$$;
comment on function setting_change is 'Sets a setting of a site; null: its default again. outcome: changed, same, stale (its version is another, and is told) or unknown. What no program could follow is an error.';

-- ---- jobs ----

create table job_kind (
    kind       text primary key,
    worker     text    not null check (worker in ('collect', 'web')),
    points_max integer not null,
    lasts      interval not null,
    needs      text    not null,
    is_alone   boolean not null,
    meaning    text    not null
);
comment on table job_kind is 'What may be asked for, who does it, of how many points at once, and how long it may take.';
comment on column job_kind.needs is 'The right that whoever asks has at the site';
comment on column job_kind.is_alone is 'One of them at once is under way: the next waits for its end';
insert into job_kind values
    ('read-slots', 'collect', 200, '2 min', 'view', false, 'The priority arrays of points, read now'),
    ('read-point', 'collect', 20, '2 min', 'view', false, 'All properties of the objects of points, read now'),
    ('discover', 'collect', 0, '10 min', 'edit_points', true, 'Who is there now; devices that are new or due are read out, or one that is named'),
    ('doctor', 'collect', 0, '3 min', 'edit_settings', true, 'What is wrong with the network and the devices, from where the collector is'),
    ('prove-audit', 'web', 0, '1 h', 'read_audit', false, 'Whether the journal is whole: each entry and each signature');

create table job (
    site_id    text   not null, -- as of a command: no key to site
    id         uuid   primary key default gen_random_uuid(),
    number     bigint not null generated always as identity,
    kind       text   not null references job_kind,
    request    jsonb  not null constraint request_is_an_object check (jsonb_typeof(request) = 'object'),
    asked_by   text   not null constraint asked_by_is_short check (length(asked_by) <= 200),
    address    text   constraint address_is_short check (length(address) <= 100),
    status     text   not null default 'pending' constraint status_is_known check (status in ('pending', 'executing', 'completed', 'failed', 'expired', 'cancelled')),
    progress   double precision not null default 0 constraint progress_is_0_to_1 check (progress between 0 and 1),
    result     jsonb,
    text       text,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    taken_at   timestamptz,
    ended_at   timestamptz,
    constraint ended_when_it_ended check ((ended_at is not null) = (status not in ('pending', 'executing')))
);
create index job_open on job (site_id, number) where status in ('pending', 'executing');
create unique index job_under_way on job (site_id, kind, md5(request::text)) where status in ('pending', 'executing');
create index job_newest on job (site_id, kind, number); -- of lists
create index job_age on job (ended_at);
comment on table job is 'What is asked of the site: to read something at its devices, or to do what takes long. Whoever does it takes it up, tells how far it is, and what came of it. Nothing that changes anything in the building is a job: that is a command.';
comment on column job.request is 'By kind: {"points": [1, 2]}; of discover {}, {"low": 1, "high": 99} or {"device": 3}';
comment on column job.result is 'What came of it so far, by kind; all of it when it is completed';
comment on column job.text is 'Why it failed, as a sentence';
comment on column job.expires_at is 'It is over then, however far it is; an hour after its end it is forgotten';

create function job_noted() returns trigger language plpgsql as $$
begin
    perform pg_notify(case new.status when 'pending' then 'bacpipes_job' else 'bacpipes_job_end' end, new.site_id);
    return null;
end
$$;
comment on function job_noted is 'Of triggers: whoever does it, or waits for it, is told.';
create trigger noted_insert after insert on job for each row execute function job_noted();
create trigger noted_update after update of status on job for each row when (new.status <> 'executing') execute function job_noted();

create function jobs_tidy() returns void language plpgsql as $$
begin
    update job set status = 'expired', ended_at = clock_timestamp(),
           text = case status when 'pending' then format('nobody took it up before %s: is the %s running?', command_instant(expires_at), (select case worker when 'collect' then 'collector' else worker end from job_kind k where k.kind = job.kind))
                  else format('it had not ended at %s', command_instant(expires_at)) end
     where id in (select id from job where status in ('pending', 'executing') and expires_at <= clock_timestamp() for update skip locked);
    delete from job where id in (select id from job where ended_at < clock_timestamp() - interval '1 hour' limit 1000 for update skip locked);
end
$$;
comment on function jobs_tidy is 'Ends jobs whose time is over, and forgets those that ended an hour ago.';

create function job_search(of_site text, of_request jsonb) returns jsonb language plpgsql as $$
declare
    names constant text[] := case jsonb_typeof(of_request) when 'object' then array(select jsonb_object_keys(of_request) order by 1) end;
begin
    if names is null or names not in ('{}', '{device}', '{high,low}')
       or exists (select from jsonb_each(of_request) as e where jsonb_typeof(e.value) <> 'number' or e.value::numeric <> trunc(e.value::numeric) or e.value::numeric not between 0 and case e.key when 'device' then 2147483647 else 4194302 end)
       or (of_request ->> 'low')::numeric > (of_request ->> 'high')::numeric then
        raise invalid_parameter_value using message = 'discover takes nothing, "low" and "high" of 0 to 4194302, between which instances are looked for, or "device", the number of one to read out anew';
    elsif names = '{device}' and not exists (select from device d where d.site_id = of_site and d.device_id = (of_request ->> 'device')::numeric::integer) then
        raise invalid_parameter_value using message = format('site "%s" has no device %s', of_site, of_request ->> 'device');
    end if;
    return (select coalesce(jsonb_object_agg(e.key, e.value::numeric::integer), '{}') from jsonb_each(of_request) as e);
end
$$;
comment on function job_search is 'What discover is asked for, as it is kept; what cannot be is an error.';

-- The same that is asked while it is under way is the same job; where one is done at a time, another is refused meanwhile. No row: too many are under way, of that person (20) or of the site (200).
create function job_ask(of_site text, of_kind text, of_request jsonb) returns setof job language plpgsql as $$
declare
    known   job_kind;
    wanted  jsonb;
    missing text;
    found_id uuid;
    other   job;
    asker   constant text := coalesce(journal_person(), session_user);
begin
    select * into known from job_kind k where k.kind = of_kind;
    perform web_must(of_site, coalesce(known.needs, 'view'));
    perform jobs_tidy();
    if known.kind is null then
        raise invalid_parameter_value using message = format('there is no kind of job %s: %s', coalesce(to_json(of_kind)::text, 'null'), (select string_agg(k.kind, ', ' order by k.kind) from job_kind k));
    end if;
    if known.points_max > 0 then
        wanted := of_request -> 'points';
        if coalesce(jsonb_typeof(wanted) <> 'array', true) or jsonb_array_length(wanted) not between 1 and known.points_max
           or exists (select from jsonb_array_elements(wanted) as e where jsonb_typeof(e) <> 'number' or e::numeric <> trunc(e::numeric) or e::numeric not between 1 and 2147483647) then
            raise invalid_parameter_value using message = format('%s takes "points", 1 to %s numbers of points', of_kind, known.points_max);
        end if;
        select string_agg(e::text, ', ') into missing from (select distinct e::integer as e from jsonb_array_elements(wanted) as e
            where not exists (select from point p where p.site_id = of_site and p.point_id = e::integer) limit 5) as gone;
        if missing is not null then
            raise invalid_parameter_value using message = format('site "%s" has no point %s', of_site, missing);
        end if;
        wanted := jsonb_build_object('points', (select jsonb_agg(distinct e::integer) from jsonb_array_elements(wanted) as e));
    elsif not exists (select from site where site_id = of_site) then
        raise invalid_parameter_value using message = format('there is no site "%s"', of_site);
    elsif of_site = 'central' and known.worker = 'collect' then
        raise invalid_parameter_value using message = format('central has no collector, and no devices: %s is asked of one of its sites', of_kind);
    elsif of_kind = 'discover' then
        wanted := job_search(of_site, of_request);
    else
        wanted := '{}';
    end if;
    select id into found_id from job j where j.site_id = of_site and j.kind = of_kind and j.request = wanted and j.status in ('pending', 'executing') limit 1;
    if found_id is null then
        select * into other from job j where known.is_alone and j.site_id = of_site and j.kind = of_kind and j.status in ('pending', 'executing') order by j.number limit 1;
        if other.id is not null then
            raise unique_violation using message = format('%s is under way at "%s" already, which %s asked for at %s by another request (%s): wait for its end', of_kind, of_site, other.asked_by, command_instant(other.created_at), other.request);
        end if;
        if (select count(*) >= 200 or count(*) filter (where j.asked_by = asker) >= 20 from job j where j.site_id = of_site and j.status in ('pending', 'executing')) then
            return;
        end if;
        insert into job (site_id, kind, request, asked_by, address, expires_at)
        values (of_site, of_kind, wanted, asker, journal_who() ->> 'address', clock_timestamp() + known.lasts)
            on conflict do nothing returning id into found_id;
        if found_id is null then -- somebody asks for the same meanwhile
            select id into found_id from job j where j.site_id = of_site and j.kind = of_kind and j.request = wanted and j.status in ('pending', 'executing') limit 1;
        end if;
    end if;
    return query select * from job where id = found_id;
end
$$;
comment on function job_ask is 'Asks for a job.';

-- Each is taken once. What a worker that has gone had taken is not done again by itself: jobs_begin ends it.
create function jobs_take(of_site text, of_worker text, at_most integer) returns setof job language plpgsql as $$
begin
    perform jobs_tidy();
    return query
    update job set status = 'executing', taken_at = clock_timestamp()
     where id in (select j.id from job j join job_kind k using (kind)
                   where j.site_id = of_site and k.worker = of_worker and j.status = 'pending'
                     and not (k.is_alone and exists (select from job o where o.site_id = of_site and o.kind = j.kind and (o.status = 'executing' or o.status = 'pending' and o.number < j.number)))
                   order by j.number limit at_most for update of j skip locked)
    returning job.*;
end
$$;
comment on function jobs_take is 'Takes up what waits, the oldest first.';

create function jobs_begin(of_site text, of_worker text) returns integer language plpgsql as $$
declare
    gone integer;
begin
    update job set status = 'failed', ended_at = clock_timestamp(), text = format('the %s that had taken it up went away: ask again', case of_worker when 'collect' then 'collector' else of_worker end)
     where site_id = of_site and status = 'executing' and kind in (select k.kind from job_kind k where k.worker = of_worker);
    get diagnostics gone = row_count;
    return gone;
end
$$;
comment on function jobs_begin is 'A worker begins: what another had taken up and did not end has failed.';

create function job_tell(of_id uuid, of_progress double precision, of_result jsonb default null) returns boolean language plpgsql as $$
begin
    update job set progress = greatest(progress, least(1, of_progress)), result = coalesce(of_result, result)
     where id = of_id and status = 'executing' and expires_at > clock_timestamp();
    return found;
end
$$;
comment on function job_tell is 'How far it is, and what came of it so far. False: it is over; nobody waits for more.';

create function job_end(of_id uuid, of_status text, of_result jsonb default null, of_text text default null) returns boolean language plpgsql as $$
begin
    if of_status is null or of_status not in ('completed', 'failed') then
        raise invalid_parameter_value using message = format('a job ends completed or failed: "%s" is neither', of_status);
    end if;
    update job set status = of_status, progress = case of_status when 'completed' then 1 else progress end, result = coalesce(of_result, result), text = left(of_text, 1000), ended_at = clock_timestamp()
     where id = of_id and status = 'executing';
    return found;
end
$$;
comment on function job_end is 'How it ended; said twice, it counts once.';

create function job_cancel(of_site text, of_id uuid) returns boolean language plpgsql as $$
declare
    asker constant text := (select asked_by from job where site_id = of_site and id = of_id);
begin
    perform web_must(of_site, 'view');
    if asker is null then
        return null;
    elsif web_user() is not null and asker <> journal_person() and not web_may(of_site, 'edit_settings') then
        raise insufficient_privilege using message = format('the job is %s''s: whoever asked for it first takes it back, or an engineer', asker);
    end if;
    update job set status = 'cancelled', ended_at = clock_timestamp() where site_id = of_site and id = of_id and status in ('pending', 'executing');
    return found;
end
$$;
comment on function job_cancel is 'Nobody waits for it any more; whoever does it stops at its next job_tell. Null: there is none; false: it has ended. Of several who ask for the same it is the first one''s.';
