-- Sites and their central: one schema at both ends. What a site records goes up as entries of its journal, which central keeps in the same table and applies;
-- what central asks for goes down as entries of another. docs/protocol.md ("The link") says what both promise, docs/replication.md why it is so.
--
-- A row of `site` whose is_remote is true belongs to the other end: nothing of it is ever journalled or told here, for it comes from a journal.

alter table site add is_remote boolean not null default false;
comment on column site.is_remote is 'At central: a building elsewhere, whose rows come from its own journal and are never journalled here';

-- "Building 9" before "Building 10". Lists of sites are short and whole: no index is of this order, so another version of ICU spoils none.
do $$
begin
    create collation natural_order (provider = icu, locale = 'und-u-kn-true');
exception when feature_not_supported or invalid_object_definition then -- a PostgreSQL without ICU, or a database whose encoding ICU does not have
    create collation natural_order from "C";
end
$$;
comment on collation natural_order is 'Numbers in names by their size: for lists of sites';

create function site_stays() returns trigger language plpgsql as $$
begin
    raise feature_not_supported using message = format('site "%s" is %s and stays so: its journal is kept %s', old.site_id, case when old.is_remote then 'elsewhere' else 'here' end,
                                                       case when old.is_remote then 'there' else 'in this database' end);
end
$$;
comment on function site_stays is 'Of a trigger: whose journal a site''s is does not change.';
create trigger site_stays before update of is_remote on site for each row when (old.is_remote <> new.is_remote) execute function site_stays();

alter table uplink add received_at timestamptz;
comment on column uplink.received_at is 'At central, of entries of other sites: when they came. Null: made here';
-- Newer sites have kinds that this central does not know yet: they are kept until it does.
alter table uplink drop constraint uplink_kind_check;
alter table uplink add constraint uplink_kind_check check (kind ~ '^[a-z_]{1,40}$');

-- ---- nothing of another site is journalled or told here ----

-- Who applies tells those who look, coalesced and for all sites at once: no notice is made row by row (a thousand listeners saturate a machine at 44 a second).
create function link_applies(of_site text) returns boolean language sql stable as $$
    select coalesce(current_setting('bacpipes.applying', true) = of_site
                    and (session_user = 'bacpipes_central' or (select rolsuper from pg_roles where rolname = session_user)
                         or session_user = (select pg_get_userbyid(relowner) from pg_class where oid = 'journal_head'::regclass)), false)
$$;
comment on function link_applies is 'This transaction applies entries of that site''s journal (setting bacpipes.applying, which who applies sets): gates and steps were judged there.';

create function site_is_remote(of_site text) returns boolean language sql stable as $$
    select coalesce((select s.is_remote from site s where s.site_id = of_site), false)
$$;

create or replace function journal_append(of_site text, of_kind text, of_body bytea) returns void language plpgsql as $$
begin
    if not site_is_remote(of_site) then
        insert into journal_pending (site_id, kind, body) values (of_site, of_kind, of_body);
        insert into journal_due default values on conflict do nothing;
    end if;
end
$$;
create or replace function journal_append(of_site text, of_kind text, of_body jsonb) returns void language plpgsql as $$
begin
    if not site_is_remote(of_site) then
        insert into journal_pending (site_id, kind, body) values (of_site, of_kind, convert_to(of_body::text, 'UTF8'));
        insert into journal_due default values on conflict do nothing;
    end if;
end
$$;
comment on function journal_append(text, text, bytea) is 'One more entry of this transaction; of another site there is none.';
comment on function journal_append(text, text, jsonb) is 'One more entry of this transaction; of another site there is none.';

create or replace function journal_begin() returns trigger language plpgsql as $$
begin
    with fresh as (insert into journal_turn (site_id) select site_id from changed_rows where not is_remote on conflict do nothing returning site_id),
         begun as (insert into journal_head (site_id, epoch) select site_id, journal_new_epoch() from fresh returning site_id)
    insert into journal_pending (site_id, kind, body)
    select site_id, 'epoch', convert_to(jsonb_build_object('v', 1, 'reason', 'new', 'previous', null)::text, 'UTF8') from begun;
    if found then
        perform journal_due_now();
    end if;
    return null;
end
$$;

-- What people do here is on record here: in the journals of their organisation's sites, and where all of these are elsewhere, in central's own.
create or replace function journal_note(of_organisation integer, of_event jsonb) returns void language sql as $$
    select journal_append(s.site_id, 'audit', jsonb_build_object('v', 1, 'who', journal_who()) || of_event) from site s
     where not s.is_remote and (s.organisation_id = of_organisation or not exists (select from site o where o.organisation_id = of_organisation and not o.is_remote))
     order by s.site_id
$$;

create or replace function source_noted() returns trigger language plpgsql as $$
begin
    perform journal_append(site_id, 'audit', jsonb_strip_nulls(jsonb_build_object('v', 1, 'event', 'source', 'op', lower(tg_op), 'who', journal_who(),
                'old', case when tg_op <> 'INSERT' then to_jsonb(old) end, 'new', case when tg_op <> 'DELETE' then to_jsonb(new) end))) from site where not is_remote order by site_id;
    return null;
end
$$;

create or replace function alarm_raise(of_site text, of_key text, of_severity text, of_text text) returns boolean language plpgsql as $$
declare
    made alarm;
begin
    if site_is_remote(of_site) then
        raise invalid_parameter_value using message = format('the alarms of site "%s" are raised there: central raises its own', of_site);
    end if;
    insert into alarm (site_id, key, severity, text) values (of_site, of_key, of_severity, of_text)
    on conflict (site_id, key) where returned_at is null do nothing returning * into made;
    if made.alarm_id is not null then
        perform journal_append(of_site, 'alarm', jsonb_build_object('v', 1, 'event', 'raised', 'who', journal_who()) || to_jsonb(made) - 'returned_at' - 'site_id');
    end if;
    return made.alarm_id is not null;
end
$$;

create or replace function alarm_return(of_site text, of_key text) returns boolean language plpgsql as $$
declare
    ended alarm;
begin
    if site_is_remote(of_site) then
        raise invalid_parameter_value using message = format('the alarms of site "%s" return there: central returns its own', of_site);
    end if;
    update alarm set returned_at = clock_timestamp() where site_id = of_site and key = of_key and returned_at is null returning * into ended;
    if ended.alarm_id is not null then
        perform journal_append(of_site, 'alarm', jsonb_build_object('v', 1, 'event', 'returned', 'who', journal_who()) || to_jsonb(ended) - 'site_id');
    end if;
    return ended.alarm_id is not null;
end
$$;

create or replace function notify_config() returns trigger language plpgsql as $$
begin
    perform pg_notify('bacpipes_config', json_build_object('site', changed.site_id, 'table', tg_table_name)::text)
       from (select distinct site_id from changed_rows) as changed where not link_applies(changed.site_id);
    return null;
end
$$;

-- From a site's session no notice goes out, not even of what it is given: by them one is known that attacks others (sync_guard).
create or replace function job_noted() returns trigger language plpgsql as $$
begin
    if not link_applies(new.site_id) and session_user !~ '^site_[0-9]+$' then
        perform pg_notify(case new.status when 'pending' then 'bacpipes_job' else 'bacpipes_job_end' end, new.site_id);
    end if;
    return null;
end
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
    else
        perform journal_append(n.site_id, 'command_event', jsonb_strip_nulls(jsonb_build_object('v', 1, 'id', n.id, 'point_id', n.point_id, 'source', n.source, 'event', n.status,
                    'at', coalesce(n.completed_at, n.executed_at), 'verdict', n.verdict, 'rule', n.rule, 'text', n.error_message, 'value_before', n.value_before, 'slots', n.slots,
                    'held_by', n.held_by, 'held_value', n.held_value, 'shown_value', n.shown_value)))
           from (select * from new_rows order by number) as n where not site_is_remote(n.site_id);
        perform pg_notify('bacpipes_command_end', site_id) from (select distinct site_id from new_rows where status <> 'executing') as ended where not link_applies(site_id);
    end if;
    return null;
end
$$;

-- The rest goes on as it is, but for a site that is applied: what a row says was judged there, and is written down here.
do $do$
declare
    change record;
    before text;
    after  text;
begin
    for change in select * from (values
            ('note_change()',   E'from new_rows n order by site_id', E'from new_rows n where not site_is_remote(site_id) order by site_id'),
            ('note_change()',   E'from old_rows o order by site_id', E'from old_rows o where not site_is_remote(site_id) order by site_id'),
            ('note_change()',   E'where coalesce(was, fresh) is not null\n', E'where coalesce(was, fresh) is not null and not site_is_remote(site_id)\n'),
            ('command_gate()',  E'begin\n    if new.source is null then', E'begin\n    if link_applies(new.site_id) then\n        return new;\n    end if;\n    if new.source is null then'),
            ('command_moves()', E'begin\n    if to_jsonb(new)', E'begin\n    if link_applies(new.site_id) then\n        return new;\n    end if;\n    if to_jsonb(new)'),
            ('command_stays()', E'if tg_op = ''TRUNCATE'' or old.status', E'if tg_op = ''DELETE'' and link_applies(old.site_id) then\n        return old;\n    end if;\n    if tg_op = ''TRUNCATE'' or old.status'),
            ('check_setting()', E'if not exists (select from setting_kind) then', E'if not exists (select from setting_kind) or link_applies(new.site_id) then'),
            ('note_choice()',   E'begin\n', E'begin\n    if link_applies(new.site_id) then\n        return new;\n    end if;\n'),
            ('point_version()', E'begin\n', E'begin\n    if link_applies(new.site_id) then\n        return new;\n    end if;\n'))
        as change (function, was, fresh) loop
        before := pg_get_functiondef(change.function::regprocedure);
        after := replace(before, change.was, change.fresh);
        if after = before then
            raise 'function % is not what it was: "%" is not in it', change.function, change.was;
        end if;
        execute after;
    end loop;
end
$do$;

-- A command that comes from elsewhere may be of a source that is known there alone.
alter table write_commands drop constraint write_commands_source_fkey;
create function source_is_there() returns trigger language plpgsql as $$
begin
    if not link_applies(new.site_id) and not exists (select from command_source s where s.name = new.source) then
        raise foreign_key_violation using message = format('there is no source "%s"', new.source);
    end if;
    return new;
end
$$;
comment on function source_is_there is 'Of a trigger: who asks here is a source here.';
create trigger c_source before insert on write_commands for each row execute function source_is_there();
alter table write_commands enable always trigger c_source;
create function source_is_kept() returns trigger language plpgsql as $$
begin
    if exists (select from write_commands w join site s using (site_id) where w.source = old.name and not s.is_remote) then
        raise foreign_key_violation using message = format('source "%s" has asked for commands, which stay on record', old.name);
    end if;
    return old;
end
$$;
comment on function source_is_kept is 'Of a trigger: who has asked is known for as long as his commands are.';
create trigger source_is_kept before delete on command_source for each row execute function source_is_kept();

-- ---- at a site ----

create table central_link (
    site_id      text primary key references site,
    number       integer not null check (number > 0),
    host         text    not null check (host <> ''),
    port         integer not null check (port between 1 and 65535),
    central_name text    not null default '',
    joined_at    timestamptz not null default clock_timestamp(),
    joined_by    bytea,
    down_epoch   bigint,
    down_seq     bigint  not null default 0,
    down_digest  bytea   check (octet_length(down_digest) = 32),
    laid_until   timestamptz,
    is_laid      boolean not null default false
);
comment on table central_link is 'At a site: the central that it has joined; no row: none.';
comment on column central_link.joined_by is 'SHA-256 of the join file''s certificate: what is told of that file again is known';
comment on column central_link.number is 'Its login there is site_<number>';
comment on column central_link.down_seq is 'What central asked for is carried out up to here, of epoch down_epoch; down_digest is that entry''s';
comment on column central_link.laid_until is 'Readings that were here before the join are framed up to here; is_laid: all are';
create trigger notify_insert after insert on central_link referencing new table as changed_rows for each statement execute function notify_config();
create trigger notify_delete after delete on central_link referencing old table as changed_rows for each statement execute function notify_config();
create function link_noted() returns trigger language plpgsql as $$
begin
    perform pg_notify('bacpipes_config', json_build_object('site', new.site_id, 'table', 'central_link')::text);
    return null;
end
$$;
comment on function link_noted is 'Of a trigger: not each step of the downlink, but another central is told.';
create trigger notify_update after update on central_link for each row
    when ((old.number, old.host, old.port, old.central_name) is distinct from (new.number, new.host, new.port, new.central_name)) execute function link_noted();

-- ---- at central ----

create table remote_site (
    site_id       text primary key references site,
    number        integer not null unique check (number > 0),
    state         text    not null default 'invited' check (state in ('invited', 'joined', 'revoked', 'retired')),
    serials       text[]  not null default '{}',
    invited_at    timestamptz,
    joined_at     timestamptz,
    revoked_at    timestamptz,
    seen_at       timestamptz,
    wait_until    timestamptz,
    wait_why      text,
    health        jsonb,
    health_at     timestamptz,
    clock_ahead_s double precision,
    program       text    not null default '',
    octets_up     bigint  not null default 0,
    octets_down   bigint  not null default 0,
    day           date,
    day_octets    bigint  not null default 0
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, fillfactor = 50); -- written at each call of each site
comment on table remote_site is 'At central: the sites that it has, or had. Whoever changes a row does it in a short transaction: the site''s own calls wait for it.';
comment on column remote_site.number is 'Its login, certificate and channel are named site_<number>, and stay so whatever it is called';
comment on column remote_site.serials is 'Of certificates that may act for it now, in small hexadecimal; two while one is renewed';
comment on column remote_site.seen_at is 'When it last called';
comment on column remote_site.wait_until is 'Until then nothing is taken from it, and it is told wait_why: it keeps what it has';
comment on column remote_site.clock_ahead_s is 'How far its clock is ahead of ours, as of its last hello';
comment on column remote_site.octets_up is 'Of bodies that came from it; octets_down: of those it was given';
comment on column remote_site.day_octets is 'What entries that came on that day (UTC) take, with their bodies';

create table uplink_cursor (
    site_id         text    not null references remote_site,
    epoch           bigint  not null check (epoch between 1 and 9007199254740991),
    life            integer not null,
    previous        bigint,
    first_seq       bigint  not null check (first_seq > 0),
    received_seq    bigint  not null,
    received_digest bytea   check (octet_length(received_digest) = 32),
    record_seq      bigint  not null,
    record_digest   bytea   not null check (octet_length(record_digest) = 32),
    received_at     timestamptz,
    began_at        timestamptz not null default clock_timestamp(),
    first_digest    bytea   not null default decode(repeat('00', 32), 'hex') check (octet_length(first_digest) = 32),
    previous_had    bigint  not null default 0,
    begun_had       bigint  not null default 0,
    primary key (site_id, epoch),
    unique (site_id, life)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, fillfactor = 50);
comment on table uplink_cursor is 'At central: how far the journal of each site has come, in each life of it. A site''s calls alone write it.';
comment on column uplink_cursor.life is '1, 2, ... in the order in which epochs came';
comment on column uplink_cursor.first_seq is 'The first that came: what was before had been pruned at the site, or was never for us';
comment on column uplink_cursor.received_digest is 'Of entry received_seq, whatever its kind; null: none has come';
comment on column uplink_cursor.record_digest is 'Of the last record (record_seq), from which the chain goes on';

create table uplink_applied (
    site_id     text   not null,
    epoch       bigint not null,
    applied_seq bigint not null,
    key_seq     bigint,
    applied_at  timestamptz,
    is_over     boolean not null default false,
    primary key (site_id, epoch),
    foreign key (site_id, epoch) references uplink_cursor
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, fillfactor = 50);
comment on column uplink_cursor.first_digest is 'What the chain of its first entry goes on from';
comment on column uplink_cursor.previous_had is 'How far the life before it (previous) was here when it began: what is behind its end there came from a site that knows no more of it, having been put back; begun_had: the same of the life that had begun here before it';

comment on table uplink_applied is 'At central: how far those entries are applied. It stands apart from uplink_cursor, so that who sends waits for no one who applies.';
create index uplink_applied_going on uplink_applied (site_id, epoch) where not is_over;
comment on column uplink_applied.is_over is 'All of it is applied, and another life has begun since: nobody looks whether more has come, unless it does';
comment on column uplink_applied.key_seq is 'The last key frame that was applied: decoding begins there after a restart';

create table uplink_quarantine (
    site_id      text        not null,
    epoch        bigint      not null,
    seq          bigint      not null,
    kind         text        not null,
    reason       text        not null,
    put_aside_at timestamptz not null default clock_timestamp(),
    primary key (site_id, epoch, seq)
);
comment on table uplink_quarantine is 'At central: entries that could not be applied, and why. They stay in uplink.';

create table downlink (
    number     bigint      not null generated always as identity primary key,
    site_id    text        not null references remote_site,
    kind       text        not null check (kind ~ '^[a-z_]{1,40}$'),
    at         timestamptz not null default clock_timestamp(),
    body       bytea       not null,
    expires_at timestamptz,
    epoch      bigint,
    seq        bigint,
    digest     bytea       check (octet_length(digest) = 32),
    given_at   timestamptz,
    check ((epoch is null) = (seq is null) and (epoch is null) = (digest is null) and (epoch is null) = (given_at is null)),
    unique (site_id, epoch, seq)
);
create index downlink_waiting on downlink (site_id, number) where seq is null;
comment on table downlink is 'At central: what sites are asked for. An entry is numbered and chained when it is given out (sync.fetch), so that what is taken back before never was.';
comment on column downlink.given_at is 'When the site got it: from then on it is the site''s. Null: it waits here, and may still be taken back';

create table downlink_head (
    site_id     text   primary key references remote_site,
    epoch       bigint not null,
    seq         bigint not null default 0,
    digest      bytea  not null default decode(repeat('00', 32), 'hex') check (octet_length(digest) = 32),
    carried_seq bigint not null default 0
);
comment on table downlink_head is 'At central: the last entry given to each site. Another epoch begins where the site or central began another life.';
comment on column downlink_head.carried_seq is 'The site has said that it has carried out all up to here: what asks for less is a former self of it';

-- ---- who calls ----

create schema sync;
comment on schema sync is 'What sites may call at central: these functions, and nothing else in the database.';

create function serial_hex(of_serial numeric) returns text language plpgsql immutable as $$
declare
    left_over numeric := of_serial;
    said      text := '';
begin
    while left_over > 0 loop
        said := lpad(to_hex((left_over % 4294967296)::bigint), 8, '0') || said;
        left_over := div(left_over, 4294967296);
    end loop;
    return nullif(ltrim(said, '0'), '');
end
$$;
comment on function serial_hex is 'A certificate''s serial in small hexadecimal, without zeros in front.';

-- central_close makes sslinfo, which knows it: pg_stat_ssl tells a login nothing.
create function link_serial() returns text language plpgsql stable as $$
declare
    serial numeric;
begin
    if to_regprocedure('sync.ssl_client_serial()') is not null then
        execute 'select sync.ssl_client_serial()' into serial;
    end if;
    return serial_hex(serial);
end
$$;
comment on function link_serial is 'The serial of the client''s certificate; null: there is none.';

create function link_caller() returns remote_site language plpgsql as $$
declare
    caller remote_site;
    serial constant text := link_serial();
begin
    if session_user !~ '^site_[1-9][0-9]{0,8}$' then
        raise insufficient_privilege using message = format('%s is no site: sites log in as site_<number>', session_user);
    end if;
    select * into caller from remote_site where number = substr(session_user, 6)::integer;
    if caller.site_id is null or caller.state <> 'joined' then
        raise insufficient_privilege using message = format('%s has not joined this central%s', session_user, case when caller.state in ('revoked', 'retired') then ' any more' else '' end),
                                           hint = 'A new join file, made by `bacpipes site add` at central, lets it in.';
    elsif serial is null or not exists (select from unnest(caller.serials) as known where ltrim(known, '0') = serial) then
        raise insufficient_privilege using message = format('certificate %s is none of those that %s has now', coalesce(serial, 'without a serial'), session_user),
                                           hint = 'A new join file, made by `bacpipes site add` at central, lets it in.';
    end if;
    if current_setting('synchronous_commit') = 'off' then -- what a site hears that central has is on central's disk
        perform set_config('synchronous_commit', 'on', true);
    end if;
    return caller;
end
$$;
comment on function link_caller is 'The site that calls, by its login and its certificate; insufficient_privilege: nobody that may.';

-- ---- the uplink arrives ----

create function link_limits() returns jsonb language sql immutable as $$
    select '{"entry_octets": 1048576, "call_octets": 4194304, "entries": 1000}'::jsonb
$$;

create function link_wait(caller remote_site, out wait_s integer, out why text) language sql stable as $$
    select case when caller.wait_until > clock_timestamp() then least(3600, ceil(extract(epoch from caller.wait_until - clock_timestamp())))::integer else 0 end,
           case when caller.wait_until > clock_timestamp() then coalesce(caller.wait_why, 'central asks for patience') end
$$;
comment on function link_wait is 'For how long a site is to keep what it has, and why; 0: not at all.';

create function downlink_due(of_site text) returns bigint language sql stable as $$
    select coalesce((select h.seq from downlink_head h where h.site_id = of_site), 0) + (select count(*) from (select from downlink d where d.site_id = of_site and d.seq is null limit 1000) as waiting)
$$;
comment on function downlink_due is 'The number that the last entry for a site has, or will have when it is given out.';

create function sync.hello(of_version integer, said jsonb) returns jsonb language plpgsql as $$
declare
    caller public.remote_site := public.link_caller();
    epochs constant bigint[] := array(select (e ->> 'epoch')::bigint from jsonb_array_elements(case jsonb_typeof(said -> 'epochs') when 'array' then said -> 'epochs' else '[]' end) as e limit 1000);
    head   public.downlink_head;
    waits  record;
begin
    if of_version is distinct from 1 then
        raise feature_not_supported using message = format('this central speaks version 1 of the link, not %s', coalesce(of_version::text, 'null')), hint = 'Bring both ends to the same version of bacpipes.';
    elsif said ->> 'site' is distinct from caller.site_id then
        raise invalid_parameter_value using message = format('%s is site "%s" here, not "%s"', session_user, caller.site_id, left(said ->> 'site', 63));
    end if;
    head := public.downlink_meet(caller.site_id, (said #>> '{down,epoch}')::bigint, coalesce((said #>> '{down,seq}')::bigint, 0), said #>> '{down,digest}');
    update public.remote_site r set seen_at = clock_timestamp(), program = left(coalesce(said ->> 'program', ''), 40),
           clock_ahead_s = extract(epoch from (said ->> 'now')::timestamptz - clock_timestamp()) where r.site_id = caller.site_id;
    select * into waits from public.link_wait(caller);
    return jsonb_build_object('now', clock_timestamp(), 'name', (select s.name from public.site s where s.site_id = caller.site_id),
        'epochs', (select coalesce(jsonb_agg(jsonb_build_object('epoch', c.epoch, 'seq', c.received_seq, 'digest', encode(c.received_digest, 'hex')) order by c.life), '[]')
                     from public.uplink_cursor c where c.site_id = caller.site_id
                      and (c.epoch = any (epochs) or c.life = (select max(l.life) from public.uplink_cursor l where l.site_id = caller.site_id))),
        'device_end', (select s.last_device_id + 1 from public.site s where s.site_id = caller.site_id), 'point_end', (select s.last_point_id + 1 from public.site s where s.site_id = caller.site_id),
        'down', jsonb_build_object('epoch', head.epoch, 'seq', public.downlink_due(caller.site_id)),
        'wait_s', waits.wait_s, 'why', waits.why, 'limits', public.link_limits());
end
$$;
comment on function sync.hello is 'Who calls says what it has; the answer says what central has.';

create function sync.begin_epoch(of_epoch bigint, previous bigint, first_seq bigint, record_digest bytea) returns void language plpgsql as $$
declare
    caller public.remote_site := public.link_caller();
    most   constant bigint    := 9007199254740991; -- what JSON's numbers hold
    recent bigint;
begin
    if of_epoch is null or first_seq is null or record_digest is null
       or of_epoch not between 1 and most or first_seq not between 1 and most or octet_length(record_digest) <> 32 or coalesce(previous not between 1 and most or previous = of_epoch, false) then
        raise invalid_parameter_value using message = 'an epoch begins with its number, that of the one before it or none, the number of its first entry and the 32 octets that this goes on from';
    elsif first_seq = 1 and record_digest <> decode(repeat('00', 32), 'hex') then
        raise invalid_parameter_value using message = 'the first entry of an epoch goes on from nothing: 32 octets of 0';
    end if;
    perform public.downlink_meet(caller.site_id, null, 0, null); -- one at a time; in this order do all calls lock
    if exists (select from public.uplink_cursor c where c.site_id = caller.site_id and c.epoch = of_epoch) then
        return; -- it was said before
    end if;
    select count(*) into recent from public.uplink_cursor c where c.site_id = caller.site_id and c.began_at > clock_timestamp() - interval '1 hour';
    if recent >= 100 then
        raise program_limit_exceeded using message = format('site "%s" has begun %s lives in the last hour: something is wrong with it', caller.site_id, recent);
    end if;
    -- All are kept, and gone through. None is put back so often; but who has joined anew goes on whatever was done with its former certificate.
    if (select max(c.life) from public.uplink_cursor c where c.site_id = caller.site_id) >= 1000
       and (select count(*) from public.uplink_cursor c where c.site_id = caller.site_id and c.began_at >= caller.joined_at) >= 10 then
        raise program_limit_exceeded using message = format('site "%s" has begun 1000 lives: something is wrong with it', caller.site_id),
                                           hint = 'A new join file, made by `bacpipes site add` at central, lets it begin ten more.';
    end if;
    -- What is just being appended to these is here, or will not be behind this.
    perform from public.uplink_cursor c where c.site_id = caller.site_id
                                          and (c.epoch = begin_epoch.previous or c.life = (select max(l.life) from public.uplink_cursor l where l.site_id = caller.site_id)) order by c.life for update;
    insert into public.uplink_cursor (site_id, epoch, life, previous, first_seq, received_seq, record_seq, record_digest, first_digest, previous_had, begun_had)
    select caller.site_id, of_epoch, coalesce(max(c.life), 0) + 1, begin_epoch.previous, begin_epoch.first_seq, begin_epoch.first_seq - 1, begin_epoch.first_seq - 1, begin_epoch.record_digest,
           begin_epoch.record_digest, coalesce(max(c.received_seq) filter (where c.epoch = begin_epoch.previous), 0), coalesce((array_agg(c.received_seq order by c.life desc))[1], 0)
      from public.uplink_cursor c where c.site_id = caller.site_id;
    insert into public.uplink_applied (site_id, epoch, applied_seq) values (caller.site_id, of_epoch, begin_epoch.first_seq - 1);
    perform public.downlink_begin(caller.site_id);
end
$$;
comment on function sync.begin_epoch is 'Another life of the site begins, or its first here: record_digest is what its first entry''s chain goes on from.';

create function link_forked(of_site text, of_epoch bigint, of_seq bigint) returns void language plpgsql as $$
begin
    raise data_corrupted using message = format('fork: entry %s of epoch %s is another here: site "%s" was put back, or runs twice', of_seq, of_epoch, of_site),
                               hint = 'sync.hello says what is here; the site goes on in another epoch.';
end
$$;

create function health_believed(said jsonb) returns jsonb language plpgsql stable as $$
declare
    kept jsonb := '{}';
    name text;
    given jsonb;
begin
    if jsonb_typeof(said) is distinct from 'object' then
        return null;
    end if;
    for name, given in select * from jsonb_each(said) loop
        if name in ('v', 'unsent_entries', 'unsent_octets', 'octets_month', 'octets_budget', 'points_failing') then
            if jsonb_typeof(given) = 'number' and given::numeric between 0 and 9e15 and given::numeric = trunc(given::numeric) then
                kept := kept || jsonb_build_object(name, given::numeric::bigint);
            end if;
        elsif name = 'oldest_unsent_at' then
            begin
                if jsonb_typeof(given) = 'string' and (given #>> '{}')::timestamptz between '1970-01-01Z' and '9999-12-31Z' then
                    kept := kept || jsonb_build_object(name, (given #>> '{}')::timestamptz);
                end if;
            exception when data_exception then
                null;
            end;
        elsif name = 'program' then
            if jsonb_typeof(given) = 'string' then
                kept := kept || jsonb_build_object(name, left(given #>> '{}', 40));
            end if;
        elsif name = 'roles' and jsonb_typeof(given) = 'object' then
            kept := kept || jsonb_build_object(name, (select coalesce(jsonb_object_agg(left(key, 40), left(value #>> '{}', 200)), '{}')
                                                        from (select * from jsonb_each(given) where jsonb_typeof(value) = 'string' limit 20) as role));
        end if;
    end loop;
    return kept;
end
$$;
comment on function health_believed is 'Of what a site says of its health, what can be: known names, numbers in bounds, instants. The rest is left out: a view casts what is kept, for all sites at once.';

create function sync.append(of_epoch bigint, first_seq bigint, kinds text[], ats timestamptz[], bodies bytea[], digests bytea[], health jsonb,
                            out received_seq bigint, out down_seq bigint, out wait_s integer, out why text) language plpgsql as $$
declare
    caller public.remote_site := public.link_caller();
    limits constant jsonb       := public.link_limits();
    count  constant integer     := cardinality(kinds);
    now    constant timestamptz := clock_timestamp();
    today  constant date        := (now at time zone 'UTC')::date;
    beside constant integer     := 256; -- octets that an entry takes on the disk beside its body, with what finds it: a site that sends none in its bodies has its quota, too
    place  public.uplink_cursor;
    octets bigint := 0;
    taken  integer := 0;
    known  integer;
    made   bytea;
    entry  record;
begin
    -- What it is, before anything is done with it
    if count is null or cardinality(ats) is distinct from count or cardinality(bodies) is distinct from count or cardinality(digests) is distinct from count
       or array_position(kinds, null) is not null or array_position(ats, null) is not null or array_position(bodies, null) is not null or array_position(digests, null) is not null then
        raise invalid_parameter_value using message = 'an entry has a kind, an instant, a body and a digest: the lists are not of one length, or lack one';
    elsif count > (limits ->> 'entries')::integer then
        raise program_limit_exceeded using message = format('%s entries in one call: %s are the most', count, limits ->> 'entries');
    elsif coalesce(first_seq not between 1 and 9007199254740991, true) then
        raise invalid_parameter_value using message = 'entries are numbered from 1 on';
    elsif octet_length(health::text) > 16384 then
        raise program_limit_exceeded using message = 'what is said of a site''s health has 16384 octets at most';
    end if;
    for entry in select e.*, append.first_seq + e.place - 1 as seq from unnest(kinds, ats, bodies, digests) with ordinality as e (kind, at, body, digest, place) loop
        octets := octets + octet_length(entry.body);
        if octet_length(entry.body) > (limits ->> 'entry_octets')::integer or octets > (limits ->> 'call_octets')::integer then
            raise program_limit_exceeded using message = format('entry %s has %s octets, and the call %s so far: %s and %s are the most', entry.seq, octet_length(entry.body), octets,
                                                                limits ->> 'entry_octets', limits ->> 'call_octets');
        elsif entry.kind !~ '^[a-z_]{1,40}$' or octet_length(entry.digest) <> 32 or not isfinite(entry.at) then
            raise invalid_parameter_value using message = format('entry %s: a kind is 1 to 40 of a-z and _, a digest has 32 octets, and an instant is one', entry.seq);
        end if;
    end loop;

    select * into place from public.uplink_cursor c where c.site_id = caller.site_id and c.epoch = of_epoch for update;
    if place.site_id is null then
        raise invalid_parameter_value using message = format('epoch %s of site "%s" has not begun here', coalesce(of_epoch::text, 'null'), caller.site_id), hint = 'sync.begin_epoch begins it.';
    end if;
    select w.wait_s, w.why into append.wait_s, append.why from public.link_wait(caller) as w;
    octets := 0;
    -- What came before comes again where an answer was lost: it has to be the same.
    known := least(greatest(0, place.received_seq - first_seq + 1), count);
    if known > 0 and digests[known] <> (case when first_seq + known - 1 = place.received_seq then place.received_digest
                                            else (select u.digest from public.uplink u where u.site_id = caller.site_id and u.epoch = of_epoch and u.seq = append.first_seq + known - 1) end) then
        perform public.link_forked(caller.site_id, of_epoch, first_seq + known - 1);
    end if;
    if known < count and append.wait_s = 0 and first_seq <= place.received_seq + 1 then
        for entry in select e.*, append.first_seq + e.place - 1 as seq from unnest(kinds, ats, bodies, digests) with ordinality as e (kind, at, body, digest, place) where e.place > known loop
            made := public.journal_digest(place.record_digest, caller.site_id, of_epoch, entry.seq, entry.kind, entry.at, entry.body);
            if made <> entry.digest then
                raise data_corrupted using message = format('entry %s of epoch %s is not what its digest says, or goes on from another entry than %s here', entry.seq, of_epoch, place.record_seq),
                                           hint = 'sync.hello says what is here.';
            end if;
            octets := octets + octet_length(entry.body);
            taken := taken + 1;
            place.received_seq := entry.seq;
            place.received_digest := made;
            if entry.kind not in ('readings', 'health') then
                place.record_seq := entry.seq;
                place.record_digest := made;
            end if;
        end loop;
        insert into public.uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
        select caller.site_id, of_epoch, append.first_seq + e.place - 1, e.kind, e.at, e.body, e.digest, now
          from unnest(kinds, ats, bodies, digests) with ordinality as e (kind, at, body, digest, place) where e.place > known order by e.place;
        update public.uplink_cursor c set received_seq = place.received_seq, received_digest = place.received_digest, record_seq = place.record_seq, record_digest = place.record_digest, received_at = now
         where c.site_id = caller.site_id and c.epoch = of_epoch;
        update public.uplink_applied a set is_over = false where a.site_id = caller.site_id and a.epoch = of_epoch and a.is_over;
    end if;
    update public.remote_site r set seen_at = now, octets_up = r.octets_up + octets, day = today, day_octets = case when r.day = today then r.day_octets else 0 end + octets + taken * beside,
           health = coalesce(public.health_believed(append.health), r.health),
           health_at = case when jsonb_typeof(append.health) = 'object' then now else r.health_at end
     where r.site_id = caller.site_id;
    append.received_seq := place.received_seq;
    append.down_seq := public.downlink_due(caller.site_id);
end
$$;
comment on function sync.append is 'Takes entries first_seq, first_seq + 1, ... of an epoch; answers how far it has them by now. None: the health alone.';

-- ---- the downlink is given out ----

create function site_must_answer(of_site text) returns void language plpgsql as $$
declare
    of_state constant text := (select r.state from remote_site r where r.site_id = of_site);
begin
    if of_state in ('revoked', 'retired') then
        raise feature_not_supported using message = format('site "%s" is %s: nobody there is asked for anything%s', of_site, of_state, case of_state when 'revoked' then ' until it has joined again' else ' any more' end);
    end if;
end
$$;
comment on function site_must_answer is 'A site that is shut out is asked for nothing.';

create function downlink_append(of_site text, of_kind text, of_body jsonb, of_expires_at timestamptz default null) returns bigint language plpgsql as $$
declare
    made bigint;
begin
    perform site_must_answer(of_site);
    insert into downlink (site_id, kind, body, expires_at) values (of_site, of_kind, convert_to(of_body::text, 'UTF8'), of_expires_at) returning number into made;
    return made;
end
$$;
comment on function downlink_append is 'One more thing that a site is asked for; its number. Who takes back what it asks for, before it is given out, ends that: then it is let fall (downlink_give).';

-- These two say what giving out means for what an entry asks for; others put bodies into them.
create function downlink_give(of_site text, of_kind text, of_body jsonb) returns boolean language sql as $$
    select true
$$;
comment on function downlink_give is 'Passes what an entry asks for to the site, as it is given out; false: it was taken back, is over, or is not to be done any more.';
create function downlink_lost(of_site text, of_kind text, of_body jsonb) returns void language sql as $$
    select null::void
$$;
comment on function downlink_lost is 'Concludes what an entry asked for that was given out: whether the site did it is not known.';

-- The rest waits on; but where central itself was put back, what waits may have been given out since: then it is concluded, too.
create function downlink_begin(of_site text, was_put_back boolean default false) returns void language plpgsql as $$
declare
    head  downlink_head;
    entry record;
begin
    select * into head from downlink_head h where h.site_id = of_site for update;
    for entry in select d.number, d.kind, d.body, d.seq from downlink d
                  where d.site_id = of_site and (d.epoch = head.epoch or was_put_back and d.seq is null) order by d.seq, d.number loop
        perform downlink_lost(of_site, entry.kind, convert_from(entry.body, 'UTF8')::jsonb);
        if entry.seq is null then
            delete from downlink d where d.number = entry.number;
        end if;
    end loop;
    insert into downlink_head as h (site_id, epoch) values (of_site, journal_new_epoch())
    on conflict (site_id) do update set epoch = excluded.epoch, seq = 0, digest = excluded.digest, carried_seq = 0;
end
$$;
comment on function downlink_begin is 'Another epoch of what a site is asked for: what was given out is never given again.';

-- Where a site says that it is further than we ever gave, or elsewhere, we are a former self of ours.
create function downlink_meet(of_site text, said_epoch bigint, said_seq bigint, said_digest text) returns downlink_head language plpgsql as $$
declare
    head downlink_head;
begin
    insert into downlink_head (site_id, epoch) values (of_site, journal_new_epoch()) on conflict do nothing;
    select * into head from downlink_head h where h.site_id = of_site for update;
    if said_epoch = head.epoch then
        if said_seq > head.seq or exists (select from downlink d where d.site_id = of_site and d.epoch = head.epoch and d.seq = said_seq and encode(d.digest, 'hex') <> said_digest) then
            perform downlink_begin(of_site, true);
        elsif said_seq > head.carried_seq then
            update downlink_head h set carried_seq = said_seq where h.site_id = of_site;
        end if;
        select * into head from downlink_head h where h.site_id = of_site;
    end if;
    return head;
end
$$;
comment on function downlink_meet is 'How far the site is with what it is asked for; where that cannot be, another epoch begins.';

create function sync.fetch(of_epoch bigint, after_seq bigint)
       returns table (epoch bigint, seq bigint, kind text, at timestamptz, body bytea, digest bytea, life_left interval) language plpgsql as $$
declare
    caller public.remote_site := public.link_caller();
    head   public.downlink_head;
    next   record;
    made   bytea;
    octets bigint;
begin
    select * into head from public.downlink_head h where h.site_id = caller.site_id for update;
    if head.epoch is distinct from of_epoch or coalesce(after_seq not between 0 and head.seq, true) then
        raise invalid_parameter_value using message = format('what site "%s" is asked for is not in epoch %s behind %s', caller.site_id, coalesce(of_epoch::text, 'null'), coalesce(after_seq::text, 'null')),
                                            hint = 'sync.hello says where it is.';
    elsif after_seq < head.carried_seq then
        perform public.link_forked(caller.site_id, of_epoch, after_seq + 1);
    end if;
    for next in select d.* from public.downlink d where d.site_id = caller.site_id and d.seq is null order by d.number limit greatest(0, 100 - (head.seq - after_seq)) loop
        if public.downlink_give(caller.site_id, next.kind, convert_from(next.body, 'UTF8')::jsonb) then
            made := public.journal_digest(head.digest, caller.site_id, head.epoch, head.seq + 1, next.kind, next.at, next.body);
            update public.downlink d set epoch = head.epoch, seq = head.seq + 1, digest = made, given_at = clock_timestamp() where d.number = next.number and d.seq is null;
            if found then -- it was not taken back just now
                head.seq := head.seq + 1;
                head.digest := made;
            end if;
        else
            delete from public.downlink d where d.number = next.number;
        end if;
    end loop;
    update public.downlink_head h set seq = head.seq, digest = head.digest, carried_seq = after_seq where h.site_id = caller.site_id;
    select sum(octet_length(d.body)) into octets from public.downlink d where d.site_id = caller.site_id and d.epoch = of_epoch and d.seq > after_seq;
    if octets > 0 then
        update public.remote_site r set octets_down = r.octets_down + octets where r.site_id = caller.site_id;
    end if;
    return query select d.epoch, d.seq, d.kind, d.at, d.body, d.digest, d.expires_at - clock_timestamp()
                   from public.downlink d where d.site_id = caller.site_id and d.epoch = of_epoch and d.seq > after_seq order by d.seq;
end
$$;
comment on function sync.fetch is 'Gives out what the site is asked for: from then on it is the site''s. What was given out and not carried out is given again; 100 at most are under way.';

create function downlink_tidy() returns bigint language sql as $$
    with old as (select d.ctid as place from downlink d join downlink_head h using (site_id)
                  where d.given_at < clock_timestamp() - interval '8 days' and (d.epoch <> h.epoch or d.seq <= h.carried_seq) for update of d skip locked),
         gone as (delete from downlink d using old where d.ctid = old.place returning 1)
    select count(*) from gone
$$;
comment on function downlink_tidy is 'What sites have carried out is forgotten after 8 days.';

-- ---- who calls is kept within bounds ----

-- A login may set its own limits to none, and NOTIFY and LISTEN ask for no right: so its sessions are looked at from outside, every second or so
-- (`bacpipes central`). No statement of a site says NOTIFY, none is longer than what pg_stat_activity shows, and none takes 30 s.
-- It stands apart from remote_site, whose row a session of the site can hold: who ends that session waits for nothing that it holds.
create table site_strike (
    number     integer primary key,
    strikes    integer not null default 0,
    struck_at  timestamptz,
    shut_until timestamptz,
    shut_why   text
);
comment on table site_strike is 'At central: sites whose sessions were ended for what no site does, or takes so long. sync_guard alone writes it.';
comment on column site_strike.strikes is 'How often, until struck_at';
comment on column site_strike.shut_until is 'Until then its login is shut, since it did that again and again (shut_why); null: it is open';

create function site_struck(of_number integer, is_hostile boolean, of_why text) returns boolean language plpgsql as $$
declare
    struck site_strike;
begin
    insert into site_strike as s (number, strikes, struck_at) values (of_number, case when is_hostile then 3 else 1 end, clock_timestamp())
    on conflict (number) do update set strikes = case when s.struck_at > clock_timestamp() - interval '10 minutes' then s.strikes else 0 end + excluded.strikes, struck_at = excluded.struck_at
    returning * into struck;
    if struck.strikes >= 3 then
        update site_strike s set strikes = 0, shut_until = clock_timestamp() + interval '10 minutes', shut_why = of_why where s.number = of_number;
    end if;
    return struck.strikes >= 3;
end
$$;
comment on function site_struck is 'True: it is shut out for 10 minutes.';

create function sites_shut() returns table (number integer, is_over boolean, may_return boolean) language sql as $$
    select s.number, s.shut_until < clock_timestamp(), coalesce(r.state = 'joined', false) from site_strike s left join remote_site r using (number) where s.shut_until is not null
$$;
comment on function sites_shut is 'Whose logins are to be shut; or not any longer (is_over), and then let in again if they may be.';

create function site_opened(of_number integer) returns void language sql as $$
    update site_strike s set shut_until = null, shut_why = null where s.number = of_number
$$;

-- A login may change its own password, and leave that open: so there is no waiting for what its sessions hold, but for their end.
create function site_session_end(of_login text) returns void language plpgsql as $$
begin
    perform pg_stat_clear_snapshot();
    perform pg_terminate_backend(a.pid, 200) from pg_stat_activity a where a.usename = of_login;
end
$$;
comment on function site_session_end is 'Ends all sessions of a login, and waits a moment for each to be gone.';

-- A login may give itself settings that outlive its sessions and its certificates: they are put back. What it may not give itself stays.
create function site_login_settle(of_login text) returns void language plpgsql as $$
declare
    ours constant text[] := case when of_login = 'bacpipes_join' then '{}' else '{idle_in_transaction_session_timeout=30s, statement_timeout=30s, lock_timeout=10s}'::text[] end;
    its  text[];
    of_database text;
begin
    for of_database in select format('in database %I', d.datname) from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where s.setrole = to_regrole(quote_ident(of_login)) loop
        execute format('alter role %I %s reset all', of_login, of_database);
    end loop;
    its := array(select c from pg_db_role_setting s, unnest(s.setconfig) as c
                  where s.setrole = to_regrole(quote_ident(of_login)) and s.setdatabase = 0 and split_part(c, '=', 1) in (select g.name from pg_settings g where g.context = 'user'));
    if not (its @> ours and its <@ ours) then
        execute format('alter role %I reset all', of_login);
        for n in 1 .. cardinality(ours) loop
            execute format('alter role %I set %s = %L', of_login, split_part(ours[n], '=', 1), split_part(ours[n], '=', 2));
        end loop;
    end if;
end
$$;
comment on function site_login_settle is 'Gives the login of a site, or of who joins, the settings that are its, and no others.';

-- How large they are whoever asks finds out (`bacpipes central`, from the kernel): a login may have PostgreSQL use any amount (work_mem).
create function site_sessions(of_turn bigint) returns setof integer language sql stable as $$
    select a.pid from pg_stat_activity a
     where a.backend_type = 'client backend' and (a.usename ~ '^site_[0-9]+$' or a.usename = 'bacpipes_join') and (a.state is distinct from 'idle' or a.pid % 10 = of_turn % 10)
$$;
comment on function site_sessions is 'Processes of sessions of sites and of who joins: those that do something, and of the others every tenth, in turn.';

create function sync_guard(too_large integer[] default '{}', longest interval default '30 seconds', noticing integer[] default '{}', idle interval default '5 seconds') returns table (login text, pid integer, why text, is_shut boolean) language plpgsql
    set lock_timeout = '200ms' as $$
declare
    session record;
    shut    record;
begin
    for session in select a.pid, a.usename as login, sin.is_hostile, sin.why
                     from pg_stat_activity a
                     join pg_roles r on r.oid = a.usesysid and (r.rolname = 'bacpipes_join' or exists (select from pg_auth_members m where m.member = r.oid and m.roleid = to_regrole('bacpipes_sites'))),
                          lateral (select null::boolean, 'its login is shut' where not r.rolcanlogin -- it came in just before
                                    union all
                                   select true, 'it sends notices, which no site does' where a.query ~* '\mnotify\M' or a.pid = any (noticing)
                                    union all
                                   select true, 'it listens for what is not told to it' where a.query ~* '\mlisten\M' and a.query !~* format('^\s*(un)?listen\s+("%1$s"|%1$s|\*)\s*;?\s*$', a.usename)
                                    union all
                                   select true, 'its statements are longer than any of a site' where octet_length(a.query) >= pg_size_bytes(current_setting('track_activity_query_size')) - 1
                                    union all
                                   select true, 'it takes too much memory' where a.pid = any (too_large)
                                    union all
                                   select false, format('it was over %s s in one transaction', extract(epoch from longest)::integer) where a.xact_start < clock_timestamp() - longest
                                    union all -- each call of a site is a transaction of its own
                                   select false, format('it left a transaction open for over %s s', extract(epoch from idle)::integer)
                                    where a.state like 'idle in transaction%' and a.xact_start < clock_timestamp() - idle
                                    union all -- ten may join at a time, which is a matter of seconds
                                   select false, format('it had %s s to join', extract(epoch from 4 * longest)::integer) where a.usename = 'bacpipes_join' and a.backend_start < clock_timestamp() - 4 * longest
                                    limit 1) as sin (is_hostile, why) loop
        perform pg_terminate_backend(session.pid); -- first of all: what follows may wait for what it holds
        sync_guard.login := session.login;
        sync_guard.pid := session.pid;
        sync_guard.why := session.why;
        sync_guard.is_shut := session.login <> 'bacpipes_join' -- which is others', too
                              and (session.is_hostile is null or site_struck(substr(session.login, 6)::integer, session.is_hostile, session.why));
        return next;
    end loop;
    for shut in select s.*, 'site_' || s.number as login, r.rolcanlogin from sites_shut() as s join pg_roles r on r.rolname = 'site_' || s.number loop
        begin
            if not shut.is_over and shut.rolcanlogin then
                perform site_session_end(shut.login);
                execute format('alter role %I nologin', shut.login);
                perform site_session_end(shut.login);
            elsif shut.is_over then
                if shut.may_return and not shut.rolcanlogin then
                    execute format('alter role %I login', shut.login);
                end if;
                perform site_opened(shut.number);
            end if;
        exception when lock_not_available or internal_error then
            null; -- "tuple concurrently updated": the next time, in a second
        end;
    end loop;
    for shut in select distinct r.rolname as login from pg_roles r left join pg_db_role_setting s on s.setrole = r.oid
                 where exists (select from pg_auth_members m where m.member = r.oid and m.roleid = to_regrole('bacpipes_sites'))
                   and (s.setrole is null or s.setdatabase <> 0 or not (s.setconfig @> '{idle_in_transaction_session_timeout=30s, statement_timeout=30s, lock_timeout=10s}' and cardinality(s.setconfig) = 3))
                    or s.setrole is not null and r.rolname = 'bacpipes_join' loop
        begin
            perform site_login_settle(shut.login);
        exception when lock_not_available or internal_error or unique_violation or insufficient_privilege then
            null; -- its session has one of them open
        end;
    end loop;
end
$$;
comment on function sync_guard is 'Ends sessions of sites, and of who joins, that do what no site does, or take too long, and shuts those out for 10 minutes that do it again and again; says whose and why. Puts back what settings a login has given itself. too_large: processes whose memory who asks has found to be; noticing: those of whom he has heard a notice.';

-- Of a session only the last statement can be seen: so who looks after sites hears what is said in their channels, and in those of other programs, and by whom.
create function sites_listen() returns bigint language plpgsql as $$
declare
    channel text;
    heard   bigint := 0;
begin
    for channel in select 'site_' || r.number from remote_site r where r.state = 'joined'
                    union all select unnest('{bacpipes_values, bacpipes_command, bacpipes_command_end, bacpipes_job, bacpipes_job_end, bacpipes_entry}'::text[])
                   except select pg_listening_channels() loop
        execute format('listen %I', channel);
        heard := heard + 1;
    end loop;
    return heard;
end
$$;
comment on function sites_listen is 'Has this session hear what is said in the channels of sites and programs; of how many it did not yet.';

create function central_room() returns integer language sql stable as $$
    select greatest(0, (current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
                        - (select coalesce(sum(r.rolconnlimit), 0) from pg_roles r
                            where r.rolname in ('bacpipes_owner', 'bacpipes_maintain', 'bacpipes_reader', 'bacpipes_web', 'bacpipes_central', 'bacpipes_join') and r.rolconnlimit > 0)) / 3)::integer
$$;
comment on function central_room is 'How many sites, with three connections each, fit beside the programs into max_connections.';

-- ---- nothing but the calls is open to who logs in as a site ----

create function central_close() returns void language plpgsql as $$
declare
    thing record;
begin
    if not (select rolsuper from pg_roles where rolname = current_user) then
        raise insufficient_privilege using message = format('%s is no superuser: what PostgreSQL gives to all it cannot take away', current_user);
    end if;
    if not exists (select from pg_extension where extname = 'sslinfo') then
        create extension sslinfo schema sync;
    end if;
    for thing in select p.oid::regprocedure as name from pg_proc p join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
                   join pg_extension e on e.oid = d.refobjid and d.refclassid = 'pg_extension'::regclass and e.extname = 'sslinfo'
                  where has_function_privilege('public', p.oid, 'execute') loop
        execute format('revoke execute on function %s from public', thing.name);
    end loop;
    grant execute on function sync.ssl_client_serial() to bacpipes_journal;
    -- Transactions are numbered for whoever asks, locks and snapshots stop others, notices and large objects fill the disk.
    for thing in select p.oid::regprocedure as name from pg_proc p
                  where p.pronamespace = 'pg_catalog'::regnamespace and has_function_privilege('public', p.oid, 'execute')
                    and (p.proname ~ '^(lo_|pg_(try_)?advisory_|pg_sleep|txid_current$)'
                         or p.proname in ('lowrite', 'loread', 'pg_notify', 'pg_logical_emit_message', 'pg_export_snapshot', 'pg_current_xact_id')) loop
        execute format('revoke execute on function %s from public', thing.name);
    end loop;
    grant execute on function pg_catalog.pg_current_xact_id() to bacpipes_journal, bacpipes_access;
    for thing in select lanname from pg_language where lanpltrusted and has_language_privilege('public', oid, 'usage') loop
        execute format('revoke usage on language %I from public', thing.lanname);
    end loop;
    execute format('revoke temporary, create on database %I from public', current_database());
    revoke usage, create on schema public from public;
    -- Whom nothing else is said of, and so sites, may sort no more on disk than this; they cannot set it.
    for thing in select rolname from pg_roles where rolname = session_user or rolname in ('bacpipes_owner', 'bacpipes_collect', 'bacpipes_ingest', 'bacpipes_maintain', 'bacpipes_web', 'bacpipes_sync', 'bacpipes_central') loop
        if not exists (select from pg_db_role_setting s, unnest(s.setconfig) as c where s.setrole = to_regrole(quote_ident(thing.rolname)) and c like 'temp_file_limit=%') then
            execute format('alter role %I set temp_file_limit = -1', thing.rolname);
        end if;
    end loop;
    execute format('alter database %I set temp_file_limit = ''64MB''', current_database());
    perform site_login_settle('bacpipes_join');
end
$$;
comment on function central_close is 'At a central, after each `bacpipes migrate`: what PostgreSQL gives to all logins is taken away, and sslinfo made, by which sites are known. For the superuser.';

-- Definitions are refused to who logs in as a site or a source, whatever role he sets: as a member he acts for all of them (ALTER DEFAULT PRIVILEGES, DROP OWNED BY).
create or replace function refuse_definitions() returns event_trigger language plpgsql as $$
begin
    if current_user::text = any ('{bacpipes_owner, bacpipes_collect, bacpipes_ingest, bacpipes_maintain, bacpipes_reader, bacpipes_web, bacpipes_sync, bacpipes_central, bacpipes_join}'::text[])
       and not (current_user = 'bacpipes_maintain' and tg_tag in ('CREATE TABLE', 'ALTER TABLE', 'DROP TABLE'))
       and not (current_user in ('bacpipes_ingest', 'bacpipes_central') and tg_tag = 'CREATE TABLE')
       or exists (select from pg_auth_members m join pg_roles r on r.oid = m.roleid
                   where m.member = (select oid from pg_roles where rolname = session_user and not rolsuper) and r.rolname in ('bacpipes_sites', 'bacpipes_source')) then
        raise insufficient_privilege using message = format('permission denied: %s is not for %s', tg_tag, current_user),
                                           hint = 'The superuser (bacpipes) or an account of your own defines what is yours.';
    end if;
end
$$;
