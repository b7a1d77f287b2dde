-- The journal: what happened at a site, in the order in which it was committed, each entry bound to the one before it.
-- docs/protocol.md ("The journal") says what stands in it, docs/security.md what that proves.

create schema journal; -- its partitions: months of records, days of frames

create table journal_turn (
    site_id text primary key
);
comment on table journal_turn is 'Whoever numbers entries of a site has its row locked: it is never changed.';

create table journal_head (
    site_id          text   not null,
    version          bigint not null default 1,
    epoch            bigint not null check (epoch between 1 and 9007199254740991),
    seq              bigint not null default 0,
    record_seq       bigint not null default 0,
    digest           bytea  not null default decode(repeat('00', 32), 'hex') check (octet_length(digest) = 32),
    opened_at        timestamptz,
    acknowledged_seq bigint not null default 0,
    frames_given_up  bigint not null default 0,
    octets_given_up  bigint not null default 0,
    primary key (site_id, version)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500); -- written at each commit that has entries
comment on table journal_head is 'Where the journal of each site stands: one row a site.';
comment on column journal_head.version is 'One more each time: while somebody''s transaction stays open, PostgreSQL keeps all former ones, and the newest is found at once by this';
comment on column journal_head.epoch is 'Names a life of the database; drawn anew where it was put back (journal_open)';
comment on column journal_head.seq is 'The last entry''s, of whatever kind; the next has one more';
comment on column journal_head.record_seq is 'The last entry''s that is chained, and of which this is the digest';
comment on column journal_head.opened_at is 'When a collector first compared it with what it keeps outside the database; null: none has';
comment on column journal_head.acknowledged_seq is 'What central has of this epoch: all up to here';
comment on column journal_head.frames_given_up is 'Frames that central never got, dropped since the disk was nearly full';

-- PostgreSQL wants what divides a table in its key; that no seq is there twice is the doing of journal_number.
create table uplink (
    site_id text        not null,
    epoch   bigint      not null,
    seq     bigint      not null check (seq > 0),
    kind    text        not null check (kind in ('readings', 'health', 'device', 'point', 'setting', 'command', 'command_event', 'audit', 'alarm', 'checkpoint', 'epoch')),
    at      timestamptz not null,
    body    bytea       not null,
    digest  bytea       not null check (octet_length(digest) = 32),
    primary key (site_id, epoch, seq, kind, at)
) partition by list (kind);
comment on table uplink is 'The journal. Nothing in it is ever changed, and journal_append is the only way in.';
comment on column uplink.seq is 'From 1 on in each epoch, without gaps, in the order of commits';
comment on column uplink.at is 'The clock when it was committed; the order is seq''s, for clocks leap';
comment on column uplink.body is 'JSON with a version ("v") in UTF-8; of readings and health a frame';
comment on column uplink.digest is 'SHA-256; of all but readings and health over the digest before it, too';
create table uplink_frames partition of uplink for values in ('readings', 'health') partition by range (at);
create table uplink_record partition of uplink default partition by range (at);
-- A clock that leaps must not stop control: there is a place for any instant.
create table uplink_frames_default partition of uplink_frames default;
create table uplink_record_default partition of uplink_record default;
create index on uplink_record (site_id, at);

-- ---- appending: a transaction collects its entries, and numbers them when it commits ----

create unlogged table journal_pending (
    number  bigint generated always as identity primary key,
    of_xact xid8   not null default pg_current_xact_id(),
    site_id text   not null,
    kind    text   not null,
    body    bytea  not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
create index on journal_pending (of_xact);
comment on table journal_pending is 'Entries of transactions that are under way; empty between them. What a crash leaves was never committed.';
create unlogged table journal_due (
    of_xact xid8 primary key default pg_current_xact_id()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
comment on table journal_due is 'Transactions that have entries: the trigger on it, which waits for the commit, numbers them once.';

create function journal_due_now() returns void language sql as $$
    insert into journal_due default values on conflict do nothing
$$;

create function journal_append(of_site text, of_kind text, of_body bytea) returns void language sql as $$
    insert into journal_pending (site_id, kind, body) values (of_site, of_kind, of_body);
    insert into journal_due default values on conflict do nothing
$$;
create function journal_append(of_site text, of_kind text, of_body jsonb) returns void language sql as $$
    insert into journal_pending (site_id, kind, body) values (of_site, of_kind, convert_to(of_body::text, 'UTF8'));
    insert into journal_due default values on conflict do nothing
$$;
comment on function journal_append(text, text, jsonb) is 'One more entry of this transaction.';

create function journal_new_epoch() returns bigint language sql volatile as $$
    select greatest(1, ('x' || substr(md5(gen_random_uuid()::text), 1, 16))::bit(64)::bigint & 9007199254740991) -- what JSON's numbers hold
$$;

create function journal_digest(previous bytea, of_site text, of_epoch bigint, of_seq bigint, of_kind text, of_at timestamptz, of_body bytea)
       returns bytea language sql immutable parallel safe as $$
    select sha256(case when of_kind in ('readings', 'health') then of_body
                       else previous || int8send(of_epoch) || int8send(of_seq) || int8send((extract(epoch from of_at) * 1000000)::bigint)
                            || convert_to(of_site || E'\n' || of_kind || E'\n', 'UTF8') || of_body end)
$$;
comment on function journal_digest is 'An entry''s digest, from that of the record before it.';

-- A site's turn is taken here, in order of names and for the length of the commit: whoever holds a transaction open has numbered nothing yet, and
-- holds nobody up. The head is replaced, not changed: an UPDATE would pass by all its versions that somebody's open transaction keeps.
create function journal_number() returns trigger language plpgsql
    set enable_seqscan = off as $$ -- a plan made while these tables were empty would read all that is dead in them
declare
    of_site text;
    head    journal_head;
    entry   record;
    stamp   timestamptz;
    made    bytea;
begin
    if not exists (select from journal_due where of_xact = new.of_xact) then
        return null;
    end if;
    for of_site in select t.site_id from journal_turn t where t.site_id in (select p.site_id from journal_pending p where p.of_xact = new.of_xact)
                    order by t.site_id for update loop
        delete from journal_head h where h.site_id = of_site
               and h.version = (select l.version from journal_head l where l.site_id = of_site order by l.version desc limit 1) returning * into head;
        if head.site_id is null then
            raise serialization_failure using message = format('the journal of site "%s" has gone on meanwhile', of_site);
        end if;
        stamp := clock_timestamp();
        for entry in select p.kind, p.body from journal_pending p where p.of_xact = new.of_xact and p.site_id = head.site_id order by p.number loop
            head.seq := head.seq + 1;
            made := journal_digest(head.digest, head.site_id, head.epoch, head.seq, entry.kind, stamp, entry.body);
            insert into uplink (site_id, epoch, seq, kind, at, body, digest)
                   values (head.site_id, head.epoch, head.seq, entry.kind, stamp, entry.body, made);
            if entry.kind not in ('readings', 'health') then
                head.digest := made;
                head.record_seq := head.seq;
            end if;
        end loop;
        head.version := head.version + 1;
        insert into journal_head select head.*;
    end loop;
    delete from journal_pending p where p.of_xact = new.of_xact;
    delete from journal_due d where d.of_xact = new.of_xact; -- what is appended after this is numbered then
    return null;
end
$$;
comment on function journal_number is 'Of the trigger that numbers and chains a transaction''s entries as it commits.';
create constraint trigger number_entries after insert on journal_due deferrable initially deferred for each row execute function journal_number();

create function journal_begin() returns trigger language plpgsql as $$
begin
    with fresh as (insert into journal_turn (site_id) select site_id from changed_rows on conflict do nothing returning site_id),
         begun as (insert into journal_head (site_id, epoch) select site_id, journal_new_epoch() from fresh returning site_id)
    insert into journal_pending (site_id, kind, body)
    select site_id, 'epoch', convert_to(jsonb_build_object('v', 1, 'reason', 'new', 'previous', null)::text, 'UTF8') from begun;
    if found then
        perform journal_due_now();
    end if;
    return null;
end
$$;
comment on function journal_begin is 'Of a trigger: a new site''s journal begins; that of one that was deleted goes on.';
create trigger begin_journal after insert on site referencing new table as changed_rows for each statement execute function journal_begin();
insert into journal_turn (site_id) select site_id from site;
insert into journal_head (site_id, epoch) select site_id, journal_new_epoch() from site;
select journal_append(site_id, 'epoch', '{"v": 1, "reason": "new", "previous": null}'::jsonb) from site order by site_id;

-- ---- who ----

create function journal_person() returns text language sql stable as $$
    select nullif(left(current_setting('bacpipes.person', true), 200), '')
     where session_user in ('bacpipes_owner', 'bacpipes_collect', 'bacpipes_web')
        or (select rolsuper from pg_roles where rolname = session_user)
        or session_user = (select pg_get_userbyid(relowner) from pg_class where oid = 'journal_head'::regclass) -- one account does all
$$;
comment on function journal_person is 'Whom the programs that may name a person say they act for (setting bacpipes.person); null: nobody, or they may not.';

create function journal_who() returns jsonb language sql stable as $$
    select jsonb_strip_nulls(jsonb_build_object('role', session_user, 'person', journal_person(), 'address', host(inet_client_addr())))
$$;

-- ---- devices, points and settings ----

create function note_change() returns trigger language plpgsql as $$
declare
    who   constant jsonb := journal_who();
    kind  constant text  := case tg_table_name when 'device' then 'device' when 'point' then 'point' when 'setting' then 'setting' else 'audit' end;
    key   constant text  := case tg_table_name when 'device' then 'device_id' when 'point' then 'point_id' when 'setting' then 'name' end;
    what  constant jsonb := jsonb_build_object('v', 1, 'table', tg_table_name, 'op', lower(tg_op), 'who', who);
    added bigint;
begin
    if tg_op = 'INSERT' then
        insert into journal_pending (site_id, kind, body)
        select site_id, kind, convert_to((what || jsonb_strip_nulls(jsonb_build_object('key', to_jsonb(n) -> key)) || jsonb_build_object('new', to_jsonb(n)))::text, 'UTF8')
          from new_rows n order by site_id, to_jsonb(n) -> key;
    elsif tg_op = 'DELETE' then
        insert into journal_pending (site_id, kind, body)
        select site_id, kind, convert_to((what || jsonb_strip_nulls(jsonb_build_object('key', to_jsonb(o) -> key)) || jsonb_build_object('old', to_jsonb(o)))::text, 'UTF8')
          from old_rows o order by site_id, to_jsonb(o) -> key;
    else
        -- A row whose key was changed has none to be compared with: then all of it is what was, or what is.
        insert into journal_pending (site_id, kind, body)
        select site_id, kind, convert_to((what || jsonb_strip_nulls(jsonb_build_object('key', at_key)) || case when was is null then '{}' else jsonb_build_object('old', was) end
                                               || case when fresh is null then '{}' else jsonb_build_object('new', fresh) end)::text, 'UTF8')
          from (select coalesce(n.site_id, o.site_id) as site_id, coalesce(n.row, o.row) -> key as at_key,
                       case when n.row is null then o.row else difference.was end as was,
                       case when o.row is null then n.row else difference.fresh end as fresh
                  from (select site_id, to_jsonb(new_rows) as row from new_rows offset 0) n -- `offset 0`: made once
                  full join (select site_id, to_jsonb(old_rows) as row from old_rows offset 0) o
                         on o.site_id = n.site_id and coalesce(o.row -> key, 'null') = coalesce(n.row -> key, 'null'),
                       lateral (select jsonb_object_agg(name, o.row -> name) as was, jsonb_object_agg(name, value) as fresh
                                  from jsonb_each(n.row) as after (name, value)
                                 where name <> 'updated_at' and value is distinct from o.row -> name) as difference
                offset 0) as pair
         where coalesce(was, fresh) is not null
         order by site_id, at_key;
    end if;
    get diagnostics added = row_count;
    if added > 0 then
        perform journal_due_now();
    end if;
    return null;
end
$$;
comment on function note_change is 'Of triggers: what was changed, by whom, and what it was before. updated_at alone is no change.';

create function refuse_truncate() returns trigger language plpgsql as $$
begin
    raise feature_not_supported using message = format('"%s" is not truncated, which would not tell the journal what went', tg_table_name), hint = format('delete from %I', tg_table_name);
end
$$;
comment on function refuse_truncate is 'Of triggers: TRUNCATE shows nobody the rows.';

do $$
declare
    watched text;
begin
    foreach watched in array array['device', 'point', 'setting', 'mqtt_config', 'mqtt_account'] loop
        execute format('create trigger journal_insert after insert on %I referencing new table as new_rows
                        for each statement execute function note_change()', watched);
        execute format('create trigger journal_update after update on %I referencing old table as old_rows new table as new_rows
                        for each statement execute function note_change()', watched);
        execute format('create trigger journal_delete after delete on %I referencing old table as old_rows
                        for each statement execute function note_change()', watched);
        execute format('create trigger journal_truncate before truncate on %I for each statement execute function refuse_truncate()', watched);
    end loop;
end
$$;

-- ---- alarms ----

create table alarm (
    site_id     text        not null,
    alarm_id    bigint      not null generated always as identity,
    key         text        not null,
    severity    text        not null check (severity in ('info', 'warning', 'critical')),
    text        text        not null,
    raised_at   timestamptz not null default clock_timestamp(),
    returned_at timestamptz,
    primary key (site_id, alarm_id)
);
create unique index on alarm (site_id, key) where returned_at is null;
comment on table alarm is 'What is wrong, or was.';
comment on column alarm.key is 'What it is about: while it is raised, it is raised once';
comment on column alarm.returned_at is 'When it was right again; null: it is still wrong';

create function alarm_raise(of_site text, of_key text, of_severity text, of_text text) returns boolean language plpgsql as $$
declare
    made alarm;
begin
    insert into alarm (site_id, key, severity, text) values (of_site, of_key, of_severity, of_text)
    on conflict (site_id, key) where returned_at is null do nothing returning * into made;
    if made.alarm_id is not null then
        perform journal_append(of_site, 'alarm', jsonb_build_object('v', 1, 'event', 'raised', 'who', journal_who()) || to_jsonb(made) - 'returned_at' - 'site_id');
    end if;
    return made.alarm_id is not null;
end
$$;
comment on function alarm_raise is 'True: it is raised now; false: it was already.';

create function alarm_return(of_site text, of_key text) returns boolean language plpgsql as $$
declare
    ended alarm;
begin
    update alarm set returned_at = clock_timestamp() where site_id = of_site and key = of_key and returned_at is null returning * into ended;
    if ended.alarm_id is not null then
        perform journal_append(of_site, 'alarm', jsonb_build_object('v', 1, 'event', 'returned', 'who', journal_who()) || to_jsonb(ended) - 'site_id');
    end if;
    return ended.alarm_id is not null;
end
$$;

-- ---- a new life ----

create function commands_restored(of_site text) returns void language sql as $$
    select null::void -- there are none yet
$$;

create function journal_position(of_site text, out epoch bigint, out seq bigint, out digest bytea) language sql stable
    set enable_seqscan = off as $$
    select h.epoch, h.record_seq, h.digest from journal_head h where h.site_id = of_site order by h.version desc limit 1
$$;
comment on function journal_position is 'The last entry that is chained.';

-- Nothing inside a database tells that it is a former self of itself, put back: so the collector keeps outside what it saw last. Where that is not
-- here, or is not known, another life begins, in which nothing is carried out that was asked for before.
create function journal_open(of_site text, known_epoch bigint, known_seq bigint, known_digest bytea, device_end integer, point_end integer,
                             out epoch bigint, out seq bigint, out digest bytea, out is_new_life boolean) language plpgsql as $$
declare
    head journal_head;
begin
    -- Whoever appends locks what he changes first and takes his turn last, when he commits: so here.
    update site set last_device_id = greatest(last_device_id, device_end - 1), last_point_id = greatest(last_point_id, point_end - 1)
     where site_id = of_site and (last_device_id < device_end - 1 or last_point_id < point_end - 1);
    select * into head from journal_head h where h.site_id = of_site order by h.version desc limit 1;
    if head.site_id is null then
        raise no_data_found using message = format('there is no site "%s"', of_site);
    end if;
    is_new_life := case when known_epoch is null then head.opened_at is not null
                        when head.epoch <> known_epoch or head.record_seq < known_seq then true
                        when head.record_seq = known_seq then head.digest is distinct from known_digest
                        else not exists (select from uplink_record u where u.site_id = of_site and u.epoch = known_epoch and u.seq = known_seq and u.digest = known_digest)
                             and exists (select from uplink_record u where u.site_id = of_site and u.epoch = known_epoch and u.seq <= known_seq) -- or it is forgotten, after a year
                   end;
    if is_new_life then
        perform journal_append(of_site, 'epoch', '{"v": 1}'::jsonb); -- the first, whatever the following append
        perform commands_restored(of_site);
        perform alarm_raise(of_site, 'journal.new_life', 'warning', case when known_epoch is null
            then 'what the collector keeps outside the database is missing: whatever was asked for before is not carried out'
            else 'the database was put back to an earlier state: whatever was asked for before is not carried out' end);
        perform from journal_turn t where t.site_id = of_site for update;
        select * into head from journal_head h where h.site_id = of_site order by h.version desc limit 1;
        update journal_pending p set body = convert_to(jsonb_build_object('v', 1, 'reason', case when known_epoch is null then 'unknown' else 'restored' end, 'who', journal_who(),
            'previous', jsonb_build_object('epoch', head.epoch, 'seq', head.record_seq, 'digest', encode(head.digest, 'hex')),
            'known', case when known_epoch is not null then jsonb_build_object('epoch', known_epoch, 'seq', known_seq, 'digest', encode(known_digest, 'hex')) end)::text, 'UTF8')
         where p.of_xact = pg_current_xact_id() and p.site_id = of_site and p.kind = 'epoch';
        update journal_head h set epoch = journal_new_epoch(), seq = 0, record_seq = 0, acknowledged_seq = 0, digest = decode(repeat('00', 32), 'hex'), opened_at = clock_timestamp()
         where h.site_id = of_site;
    elsif head.opened_at is null then
        perform from journal_turn t where t.site_id = of_site for update;
        update journal_head h set opened_at = clock_timestamp() where h.site_id = of_site;
    end if;
    set constraints number_entries immediate; -- so that the position told is this transaction's own
    set constraints number_entries deferred;
    select p.epoch, p.seq, p.digest into journal_open.epoch, journal_open.seq, journal_open.digest from journal_position(of_site) p;
end
$$;
comment on function journal_open is 'Compares the journal with what is known of it outside the database; nulls: nothing is. is_new_life: another epoch has begun.';

create function journal_checkpoint(of_site text, of_epoch bigint, of_seq bigint, of_digest bytea, of_key bytea, of_signature bytea) returns void language plpgsql as $$
begin
    if octet_length(of_digest) <> 32 or octet_length(of_key) <> 32 or octet_length(of_signature) <> 64 then
        raise invalid_parameter_value using message = 'a checkpoint has a digest and a key of 32 octets, and a signature of 64';
    end if;
    if not exists (select from journal_head h where h.site_id = of_site and h.epoch = of_epoch) then
        raise invalid_parameter_value using message = 'the journal is in another epoch by now';
    end if;
    perform journal_append(of_site, 'checkpoint', jsonb_build_object('v', 1, 'epoch', of_epoch, 'seq', of_seq, 'digest', encode(of_digest, 'hex'),
                                                                     'key', encode(of_key, 'hex'), 'signature', encode(of_signature, 'hex')));
end
$$;
comment on function journal_checkpoint is 'Writes down where the chain stands, signed by a key that is not in the database.';

-- ---- its partitions ----

create function journal_partition(of_class text, at_time timestamptz, out name text, out first timestamptz, out beyond timestamptz) language sql stable as $$
    select case of_class when 'record' then to_char(at_time at time zone 'UTC', '"record_"YYYY_MM') else to_char(at_time at time zone 'UTC', '"frames_"YYYY_MM_DD') end,
           date_trunc(span, at_time at time zone 'UTC') at time zone 'UTC', (date_trunc(span, at_time at time zone 'UTC') + ('1 ' || span)::interval) at time zone 'UTC'
      from (select case of_class when 'record' then 'month' else 'day' end) as s (span)
$$;
comment on function journal_partition is 'The month of records, or day of frames, that has an instant.';

create function journal_partitions(of_class text, out name text, out first timestamptz, out beyond timestamptz)
       returns setof record language sql stable set timezone = 'UTC' set datestyle = 'ISO' as $function$
    select relname, bounds[1]::timestamptz, bounds[2]::timestamptz
      from pg_inherits join pg_class on pg_class.oid = inhrelid,
           lateral regexp_match(pg_get_expr(relpartbound, inhrelid), $r$^FOR VALUES FROM \('([^']+)'\) TO \('([^']+)'\)$$r$) as bounds
     where inhparent = ('public.uplink_' || of_class)::regclass and bounds is not null
$function$;

-- True: it was made. What a clock that was ahead left in the default partition moves there.
create function journal_take_turns() returns void language plpgsql as $$
begin
    perform from journal_turn order by site_id for update;
end
$$;
comment on function journal_take_turns is 'Whoever commits entries locks turns, then partitions: so must those who change partitions, and then append.';

create function journal_ensure(of_class text, at_time timestamptz) returns boolean language plpgsql
    set lock_timeout = '200ms' set timezone = 'UTC' set datestyle = 'ISO' as $$
declare
    part record;
begin
    select * into part from journal_partition(of_class, at_time);
    if to_regclass('journal.' || part.name) is not null then
        return false;
    end if;
    perform journal_take_turns();
    if to_regclass('journal.' || part.name) is not null then -- by another site's ingest meanwhile
        return false;
    end if;
    execute format('create table journal.%I (like public.uplink including all)', part.name);
    execute format('lock table public.uplink_%s_default in access exclusive mode', of_class);
    execute format('with moved as (delete from public.uplink_%s_default where at >= %L and at < %L returning *) insert into journal.%I select * from moved',
                   of_class, part.first, part.beyond, part.name);
    execute format('alter table public.uplink_%s attach partition journal.%I for values from (%L) to (%L)', of_class, part.name, part.first, part.beyond);
    return true;
end
$$;

create function journal_drop(of_name text) returns void language plpgsql set lock_timeout = '200ms' as $$
begin
    perform journal_take_turns();
    execute format('drop table journal.%I', of_name);
end
$$;

-- Frames that central has not got go, oldest first and at most some thousands at once; what is lost is counted, and an entry says so.
create function journal_give_up() returns text language plpgsql as $$
declare
    lost record;
    said text;
begin
    for lost in with oldest as (select site_id, epoch, seq, kind, at from uplink_frames order by at limit 5000),
                     gone as (delete from uplink_frames f using oldest o
                               where (f.site_id, f.epoch, f.seq, f.kind, f.at) = (o.site_id, o.epoch, o.seq, o.kind, o.at)
                              returning f.site_id, f.epoch, f.seq, f.at, octet_length(f.body) as size)
                select g.site_id, count(*) as all_of_them, count(*) filter (where g.epoch <> h.epoch or g.seq > h.acknowledged_seq) as frames,
                       coalesce(sum(g.size) filter (where g.epoch <> h.epoch or g.seq > h.acknowledged_seq), 0) as octets, min(g.at) as first, max(g.at) as last
                  from gone g join journal_head h using (site_id) group by g.site_id order by g.site_id loop
        if lost.frames > 0 then
            perform journal_append(lost.site_id, 'audit', jsonb_build_object('v', 1, 'event', 'given_up', 'frames', lost.frames, 'octets', lost.octets, 'first', lost.first, 'last', lost.last));
            perform alarm_raise(lost.site_id, 'journal.given_up', 'critical', 'the disk is nearly full: readings that central has not got yet are given up, oldest first');
            perform from journal_turn t where t.site_id = lost.site_id for update;
            update journal_head h set frames_given_up = frames_given_up + lost.frames, octets_given_up = octets_given_up + lost.octets where h.site_id = lost.site_id;
        end if;
        said := concat_ws('; ', said, format('the disk is nearly full: %s frames of site %s are dropped, %s of which central has not got', lost.all_of_them, lost.site_id, lost.frames));
    end loop;
    return said;
end
$$;

-- One step of what keeps the journal in shape at at_time; null: nothing was to be done. Nothing is forgotten while the clock is not believed.
create function journal_keep(at_time timestamptz, is_disk_low boolean) returns text language plpgsql
    set timezone = 'UTC' set datestyle = 'ISO' as $$
declare
    part  record;
    last  record;
    ahead interval;
begin
    foreach ahead in array '{0, 1 day, 2 days}'::interval[] loop
        perform journal_ensure('frames', at_time + ahead);
    end loop;
    perform journal_ensure('record', at_time);
    perform journal_ensure('record', at_time + interval '7 days');
    if is_disk_low and exists (select from uplink_frames) then
        return journal_give_up();
    end if;
    if exists (select from retention_clock where hold is not null) then
        return null;
    end if;
    perform commands_retain(site_id) from site order by site_id;
    -- Central may be put back, too: what it has is kept for a week.
    for part in select * from journal_partitions('frames') where beyond < at_time - interval '7 days' order by first loop
        if not exists (select from uplink_frames f join journal_head h using (site_id)
                        where f.at >= part.first and f.at < part.beyond and (f.epoch <> h.epoch or f.seq > h.acknowledged_seq)) then
            perform journal_drop(part.name);
            return null; -- of a site that makes no frames it is empty each day: nothing to tell
        end if;
    end loop;
    for part in select * from journal_partitions('record') where beyond < at_time - interval '1 year' order by first loop
        -- A clock that leapt may have left what is newer among what is old: then it stays.
        continue when exists (select from (select site_id, epoch, max(seq) as seq from uplink_record where at >= part.first and at < part.beyond group by site_id, epoch) old
                               where exists (select from uplink_record r where r.site_id = old.site_id and r.epoch = old.epoch and r.seq < old.seq
                                                                           and not (r.at >= part.first and r.at < part.beyond)));
        last := null;
        for last in select distinct on (site_id, epoch) site_id, epoch, seq, digest from uplink_record where at >= part.first and at < part.beyond
                     order by site_id, epoch, seq desc loop
            -- What the chain goes on from, in the chain itself: so a journal that was cut off is told from one that was pruned.
            perform journal_append(last.site_id, 'audit', jsonb_build_object('v', 1, 'event', 'pruned', 'epoch', last.epoch, 'seq', last.seq, 'digest', encode(last.digest, 'hex')));
        end loop;
        perform journal_drop(part.name);
        continue when last.site_id is null; -- an empty one
        return format('records of the journal from before %s are dropped: they are a year old', part.beyond::date);
    end loop;
    return null;
end
$$;
comment on function journal_keep is 'One step of keeping the journal in shape: partitions ahead of time, acknowledged frames after 7 days, records after a year; where the disk is
nearly full, frames that were not sent. Returns what there is to tell; null: nothing.';

-- The clock of ingest, which may be another machine's, and the database's own both have to say that something is old.
create function journal_maintain(at_time timestamptz, is_disk_low boolean) returns text language sql as $$
    select journal_keep(least(at_time, clock_timestamp()), is_disk_low)
$$;
comment on function journal_maintain is 'journal_keep for ingest, now and then.';

-- ---- for people ----

create view audit as
    select site_id, epoch, seq, kind, at, j.body,
           coalesce(j.body #>> '{who,person}', j.body #>> '{who,role}', j.body ->> 'created_by') as who,
           j.body ->> 'source' as source,
           coalesce((j.body ->> 'point_id')::integer, case when kind = 'point' then (j.body ->> 'key')::integer end) as point_id,
           digest
      from uplink_record, lateral (select convert_from(uplink_record.body, 'UTF8')::jsonb) as j (body);
comment on view audit is 'The journal''s records, readable.';
