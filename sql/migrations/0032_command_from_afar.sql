-- Commands, edits and jobs from afar: what people at central ask of a site goes down to it and is judged there by the site's own gate; what becomes of it
-- comes back as entries of the site's journal, and central's rows follow those alone. docs/control.md ("From central") tells it to engineers,
-- docs/protocol.md ("The downlink") to those who write the other end.
--
-- Until an entry is given out central owns what it asks for, and may take it back. From then on the site does.

-- Functions that are mended in a few places: the words that stood there must be found.
create function pg_temp.amend(of_function regprocedure, variadic changes text[]) returns void language plpgsql as $$
declare
    body text := pg_get_functiondef(of_function);
begin
    for i in 1 .. cardinality(changes) by 2 loop
        if position(changes[i] in body) = 0 then
            raise exception '% is not as it was expected: %', of_function, changes[i];
        end if;
        body := replace(body, changes[i], changes[i + 1]);
    end loop;
    execute body;
end
$$;

-- Who brings what central says does it in the name of the person there.
do $$
begin
    perform pg_temp.amend('journal_person()', $was$session_user in ('bacpipes_owner', 'bacpipes_collect')$was$, $is$session_user in ('bacpipes_owner', 'bacpipes_collect', 'bacpipes_sync')$is$);
end
$$;

-- Central's own journal has what its people ask of sites; the sites' have what became of it.
create function remote_asked(of_site text, of_what text, of_body jsonb) returns void language sql as $$
    select journal_append(s.site_id, 'audit', jsonb_build_object('v', 1, 'event', 'asked_of_site', 'who', journal_who(), 'of_site', of_site, 'what', of_what, 'asked', of_body))
      from site s where not s.is_remote order by s.site_id
$$;

-- ---- the steps of a command ----

alter table write_commands add handed_over_at timestamptz, add arrived_at timestamptz, add taken_told_at timestamptz, add ended_told_at timestamptz, add cancel_asked_at timestamptz;
comment on column write_commands.handed_over_at is 'At central: when its site was given it, whose it is from then on';
comment on column write_commands.arrived_at is 'At central, by its clock: when the site''s first word of it came';
comment on column write_commands.taken_told_at is 'When it came that it was taken up';
comment on column write_commands.ended_told_at is 'When it came how it ended; null: the site has not said';
comment on column write_commands.cancel_asked_at is 'When its site was asked to take it back';
create index write_commands_handed on write_commands (site_id) where status in ('pending', 'executing') and handed_over_at is not null;

create function command_step(of_command write_commands) returns text language sql stable as $$
    select case when not site_is_remote(of_command.site_id) then null
                when of_command.origin = 'site' then 'asked at the site'
                when of_command.status not in ('pending', 'executing') then
                    case when of_command.ended_told_at is not null then 'answered by the site' when of_command.handed_over_at is not null then 'handed over, and never answered' else 'not handed over' end
                when of_command.handed_over_at is null then 'waiting for the site'
                when of_command.cancel_asked_at is not null then format('the site was asked at %s to take it back, no answer yet', command_instant(of_command.cancel_asked_at))
                when of_command.arrived_at is null then format('handed over at %s, no answer yet', command_instant(of_command.handed_over_at))
                when of_command.status = 'pending' then 'at the site, not taken up yet'
                else 'the site carries it out' end
$$;
comment on function command_step is 'How far a command is that goes from central to a site; null: it is of a site that is here.';

-- A command with its words, for people; `step` says of one that goes to a site how far it is.
create or replace view commands as
    select c.site_id, c.id, c.number, c.point_id, coalesce(point_label(p, d), 'point ' || c.point_id) as point, d.device_id, d.name as device, p.units, c.command_type, c.value,
           coalesce(c.state, state_text(p.object_type, p.states, c.value)) as state, c.priority, c.status, c.verdict, c.rule, c.error_message as text, c.created_by as person, c.source,
           c.source_ip as address, c.reason, c.restore, c.created_at, c.execute_at, c.expires_at, c.executed_at, c.completed_at, extract(epoch from c.release_after)::double precision as release_after_s,
           case when c.verdict in ('held', 'outranked', 'not-shown', 'unknown') then c.executed_at + c.release_after end as release_at,
           c.value_before, state_text(p.object_type, p.states, c.value_before) as state_before, c.slots, c.held_by, c.held_value, c.shown_value,
           state_text(p.object_type, p.states, c.shown_value) as shown_state,
           c.origin, c.handed_over_at, c.arrived_at, c.taken_told_at, c.ended_told_at, c.cancel_asked_at, command_step(c) as step
      from write_commands c
      left join point p using (site_id, point_id)
      left join device d on d.site_id = p.site_id and d.device_id = p.device_id;

-- ---- the gate ----

do $$
begin
    perform pg_temp.amend('command_judge(write_commands, boolean)',
        -- Mode and rates are the site's to say; what waits here is bounded.
        $was$coalesce(control_setting(asked.site_id, 'control.mode'), 'normal');$was$,
        $is$case when site_is_remote(asked.site_id) then 'normal' else coalesce(control_setting(asked.site_id, 'control.mode'), 'normal') end;$is$,
        $was$    -- How often. Values and releases apart$was$,
        $is$    if site_is_remote(asked.site_id) then -- rates are the site's; what waits for it is bounded
        select count(*) into many from write_commands w where w.site_id = asked.site_id and w.status = 'pending' and w.handed_over_at is null;
        if many >= 1000 then
            rule := 'rate';
            text := format('%s commands wait for site "%s" already: again when it has fetched some, or when they have expired', many, asked.site_id);
        end if;
        return;
    end if;
    -- How often. Values and releases apart$is$,
        -- Central does not widen what may be written: where to do so is said to who is there.
        $was$        text := format('%s (point %s) is not writable: `bacpipes points set --writable yes --point %2$s` allows it', label, place.point_id);$was$,
        $is$        text := format('%s (point %s) is not writable: %s`bacpipes points set --writable yes --point %2$s` allows it', label, place.point_id,
                       case when site_is_remote(asked.site_id) or asked.source = 'central' then format('at site %s ', asked.site_id) end);$is$,
        -- What came from central gets its answer, whatever it asks for.
        $was$        if not is_claim then
            raise foreign_key_violation$was$,
        $is$        if not is_claim and asked.source is distinct from 'central' then
            raise foreign_key_violation$is$,
        $was$        text := format('point %s is there no more', asked.point_id);$was$,
        $is$        text := format(case when is_claim then 'point %s is there no more' else 'there is no point %s at this site' end, asked.point_id);$is$);
    perform pg_temp.amend('command_asked()', $was$        new.origin := 'site';$was$,
        $is$        new.origin := 'site';
        new.handed_over_at := null; new.arrived_at := null; new.taken_told_at := null; new.ended_told_at := null; new.cancel_asked_at := null;$is$);
    perform pg_temp.amend('command_gate()',
        $was$= 'central' then 'central' else 'site' end;$was$,
        $is$= 'central' or site_is_remote(new.site_id) then 'central' else 'site' end;$is$,
        $was$    select * into judged from command_judge(new, false);$was$,
        $is$    perform site_must_answer(new.site_id);
    select * into judged from command_judge(new, false);$is$,
        $was$    select count(*) into refusals from$was$,
        $is$    if judged.rule = 'expired' and new.source = 'central' then -- it is not that it may not be
        new.status := 'expired';
        new.error_message := 'its time was over when the site got it: nothing was written';
        new.completed_at := new.created_at;
        new.created_at := least(new.created_at, new.expires_at - interval '1 ms');
        return new;
    end if;
    select count(*) into refusals from$is$,
        $was$    if refusals >= 60 then$was$,
        $is$    if refusals >= 60 and new.source <> 'central' then -- which waits for an answer to each$is$);
    perform pg_temp.amend('command_moves()',
        $was$held_value,shown_value}';$was$,
        $is$held_value,shown_value,handed_over_at,arrived_at,taken_told_at,ended_told_at,cancel_asked_at}';$is$,
        $was$    if (old.status, new.status) not in$was$,
        $is$    if new.status = old.status and (new.handed_over_at, new.cancel_asked_at) is distinct from (old.handed_over_at, old.cancel_asked_at) then
        return new;
    end if;
    if (old.status, new.status) not in$is$);
end
$$;

-- What a command asks of its site. Its instants are spans, since the site counts by its own clock; a state goes as its name, which the site knows best.
create function command_body(of_command write_commands) returns jsonb language sql immutable as $$
    select jsonb_strip_nulls(jsonb_build_object('v', 1, 'id', of_command.id, 'point_id', of_command.point_id, 'command_type', of_command.command_type,
               'value', case when of_command.state is null then of_command.value end, 'state', of_command.state, 'priority', of_command.priority,
               'release_after_s', extract(epoch from of_command.release_after), 'due_s', extract(epoch from of_command.expires_at - of_command.execute_at),
               'restore', nullif(of_command.restore, false), 'reason', of_command.reason, 'created_by', of_command.created_by, 'created_by_claim', of_command.created_by_claim,
               'source', of_command.source, 'source_ip', of_command.source_ip))
$$;

create or replace function command_noted() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        -- A source could hold the journal up with a transaction that it leaves open: the collector appends what it asked for.
        if session_user like 'source\_%' then
            insert into command_unnoted (site_id, number, body)
            select n.site_id, n.number, jsonb_build_object('v', 1, 'who', journal_who()) || jsonb_strip_nulls(to_jsonb(n) - 'site_id') from new_rows n where not site_is_remote(n.site_id);
        else
            perform journal_append(n.site_id, 'command', jsonb_build_object('v', 1, 'who', journal_who()) || jsonb_strip_nulls(to_jsonb(n) - 'site_id'))
               from (select * from new_rows order by number) as n where not site_is_remote(n.site_id);
        end if;
        perform pg_notify('bacpipes_command', site_id) from (select distinct site_id from new_rows where status = 'pending') as asked where not site_is_remote(site_id);
        perform downlink_append(n.site_id, 'command', command_body(n), n.expires_at)
           from (select * from new_rows where site_is_remote(site_id) and status = 'pending' and not link_applies(site_id) order by number) as n;
        if session_user not like 'source\_%' then
            perform remote_asked(n.site_id, 'command', jsonb_strip_nulls(to_jsonb(n) - 'site_id'))
               from (select * from new_rows where site_is_remote(site_id) and not link_applies(site_id) order by number) as n;
        end if;
    else
        perform journal_append(n.site_id, 'command_event', jsonb_strip_nulls(jsonb_build_object('v', 1, 'id', n.id, 'point_id', n.point_id, 'source', n.source, 'origin', nullif(n.origin, 'site'), 'event', n.status,
                    'at', coalesce(n.completed_at, n.executed_at), 'verdict', n.verdict, 'rule', n.rule, 'text', n.error_message, 'value_before', n.value_before, 'slots', n.slots,
                    'held_by', n.held_by, 'held_value', n.held_value, 'shown_value', n.shown_value)))
           from (select * from new_rows order by number) as n where not site_is_remote(n.site_id);
        perform pg_notify('bacpipes_command_end', site_id) from (select distinct site_id from new_rows where status <> 'executing') as ended where not link_applies(site_id) and session_user !~ '^site_[0-9]+$';
    end if;
    return null;
end
$$;
comment on function command_noted is 'Of triggers: each step is an entry of the journal, and whoever waits is told; at central, what is asked of a site goes down to it.';

create or replace function command_cancel(of_id uuid, of_why text) returns write_commands language plpgsql as $$
declare
    row write_commands;
    who constant text := coalesce(journal_person(), session_user);
begin
    perform commands_note();
    select * into row from write_commands where id = of_id for update;
    if row.id is null then
        raise no_data_found using message = format('there is no command %s', of_id), hint = '`bacpipes commands` says which there are.';
    elsif row.status <> 'pending' then
        raise check_violation using message = format('command %s is %s: only one that is pending can be cancelled', of_id, row.status),
                                    hint = 'A value that was written is let go by `bacpipes release`.';
    end if;
    if site_is_remote(row.site_id) and row.handed_over_at is not null then -- it is the site's
        if row.cancel_asked_at is null then
            update write_commands set cancel_asked_at = clock_timestamp() where id = of_id returning * into row;
            perform downlink_append(row.site_id, 'command_cancel', jsonb_strip_nulls(jsonb_build_object('v', 1, 'id', of_id, 'by', who, 'why', nullif(left(of_why, 1000), ''))));
            perform remote_asked(row.site_id, 'command_cancel', jsonb_strip_nulls(jsonb_build_object('id', of_id, 'why', nullif(of_why, ''))));
        end if;
        row.error_message := format('it was handed over at %s: the site is asked to take it back', command_instant(row.handed_over_at));
        return row;
    end if;
    update write_commands set status = 'cancelled', error_message = concat_ws(': ', 'cancelled by ' || who, nullif(left(of_why, 1000), ''))
     where id = of_id returning * into row;
    if site_is_remote(row.site_id) then
        perform remote_asked(row.site_id, 'command_cancel', jsonb_strip_nulls(jsonb_build_object('id', of_id, 'why', nullif(of_why, ''))));
    end if;
    return row;
end
$$;

do $$
begin
    perform pg_temp.amend('web_command_cancel(text, uuid, text)',
        $was$        perform command_cancel(of_id, of_why);
        outcome := 'cancelled';$was$,
        $is$        select case c.status when 'cancelled' then 'cancelled' else 'asked' end, case when c.status <> 'cancelled' then c.error_message end into outcome, text
          from command_cancel(of_id, of_why) as c;$is$);
end
$$;
comment on function web_command_cancel is 'outcome: cancelled, asked (the site has it, and is asked), late (it is not pending any more) or unknown.';

create view command_latency as
    select site_id, id, point_id, created_at as asked_at, handed_over_at, taken_told_at, ended_told_at, status, verdict,
           extract(epoch from handed_over_at - created_at)::double precision as handed_over_s, extract(epoch from arrived_at - created_at)::double precision as arrived_s,
           extract(epoch from taken_told_at - created_at)::double precision as taken_s, extract(epoch from ended_told_at - created_at)::double precision as verdict_s
      from write_commands where origin = 'central' and handed_over_at is not null;
comment on view command_latency is 'How long commands to sites took, all by central''s clock: from asking to handing over, to the site''s first word, to the word that it is carried out, to its verdict.';

-- ---- edits ----

create table change (
    id         uuid        primary key default gen_random_uuid(),
    site_id    text        not null,
    what       text        not null constraint what_is_known check (what in ('points', 'device', 'setting')),
    request    jsonb       not null constraint request_is_an_object check (jsonb_typeof(request) = 'object'),
    asked_by   text        not null constraint asked_by_is_short check (length(asked_by) <= 200),
    address    text        constraint address_is_short check (length(address) <= 100),
    created_at timestamptz not null default clock_timestamp(),
    given_at   timestamptz,
    ended_at   timestamptz,
    outcome    text        constraint outcome_is_known check (outcome in ('changed', 'same', 'stale', 'refused', 'failed', 'unknown', 'cancelled')),
    text       text,
    answer     jsonb,
    constraint ended_with_an_outcome check ((ended_at is null) = (outcome is null))
);
create index change_open on change (site_id, created_at) where ended_at is null;
create index change_age on change (site_id, created_at);
comment on table change is 'What central asks a site to change of its points, devices and settings: at central until the site says what came of it, at the site what was carried out. The last 90 days.';
comment on column change.request is 'points: {"points": [{"id", "expect", "set"}]} or {"undo": change_id}; setting: {"name", "value", "expect"}; device: {"replace": device_id, "by": device_id} or {"device_id", "set": {"enabled", "poll_interval_s"}}';
comment on column change.given_at is 'At central: when the site got it; null: it waits, and may be taken back';
comment on column change.outcome is 'changed; same: it was so; stale: somebody has changed it since; refused: by the site, text says why; failed; unknown: the site began a new life meanwhile; cancelled: before it was given out';
comment on column change.answer is 'What the site said: {"change": change_id of its point_change, "problems": [...]}';

create function change_ask(of_site text, of_what text, of_request jsonb) returns uuid language plpgsql as $$
declare
    made change;
begin
    if not site_is_remote(of_site) then
        raise invalid_parameter_value using message = format('site "%s" is here: what is changed there is changed at once', of_site);
    elsif (select count(*) >= 1000 from change c where c.site_id = of_site and c.ended_at is null) then
        raise invalid_parameter_value using message = format('1000 changes wait for site "%s" already', of_site);
    end if;
    insert into change (site_id, what, request, asked_by, address) values (of_site, of_what, of_request, coalesce(journal_person(), session_user), journal_who() ->> 'address') returning * into made;
    perform downlink_append(of_site, 'change', jsonb_strip_nulls(jsonb_build_object('v', 1, 'id', made.id, 'what', of_what, 'by', made.asked_by, 'address', made.address)) || jsonb_build_object('request', of_request));
    perform remote_asked(of_site, 'change', jsonb_build_object('id', made.id, 'what', of_what, 'request', of_request));
    perform set_config('bacpipes.change', made.id::text, true);
    delete from change where id in (select id from change c where c.site_id = of_site and c.created_at < clock_timestamp() - interval '90 days' and c.ended_at is not null limit 100);
    return made.id;
end
$$;
comment on function change_ask is 'Asks a site for a change; setting bacpipes.change has its id in this transaction, too.';

create function change_cancel(of_site text, of_id uuid, out outcome text, out text text) language plpgsql set lock_timeout = '5s' as $$
declare
    row change;
begin
    select * into row from change c where c.site_id = of_site and c.id = of_id for update;
    if row.id is null then
        outcome := 'unknown';
        text := format('site "%s" has no change %s', of_site, of_id);
        return;
    end if;
    perform web_must(of_site, case row.what when 'setting' then 'edit_settings' else 'edit_points' end);
    if row.ended_at is not null or row.given_at is not null then
        outcome := 'late';
        text := case when row.ended_at is not null then format('it has ended: %s', row.outcome) else format('it was handed over at %s: undo it when it is carried out', command_instant(row.given_at)) end;
        return;
    end if;
    update change c set ended_at = clock_timestamp(), outcome = 'cancelled', text = 'cancelled by ' || coalesce(journal_person(), session_user) where c.id = of_id;
    perform remote_asked(of_site, 'change_cancel', jsonb_build_object('id', of_id));
    outcome := 'cancelled';
end
$$;
comment on function change_cancel is 'outcome: cancelled, late (it was handed over, or has ended) or unknown.';

do $$
begin
    perform pg_temp.amend('points_change(text, jsonb, boolean, bigint)',
        $was$    if not is_dry_run and not exists (select from jsonb_array_elements(judged) as j (entry) where j.entry ->> 'problem' is not null) then
$was$,
        $is$    if site_is_remote(of_site) then -- what is seen here is what it has to be there: versions are each end's own
        if not is_dry_run and not exists (select from jsonb_array_elements(judged) as j (entry) where j.entry ->> 'problem' is not null)
           and exists (select from jsonb_array_elements(judged) as j (entry) where j.entry -> 'after' <> '{}') then
            perform change_ask(of_site, 'points', jsonb_build_object('points', (
                select jsonb_agg(jsonb_build_object('id', j.entry -> 'id', 'expect', j.entry -> 'before', 'set', a.entry -> 'set') order by a.place)
                  from jsonb_array_elements(judged) as j (entry), jsonb_array_elements(asked) with ordinality as a (entry, place)
                 where j.entry -> 'after' <> '{}' and (j.entry ->> 'id')::integer = (a.entry ->> 'id')::integer)));
        end if;
    elsif not is_dry_run and not exists (select from jsonb_array_elements(judged) as j (entry) where j.entry ->> 'problem' is not null) then
$is$);
    perform pg_temp.amend('points_undo(text, bigint)',
        $was$    select * into kept from point_change c$was$,
        $is$    if site_is_remote(of_site) then -- it has the change
        perform change_ask(of_site, 'points', jsonb_build_object('undo', of_change));
        return;
    end if;
    select * into kept from point_change c$is$);
    perform pg_temp.amend('setting_change(text, text, text, text)',
        $was$    elsif of_value is null then$was$,
        $is$    elsif site_is_remote(of_site) then
        if setting_problem(of_name, of_value) is not null then
            raise invalid_parameter_value using message = setting_problem(of_name, of_value);
        end if;
        perform change_ask(of_site, 'setting', jsonb_build_object('name', of_name, 'value', of_value, 'expect', value));
        outcome := 'waiting';
    elsif of_value is null then$is$);
end
$$;
comment on function setting_change is 'Sets a setting of a site; null: its default again. outcome: changed, same, stale (its version is another, and is told), unknown, or of a site elsewhere waiting (table change). What no program could follow is an error.';

-- Central may narrow what is written here; it may widen it only where setting control.central, which is made at the site, lets it.
drop function central_point_set(text, integer, boolean, double precision, double precision);
drop function central_mode_set(text, text);

create function central_must(of_site text, of_what text, of_request jsonb) returns void language plpgsql as $$
declare
    modes constant text[] := '{normal, stop, freeze}';
    mode  constant text   := coalesce(control_setting(of_site, 'control.mode'), 'normal');
    wide  record;
begin
    if control_allows(of_site, 'control.central') and not coalesce(of_what = 'setting' and of_request ->> 'name' = 'control.central', false) then
        return;
    end if;
    if of_what = 'points' then
        select p.* into wide from jsonb_array_elements(case when jsonb_typeof(of_request -> 'points') = 'array' then of_request -> 'points' else '[]' end) as a (entry)
         cross join lateral (select a.entry -> 'set' as said) as s
          join point p on p.site_id = of_site and p.point_id = (a.entry ->> 'id')::integer
          left join unit_range u on u.units = p.units and p.property = 'present-value'
         where said @> '{"writable": true}' and not p.writable
            or said ? 'write_min' and p.write_min is not null and coalesce((said ->> 'write_min')::double precision < p.write_min, true)
            or said ? 'write_max' and p.write_max is not null and coalesce((said ->> 'write_max')::double precision > p.write_max, true)
            -- Where nobody has said more, what the unit can be is the limit.
            or p.min_value is null and p.write_min is null and (said ->> 'write_min')::double precision < u.smallest
            or p.max_value is null and p.write_max is null and (said ->> 'write_max')::double precision > u.largest
            or said ? 'units' and p.writable and u.units is not null and (coalesce(p.write_min, p.min_value) is null or coalesce(p.write_max, p.max_value) is null)
         order by p.point_id limit 1;
        if wide.point_id is not null then
            raise insufficient_privilege using message = format('central may narrow what is written at this site, and not widen it: point %s is %s, %s to %s', wide.point_id,
                      case when wide.writable then 'writable' else 'not writable' end, coalesce(wide.write_min::text, 'no least'), coalesce(wide.write_max::text, 'no most')),
                                               hint = 'Setting control.central = true, made at the site, lets it.';
        end if;
    elsif of_what = 'device' and of_request @> '{"set": {"enabled": true}}' then
        if exists (select from device d where d.site_id = of_site and d.device_id = (of_request ->> 'device_id')::integer and not d.enabled) then
            raise insufficient_privilege using message = format('device %s is left alone at this site: central does not have it asked again', of_request ->> 'device_id'),
                                               hint = 'Setting control.central = true, made at the site, lets it.';
        end if;
    elsif of_what = 'setting' and of_request ->> 'name' = 'control.mode' then
        if coalesce(array_position(modes, coalesce(of_request ->> 'value', 'normal')) < array_position(modes, mode), false) then
            raise insufficient_privilege using message = format('central may stop control at this site, and not let it go on: it is %s', mode), hint = 'Setting control.central = true, made at the site, lets it.';
        end if;
    elsif of_what = 'setting' and of_request ->> 'name' in ('control.central', 'control.life_safety', 'control.point_rate', 'control.operator_hold') then
        raise insufficient_privilege using message = format('%s is made at the site, and not by central', of_request ->> 'name'),
                                           hint = case of_request ->> 'name' when 'control.central' then 'Its owner sets it there.' else 'Setting control.central = true, made at the site, lets central.' end;
    end if;
end
$$;
comment on function central_must is 'Refuses what central may not change here: to widen what commands may write.';

-- At the site, in the name of the person at central. An undo widens no more than what it undoes was allowed to narrow, and so is asked, too.
create function change_do(of_site text, of_what text, of_request jsonb, out outcome text, out text text, out answer jsonb) language plpgsql as $$
declare
    done   record;
    before jsonb;
begin
    if of_what = 'points' then
        if of_request ? 'undo' then
            select jsonb_agg(jsonb_build_object('id', e.entry -> 'id', 'set', e.entry -> 'before')) into before
              from point_change c, jsonb_array_elements(c.points) as e (entry) where c.site_id = of_site and c.change_id = (of_request ->> 'undo')::bigint;
            if before is null then
                outcome := 'refused';
                text := format('there is no change %s at this site that could be undone', of_request ->> 'undo');
                return;
            end if;
            perform central_must(of_site, 'points', jsonb_build_object('points', before));
            select count(*) filter (where c.after <> '{}') as changed, max(c.change) as change, jsonb_agg(jsonb_build_object('id', c.point_id, 'text', c.problem)) filter (where c.problem is not null) as problems,
                   bool_or(c.rule = 'version') as is_stale, min(c.path || ': ' || c.problem) as problem into done from points_undo(of_site, (of_request ->> 'undo')::bigint) as c;
        else
            perform central_must(of_site, 'points', of_request);
            select count(*) filter (where c.after <> '{}') as changed, max(c.change) as change, jsonb_agg(jsonb_build_object('id', c.point_id, 'text', c.problem)) filter (where c.problem is not null) as problems,
                   bool_or(c.rule = 'version') as is_stale, min(coalesce(c.path || ': ', '') || c.problem) as problem into done from points_change(of_site, of_request -> 'points', false) as c;
        end if;
        outcome := case when done.is_stale then 'stale' when done.problems is not null then 'refused' when done.change is not null then 'changed' else 'same' end;
        text := done.problem || case when jsonb_array_length(done.problems) > 1 then format(', and %s more', jsonb_array_length(done.problems) - 1) else '' end;
        answer := nullif(jsonb_strip_nulls(jsonb_build_object('change', done.change, 'problems', done.problems)), '{}');
    elsif of_what = 'setting' then
        perform central_must(of_site, 'setting', of_request);
        if of_request ? 'expect' and (select s.value from setting s where s.site_id = of_site and s.name = of_request ->> 'name') is distinct from of_request ->> 'expect' then
            outcome := 'stale';
            text := format('somebody has changed %s since', of_request ->> 'name');
            return;
        end if;
        select c.outcome into outcome from setting_change(of_site, of_request ->> 'name', of_request ->> 'value', '*') as c;
        if outcome = 'unknown' then
            outcome := 'refused';
            text := format('there is no setting %s at this site', of_request ->> 'name');
        end if;
    elsif of_what = 'device' and of_request ? 'replace' then
        perform device_replace(of_site, (of_request ->> 'replace')::integer, (of_request ->> 'by')::integer);
        outcome := 'changed';
    elsif of_what = 'device' and of_request ? 'device_id' then
        perform central_must(of_site, 'device', of_request);
        update device d set enabled = case when of_request -> 'set' ? 'enabled' then (of_request #>> '{set,enabled}')::boolean else d.enabled end,
               poll_interval_ms = case when of_request -> 'set' ? 'poll_interval_s' then ((of_request #>> '{set,poll_interval_s}')::numeric * 1000)::integer else d.poll_interval_ms end, updated_at = now()
         where d.site_id = of_site and d.device_id = (of_request ->> 'device_id')::integer;
        outcome := case when found then 'changed' else 'refused' end;
        text := case when not found then format('there is no device %s at this site', of_request ->> 'device_id') end;
    else
        outcome := 'refused';
        text := format('this site does not know how to change "%s" so: is it older than central?', of_what);
    end if;
end
$$;

-- What no second try would make better is the answer; anything else is for who brings it.
create function change_carry_out(of_site text, said jsonb) returns change language plpgsql as $$
declare
    row   change;
    done  record;
begin
    select * into row from change c where c.id = (said ->> 'id')::uuid;
    if row.id is not null then -- it was done: this says again what came of it
        return row;
    end if;
    begin
        select * into done from change_do(of_site, said ->> 'what', said -> 'request');
    exception when data_exception or integrity_constraint_violation or insufficient_privilege or no_data_found or raise_exception or feature_not_supported then
        select 'refused' as outcome, sqlerrm as text, null::jsonb as answer into done;
    end;
    insert into change (id, site_id, what, request, asked_by, address, ended_at, outcome, text, answer)
    values ((said ->> 'id')::uuid, of_site, case when said ->> 'what' in ('points', 'device', 'setting') then said ->> 'what' else 'points' end, said -> 'request', left(coalesce(said ->> 'by', 'central'), 200),
            left(said ->> 'address', 100), clock_timestamp(), done.outcome, left(done.text, 1000), done.answer)
    returning * into row;
    delete from change where id in (select id from change c where c.site_id = of_site and c.created_at < clock_timestamp() - interval '90 days' limit 100);
    return row;
end
$$;
comment on function change_carry_out is 'At the site: carries out what central asks to be changed, once, and says what came of it.';

-- ---- jobs ----

alter table job add is_from_central boolean not null default false, add handed_over_at timestamptz, add told_at timestamptz;
comment on column job.is_from_central is 'At a site: asked for there, where each step is told';
comment on column job.handed_over_at is 'At central: when its site was given it';
comment on column job.told_at is 'At a site: when central was last told how far it is';
drop index job_under_way; -- two who ask at both ends have a job each
create unique index job_under_way on job (site_id, kind, md5(request::text)) where status in ('pending', 'executing') and not is_from_central;

create function job_told() returns trigger language plpgsql as $$
begin
    if new.status = old.status and old.told_at > clock_timestamp() - interval '2 s' and old.told_at <= clock_timestamp() then
        return new; -- how far it is, told just now
    end if;
    perform journal_append(new.site_id, 'job', jsonb_strip_nulls(jsonb_build_object('v', 1, 'id', new.id, 'status', new.status, 'progress', new.progress,
        'text', case when octet_length(new.result::text) > 900000 then 'what came of it is too large for central: look at it at the site' else new.text end))
        || case when new.status not in ('pending', 'executing') and octet_length(new.result::text) <= 900000 then jsonb_build_object('result', new.result)
                when new.kind = 'discover' and new.status = 'executing' and jsonb_typeof(new.result) = 'object' then jsonb_build_object('result', new.result - 'devices') else '{}' end);
    new.told_at := clock_timestamp();
    return new;
end
$$;
comment on function job_told is 'Of a trigger: who asked at central is told how far it is, every 2 s at most, with the numbers of a search, and what came of it at its end.';
create trigger told before update on job for each row
    when (new.is_from_central and old.is_from_central and (new.status, new.progress, new.text) is distinct from (old.status, old.progress, old.text)) execute function job_told();

-- Ends jobs whose time is over, and forgets those that ended an hour ago.
create or replace function jobs_tidy() returns void language plpgsql as $$
begin
    update job set status = 'expired', ended_at = clock_timestamp(),
           text = case when site_is_remote(site_id) and kind in (select k.kind from job_kind k where k.worker = 'collect')
                       then case when handed_over_at is null then format('the site did not fetch it before %s', command_instant(expires_at)) else format('handed over at %s, and not answered before %s', command_instant(handed_over_at), command_instant(expires_at)) end
                       when status = 'pending' then format('nobody took it up before %s: is the %s running?', command_instant(expires_at), (select case worker when 'collect' then 'collector' else worker end from job_kind k where k.kind = job.kind))
                       else format('it had not ended at %s', command_instant(expires_at)) end
     where id in (select id from job where status in ('pending', 'executing') and expires_at + case when handed_over_at is null then interval '0' else interval '30 s' end <= clock_timestamp() for update skip locked);
    delete from job where id in (select id from job where ended_at < clock_timestamp() - interval '1 hour' limit 1000 for update skip locked);
end
$$;
comment on function jobs_tidy is 'Ends jobs whose time is over (of those handed over: 30 s later, for the site''s word is on its way), and forgets those that ended an hour ago.';

do $$
begin
    perform pg_temp.amend('job_ask(text, text, jsonb)',
        $was$            on conflict do nothing returning id into found_id;$was$,
        $is$            on conflict do nothing returning id into found_id;
        if found_id is not null and known.worker = 'collect' and site_is_remote(of_site) then
            perform downlink_append(of_site, 'job', jsonb_strip_nulls(jsonb_build_object('v', 1, 'id', found_id, 'kind', of_kind, 'asked_by', asker, 'address', journal_who() ->> 'address'))
                                                    || jsonb_build_object('request', wanted), clock_timestamp() + known.lasts);
        end if;$is$);
    perform pg_temp.amend('job_cancel(text, uuid)',
        $was$    return found;$was$,
        $is$    if found and (select j.handed_over_at is not null from job j where j.id = of_id) then
        perform downlink_append(of_site, 'job_cancel', jsonb_build_object('v', 1, 'id', of_id));
        return true;
    end if;
    return found;$is$);
end
$$;
alter function job_cancel(text, uuid) set lock_timeout = '5s'; -- a session of the site can hold it, as change_cancel's

create function job_carry_out(of_site text, said jsonb, life_left interval) returns void language plpgsql as $$
declare
    stamp constant timestamptz := statement_timestamp();
    wrong text;
begin
    if exists (select from job j where j.id = (said ->> 'id')::uuid) then
        return;
    end if;
    if said ->> 'kind' = 'discover' then
        begin
            perform job_search(of_site, said -> 'request');
        exception when invalid_parameter_value then
            wrong := sqlerrm;
        end;
    end if;
    -- It waits as pending for whoever does it; what cannot be done at all is told as any job's end is.
    insert into job (id, site_id, kind, request, asked_by, address, expires_at, is_from_central)
    select (said ->> 'id')::uuid, of_site, k.kind, said -> 'request', left(coalesce(said ->> 'asked_by', 'central'), 200), left(said ->> 'address', 100), stamp + greatest(coalesce(life_left, k.lasts), '1 ms'), true
      from job_kind k where k.kind = said ->> 'kind' and k.worker = 'collect';
    if not found then
        raise invalid_parameter_value using message = format('this site knows no kind of job "%s"', said ->> 'kind');
    end if;
    update job j set status = case when life_left <= '0' then 'expired' else 'failed' end, ended_at = clock_timestamp(),
           text = case when life_left <= '0' then 'its time was over when the site got it' else coalesce(wrong, missing.text) end
      from (select format('site "%s" has no point %s', of_site, string_agg(e::text, ', ')) as text, count(*) as many
              from jsonb_array_elements(case when jsonb_typeof(said #> '{request,points}') = 'array' then said #> '{request,points}' else '[]' end) as e
             where not exists (select from point p where p.site_id = of_site and p.point_id::text = e::text)) as missing
     where j.id = (said ->> 'id')::uuid and (life_left <= '0' or wrong is not null or missing.many > 0);
end
$$;
comment on function job_carry_out is 'At the site: central''s jobs stand among the others.';

-- ---- the downlink: giving out, and what is lost ----

create or replace function downlink_give(of_site text, of_kind text, of_body jsonb) returns boolean language plpgsql as $$
declare
    of_id constant uuid := case when of_kind in ('command', 'change', 'job') then (of_body ->> 'id')::uuid end;
    stamp constant timestamptz := clock_timestamp();
    command write_commands;
begin
    if of_kind = 'command' then
        select * into command from write_commands w where w.id = of_id for update;
        if command.status is distinct from 'pending' or command.handed_over_at is not null then
            return false;
        elsif command.expires_at <= stamp then
            perform remote_expire(of_id);
            return false;
        end if;
        update write_commands w set handed_over_at = stamp where w.id = of_id;
    elsif of_kind = 'change' then
        update change c set given_at = stamp where c.id = of_id and c.ended_at is null;
        return found;
    elsif of_kind = 'job' then
        update job j set handed_over_at = stamp where j.id = of_id and j.status = 'pending' and j.expires_at > stamp;
        return found;
    end if;
    return true;
end
$$;

create function remote_expire(of_id uuid) returns void language sql as $$
    update write_commands w set status = 'expired', error_message = format('it expired at %s, before site "%s" fetched it: nothing was written', command_instant(w.expires_at), w.site_id) where w.id = of_id
$$;

create function remote_tick() returns integer language plpgsql as $$
declare
    gone uuid[] := array(select w.id from write_commands w where w.status = 'pending' and w.handed_over_at is null and w.origin = 'central' and w.expires_at <= clock_timestamp()
                            and site_is_remote(w.site_id) order by w.number limit 1000 for update skip locked);
begin
    perform remote_expire(id) from unnest(gone) as id;
    perform jobs_tidy();
    return cardinality(gone);
end
$$;
comment on function remote_tick is 'Of `bacpipes central`, now and then: what its site did not fetch in time expires here; how many commands did.';

create or replace function downlink_lost(of_site text, of_kind text, of_body jsonb) returns void language plpgsql as $$
declare
    of_id constant uuid := case when of_kind in ('command', 'change', 'job') then (of_body ->> 'id')::uuid end;
    why   constant text := 'the site began a new life (its database was put back, or is another) before it answered';
begin
    if of_kind = 'command' then
        update write_commands w set status = 'failed', verdict = 'unknown', error_message = format('%s: nobody knows whether it was written, and it is not given again',
               case when w.handed_over_at is null then 'central was put back to an earlier state' else format('handed over at %s; %s', command_instant(w.handed_over_at), why) end)
         where w.id = of_id and w.status in ('pending', 'executing');
    elsif of_kind = 'change' then
        update change c set ended_at = clock_timestamp(), outcome = 'unknown', text = format('%s: look whether it is so', case when c.given_at is null then 'central was put back to an earlier state' else why end) where c.id = of_id and c.ended_at is null;
    elsif of_kind = 'job' then
        update job j set status = 'failed', ended_at = clock_timestamp(), text = case when j.handed_over_at is null then 'central was put back to an earlier state' else why end || ': ask again' where j.id = of_id and j.status in ('pending', 'executing');
    end if;
end
$$;

-- ---- at the site: what came is carried out ----

create function downlink_carry_out(of_site text, of_kind text, said jsonb, life_left interval) returns void language plpgsql as $$
declare
    stamp constant timestamptz := statement_timestamp(); -- what waited for a lock since has lived meanwhile
    ends  constant timestamptz := stamp + greatest(coalesce(life_left, '10 min'), '0');
    of_id constant uuid := (said ->> 'id')::uuid;
    row   write_commands;
    done  change;
begin
    perform set_config('bacpipes.person', coalesce(left(coalesce(said ->> 'by', said ->> 'created_by', said ->> 'asked_by'), 200), ''), true);
    if of_kind = 'command' then
        if exists (select from write_commands w where w.id = of_id) then
            return; -- given twice, it is one
        end if;
        -- The gate here decides, and its verdict goes back whatever it is. Who asked by which key is known at central.
        insert into write_commands (id, site_id, point_id, command_type, value, state, priority, release_after, execute_at, expires_at, reason, restore, source, created_by, created_by_claim, source_ip)
        values (of_id, of_site, (said ->> 'point_id')::integer, said ->> 'command_type', (said ->> 'value')::double precision, left(said ->> 'state', 200), (said ->> 'priority')::integer,
                make_interval(secs => (said ->> 'release_after_s')::double precision), nullif(greatest(ends - make_interval(secs => (said ->> 'due_s')::double precision), stamp), stamp), ends,
                left(said ->> 'reason', 1000), coalesce((said ->> 'restore')::boolean, false), 'central', coalesce(left(said ->> 'created_by', 200), 'central'), left(said ->> 'created_by_claim', 200),
                left(said ->> 'source_ip', 100));
    elsif of_kind = 'command_cancel' then
        select * into row from write_commands w where w.id = of_id for update;
        if row.status = 'pending' then -- else its end has told, or will
            perform command_cancel(of_id, said ->> 'why');
        end if;
    elsif of_kind = 'change' then
        done := change_carry_out(of_site, said);
        perform journal_append(of_site, 'audit', jsonb_strip_nulls(jsonb_build_object('v', 1, 'event', 'change_ended', 'who', journal_who(), 'id', done.id, 'what', done.what, 'outcome', done.outcome, 'text', done.text,
                                                                                      'answer', done.answer)));
    elsif of_kind = 'job' then
        perform job_carry_out(of_site, said, life_left);
    elsif of_kind = 'job_cancel' then
        update job j set status = 'cancelled', ended_at = clock_timestamp() where j.site_id = of_site and j.id = of_id and j.is_from_central and j.status in ('pending', 'executing');
    else
        raise invalid_parameter_value using message = format('this site does not know what "%s" asks for: is it older than central?', of_kind);
    end if;
end
$$;
comment on function downlink_carry_out is 'At the site: does what an entry of the downlink asks for, or has it done. life_left: how much longer it may be done, by a clock that nobody sets; null: it has no end.';

-- Who joins a central lets it ask, once: its owner may turn that off again.
create function link_let_ask() returns trigger language plpgsql as $$
begin
    update command_source set enabled = true where name = 'central' and not enabled;
    return null;
end
$$;
comment on function link_let_ask is 'Of a trigger: source "central" is on where a site has joined one.';
create trigger let_ask after insert on central_link for each row execute function link_let_ask();

-- ---- what is held, as central sees it ----

create function held_append(of_kind text, of_op text, of_rows jsonb[]) returns void language sql as $$
    select journal_append(g.site_id, of_kind, jsonb_build_object('v', 1, 'op', of_op, 'rows', g.rows))
      from (select r.row ->> 'site_id' as site_id, jsonb_agg(r.row - 'site_id' order by r.place) as rows
              from unnest(of_rows) with ordinality as r (row, place) join central_link l on l.site_id = r.row ->> 'site_id'
             group by r.row ->> 'site_id', (r.place - 1) / 100 order by 1, (r.place - 1) / 100) as g
$$;

-- When something was looked at again is no change.
create function note_held() returns trigger language plpgsql as $$
begin
    if not exists (select from central_link) then
        return null;
    end if;
    if tg_op = 'INSERT' then
        perform held_append(tg_table_name, 'set', (select array_agg(to_jsonb(n) order by site_id, point_id, priority) from new_rows n));
    elsif tg_op = 'DELETE' then
        perform held_append(tg_table_name, 'gone', (select array_agg(jsonb_build_object('site_id', site_id, 'point_id', point_id, 'priority', priority) order by site_id, point_id, priority) from old_rows));
    else
        perform held_append(tg_table_name, 'gone', (select array_agg(jsonb_build_object('site_id', site_id, 'point_id', point_id, 'priority', priority) order by site_id, point_id, priority) from old_rows o
                                                     where not exists (select from new_rows n where (n.site_id, n.point_id, n.priority) = (o.site_id, o.point_id, o.priority))));
        perform held_append(tg_table_name, 'set', (select array_agg(to_jsonb(n) order by site_id, point_id, priority) from new_rows n
                                                    where not exists (select from old_rows o where (n.site_id, n.point_id, n.priority) = (o.site_id, o.point_id, o.priority)
                                                                         and to_jsonb(o) - '{updated_at, seen_at}'::text[] = to_jsonb(n) - '{updated_at, seen_at}'::text[])));
    end if;
    return null;
end
$$;
comment on function note_held is 'Of triggers: where the site has joined a central, what stands in slots is told there.';
do $$
declare
    name text;
begin
    foreach name in array array['hold', 'override'] loop
        execute format('create trigger journal_insert after insert on %I referencing new table as new_rows for each statement execute function note_held()', name);
        execute format('create trigger journal_update after update on %I referencing old table as old_rows new table as new_rows for each statement execute function note_held()', name);
        execute format('create trigger journal_delete after delete on %I referencing old table as old_rows for each statement execute function note_held()', name);
    end loop;
end
$$;

-- ---- at central: what sites say is applied ----

-- The site's word is what counts, also over what central concluded meanwhile; said twice, it counts once. A word that is not of an end opens nothing again.
create function uplink_apply_command(of_site text, of_kind text, body jsonb, received timestamptz default clock_timestamp()) returns void language plpgsql as $$
declare
    said  write_commands;
    row   write_commands;
    event constant text := body ->> 'event';
    ended constant text[] := '{completed, failed, expired, cancelled, refused}';
begin
    if body ->> 'op' = 'state' then -- what is open there
        perform uplink_apply_command(of_site, 'command', r.entry - 'op', received) from jsonb_array_elements(body -> 'rows') as r (entry); -- a row of a telling is no telling
        return;
    elsif of_kind = 'command_event' then
        if event <> 'executing' and event <> all (ended) then
            return; -- of a hold, which tells by itself
        end if;
        said := jsonb_populate_record(null::write_commands, body - '{v, who, event, at}'::text[]);
        said.status := event;
        said.error_message := body ->> 'text';
        said.executed_at := case when event = 'executing' then (body ->> 'at')::timestamptz end;
        said.completed_at := case when event <> 'executing' then (body ->> 'at')::timestamptz end;
    else
        said := jsonb_populate_record(null::write_commands, body - '{v, who, number}'::text[]);
    end if;
    select * into row from write_commands w where w.id = said.id for update;
    if row.id is null then
        if of_kind = 'command_event' then
            return; -- of a command from before the site joined
        end if;
        said.site_id := of_site;
        said.handed_over_at := case when said.origin = 'central' then received end; -- central was put back meanwhile
        said.arrived_at := received;
        said.taken_told_at := case when said.executed_at is not null then received end;
        said.ended_told_at := case when said.status = any (ended) then received end;
        if exists (select from write_commands w where w.site_id = of_site and w.source = said.source and w.idempotency_key = said.idempotency_key) then
            said.idempotency_key := null; -- drawn at both ends
        end if;
        insert into write_commands (id, site_id, point_id, command_type, value, state, priority, status, verdict, created_at, execute_at, expires_at, release_after, executed_at, completed_at, error_message, rule, source,
                    origin, created_by, created_by_claim, source_ip, reason, restore, idempotency_key, value_before, slots, held_by, held_value, shown_value, handed_over_at, arrived_at, taken_told_at, ended_told_at)
        values (said.id, of_site, said.point_id, said.command_type, said.value, said.state, coalesce(said.priority, 8), coalesce(said.status, 'pending'), said.verdict, said.created_at, said.execute_at, said.expires_at,
                said.release_after, said.executed_at, said.completed_at, said.error_message, said.rule, said.source, coalesce(said.origin, 'site'), coalesce(said.created_by, 'unknown'), said.created_by_claim, said.source_ip,
                said.reason, coalesce(said.restore, false), said.idempotency_key, said.value_before, said.slots, said.held_by, said.held_value, said.shown_value, said.handed_over_at, said.arrived_at, said.taken_told_at,
                said.ended_told_at);
        return;
    elsif row.site_id <> of_site then
        raise data_exception using message = format('command %s is one of site "%s"', said.id, row.site_id);
    elsif row.ended_told_at is not null then
        return;
    end if;
    if said.status = any (ended) then
        update write_commands w set status = said.status, verdict = said.verdict, rule = said.rule, error_message = said.error_message, completed_at = coalesce(said.completed_at, received),
               executed_at = case when said.status in ('expired', 'cancelled', 'refused') then null else coalesce(w.executed_at, said.executed_at, case when said.verdict is distinct from 'not-sent' then said.completed_at end) end,
               value_before = coalesce(said.value_before, w.value_before), slots = coalesce(said.slots, w.slots), held_by = said.held_by, held_value = said.held_value, shown_value = said.shown_value,
               arrived_at = coalesce(w.arrived_at, received), ended_told_at = received, handed_over_at = coalesce(w.handed_over_at, case when w.origin = 'central' then received end)
         where w.id = said.id;
    elsif row.status = any (ended) then
        update write_commands w set arrived_at = coalesce(w.arrived_at, received), taken_told_at = case when said.status = 'executing' then coalesce(w.taken_told_at, received) else w.taken_told_at end
         where w.id = said.id;
    elsif said.status = 'executing' then
        update write_commands w set status = 'executing', executed_at = said.executed_at, value_before = coalesce(said.value_before, w.value_before), slots = coalesce(said.slots, w.slots),
               arrived_at = coalesce(w.arrived_at, received), taken_told_at = coalesce(w.taken_told_at, received)
         where w.id = said.id;
    else
        update write_commands w set value = coalesce(said.value, w.value), arrived_at = coalesce(w.arrived_at, received),
               handed_over_at = coalesce(w.handed_over_at, case when w.origin = 'central' then received end)
         where w.id = said.id;
    end if;
end
$$;
comment on function uplink_apply_command is 'A site''s word on a command, its own or one that central asked for: received is when it came here.';

create function uplink_apply_held(of_site text, of_kind text, body jsonb) returns void language plpgsql as $$
declare
    rows constant jsonb := case when jsonb_typeof(body -> 'rows') = 'array' then body -> 'rows' else '[]' end;
begin
    if of_kind not in ('hold', 'override') or body ->> 'op' not in ('set', 'gone', 'state') then
        raise feature_not_supported using message = format('what "%s" does to a %s is not known to this version', body ->> 'op', of_kind);
    end if;
    execute format('delete from public.%I as t using jsonb_to_recordset($2) as r (point_id integer, priority integer) where t.site_id = $1 and t.point_id = r.point_id and t.priority = r.priority', of_kind) using of_site, rows;
    if body ->> 'op' <> 'gone' then
        execute format('insert into public.%1$I select (jsonb_populate_record(null::public.%1$I, r.entry || jsonb_build_object(''site_id'', $1))).* from jsonb_array_elements($2) as r (entry)', of_kind) using of_site, rows;
    end if;
    if body ->> 'op' = 'state' then
        insert into uplink_named (site_id, what, key) select of_site, of_kind, concat(r.entry ->> 'point_id', ':', r.entry ->> 'priority') from jsonb_array_elements(rows) as r (entry) on conflict do nothing;
        if (body ->> 'complete')::boolean then
            execute format('delete from public.%I as t where t.site_id = $1 and not exists (select from uplink_named n where n.site_id = $1 and n.what = $2 and n.key = concat(t.point_id, '':'', t.priority))', of_kind)
              using of_site, of_kind;
            delete from uplink_named where site_id = of_site and what = of_kind;
        end if;
    end if;
end
$$;
comment on function uplink_apply_held is 'What stands in slots at a site: what is set there, what is gone, or all that is.';

create function uplink_apply_job(of_site text, body jsonb) returns void language sql as $$
    update job j set status = body ->> 'status', progress = greatest(j.progress, least(1, (body ->> 'progress')::double precision)), result = coalesce(nullif(body -> 'result', 'null'), j.result), text = coalesce(body ->> 'text', j.text),
           taken_at = coalesce(j.taken_at, clock_timestamp()), ended_at = case when body ->> 'status' not in ('pending', 'executing') then clock_timestamp() end
     where j.site_id = of_site and j.id = (body ->> 'id')::uuid and j.status in ('pending', 'executing')
$$;
comment on function uplink_apply_job is 'A site''s word on a job that central asked for; of one that has ended nothing is changed.';

create function uplink_apply_audit(of_site text, body jsonb) returns void language plpgsql as $$
declare
    of_id uuid;
begin
    if body ->> 'event' = 'change_ended' then
        update change c set ended_at = clock_timestamp(), outcome = body ->> 'outcome', text = left(body ->> 'text', 1000), answer = body -> 'answer', given_at = coalesce(c.given_at, clock_timestamp())
         where c.site_id = of_site and c.id = (body ->> 'id')::uuid and (c.ended_at is null or c.outcome in ('unknown', 'cancelled'));
    elsif body ->> 'event' = 'not_carried_out' and body ->> 'id' ~ '^[0-9a-f-]{36}$' then
        of_id := (body ->> 'id')::uuid;
        if body ->> 'kind' = 'command' then
            update write_commands w set status = 'failed', verdict = 'not-sent', error_message = 'the site could not take it: ' || (body ->> 'why'), completed_at = clock_timestamp(), ended_told_at = clock_timestamp(),
                   arrived_at = coalesce(w.arrived_at, clock_timestamp())
             where w.site_id = of_site and w.id = of_id and w.status = 'pending' and w.ended_told_at is null;
        elsif body ->> 'kind' = 'change' then
            update change c set ended_at = clock_timestamp(), outcome = 'failed', text = left(body ->> 'why', 1000) where c.site_id = of_site and c.id = of_id and c.ended_at is null;
        elsif body ->> 'kind' = 'job' then
            update job j set status = 'failed', ended_at = clock_timestamp(), text = left(body ->> 'why', 1000) where j.site_id = of_site and j.id = of_id and j.status in ('pending', 'executing');
        end if;
    end if;
end
$$;
comment on function uplink_apply_audit is 'What of a site''s record concludes something that central asked for.';

-- ---- whose rows these are ----

create function remote_stays() returns trigger language plpgsql as $$
declare
    of_site text;
begin
    if session_user in ('bacpipes_owner', 'bacpipes_web', 'bacpipes_collect') then
        select c.site_id into of_site from changed_rows c join site s using (site_id) where s.is_remote limit 1;
        if of_site is not null then
            raise feature_not_supported using message = format('site "%s" keeps its own table %s: what is here is a copy', of_site, tg_table_name),
                                              hint = 'It is asked to change it: `bacpipes points set --site`, the web, or change_ask.';
        end if;
    end if;
    return null;
end
$$;
comment on function remote_stays is 'Of triggers: people change nothing of a site elsewhere but by asking it.';
do $$
declare
    name text;
begin
    foreach name in array array['device', 'point', 'setting'] loop
        execute format('create trigger stays_insert after insert on %I referencing new table as changed_rows for each statement execute function remote_stays()', name);
        execute format('create trigger stays_update after update on %I referencing new table as changed_rows for each statement execute function remote_stays()', name);
        execute format('create trigger stays_delete after delete on %I referencing old table as changed_rows for each statement execute function remote_stays()', name);
    end loop;
end
$$;

drop function pg_temp.amend(regprocedure, text[]);
