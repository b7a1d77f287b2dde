-- Commands: what people and programs ask to be written, the one gate that all of it passes, who may ask, what is held since, and
-- what others hold. docs/protocol.md ("Commands") is the contract with those who ask, and docs/control.md tells it to engineers.

-- ---- what may be written ----

alter table point add write_min double precision constraint write_min_is_a_number check (write_min > '-Infinity' and write_min < 'Infinity');
alter table point add write_max double precision constraint write_max_is_a_number check (write_max > '-Infinity' and write_max < 'Infinity');
alter table point add constraint write_min_is_not_above_write_max check (write_min <= write_max);
comment on column point.write_min is 'Commands write nothing below, as people have it; null: what the device says (min_value), or else its unit (unit_range)';
comment on column point.write_max is 'Commands write nothing above';

create table writable_type (
    object_type text primary key,
    form        text not null check (form in ('real', 'double', 'whole', 'binary', 'states')),
    smallest    double precision not null,
    largest     double precision not null
);
comment on table writable_type is 'Objects whose present value commands may write, and what it can be at all.';
insert into writable_type values
    ('analog-output', 'real', -3.4028234663852886e38, 3.4028234663852886e38), ('analog-value', 'real', -3.4028234663852886e38, 3.4028234663852886e38),
    ('lighting-output', 'real', 0, 100), ('large-analog-value', 'double', -1.7976931348623157e308, 1.7976931348623157e308),
    ('integer-value', 'whole', -2147483648, 2147483647), ('positive-integer-value', 'whole', 0, 4294967295),
    ('binary-output', 'binary', 0, 1), ('binary-value', 'binary', 0, 1),
    ('multi-state-output', 'states', 1, 4294967295), ('multi-state-value', 'states', 1, 4294967295);

create table unit_range (
    units    text primary key,
    smallest double precision not null,
    largest  double precision not null check (smallest < largest)
);
comment on table unit_range is 'What a setpoint of these units can sensibly be. It holds on a side of which neither people nor the device have said more.';
insert into unit_range values
    ('degrees-celsius', -50, 200), ('degrees-fahrenheit', -58, 392), ('degrees-kelvin', 223.15, 473.15),
    ('delta-degrees-kelvin', -100, 100), ('delta-degrees-fahrenheit', -180, 180),
    ('percent', 0, 100), ('percent-relative-humidity', 0, 100), ('percent-obscuration-per-foot', 0, 100), ('percent-obscuration-per-meter', 0, 100),
    ('parts-per-million', 0, 1000000), ('parts-per-billion', 0, 1000000000), ('ph', 0, 14), ('power-factor', -1, 1), ('hertz', 0, 400), ('luxes', 0, 200000),
    ('revolutions-per-minute', 0, 100000), ('liters-per-second', 0, 1000000), ('cubic-meters-per-hour', 0, 10000000), ('cubic-meters-per-second', 0, 10000),
    ('cubic-feet-per-minute', 0, 10000000);

-- ---- who may ask ----

create table command_source (
    name             text primary key constraint name_is_1_to_40_of_a_to_z_0_to_9 check (name ~ '^[a-z0-9_-]{1,40}$'),
    kind             text not null constraint kind_is_known check (kind in ('tools', 'sql', 'mqtt', 'web', 'central', 'model')),
    login            name unique,
    is_automatic     boolean not null default false,
    highest_priority integer not null default 8 constraint highest_priority_is_1_to_16 check (highest_priority between 1 and 16),
    longest_hold     interval constraint longest_hold_is_1s_to_3660d check (longest_hold between '1 second' and '3660 days'),
    rate_per_minute  integer not null default 60 constraint rate_per_minute_is_1_to_100000 check (rate_per_minute between 1 and 100000),
    enabled          boolean not null default true,
    note             text not null default '',
    created_at       timestamptz not null default now()
);
comment on table command_source is 'Who asks for commands, and what they may. `bacpipes source` changes it.';
comment on column command_source.login is 'Whoever is logged in as this is this source; null: it is named by the program that it comes through';
comment on column command_source.is_automatic is 'A program: what it writes must say when it ends (release_after), so that it lets go where it dies';
comment on column command_source.highest_priority is 'The smallest priority that it may write at: 8 leaves it 8 to 16';
comment on column command_source.longest_hold is 'And for how long at most; null: for as long as it likes';
comment on column command_source.rate_per_minute is 'Values a minute, and as many releases';
insert into command_source (name, kind, login, highest_priority, rate_per_minute, enabled, note) values
    ('tools', 'tools', 'bacpipes_owner', 1, 600, true, 'bacpipes write, release and overrides'),
    ('sql', 'sql', null, 1, 600, true, 'Rows that whoever owns the database inserts'),
    ('mqtt', 'mqtt', null, 8, 30, false, 'The topic without a user: anybody whom the broker lets publish there'),
    ('central', 'central', null, 8, 60, false, 'What comes from central');

-- ---- the commands ----

create table write_commands (
    id               uuid primary key default gen_random_uuid(),
    number           bigint not null generated always as identity,
    site_id          text not null, -- the gate looks for the point; a key to site would wait for whoever draws a number there (next_point_id)
    point_id         integer not null,
    command_type     text not null constraint command_type_is_known check (command_type in ('write_value', 'release_priority')),
    value            double precision,
    state            text,
    priority         integer not null default 8,
    status           text not null default 'pending' constraint status_is_known
                     check (status in ('pending', 'executing', 'completed', 'failed', 'expired', 'cancelled', 'refused')),
    verdict          text constraint verdict_is_known check (verdict in ('held', 'outranked', 'not-shown', 'refused', 'unknown', 'not-sent')),
    created_at       timestamptz not null default now(),
    execute_at       timestamptz,
    expires_at       timestamptz not null,
    release_after    interval,
    executed_at      timestamptz,
    completed_at     timestamptz,
    error_message    text,
    rule             text,
    source           text not null references command_source,
    origin           text not null default 'site' constraint origin_is_known check (origin in ('site', 'central')),
    created_by       text not null,
    created_by_claim text,
    source_ip        text,
    reason           text,
    restore          boolean not null default false,
    idempotency_key  text constraint idempotency_key_is_1_to_200_letters check (length(idempotency_key) between 1 and 200),
    value_before     double precision,
    slots            jsonb,
    held_by          integer,
    held_value       double precision,
    shown_value      double precision,
    unique (site_id, source, idempotency_key),
    constraint texts_are_short check (length(state) <= 200 and length(created_by) <= 200 and length(created_by_claim) <= 200 and length(source_ip) <= 100 and length(reason) <= 1000),
    constraint refused_by_a_rule check ((status = 'refused') = (rule is not null)),
    constraint passed_the_gate check (status = 'refused' or (
        priority between 1 and 16 and priority <> 6 and (value is not null) = (command_type = 'write_value') and coalesce(value > '-Infinity' and value < 'Infinity', true)
        and expires_at > coalesce(execute_at, created_at) and expires_at < 'Infinity' and coalesce(release_after > '0', true) and (release_after is null or command_type = 'write_value'))),
    constraint verdict_is_of_its_status check (case status when 'completed' then coalesce(verdict = 'held', false) when 'failed' then coalesce(verdict <> 'held', false) else verdict is null end),
    constraint executed_when_it_was check (case when status in ('executing', 'completed') or verdict in ('outranked', 'not-shown', 'refused') then executed_at is not null
                                                when status in ('pending', 'refused', 'expired', 'cancelled') then executed_at is null else true end),
    constraint completed_when_it_ended check ((completed_at is not null) = (status not in ('pending', 'executing')))
);
create index write_commands_open on write_commands (site_id, number) where status in ('pending', 'executing');
create index write_commands_asked on write_commands (source, command_type, created_at) where status <> 'refused';
create index write_commands_refused on write_commands (source, created_at) where status = 'refused';
create index write_commands_point on write_commands (site_id, point_id, created_at);
create index write_commands_age on write_commands (site_id, created_at);
comment on table write_commands is 'What was asked to be written, and what became of it. To ask is to insert site_id, point_id, command_type, value, priority, created_by and source_ip.';
comment on column write_commands.number is 'Order in which they came; commands of a device are carried out in it';
comment on column write_commands.command_type is 'write_value, or release_priority: our value leaves the slot';
comment on column write_commands.state is 'Name of a state, instead of the value, which is then found';
comment on column write_commands.priority is '1 (highest) to 16: the slot of the priority array';
comment on column write_commands.verdict is 'held: it shows what was asked, or the slot is empty; outranked: a higher slot holds another value; not-shown: accepted, and shows another;
refused: by the device; unknown: it may be there or not; not-sent: it was certainly not written';
comment on column write_commands.execute_at is 'Not before; null: at once';
comment on column write_commands.expires_at is 'Not later: 60 s, from central 10 min, after created_at or execute_at unless given';
comment on column write_commands.release_after is 'The site lets go of it so long after it was written; null: never by itself';
comment on column write_commands.executed_at is 'When the collector took it up';
comment on column write_commands.completed_at is 'When it ended, however it did';
comment on column write_commands.error_message is 'What became of it, as a sentence';
comment on column write_commands.rule is 'The rule of the gate that refused it';
comment on column write_commands.created_by is 'Who, as far as the database knows: the login, or the person named by a program that may';
comment on column write_commands.created_by_claim is 'Who, as the row said';
comment on column write_commands.source_ip is 'Where the session came from, or of a local one where it said';
comment on column write_commands.restore is 'Of a release of a point without a priority array: what it was before is written back';
comment on column write_commands.idempotency_key is 'Drawn by who asks: asked again with it, it is the same command';
comment on column write_commands.slots is 'The priority array as it was read last, as {"8": 21, "16": 18}';
comment on column write_commands.held_by is 'The slot whose value the object has, and held_value is that; shown_value: its present value';

create table command_flood (
    source  text        not null references command_source,
    site_id text        not null,
    minute  timestamptz not null,
    count   bigint      not null,
    rule    text        not null,
    text    text        not null,
    primary key (source, site_id, minute)
);
comment on table command_flood is 'Refusals beyond 60 a minute of a source: counted, the last one told, and written into the journal as one entry when the minute is over.';

-- ---- words ----

-- 90 s, 90 min, 36 h, 2 days: in the largest unit that it is whole in.
create function command_span(span interval) returns text language sql immutable parallel safe as $$
    select case when s = 0 or s <> trunc(s) then round(s, 3)::double precision || ' s' when mod(s, 86400) = 0 and abs(s) > 86400 then trunc(s / 86400) || ' days' when mod(s, 3600) = 0 then trunc(s / 3600) || ' h'
                when mod(s, 60) = 0 then trunc(s / 60) || ' min' else trunc(s) || ' s' end
      from (select extract(epoch from span)) as seconds (s)
$$;

-- The same whatever the zone of the session is that asks.
create function command_instant(instant timestamptz) returns text language sql immutable parallel safe as $$
    select case when isfinite(instant) then to_char(instant at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS" UTC"') else instant::text end
$$;

create function device_label(of_device device) returns text language sql immutable parallel safe as $$
    select coalesce(nullif(of_device.name, ''), 'device ' || of_device.instance)
$$;

create function point_label(of_point public.point, of_device device) returns text language sql immutable parallel safe as $$
    select case when of_device.name <> '' and starts_with(lower(of_point.name), lower(of_device.name)) then of_point.name -- "AHU-1/SAT" of AHU-1
                else device_label(of_device) || '/' || coalesce(nullif(of_point.name, ''), of_point.object_type || ',' || of_point.object_instance) end
$$;

-- What a REAL makes of it; null: more than it holds.
create function as_real(value double precision) returns real language sql immutable parallel safe as $$
    select case when abs(value) < 1e-37 then 0 when abs(value) <= 3.4028234663852886e38 then value end::real
$$;

create function command_figure(value double precision, of_form text) returns text language sql immutable parallel safe as $$
    select coalesce(case when of_form = 'real' then as_real(value)::text end, value::text)
$$;

-- As people and devices count: 1 of a multi-state value is its first.
create function command_states(of_point public.point, of_form text) returns table (number integer, name text) language sql immutable parallel safe as $$
    select (i - case when of_form = 'binary' then 1 else 0 end)::integer, s from unnest(of_point.states) with ordinality as states (s, i)
$$;

-- Of the site, or else its default. Setting control.mode counts where a configuration file says it, too: the collector sees to that.
create function control_setting(of_site text, of_name text) returns text language sql stable as $$
    select coalesce((select btrim(value, E' \t\n\v\f\r') from setting where site_id = of_site and name = of_name),
                    (select fallback from setting_kind where name = of_name))
$$;

create function control_allows(of_site text, of_name text) returns boolean language sql stable as $$
    select coalesce(control_setting(of_site, of_name) in ('true', 'yes', 'on', '1'), false)
$$;

-- ---- the gate ----

-- The number that a command's state means; or why it is none.
create function command_state(of_point public.point, of_form text, label text, said text, out value double precision, out text text) language plpgsql stable as $$
declare
    found   integer[];
begin
    if of_form not in ('binary', 'states') then
        text := format('%s has no states, so "%s" is none of them: give a number%s', label, said, case when of_point.units not in ('', 'no-units') then ' of ' || of_point.units end);
        return;
    end if;
    found := array(select number from command_states(of_point, of_form) where name = said);
    if cardinality(found) <> 1 then
        found := array(select number from command_states(of_point, of_form) where lower(btrim(name)) = lower(btrim(said)));
    end if;
    if cardinality(found) = 0 and of_form = 'binary' then
        found := case lower(btrim(said)) when 'inactive' then '{0}' when 'active' then '{1}' else '{}'::integer[] end;
    end if;
    if cardinality(found) = 1 then
        value := found[1];
    elsif cardinality(found) > 1 then
        text := format('%s has several states "%s": give its number, %s', label, said, array_to_string(found, ' or '));
    else
        text := format('%s has no state "%s": it takes %s', label, said,
                       coalesce((select string_agg(format('%s (%s)', name, number), ', ' order by number) from command_states(of_point, of_form) where number < 50),
                                case when of_form = 'binary' then 'inactive (0), active (1)' else 'numbers from 1 on' end));
    end if;
end
$$;

-- What stands against a value; nulls: nothing.
create function command_value(of_point public.point, of_type writable_type, label text, value double precision, out rule text, out text text) language plpgsql stable as $$
declare
    units  constant text := case when of_point.units in ('', 'no-units') then '' else ' ' || of_point.units end;
    -- Devices say 0 to 0 where they mean nothing by it.
    has_limits constant boolean := coalesce(of_point.min_value < of_point.max_value, true);
    device_min constant double precision := case when has_limits and of_point.min_value > '-Infinity' and of_point.min_value < 'Infinity' then of_point.min_value end;
    device_max constant double precision := case when has_limits and of_point.max_value > '-Infinity' and of_point.max_value < 'Infinity' then of_point.max_value end;
    of_unit unit_range;
    least_  double precision;
    most    double precision;
    is_of_unit boolean;
    is_below   boolean;
    is_above   boolean;
begin
    if not (value > '-Infinity' and value < 'Infinity') then
        rule := 'not-a-number';
        text := format('%s takes a finite number: %s is none', label, value);
        return;
    end if;
    if of_type.form in ('binary', 'states') then
        most := case when of_type.form = 'binary' then 1 when cardinality(of_point.states) > 0 then cardinality(of_point.states) else of_type.largest end;
        if value <> floor(value) or value not between of_type.smallest and most then
            rule := 'unknown-state';
            text := format('%s has no state %s: it takes %s', label, value,
                           coalesce((select string_agg(format('%s (%s)', number, name), ', ' order by number) from command_states(of_point, of_type.form) where number < 50 and number <= most),
                                    case when of_type.form = 'binary' then '0 (inactive) and 1 (active)' else format('whole numbers from 1%s', case when most < of_type.largest then ' to ' || most end) end));
        end if;
        return;
    end if;
    if of_type.form = 'whole' and value <> floor(value) then
        rule := 'out-of-range';
        text := format('%s takes whole numbers: %s is none', label, value);
        return;
    end if;
    if value not between of_type.smallest and of_type.largest then
        rule := 'out-of-range';
        text := format('%s (%s) takes %s to %s: %s is %s', label, of_point.object_type, of_type.smallest, of_type.largest, value,
                       case when value < of_type.smallest then 'below' else 'above' end);
        return;
    end if;
    -- Of what people and the device say, the narrower; on a side where neither says anything, what the unit can be. A device's REAL 10.1 is 10.1.
    least_ := greatest(of_point.write_min, device_min);
    most := least(of_point.write_max, device_max);
    select * into of_unit from unit_range where unit_range.units = of_point.units;
    is_of_unit := least_ is null and value < of_unit.smallest or most is null and value > of_unit.largest;
    least_ := coalesce(least_, of_unit.smallest);
    most := coalesce(most, of_unit.largest);
    if of_type.form = 'real' then
        is_below := as_real(value) < as_real(least_);
        is_above := as_real(value) > as_real(most);
    else
        is_below := value < least_;
        is_above := value > most;
    end if;
    if is_below or is_above then
        rule := case when is_of_unit then 'out-of-range' when is_below then 'below-min' else 'above-max' end;
        text := format('%s takes %s%s: %s is %s%s', label,
                       case when most is null then 'at least ' || command_figure(least_, of_type.form) when least_ is null then 'at most ' || command_figure(most, of_type.form)
                            else command_figure(least_, of_type.form) || ' to ' || command_figure(most, of_type.form) end,
                       units, value, case when is_below then 'below' else 'above' end, case when is_of_unit then ' (limits of its own: `bacpipes points set --min --max`)' end);
    end if;
end
$$;

-- What a point without a priority array was, before commands wrote to it.
create function command_value_before(of_site text, of_point integer) returns double precision language plpgsql stable as $$
begin
    return coalesce((select value_before from hold where site_id = of_site and point_id = of_point and value_before is not null order by began_at desc limit 1),
                    (select value_before from write_commands where site_id = of_site and point_id = of_point and command_type = 'write_value' and executed_at is not null
                                                                  and value_before is not null order by created_at desc limit 1));
end
$$;

-- The gate: the rule that stands against a command and the sentence, or the value that is to be written. At the claim what is about the
-- asking itself (rates, times, a hold's length) was answered already, and all that may have changed since is asked again. Volatile, so
-- that a row sees those before it in one statement.
create function command_judge(asked write_commands, is_claim boolean, out rule text, out text text, out value double precision) language plpgsql volatile as $$
declare
    place   public.point;
    holder  device;
    type    writable_type;
    origin  command_source;
    label   text;
    mode    constant text    := coalesce(control_setting(asked.site_id, 'control.mode'), 'normal');
    is_write constant boolean := asked.command_type = 'write_value';
    stamp   constant timestamptz := clock_timestamp();
    "limit" integer;
    oldest  timestamptz;
    many    bigint;
begin
    value := asked.value;
    select * into place from point where site_id = asked.site_id and point_id = asked.point_id;
    if place.point_id is null then
        if not is_claim then
            raise foreign_key_violation using message = case when exists (select from site where site_id = asked.site_id) then format('there is no point %s in site "%s"', asked.point_id, asked.site_id)
                                                             else format('there is no site "%s"', asked.site_id) end,
                                              hint = case when command_sees_only() is not null -- who sees neither of them
                                                     then 'Ask who runs the site for the point''s number: `bacpipes points`.' else '`bacpipes points` and view points list those that there are.' end;
        end if;
        rule := 'not-writable';
        text := format('point %s is there no more', asked.point_id);
        return;
    end if;
    select * into holder from device where site_id = place.site_id and device_id = place.device_id;
    label := point_label(place, holder);
    select * into type from writable_type where object_type = place.object_type;
    select * into origin from command_source where name = asked.source;

    if not origin.enabled then
        rule := 'source-disabled';
        text := format('source "%s" is off: `bacpipes source set %1$s --on` lets it ask', asked.source);
        return;
    elsif mode not in ('normal', 'stop') then
        rule := 'frozen';
        text := 'control is frozen at this site: nothing is written or released until `bacpipes control normal`';
        return;
    elsif mode = 'stop' and (is_write or asked.restore) then
        rule := 'stopped';
        text := 'control is stopped at this site: values are refused until `bacpipes control normal`, releases are not';
        return;
    end if;

    -- The slot.
    if coalesce(asked.priority not between 1 and 16, true) then
        rule := 'priority';
        text := format('there is no priority %s: 1 (the highest) to 16, without 6', coalesce(asked.priority::text, 'null'));
    elsif asked.priority = 6 then
        rule := 'reserved-priority';
        text := 'priority 6 is the device''s own (minimum on and off times): take another';
    elsif asked.priority <= 2 and not control_allows(asked.site_id, 'control.life_safety') then
        rule := 'reserved-priority';
        text := format('priority %s is for life safety: 3 to 16 may be used, or setting control.life_safety = true allows it at this site', asked.priority);
    elsif asked.priority < origin.highest_priority then
        rule := case origin.kind when 'central' then 'central-ceiling' else 'priority' end;
        text := format('source "%s" may write at priority %s: %s is above', asked.source,
                       case origin.highest_priority when 16 then '16' else origin.highest_priority || ' to 16' end, asked.priority);
    end if;
    if rule is not null then
        return;
    end if;

    -- The device and the point.
    if not holder.enabled then
        rule := 'device-disabled';
        text := format('%s is left alone, neither read nor written (device.enabled is false)', device_label(holder));
    elsif holder.replaced_since is not null then
        rule := 'device-disabled';
        text := format('another device answers at the address of %s (since %s): nothing is written to it until it is found again', device_label(holder), command_instant(holder.replaced_since));
    elsif place.property <> 'present-value' or type.object_type is null then
        rule := 'read-only-type';
        text := format('%s is %s of %s: commands write the present value of %s', label, place.property, place.object_type,
                       (select string_agg(object_type, ', ' order by object_type) from writable_type));
    elsif not place.writable then
        rule := 'not-writable';
        text := format('%s (point %s) is not writable: `bacpipes points set --writable yes --point %2$s` allows it', label, place.point_id);
    elsif place.missing_since is not null then
        rule := 'not-writable';
        text := format('%s is in its device no more (since %s)', label, command_instant(place.missing_since));
    elsif not is_write and not place.commandable and not asked.restore then
        rule := 'no-priority-array';
        text := format('%s has no priority array, so there is nothing to let go of: write a value%s', label, ', or have the one from before (' || command_value_before(place.site_id, place.point_id) || ') written back');
    elsif not is_write and not place.commandable and command_value_before(place.site_id, place.point_id) is null then
        rule := 'no-priority-array';
        text := format('%s has no priority array, and what it was before is not known: write a value', label);
    end if;
    if rule is not null then
        return;
    end if;

    -- The value.
    if not is_write then
        if not is_claim and (asked.value is not null or asked.state is not null) then
            rule := 'no-value';
            text := 'a release takes no value: leave value and state out';
            return;
        end if;
    else
        if asked.state is not null and asked.value is not null and not is_claim then
            rule := 'no-value';
            text := format('a value and a state are one too many: %s and "%s"', asked.value, asked.state);
            return;
        elsif asked.state is not null then
            select s.value, s.text into value, text from command_state(place, type.form, label, asked.state) as s;
            if text is null and is_claim and value <> asked.value then
                text := format('state "%s" of %s was %s when it was asked for, and is %s now', asked.state, label, asked.value, value);
            end if;
            if text is not null then
                rule := 'unknown-state';
                return;
            end if;
        elsif asked.value is null then
            rule := 'no-value';
            text := format('a value is missing: give one, or the name of a state, or release_priority to let go of %s', label);
            return;
        end if;
        select v.rule, v.text into rule, text from command_value(place, type, label, value) as v;
        if rule is not null then
            return;
        end if;
    end if;
    if is_claim then
        return;
    end if;

    -- How long.
    if is_write then
        if asked.release_after is null and (origin.is_automatic or origin.longest_hold is not null) then
            rule := 'must-release';
            text := format('source "%s" must say when the value ends: give release_after%s', asked.source, ', at most ' || command_span(origin.longest_hold));
        elsif asked.release_after < '1 second' then
            rule := 'must-release';
            text := format('release_after is %s: it is 1 s at least', command_span(asked.release_after));
        elsif asked.release_after > coalesce(origin.longest_hold, interval '3660 days') then
            rule := 'hold-too-long';
            text := format('source "%s" may hold for %s at most: release_after is %s', asked.source, command_span(coalesce(origin.longest_hold, interval '3660 days')), command_span(asked.release_after));
        end if;
    end if;
    -- When.
    if rule is not null then
        return;
    elsif asked.execute_at > stamp + interval '366 days' then
        rule := 'execute-at';
        text := format('execute_at is more than a year away: %s', command_instant(asked.execute_at));
    elsif asked.execute_at < stamp - interval '60 s' then -- whose clock is a little behind means now
        rule := 'execute-at';
        text := format('execute_at %s is past: leave it out to write now', command_instant(asked.execute_at));
    elsif asked.expires_at <= stamp then
        rule := 'expired';
        text := format('it had expired already, at %s', command_instant(asked.expires_at));
    elsif asked.expires_at <= asked.execute_at then
        rule := 'expired';
        text := format('it would expire (%s) before it is due (%s)', command_instant(asked.expires_at), command_instant(asked.execute_at));
    elsif asked.expires_at > greatest(stamp, asked.execute_at) + interval '1 day' then
        rule := 'expires-at';
        text := format('a command waits for a day at most: expires_at is %s', command_instant(asked.expires_at));
    end if;
    if rule is not null then
        return;
    end if;

    -- How often. Values and releases apart, so that who used up his values can still let go.
    select count(*), min(made.created_at) into many, oldest
      from (select w.created_at from write_commands w where w.source = asked.source and w.command_type = asked.command_type and w.status <> 'refused'
               and w.created_at > stamp - interval '1 minute' and w.created_at <= stamp order by w.created_at desc limit origin.rate_per_minute) as made;
    if many >= origin.rate_per_minute then
        rule := 'rate';
        text := format('source "%s" may ask for %s %s a minute: again in %s s', asked.source, origin.rate_per_minute, case when is_write then 'values' else 'releases' end,
                       greatest(1, ceil(extract(epoch from oldest + interval '1 minute' - stamp))));
        return;
    end if;
    "limit" := coalesce(control_setting(asked.site_id, 'control.point_rate'), '60')::integer;
    select count(*), min(made.created_at) into many, oldest
      from (select w.created_at from write_commands w where w.site_id = asked.site_id and w.point_id = asked.point_id and w.command_type = asked.command_type and w.status <> 'refused'
               and w.created_at > stamp - interval '1 minute' and w.created_at <= stamp order by w.created_at desc limit "limit") as made;
    if many >= "limit" then
        rule := 'point-rate';
        text := format('%s is written %s times a minute at most (setting control.point_rate): again in %s s', label, "limit", greatest(1, ceil(extract(epoch from oldest + interval '1 minute' - stamp))));
    end if;
end
$$;

-- ---- a row's birth ----

-- Whose session this is. Who owns the table inserts through functions that say who asks, and nobody else is believed.
create function command_session_source() returns text language sql stable as $$
    select coalesce((select name from command_source where login = session_user),
                    (select 'sql' where (select rolsuper from pg_roles where rolname = session_user)
                                     or (select pg_get_userbyid(relowner) from pg_class where oid = 'write_commands'::regclass) = session_user))
$$;

create function command_asked() returns trigger language plpgsql as $$
begin
    if new.source is null or current_user <> (select pg_get_userbyid(relowner) from pg_class where oid = tg_relid) then
        new.source := null;
        new.origin := 'site';
        new.created_by_claim := new.created_by;
        new.created_by := null;
        new.source_ip := coalesce(host(inet_client_addr()), new.source_ip);
    end if;
    return new;
end
$$;
comment on function command_asked is 'Of a trigger, with the rights of who inserts: what only functions may say is unsaid.';

create function command_gate() returns trigger language plpgsql as $$
declare
    judged record;
    refusals bigint;
begin
    if new.source is null then
        new.source := command_session_source();
        if new.source is null then
            raise insufficient_privilege using message = format('%s is no source of commands', session_user),
                                               hint = '`bacpipes source add NAME` makes a login that is one.';
        end if;
    end if;
    if new.command_type is null or new.command_type not in ('write_value', 'release_priority') then
        raise check_violation using message = format('there is no command_type %s: write_value or release_priority', coalesce(format('"%s"', new.command_type), 'null'));
    end if;
    new.created_by := coalesce(new.created_by, journal_person(), session_user);
    new.created_by_claim := nullif(new.created_by_claim, '');
    new.origin := case when (select kind from command_source where name = new.source) = 'central' then 'central' else 'site' end;
    new.priority := coalesce(new.priority, 8);
    new.created_at := clock_timestamp();
    new.expires_at := coalesce(new.expires_at, greatest(new.created_at, new.execute_at) + case new.origin when 'central' then interval '10 min' else interval '60 s' end);
    if new.command_type = 'release_priority' then
        new.release_after := null; -- an automatic source says it always
    end if;
    new.restore := coalesce(new.restore, false) and new.command_type = 'release_priority';
    new.status := 'pending';
    new.verdict := null; new.rule := null; new.error_message := null; new.executed_at := null; new.completed_at := null;
    new.value_before := null; new.slots := null; new.held_by := null; new.held_value := null; new.shown_value := null;
    select * into judged from command_judge(new, false);
    if judged.rule is null then
        new.value := judged.value;
        return new;
    end if;
    select count(*) into refusals from (select from write_commands w where w.source = new.source and w.status = 'refused' and w.created_at > new.created_at - interval '1 minute' and w.created_at <= new.created_at limit 60) as refused;
    if refusals >= 60 then
        insert into command_flood as flood values (new.source, new.site_id, date_trunc('minute', new.created_at), 1, judged.rule, judged.text)
            on conflict (source, site_id, minute) do update set count = flood.count + 1, rule = excluded.rule, text = excluded.text;
        raise warning '%', judged.text using hint = format('Source "%s" has had 60 refusals in a minute: this one is counted, and leaves no row.', new.source);
        return null;
    end if;
    new.status := 'refused';
    new.rule := judged.rule;
    new.error_message := judged.text;
    new.completed_at := new.created_at;
    return new;
end
$$;
comment on function command_gate is 'Of a trigger: the defaults of a command, and the gate.';
create trigger a_asked before insert on write_commands for each row execute function command_asked();
create trigger b_gate before insert on write_commands for each row execute function command_gate();

-- ---- a row's life ----

create function command_moves() returns trigger language plpgsql as $$
declare
    may_change constant text[] := '{status,verdict,executed_at,completed_at,error_message,rule,value_before,slots,held_by,held_value,shown_value}';
begin
    if to_jsonb(new) - may_change is distinct from to_jsonb(old) - may_change then
        raise check_violation using message = format('command %s is what it was asked to be: %s cannot be changed', old.id,
            (select string_agg(key, ', ' order by key) from jsonb_each(to_jsonb(new)) where value is distinct from to_jsonb(old) -> key and key <> all (may_change)));
    end if;
    if (old.status, new.status) not in (('pending', 'executing'), ('pending', 'failed'), ('pending', 'expired'), ('pending', 'cancelled'), ('pending', 'refused'),
                                        ('executing', 'completed'), ('executing', 'failed'))
       or old.status = 'pending' and new.status = 'failed' and new.verdict not in ('not-sent', 'unknown') then
        raise check_violation using message = format('command %s is %s: it cannot become %s%s', old.id, old.status, new.status, ' (' || new.verdict || ')');
    end if;
    new.executed_at := case when new.status = 'executing' then clock_timestamp() else old.executed_at end;
    new.completed_at := case when new.status <> 'executing' then clock_timestamp() end;
    return new;
end
$$;
comment on function command_moves is 'Of a trigger: a command goes from pending to executing to its end, or from pending to an end, and is never another.';
create trigger moves before update on write_commands for each row execute function command_moves();

create function command_stays() returns trigger language plpgsql as $$
begin
    if tg_op = 'TRUNCATE' or old.status in ('pending', 'executing') or old.created_at > clock_timestamp() - interval '1 year' then
        raise check_violation using message = 'commands are kept for a year: none is deleted before';
    end if;
    return old;
end
$$;
comment on function command_stays is 'Of triggers: commands are the record of what was done.';
create trigger stays before delete on write_commands for each row execute function command_stays();
create trigger stays_all before truncate on write_commands for each statement execute function command_stays();

create table command_unnoted (
    site_id text   not null,
    number  bigint not null,
    body    jsonb  not null,
    primary key (site_id, number)
);
comment on table command_unnoted is 'What sources asked for and is not in the journal yet: the collector''s next look appends it, before anything of it is carried out.';

create function commands_note() returns void language plpgsql as $$
declare
    asked command_unnoted;
begin
    for asked in with taken as (delete from command_unnoted where (site_id, number) in
                                    (select site_id, number from command_unnoted order by site_id, number for update skip locked limit 10000) returning *)
                 select * from taken order by site_id, number loop
        perform journal_append(asked.site_id, 'command', asked.body);
    end loop;
end
$$;
comment on function commands_note is 'Appends what sources have asked for to the journal.';

create function command_noted() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        -- A source could hold the journal up with a transaction that it leaves open: the collector appends what it asked for.
        if session_user like 'source\_%' then
            insert into command_unnoted (site_id, number, body)
            select n.site_id, n.number, jsonb_build_object('v', 1, 'who', journal_who()) || jsonb_strip_nulls(to_jsonb(n) - 'site_id') from new_rows n;
        else
            perform journal_append(n.site_id, 'command', jsonb_build_object('v', 1, 'who', journal_who()) || jsonb_strip_nulls(to_jsonb(n) - 'site_id')) from (select * from new_rows order by number) as n;
        end if;
        perform pg_notify('bacpipes_command', site_id) from (select distinct site_id from new_rows where status = 'pending') as asked;
    else
        perform journal_append(n.site_id, 'command_event', jsonb_strip_nulls(jsonb_build_object('v', 1, 'id', n.id, 'point_id', n.point_id, 'source', n.source, 'event', n.status,
                    'at', coalesce(n.completed_at, n.executed_at), 'verdict', n.verdict, 'rule', n.rule, 'text', n.error_message, 'value_before', n.value_before, 'slots', n.slots,
                    'held_by', n.held_by, 'held_value', n.held_value, 'shown_value', n.shown_value)))
           from (select * from new_rows order by number) as n;
        perform pg_notify('bacpipes_command_end', site_id) from (select distinct site_id from new_rows where status <> 'executing') as ended;
    end if;
    return null;
end
$$;
comment on function command_noted is 'Of triggers: each step is an entry of the journal, and whoever waits is told.';
create trigger noted_insert after insert on write_commands referencing new table as new_rows for each statement execute function command_noted();
create trigger noted_update after update on write_commands referencing new table as new_rows for each statement execute function command_noted();
do $$
declare
    name text;
begin
    foreach name in array array['a_asked', 'b_gate', 'moves', 'stays', 'stays_all', 'noted_insert', 'noted_update'] loop
        execute format('alter table write_commands enable always trigger %I', name); -- session_replication_role is no way around them
    end loop;
end
$$;

-- A source sees its own commands; whoever else may read the table at all sees all of it.
create function command_sees_only() returns text language sql stable as $$
    select name from command_source where login = session_user and name not in ('tools', 'web')
$$;
alter table write_commands enable row level security;
create policy own_rows on write_commands using ((select command_sees_only()) is null or source = (select command_sees_only()));

-- ---- asking ----

-- Who asks through which source: a program asks for the sources of its kind.
create function command_source_named(of_source text) returns text language plpgsql stable as $$
declare
    own  constant text := command_session_source();
    kind text;
begin
    if of_source is null or of_source = own then
        if own is null then
            raise insufficient_privilege using message = format('%s is no source of commands', session_user), hint = '`bacpipes source add NAME` makes a login that is one.';
        end if;
        return own;
    end if;
    select s.kind into kind from command_source s where name = of_source;
    if kind is null then
        raise no_data_found using message = format('there is no source "%s"', of_source), hint = '`bacpipes source list` says which there are.';
    elsif own is distinct from 'sql' and not (session_user = 'bacpipes_collect' and kind = 'mqtt') and not (session_user = 'bacpipes_web' and kind = 'web') then
        raise insufficient_privilege using message = format('%s does not ask for source "%s"', session_user, of_source);
    end if;
    return of_source;
end
$$;

create function command_check(of_site text, of_point integer, of_type text, of_value double precision, of_state text, of_priority integer default 8, of_release_after interval default null,
                              of_execute_at timestamptz default null, of_expires_at timestamptz default null, of_source text default null, of_restore boolean default false,
                              out is_allowed boolean, out rule text, out text text, out value double precision) returns setof record language plpgsql volatile as $$
declare
    asked write_commands;
begin
    if of_type is null or of_type not in ('write_value', 'release_priority') then
        raise check_violation using message = format('there is no command_type %s: write_value or release_priority', coalesce(format('"%s"', of_type), 'null'));
    end if;
    asked.source := command_source_named(of_source);
    asked.site_id := of_site;
    asked.point_id := of_point;
    asked.command_type := of_type;
    asked.value := of_value;
    asked.state := of_state;
    asked.priority := coalesce(of_priority, 8);
    asked.release_after := of_release_after;
    asked.execute_at := of_execute_at;
    asked.expires_at := of_expires_at;
    asked.restore := coalesce(of_restore, false);
    select j.rule, j.text, j.value into rule, text, value from command_judge(asked, false) as j;
    is_allowed := rule is null;
    return next;
end
$$;
comment on function command_check is 'The dry run: what the gate would say now. Nothing is written.';

create function command_text(request jsonb, of_key text) returns text language plpgsql immutable as $$
begin
    if coalesce(jsonb_typeof(request -> of_key), 'null') not in ('string', 'null') then
        raise invalid_parameter_value using message = format('%s is %s: it is a text', of_key, request -> of_key);
    end if;
    return request ->> of_key;
end
$$;

create function command_time(request jsonb, of_key text) returns timestamptz language plpgsql stable as $$
begin
    return command_text(request, of_key)::timestamptz;
exception when datetime_field_overflow or invalid_datetime_format or invalid_parameter_value then
    raise invalid_parameter_value using message = format('%s is %s: it is a time such as "2026-11-27T14:00:00+08:00"', of_key, request -> of_key);
end
$$;

create function command_number(request jsonb, of_key text) returns numeric language plpgsql immutable as $$
begin
    if coalesce(jsonb_typeof(request -> of_key), 'null') not in ('number', 'null') then
        raise invalid_parameter_value using message = format('%s is %s: it is a number%s', of_key, request -> of_key, case of_key when 'value' then '; the name of a state is "state"' end);
    end if;
    return (request ->> of_key)::numeric;
end
$$;

create function command_truth(request jsonb, of_key text) returns boolean language plpgsql immutable as $$
begin
    if coalesce(jsonb_typeof(request -> of_key), 'null') not in ('boolean', 'null') then
        raise invalid_parameter_value using message = format('%s is %s: it is true or false', of_key, request -> of_key);
    end if;
    return (request ->> of_key)::boolean;
end
$$;

create function command_interval(request jsonb, of_key text) returns interval language plpgsql stable as $$
begin
    if jsonb_typeof(request -> of_key) = 'number' then
        return make_interval(secs => (request ->> of_key)::double precision);
    end if;
    return command_text(request, of_key)::interval;
exception when others then
    raise invalid_parameter_value using message = format('%s is %s: it is seconds, or a text such as "2h" or "90 min"', of_key, request -> of_key);
end
$$;

create function command_ask(request jsonb, of_source text default null, of_person text default null, of_address text default null) returns setof write_commands language plpgsql as $$
declare
    asker  constant text := command_source_named(of_source);
    may_name constant boolean := session_user in ('bacpipes_owner', 'bacpipes_collect', 'bacpipes_web') or command_session_source() = 'sql';
    given  numeric;
    whole  numeric;
    row    write_commands;
begin
    if jsonb_typeof(request) is distinct from 'object' then
        raise invalid_parameter_value using message = 'a command is a JSON object';
    end if;
    row.site_id := command_text(request, 'site_id');
    row.command_type := coalesce(command_text(request, 'command_type'), 'write_value');
    whole := command_number(request, 'point_id');
    if whole is null or whole <> trunc(whole) or whole not between 1 and 2147483647 then
        raise invalid_parameter_value using message = format('point_id is %s: it is the number of a point', coalesce(request ->> 'point_id', 'missing'));
    end if;
    row.point_id := whole;
    given := command_number(request, 'value');
    row.value := case when abs(given) > 1.7976931348623157e308::numeric then sign(given) * double precision 'Infinity' when given <> 0 and abs(given) < 1e-300 then 0 else given end;
    row.state := command_text(request, 'state');
    whole := coalesce(command_number(request, 'priority'), 8);
    row.priority := case when whole = trunc(whole) and abs(whole) < 1000000 then whole else 0 end; -- there is no such one
    row.release_after := command_interval(request, 'release_after');
    row.execute_at := command_time(request, 'execute_at');
    row.expires_at := command_time(request, 'expires_at');
    row.reason := left(command_text(request, 'reason'), 1000);
    row.restore := coalesce(command_truth(request, 'restore'), false);
    row.idempotency_key := command_text(request, 'idempotency_key');
    if row.idempotency_key is not null then
        return query select w.* from write_commands w where w.site_id = row.site_id and w.source = asker and w.idempotency_key = row.idempotency_key;
        if found then
            return;
        end if;
    end if;
    return query
    insert into write_commands as w (site_id, point_id, command_type, value, state, priority, release_after, execute_at, expires_at, reason, restore, idempotency_key, source, created_by, created_by_claim, source_ip)
    values (row.site_id, row.point_id, row.command_type, row.value, row.state, row.priority, row.release_after, row.execute_at, row.expires_at, row.reason, row.restore, row.idempotency_key, asker,
            case when may_name then nullif(left(of_person, 200), '') end, left(command_text(request, 'created_by'), 200), left(of_address, 100))
    on conflict on constraint write_commands_site_id_source_idempotency_key_key do nothing returning w.*;
    if not found and row.idempotency_key is not null then -- somebody asked with this key meanwhile
        return query select w.* from write_commands w where w.site_id = row.site_id and w.source = asker and w.idempotency_key = row.idempotency_key;
    end if;
end
$$;
comment on function command_ask is 'Asks for a command: its row, also a refused one; that of the first where the idempotency_key is known; none beyond 60 refusals a minute.';

create function command_cancel(of_id uuid, of_why text) returns write_commands language plpgsql as $$
declare
    row write_commands;
begin
    perform commands_note();
    select * into row from write_commands where id = of_id for update;
    if row.id is null then
        raise no_data_found using message = format('there is no command %s', of_id), hint = '`bacpipes commands` says which there are.';
    elsif row.status <> 'pending' then
        raise check_violation using message = format('command %s is %s: only one that is pending can be cancelled', of_id, row.status),
                                    hint = 'A value that was written is let go by `bacpipes release`.';
    end if;
    update write_commands set status = 'cancelled', error_message = concat_ws(': ', 'cancelled by ' || coalesce(journal_person(), session_user), nullif(left(of_why, 1000), ''))
     where id = of_id returning * into row;
    return row;
end
$$;

-- ---- what is held since ----

create table hold (
    site_id       text not null,
    point_id      integer not null,
    priority      integer not null check (priority between 1 and 16),
    command_id    uuid not null,
    value         double precision,
    earlier_value double precision,
    value_before  double precision,
    began_at      timestamptz not null,
    release_at    timestamptz,
    source        text not null,
    created_by    text not null,
    reason        text,
    state         text not null default 'active' check (state in ('active', 'releasing')),
    tries         integer not null default 0,
    text          text,
    event_at      timestamptz,
    updated_at    timestamptz not null default now(),
    primary key (site_id, point_id, priority)
);
create index on hold (site_id, release_at);
comment on table hold is 'What commands have put into slots and is to be there still: one hold a slot. The collector keeps them outside the database, too, and lets go of each at its end.';
comment on column hold.earlier_value is 'What the slot may have instead: the outcome of the newer command is unknown';
comment on column hold.value_before is 'Of a point without a priority array: what a release writes back';
comment on column hold.release_at is 'When it ends; null: when somebody releases it';
comment on column hold.event_at is 'Of the last event that was taken in';

create table hold_end (
    command_id uuid        primary key,
    site_id    text        not null,
    event      text        not null check (event in ('released', 'left')),
    at         timestamptz not null
);
create index on hold_end (site_id, at);
comment on table hold_end is 'Holds that are over, also those that ended before the end of their command could be written here (the database was away).';

-- A command that may be in its slot: it takes the place of what was held there; where that is not sure, the earlier end stands.
create function hold_take(ended write_commands) returns void language plpgsql as $$
declare
    has_array constant boolean := coalesce((select commandable from point where site_id = ended.site_id and point_id = ended.point_id), true);
    is_sure   constant boolean := ended.verdict not in ('unknown', 'not-shown');
    ends      constant timestamptz := ended.executed_at + ended.release_after;
begin
    if ended.executed_at is null or ended.verdict in ('refused', 'not-sent') then
        return;
    end if;
    if ended.command_type = 'release_priority' then
        if ended.verdict = 'held' then
            -- What was seen in the slot before that is there no more; what somebody else has put there since stays.
            delete from override o where o.site_id = ended.site_id and o.point_id = ended.point_id and o.priority = ended.priority
               and (o.seen_at <= ended.executed_at
                    or as_real(o.value) in (select unnest(array[as_real(h.value), as_real(h.earlier_value)]) from hold h
                                             where h.site_id = o.site_id and h.point_id = o.point_id and h.priority = o.priority));
            delete from hold where site_id = ended.site_id and point_id = ended.point_id and (priority = ended.priority or not has_array);
        end if;
        return;
    end if;
    if not has_array then -- it has one value: who wrote last
        if is_sure then
            delete from hold where site_id = ended.site_id and point_id = ended.point_id and (priority <> ended.priority or ends is null);
        end if;
        if ends is null then
            return;
        end if;
    end if;
    if exists (select from hold_end where command_id = ended.id) then -- and what it took the place of is over as well
        delete from hold where site_id = ended.site_id and point_id = ended.point_id and priority = ended.priority and began_at <= ended.executed_at;
        return;
    end if;
    insert into hold as h (site_id, point_id, priority, command_id, value, value_before, began_at, release_at, source, created_by, reason)
    values (ended.site_id, ended.point_id, ended.priority, ended.id, ended.value, case when not has_array then ended.value_before end, ended.executed_at, ends, ended.source, ended.created_by, ended.reason)
    on conflict (site_id, point_id, priority) do update
       set command_id = excluded.command_id, value = excluded.value, earlier_value = case when not is_sure then h.value end,
           value_before = coalesce(h.value_before, excluded.value_before), -- before ours was written over ours
           began_at = excluded.began_at, release_at = case when is_sure then excluded.release_at else least(h.release_at, excluded.release_at) end,
           source = excluded.source, created_by = excluded.created_by, reason = excluded.reason, state = 'active', tries = 0, text = null, updated_at = clock_timestamp();
    if is_sure then -- what was seen before is not somebody else's value over ours: it is read again
        delete from override o where o.site_id = ended.site_id and o.point_id = ended.point_id and o.priority = ended.priority
           and o.seen_at < ended.executed_at and as_real(o.value) is distinct from as_real(ended.value);
    end if;
end
$$;

create function holds_of(of_site text) returns table (point_id integer, priority integer, command_id uuid, value double precision, earlier_value double precision, value_before double precision,
        began_at timestamptz, release_at timestamptz, source text, created_by text, reason text, state text, tries integer,
        device_id integer, object_type text, object_instance integer, property text, point_name text, commandable boolean, slots jsonb) language sql stable as $$
    select h.point_id, h.priority, h.command_id, h.value, h.earlier_value, h.value_before, h.began_at, h.release_at, h.source, h.created_by, h.reason, h.state, h.tries,
           p.device_id, p.object_type, p.object_instance, p.property, p.name, p.commandable, w.slots
      from hold h left join point p using (site_id, point_id) left join write_commands w on w.id = h.command_id
     where h.site_id = of_site order by h.point_id, h.priority
$$;

-- [{"point_id", "priority", "command_id", "event": "released|left|retry|adopted", "text", "at"}]; one that was taken in already does nothing again.
create function hold_event(of_site text, events jsonb) returns integer language plpgsql as $$
declare
    event  record;
    is_new boolean;
    taken  integer := 0;
begin
    perform command_patience();
    for event in select e.* from jsonb_to_recordset(events) as e (point_id integer, priority integer, command_id uuid, event text, text text, at timestamptz, value double precision,
                        value_before double precision, began_at timestamptz, release_at timestamptz, source text, created_by text, reason text) loop
        if event.event in ('released', 'left') then
            delete from hold where site_id = of_site and point_id = event.point_id and priority = event.priority and command_id = event.command_id;
            is_new := found;
            insert into hold_end (command_id, site_id, event, at) values (event.command_id, of_site, event.event, coalesce(event.at, clock_timestamp())) on conflict do nothing;
            is_new := is_new or found;
            if is_new and event.event = 'released' then -- or view overrides would call it somebody else's, until it is read again
                delete from override where site_id = of_site and point_id = event.point_id and priority = event.priority and seen_at <= coalesce(event.at, clock_timestamp());
            end if;
        elsif event.event = 'retry' then
            update hold set state = 'releasing', tries = tries + 1, text = event.text, event_at = event.at, updated_at = clock_timestamp()
             where site_id = of_site and point_id = event.point_id and priority = event.priority and command_id = event.command_id and coalesce(event_at < event.at, true);
            is_new := found;
        elsif event.event = 'adopted' then
            insert into hold (site_id, point_id, priority, command_id, value, value_before, began_at, release_at, source, created_by, reason, text, event_at)
            select of_site, event.point_id, event.priority, event.command_id, event.value, event.value_before, coalesce(event.began_at, event.at), event.release_at,
                   coalesce(event.source, 'tools'), coalesce(event.created_by, 'unknown'), event.reason, event.text, event.at
             where not exists (select from hold_end e where e.command_id = event.command_id)
            on conflict do nothing;
            is_new := found;
        else
            raise invalid_parameter_value using message = format('a hold is released, left, retry or adopted: "%s" is none of them', event.event);
        end if;
        if is_new then
            taken := taken + 1;
            perform journal_append(of_site, 'command_event', jsonb_strip_nulls(jsonb_build_object('v', 1, 'id', event.command_id, 'point_id', event.point_id, 'priority', event.priority,
                        'event', event.event, 'at', event.at, 'text', event.text)));
            perform pg_notify('bacpipes_command_end', of_site);
        end if;
    end loop;
    return taken;
end
$$;
comment on function hold_event is 'What became of holds; how many of the events were new. It may be told before the end of its command is.';

-- A controller took another's place (device_replace): what is held at the new one goes on with the point that stays.
create function hold_follow() returns trigger language plpgsql as $$
begin
    delete from hold h using hold mine where h.site_id = new.site_id and h.point_id = new.successor and mine.site_id = new.site_id and mine.point_id = new.point_id and mine.priority = h.priority;
    update hold set point_id = new.successor, updated_at = clock_timestamp() where site_id = new.site_id and point_id = new.point_id;
    return null;
end
$$;
comment on function hold_follow is 'Of a trigger on point_successor.';
create trigger hold_follow after insert on point_successor for each row execute function hold_follow();

-- ---- carrying out ----

-- Who has the journal's head locked (a source can, for as long as sources_end_idle lets it) holds up the collector no longer than this.
-- It is of the transaction, and so of its commit, where the lock is asked for.
create function command_patience() returns void language sql as $$
    select set_config('lock_timeout', '5s', true), set_config('synchronous_commit', 'on', true)
$$;

create function commands_flooded() returns void language plpgsql as $$
declare
    flood command_flood;
begin
    for flood in delete from command_flood where (source, site_id, minute) in (select source, site_id, minute from command_flood
                         where minute < date_trunc('minute', clock_timestamp()) order by minute for update skip locked) returning * loop
        perform journal_append(flood.site_id, 'audit', jsonb_build_object('v', 1, 'event', 'refusals', 'source', flood.source, 'minute', flood.minute, 'count', flood.count, 'rule', flood.rule, 'text', flood.text));
    end loop;
end
$$;
comment on function commands_flooded is 'Writes what command_flood counted in the minutes that are over into the journal.';

create function commands_due(of_site text, at_most integer) returns table (id uuid, number bigint, device_id integer, point_id integer, object_type text, object_instance integer, property text,
        point_name text, units text, commandable boolean, command_type text, value double precision, priority integer, expires_at timestamptz, execute_at timestamptz, release_after_ms bigint,
        status text, source text, created_by text, created_at timestamptz, restore_value double precision) language plpgsql as $$
begin
    perform command_patience();
    perform commands_note();
    perform commands_flooded();
    -- A clock that was set back makes what is late look early.
    update write_commands w set status = 'expired', error_message = 'the clock was set back after it was asked for, so that nobody knows whether it is late: nothing was written'
     where w.site_id = of_site and w.status = 'pending' and w.created_at > clock_timestamp() + interval '5 s';
    update write_commands w set status = 'expired', error_message = format('it expired at %s, before it could be carried out: nothing was written', command_instant(w.expires_at))
     where w.site_id = of_site and w.status = 'pending' and w.expires_at <= clock_timestamp();
    -- Devices take turns, so that one with many that does not answer leaves room for the others'.
    return query
    select w.id, w.number, p.device_id, w.point_id, p.object_type, p.object_instance, p.property, p.name, p.units, p.commandable, w.command_type, w.value, w.priority, w.expires_at, w.execute_at,
           (extract(epoch from w.release_after) * 1000)::bigint, w.status, w.source, w.created_by, w.created_at,
           case when w.restore and w.command_type = 'release_priority' and not p.commandable then command_value_before(w.site_id, w.point_id) end
      from write_commands w left join point p on p.site_id = w.site_id and p.point_id = w.point_id
     where w.site_id = of_site and w.status in ('pending', 'executing') and (w.status = 'executing' or coalesce(w.execute_at <= clock_timestamp(), true))
     order by row_number() over (partition by p.device_id order by w.number), w.number limit at_most;
end
$$;
comment on function commands_due is 'What is to be carried out now, each device''s in order, and what was under way; what came too late for that is expired.';

-- [{"id", "value_before", "slots"}]: the one step from which on a command may reach a device.
create function commands_claim(of_site text, claims jsonb) returns table (id uuid, is_claimed boolean, status text, text text) language plpgsql as $$
declare
    claim  record;
    row    write_commands;
    judged record;
begin
    perform command_patience();
    for claim in select c.*, w.number from jsonb_to_recordset(claims) as c (id uuid, value_before double precision, slots jsonb) left join write_commands w on w.id = c.id and w.site_id = of_site order by w.number loop
        id := claim.id;
        is_claimed := false;
        select w.* into row from write_commands w where w.id = claim.id and w.site_id = of_site for update;
        if row.status is distinct from 'pending' then
            status := row.status;
            text := coalesce('it is ' || row.status || ' already', 'there is no such command');
            return next;
            continue;
        end if;
        select * into judged from command_judge(row, true);
        if row.execute_at > clock_timestamp() then
            status := 'pending';
            text := format('it is not due before %s', command_instant(row.execute_at));
            return next;
            continue;
        elsif row.created_at > clock_timestamp() + interval '5 s' then
            judged.text := 'the clock was set back after it was asked for, so that nobody knows whether it is late: nothing was written';
            update write_commands w set status = 'expired', error_message = judged.text where w.id = row.id;
            status := 'expired';
        elsif row.expires_at <= clock_timestamp() then
            judged.text := format('it expired at %s, before it could be carried out: nothing was written', command_instant(row.expires_at));
            update write_commands w set status = 'expired', error_message = judged.text where w.id = row.id;
            status := 'expired';
        elsif judged.rule is not null then
            update write_commands w set status = 'refused', rule = judged.rule, error_message = judged.text where w.id = row.id;
            status := 'refused';
        else
            update write_commands w set status = 'executing', value_before = claim.value_before, slots = claim.slots where w.id = row.id;
            status := 'executing';
            is_claimed := true;
        end if;
        text := judged.text;
        return next;
    end loop;
end
$$;
comment on function commands_claim is 'Takes commands up, each at most once: gate, mode, source and expiry are asked again.';

-- [{"id", "status", "verdict", "text", "slots", "held_by", "held_value", "shown_value"}]; of one that has ended nothing is changed, so it may be said twice.
create function commands_end(of_site text, ends jsonb) returns integer language plpgsql as $$
declare
    said  record;
    row   write_commands;
    ended integer := 0;
begin
    perform command_patience();
    for said in select e.*, w.number from jsonb_to_recordset(ends) as e (id uuid, status text, verdict text, text text, value_before double precision, slots jsonb, held_by integer,
                       held_value double precision, shown_value double precision) join write_commands w on w.id = e.id and w.site_id = of_site order by w.number loop
        select * into row from write_commands w where w.id = said.id for update;
        continue when row.status not in ('pending', 'executing');
        update write_commands w set status = case when said.status = 'expired' and w.status = 'pending' then 'expired' when said.verdict = 'held' then 'completed' else 'failed' end,
               verdict = case when said.status = 'expired' and w.status = 'pending' then null else coalesce(said.verdict, 'unknown') end, error_message = said.text, value_before = coalesce(said.value_before, w.value_before), slots = coalesce(said.slots, w.slots),
               held_by = said.held_by, held_value = said.held_value, shown_value = said.shown_value where w.id = said.id returning * into row;
        perform hold_take(row);
        ended := ended + 1;
    end loop;
    return ended;
end
$$;
comment on function commands_end is 'How commands ended (completed is held, what else was sent or not is failed, and pending ones may be expired); how many of them had not before. Holds begin and end with it.';

-- What was under way may be in its slot, and is let go like any other.
create or replace function commands_restored(of_site text) returns void language plpgsql as $$
declare
    row write_commands;
begin
    for row in update write_commands set status = 'failed', verdict = 'unknown', error_message = 'outcome unknown: the database was restored, and whatever was asked for before is not carried out'
                where site_id = of_site and status in ('pending', 'executing') returning * loop
        perform hold_take(row);
    end loop;
end
$$;
comment on function commands_restored is 'Of journal_open: in a new life nothing is carried out that was asked for before.';

create function commands_retain(of_site text, at_most integer default 10000) returns integer language plpgsql as $$
declare
    gone integer;
begin
    delete from write_commands where id in (select id from write_commands where site_id = of_site and created_at < clock_timestamp() - interval '1 year'
                                               and status not in ('pending', 'executing') order by created_at limit at_most);
    get diagnostics gone = row_count;
    delete from hold_end where site_id = of_site and at < clock_timestamp() - interval '1 year';
    return gone;
end
$$;
comment on function commands_retain is 'Deletes commands that are older than a year; how many.';

-- ---- what others hold ----

create table override (
    site_id    text not null,
    point_id   integer not null,
    priority   integer not null check (priority between 1 and 16),
    value      double precision,
    state_text text,
    seen_since timestamptz not null,
    seen_at    timestamptz not null,
    primary key (site_id, point_id, priority)
);
comment on table override is 'What stands in the priority arrays of the points, as the collector read them last: ours and others''.';
comment on column override.seen_since is 'When this value was first seen there';

-- [{"point_id", "at", "slots": {"8": 21.0}}]: a priority array as it was read, whole.
create function override_store(of_site text, seen jsonb) returns integer language plpgsql as $$
declare
    changed integer;
begin
    delete from override o using jsonb_to_recordset(seen) as s (point_id integer, at timestamptz, slots jsonb)
     where o.site_id = of_site and o.point_id = s.point_id and not coalesce(s.slots ? o.priority::text, false)
       and (o.seen_at <= s.at or o.seen_at > clock_timestamp() + interval '1 minute'); -- or of a clock that was ahead
    insert into override as o (site_id, point_id, priority, value, state_text, seen_since, seen_at)
    select of_site, s.point_id, slot.key::integer, read.value, state_text(p.object_type, p.states, read.value), s.at, s.at
      from jsonb_to_recordset(seen) as s (point_id integer, at timestamptz, slots jsonb)
      join point p on p.site_id = of_site and p.point_id = s.point_id,
           jsonb_each(case when jsonb_typeof(s.slots) = 'object' then s.slots else '{}' end) as slot,
           lateral (select case when jsonb_typeof(slot.value) = 'number' then slot.value::double precision end) as read (value)
     where slot.key ~ '^([1-9]|1[0-6])$'
        on conflict (site_id, point_id, priority) do update
       set value = excluded.value, state_text = excluded.state_text, seen_at = excluded.seen_at,
           seen_since = case when o.value is not distinct from excluded.value then o.seen_since else excluded.seen_since end
     where o.seen_at <= excluded.seen_at or o.seen_at > clock_timestamp() + interval '1 minute';
    get diagnostics changed = row_count;
    return changed;
end
$$;

create function override_forget() returns trigger language plpgsql as $$
begin
    delete from override o using old_rows where o.site_id = old_rows.site_id and o.point_id = old_rows.point_id;
    return null;
end
$$;
comment on function override_forget is 'Of a trigger: what stands in a point that is no more.';
create trigger override_forget after delete on point referencing old table as old_rows for each statement execute function override_forget();

create view overrides as
    select o.site_id, o.point_id, device.device_id, device.name as device, point.name as point, point.object_type, point.object_instance, point.units,
           o.priority, o.value, o.state_text as state, greatest(o.seen_since, h.began_at) as since, o.seen_at,
           o.priority = min(o.priority) over (partition by o.site_id, o.point_id) as is_holding,
           h.command_id is not null as is_ours, h.created_by, h.source, h.reason, h.began_at, h.release_at as until, h.command_id
      from override o
      join point using (site_id, point_id)
      join device on device.site_id = point.site_id and device.device_id = point.device_id
      left join hold h on h.site_id = o.site_id and h.point_id = o.point_id and h.priority = o.priority
                      and (o.value in (h.value, h.earlier_value) or as_real(o.value) in (as_real(h.value), as_real(h.earlier_value)));
comment on view overrides is 'Who holds what since when (ours: since its command): a row for each slot of a priority array that has a value. is_ours: a command put it there, by whom, why and until when.';

-- ---- sources ----

create function source_noted() returns trigger language plpgsql as $$
begin
    perform journal_append(site_id, 'audit', jsonb_strip_nulls(jsonb_build_object('v', 1, 'event', 'source', 'op', lower(tg_op), 'who', journal_who(),
                'old', case when tg_op <> 'INSERT' then to_jsonb(old) end, 'new', case when tg_op <> 'DELETE' then to_jsonb(new) end))) from site order by site_id;
    return null;
end
$$;
comment on function source_noted is 'Of a trigger: who may ask is on record.';
create trigger source_noted after insert or update or delete on command_source for each row execute function source_noted();

create function source_store(of_name text, of_kind text, of_login text, of_automatic boolean, of_highest integer, of_longest interval, of_rate integer, of_note text) returns void language plpgsql as $$
begin
    insert into command_source as s (name, kind, login, is_automatic, highest_priority, longest_hold, rate_per_minute, note)
    values (of_name, of_kind, of_login, coalesce(of_automatic, of_kind = 'model'), coalesce(of_highest, 8), of_longest, coalesce(of_rate, 60), coalesce(of_note, ''))
    on conflict (name) do update set kind = excluded.kind, login = excluded.login, is_automatic = excluded.is_automatic, highest_priority = excluded.highest_priority,
           longest_hold = excluded.longest_hold, rate_per_minute = excluded.rate_per_minute, note = excluded.note, enabled = true
     where not s.enabled and s.login is null and s.name not in ('tools', 'sql', 'mqtt', 'web', 'central');
    if not found then
        raise unique_violation using message = format('there is a source "%s" already', of_name), hint = '`bacpipes source set` changes it.';
    end if;
end
$$;

create function source_set(of_name text, of_automatic boolean default null, of_highest integer default null, of_longest interval default null, of_has_longest boolean default null,
                           of_rate integer default null, of_enabled boolean default null, of_note text default null) returns command_source language plpgsql as $$
declare
    row command_source;
begin
    update command_source set is_automatic = coalesce(of_automatic, is_automatic), highest_priority = coalesce(of_highest, highest_priority),
           longest_hold = case when of_has_longest = false then null else coalesce(of_longest, longest_hold) end,
           rate_per_minute = coalesce(of_rate, rate_per_minute), enabled = coalesce(of_enabled, enabled), note = coalesce(of_note, note)
     where name = of_name returning * into row;
    if row.name is null then
        raise no_data_found using message = format('there is no source "%s"', of_name), hint = '`bacpipes source list` says which there are.';
    end if;
    return row;
end
$$;
comment on function source_set is 'Changes what is not null; of_has_longest = false: it may hold for as long as it likes.';

create function source_forget(of_name text) returns text language plpgsql as $$
declare
    row command_source;
begin
    if of_name in ('tools', 'sql', 'mqtt', 'web', 'central') then
        raise invalid_parameter_value using message = format('source "%s" is part of BacPipes: `bacpipes source set %1$s --off` keeps it from asking', of_name);
    end if;
    select * into row from command_source where name = of_name for update;
    if row.name is null then
        raise no_data_found using message = format('there is no source "%s"', of_name), hint = '`bacpipes source list` says which there are.';
    end if;
    if exists (select from write_commands where source = of_name) or exists (select from command_flood where source = of_name) then
        update command_source set enabled = false, login = null where name = of_name; -- its commands stay on record, under its name
    else
        delete from command_source where name = of_name;
    end if;
    return row.login;
end
$$;

-- These two and sources_end_idle are for a role that may make logins and end their sessions, and does nothing else (sql/rights.sql).
create function source_add(of_name text, of_kind text, of_automatic boolean default null, of_highest integer default 8, of_longest interval default null, of_rate integer default 60,
                           of_note text default '', of_verifier text default null) returns text language plpgsql as $$
declare
    login constant text := case when of_verifier is not null then 'source_' || of_name end;
begin
    if coalesce(of_name !~ '^[a-z0-9_-]{1,40}$', true) then
        raise invalid_parameter_value using message = format('"%s" is no name of a source: 1 to 40 of a-z 0-9 _ -', of_name);
    elsif coalesce(of_kind not in ('sql', 'mqtt', 'web', 'model'), true) then
        raise invalid_parameter_value using message = format('a source is sql, mqtt, web or model: "%s" is none of them', of_kind);
    elsif of_verifier !~ '^SCRAM-SHA-256\$[0-9]{4,7}:[A-Za-z0-9+/=]{8,100}\$[A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}$' then
        raise invalid_parameter_value using message = 'the password comes as its SCRAM-SHA-256 verifier, as PostgreSQL keeps it';
    end if;
    perform source_store(of_name, of_kind, login, of_automatic, of_highest, of_longest, of_rate, of_note);
    if login is null then
        return null;
    end if;
    if to_regrole('bacpipes_source') is null then
        raise insufficient_privilege using message = format('%s may not make logins in this database: source "%s" needs one that its administrator makes', current_user, of_name);
    end if;
    if exists (select from pg_roles where rolname = login) then
        raise duplicate_object using message = format('there is a role %s already: it was not made for this source', login);
    end if;
    if (select count(*) >= 20 from pg_auth_members where roleid = 'bacpipes_source'::regrole) then
        raise too_many_connections using message = 'there are 20 sources with a login already, and their connections are all that there are', hint = '`bacpipes source remove` makes room.';
    end if;
    execute format('create role %I login connection limit 2 password %L in role bacpipes_source', login, of_verifier);
    execute format('alter role %I set idle_in_transaction_session_timeout = ''10s''', login);
    execute format('alter role %I set statement_timeout = ''10s''', login);
    execute format('alter role %I set lock_timeout = ''5s''', login);
    return login;
end
$$;
comment on function source_add is 'Makes a source and, where there is a verifier of a password, its login, which is returned. A model is automatic unless it is said not to be.';

create function source_remove(of_name text) returns void language plpgsql as $$
declare
    login constant text := source_forget(of_name);
begin
    if login like 'source\_%' and exists (select from pg_roles where rolname = login) then
        perform pg_terminate_backend(pid) from pg_stat_activity where usename = login;
        execute format('drop role %I', login);
    end if;
end
$$;
comment on function source_remove is 'Takes a source and its login away; one that has asked before keeps its row, and is off.';

create function sources_end_idle() returns integer language sql as $$
    select count(*) filter (where pg_terminate_backend(pid))::integer from pg_stat_activity
     where usesysid in (select member from pg_auth_members where roleid = to_regrole('bacpipes_source')) and datname = current_database() and xact_start < clock_timestamp() - interval '10 s'
$$;
comment on function sources_end_idle is 'Ends the sessions of sources that are over 10 s in one transaction: they could hold up the journal.';

-- ---- what central may change ----

-- Central may narrow what is written here; it may widen it only where setting control.central, which is made at the site, lets it.
create function central_point_set(of_site text, of_point integer, of_writable boolean, of_min double precision, of_max double precision) returns boolean language plpgsql as $$
declare
    had public.point;
begin
    select * into had from point where site_id = of_site and point_id = of_point for update;
    if had.point_id is null then
        raise no_data_found using message = format('there is no point %s in site "%s"', of_point, of_site);
    end if;
    if not control_allows(of_site, 'control.central')
       and (of_writable and not had.writable or had.write_min is not null and coalesce(of_min < had.write_min, true) or had.write_max is not null and coalesce(of_max > had.write_max, true)) then
        raise insufficient_privilege using message = format('central may narrow what is written at this site, and not widen it: point %s is %s, %s to %s', of_point,
                  case when had.writable then 'writable' else 'not writable' end, coalesce(had.write_min::text, 'no least'), coalesce(had.write_max::text, 'no most')),
                                           hint = 'Setting control.central = true, made at the site, lets it.';
    end if;
    update point set writable = of_writable, write_min = of_min, write_max = of_max, updated_at = now()
     where site_id = of_site and point_id = of_point and (writable, write_min, write_max) is distinct from (of_writable, of_min, of_max);
    return found;
end
$$;
comment on function central_point_set is 'What central says of a point, whole: may it be written, and from where to where. True: it is a change.';

create function central_mode_set(of_site text, of_mode text) returns boolean language plpgsql as $$
declare
    had   constant text := coalesce(control_setting(of_site, 'control.mode'), 'normal');
    modes constant text[] := '{normal, stop, freeze}';
begin
    if array_position(modes, of_mode) is null then
        raise invalid_parameter_value using message = format('control is normal, stop or freeze: "%s" is none of them', of_mode);
    end if;
    if array_position(modes, of_mode) < array_position(modes, had) and not control_allows(of_site, 'control.central') then
        raise insufficient_privilege using message = format('central may stop control at this site, and not let it go on: it is %s', had), hint = 'Setting control.central = true, made at the site, lets it.';
    end if;
    insert into setting as s (site_id, name, value, updated_by) values (of_site, 'control.mode', of_mode, 'central')
        on conflict (site_id, name) do update set value = excluded.value, updated_at = now(), updated_by = excluded.updated_by where s.value <> excluded.value;
    return found;
end
$$;
