-- At a site: its journal on the way to central, and what central asks for on the way here. `bacpipes sync` calls these, as bacpipes_sync;
-- docs/replication.md says how both ends come to agree.

alter table mqtt_account drop constraint mqtt_account_role_check,
    add constraint mqtt_account_role_check check (role in ('collect', 'ingest', 'web', 'sync'));

create table link_epoch (
    site_id          text    not null,
    epoch            bigint  not null,
    acknowledged_seq bigint  not null default 0,
    is_closed        boolean not null default false,
    has_state        boolean not null default false,
    primary key (site_id, epoch)
);
comment on table link_epoch is 'How far central has each life of the site''s journal; of the present one journal_head.acknowledged_seq says it, too.';
comment on column link_epoch.is_closed is 'What central lacked of it was filed again in a later one: nothing of it is sent any more';
comment on column link_epoch.has_state is 'How devices, points and the like stood is an entry of it (journal_snapshot)';

create table link_octets (
    site_id  text   not null,
    day      date   not null,
    sent     bigint not null default 0,
    received bigint not null default 0,
    primary key (site_id, day)
);
comment on table link_octets is 'What the link to central cost on each day (UTC): octets of whole packets, as the kernel counted them.';

create table link_report (
    site_id         text primary key,
    state           text        not null check (state in ('connecting', 'comparing', 'sending', 'waiting', 'refused', 'stopped')),
    since           timestamptz not null,
    why             text        not null default '',
    octets_s        double precision not null default 0,
    reported_at     timestamptz not null
);
comment on table link_report is 'What `bacpipes sync` said of itself last: each 10 s while it runs.';
comment on column link_report.why is 'Why it is connecting or waiting, or is refused';
comment on column link_report.octets_s is 'Of the journal, that central took in a second over the last minute';

-- ---- what is here ----

create function link_lives(of_site text) returns table (epoch bigint, previous bigint, age integer) language sql stable as $$
    with recursive life (epoch, previous, age) as (
        select h.epoch, begun.previous, 0
          from (select h.epoch from journal_head h where h.site_id = of_site order by h.version desc limit 1) h
          left join lateral (select (convert_from(u.body, 'UTF8')::jsonb #>> '{previous,epoch}')::bigint from uplink_record u
                              where u.site_id = of_site and u.epoch = h.epoch and u.seq = 1 and u.kind = 'epoch') as begun (previous) on true
         union all
        select l.previous, begun.previous, l.age + 1
          from life l left join lateral (select (convert_from(u.body, 'UTF8')::jsonb #>> '{previous,epoch}')::bigint from uplink_record u
                                          where u.site_id = of_site and u.epoch = l.previous and u.seq = 1 and u.kind = 'epoch') as begun (previous) on true
         where l.previous is not null and l.age < 1000)
    select l.epoch, l.previous, l.age from life l
$$;
comment on function link_lives is 'The lives of the journal: age 0 is the present one, 1 the one before. One whose beginning was pruned has none before it.';

create function link_state(of_site text) returns jsonb language sql stable as $$
    select jsonb_build_object(
        'site', of_site,
        'epochs', (select coalesce(jsonb_agg(jsonb_build_object('epoch', l.epoch, 'previous', l.previous, 'first', coalesce(first.seq, 1), 'seq', coalesce(last.seq, 0),
                                                                'acknowledged', coalesce(e.acknowledged_seq, 0), 'is_closed', coalesce(e.is_closed, false)) order by l.age desc), '[]')
                     from link_lives(of_site) l
                     left join lateral (select u.seq from uplink u where u.site_id = of_site and u.epoch = l.epoch order by u.seq limit 1) as first on true
                     left join lateral (select u.seq from uplink u where u.site_id = of_site and u.epoch = l.epoch order by u.seq desc limit 1) as last on true
                     left join link_epoch e on e.site_id = of_site and e.epoch = l.epoch
                    where l.age = 0 or last.seq is not null),
        'down', (select jsonb_build_object('epoch', k.down_epoch, 'seq', k.down_seq) from central_link k where k.site_id = of_site))
$$;
comment on function link_state is 'The lives of the journal that are here, the oldest first, and how far the downlink is carried out.';

create function link_head(of_site text, out epoch bigint, out seq bigint) language sql stable
    set enable_seqscan = off as $$
    select h.epoch, h.seq from journal_head h where h.site_id = of_site order by h.version desc limit 1
$$;
comment on function link_head is 'The last entry: asked four times a second, so that nothing that appends need tell anybody.';

create function link_backlog(of_site text, out entries bigint, out octets bigint, out oldest_at timestamptz) language sql stable as $$
    select count(u.seq), coalesce(sum(octet_length(u.body)), 0), min(u.at)
      from link_lives(of_site) l left join link_epoch e on e.site_id = of_site and e.epoch = l.epoch
      join uplink u on u.site_id = of_site and u.epoch = l.epoch and u.seq > coalesce(e.acknowledged_seq, 0)
     where not coalesce(e.is_closed, false)
$$;
comment on function link_backlog is 'What central has not got yet.';

-- A frame that was given up, or is older than what is kept, leaves a hole: an entry without octets stands in it, so that both ends count alike.
create function link_entries(of_site text, of_epoch bigint, after_seq bigint, octets_max bigint, at_most integer)
       returns table (seq bigint, kind text, at timestamptz, body bytea, digest bytea) language sql stable as $$
    with here as materialized (select u.seq, u.kind, u.at, u.body, u.digest from uplink u
                                where u.site_id = of_site and u.epoch = of_epoch and u.seq > after_seq order by u.seq limit at_most),
         whole as (select n as seq, coalesce(h.kind, 'readings') as kind, coalesce(h.at, (select min(l.at) from here l where l.seq > n)) as at,
                          coalesce(h.body, '') as body, coalesce(h.digest, sha256('')) as digest,
                          sum(64 + coalesce(octet_length(h.body), 0)) over (order by n rows between unbounded preceding and 1 preceding) as before
                     from generate_series(after_seq + 1, (select least(max(l.seq), after_seq + at_most) from here l having count(*) > 0)) as n left join here h on h.seq = n)
    select w.seq, w.kind, w.at, w.body, w.digest from whole w where coalesce(w.before, 0) < octets_max order by w.seq
$$;
comment on function link_entries is 'The next entries of an epoch without gaps: one at least where there is any, and no more than at_most or octets_max.';

create function link_digests(of_site text, of_epoch bigint, seqs bigint[]) returns table (seq bigint, digest bytea) language sql stable as $$
    select u.seq, u.digest from unnest(seqs) as n join uplink u on u.site_id = of_site and u.epoch = of_epoch and u.seq = n order by u.seq
$$;
comment on function link_digests is 'Of those entries that are here.';

create function link_compare(of_site text, answer jsonb) returns table (epoch bigint, is_same boolean) language sql stable as $$
    select (e.told ->> 'epoch')::bigint, encode(u.digest, 'hex') = e.told ->> 'digest'
      from jsonb_array_elements(answer -> 'epochs') as e (told)
      left join uplink u on u.site_id = of_site and u.epoch = (e.told ->> 'epoch')::bigint and u.seq = (e.told ->> 'seq')::bigint
$$;
comment on function link_compare is 'Whether the entries up to which central has each life (sync.hello) are those that are here; null: there is none of that number here.';

create function link_begins(of_site text, of_epoch bigint, out first_seq bigint, out record_digest bytea) language plpgsql as $$
declare
    few constant bigint := 10000; -- holes that are sent as entries without octets
begin
    select u.seq into first_seq from uplink u where u.site_id = of_site and u.epoch = of_epoch order by u.seq limit 1;
    if (select max(u.seq) - first_seq + 1 - count(*) from uplink u where u.site_id = of_site and u.epoch = of_epoch) > few then
        select max(n.seq) into first_seq from (select u.seq, lag(u.seq) over (order by u.seq) as before from uplink u where u.site_id = of_site and u.epoch = of_epoch) n
         where n.seq > n.before + 1;
    end if;
    first_seq := coalesce(first_seq, 1);
    record_digest := coalesce((select u.digest from uplink_record u where u.site_id = of_site and u.epoch = of_epoch and u.seq < first_seq order by u.seq desc limit 1),
                              (select decode(a.body ->> 'digest', 'hex') from audit a -- what the chain goes on from, where it was pruned
                                where a.site_id = of_site and a.kind = 'audit' and a.body ->> 'event' = 'pruned' and (a.body ->> 'epoch')::bigint = of_epoch and (a.body ->> 'seq')::bigint < first_seq
                                order by (a.body ->> 'seq')::bigint desc limit 1),
                              decode(repeat('00', 32), 'hex'));
    -- How things stood when the epoch began may not be among it any more: then it is told again.
    if of_epoch = (select h.epoch from journal_head h where h.site_id = of_site order by h.version desc limit 1)
       and not exists (select from uplink_record u where u.site_id = of_site and u.epoch = of_epoch and u.seq >= link_begins.first_seq and u.kind = 'device'
                                       and position('"op": "state"'::bytea in u.body) > 0)
       and exists (select from link_epoch e where e.site_id = of_site and e.epoch = of_epoch and e.has_state) then
        perform journal_snapshot(of_site);
    end if;
end
$$;
comment on function link_begins is 'Where an epoch begins for a central that has nothing of it: with its first entry, or behind its last hole where too much is missing; how things stand is in it.';

-- ---- what central has ----

create function link_acknowledge(of_site text, of_epoch bigint, of_seq bigint) returns void language plpgsql as $$
begin
    if exists (select from link_epoch e where e.site_id = of_site and e.epoch = of_epoch and e.acknowledged_seq = of_seq) then
        return;
    end if;
    perform from journal_turn t where t.site_id = of_site for update; -- before link_epoch, as all who change that
    insert into link_epoch as e (site_id, epoch, acknowledged_seq) values (of_site, of_epoch, of_seq)
    on conflict (site_id, epoch) do update set acknowledged_seq = excluded.acknowledged_seq where e.acknowledged_seq <> excluded.acknowledged_seq;
    if found then
        update journal_head h set acknowledged_seq = of_seq where h.site_id = of_site and h.epoch = of_epoch;
    end if;
end
$$;
comment on function link_acknowledge is 'Central has all of an epoch up to there. It is less than before where central was put back.';

create function link_close(of_site text, of_epoch bigint) returns void language sql as $$
    insert into link_epoch (site_id, epoch, is_closed) values (of_site, of_epoch, true) on conflict (site_id, epoch) do update set is_closed = true
$$;
comment on function link_close is 'Central has all of a former life that is here, and more: nothing of it is to be sent.';

create function journal_is_at_central(of_site text, of_epoch bigint, of_seq bigint) returns boolean language sql stable as $$
    select case when (select is_remote from site where site_id = of_site)
                then exists (select from uplink_applied a where a.site_id = of_site and a.epoch = of_epoch and a.applied_seq >= of_seq)
                else exists (select from journal_head h where h.site_id = of_site and h.epoch = of_epoch and h.acknowledged_seq >= of_seq)
                     or exists (select from link_epoch e where e.site_id = of_site and e.epoch = of_epoch and (e.is_closed or e.acknowledged_seq >= of_seq)) end
$$;
comment on function journal_is_at_central is 'All of an epoch up to there is at central, or, at central, is applied: so frames may be forgotten after a while.';

create function link_floors(of_site text, device_end bigint, point_end bigint) returns void language sql as $$
    update site set last_device_id = greatest(last_device_id, device_end - 1), last_point_id = greatest(last_point_id, point_end - 1)
     where site_id = of_site and (last_device_id < device_end - 1 or last_point_id < point_end - 1)
$$;
comment on function link_floors is 'Numbers that central knows are not given again: what it has by them is another device, another point.';

-- ---- how things stand ----

create function journal_snapshot(of_site text) returns void language plpgsql as $$
declare
    part record;
begin
    perform from journal_turn t where t.site_id = of_site for update; -- who has a lower number has committed by now, and is seen
    for part in select * from (values ('device', 'device', 'device_id', 'true'), ('point', 'point', 'point_id', 'true'), ('setting', 'setting', 'name', 'true'), ('device_status', 'device_status', 'device_id', 'true'),
                                      ('command', 'write_commands', 'created_at, t.id', $f$status in ('pending', 'executing')$f$), ('hold', 'hold', 'point_id, t.priority', 'true'),
                                      ('override', 'override', 'point_id, t.priority', 'true'), ('alarm', 'alarm', 'alarm_id', 'returned_at is null')) as p (kind, name, key, wanted) loop
        execute format($f$
            insert into journal_pending (site_id, kind, body)
            select $1, %L, convert_to((jsonb_build_object('v', 1, 'op', 'state', 'table', %L, 'rows', coalesce(c.rows, '[]'))
                                       || case when c.is_last then '{"complete": true}' else '{}'::jsonb end)::text, 'UTF8')
              from (select jsonb_agg(n.row order by n.place) filter (where n.row is not null) as rows, lead(n.chunk) over (order by n.chunk, n.piece) is null as is_last, n.chunk, n.piece
                      -- Parts of 100, and fewer where their texts are long: central takes 1 MiB of an entry.
                      from (select r.row, r.place, (r.place - 1) / 100 as chunk, sum(octet_length(r.row::text)) over (order by r.place) / 200000 as piece
                              from (select to_jsonb(t) - '{site_id, learned}'::text[] as row, row_number() over (order by t.%s) as place from %I t where t.site_id = $1 and %s) as r
                             union all select null, 0, 0, 0) as n group by n.chunk, n.piece) as c order by c.chunk, c.piece $f$,
            part.kind, part.name, part.key, part.name, part.wanted) using of_site;
    end loop;
    perform journal_due_now();
end
$$;
comment on function journal_snapshot is 'How devices, points, settings, what devices answer, open commands, holds, overrides and open alarms stand, as entries: what a central that knows nothing begins with.';

create function link_prepare(of_site text) returns void language plpgsql as $$
declare
    head journal_head;
begin
    perform from journal_turn t where t.site_id = of_site for update;
    select * into head from journal_head h where h.site_id = of_site order by h.version desc limit 1;
    insert into link_epoch (site_id, epoch, acknowledged_seq) values (of_site, head.epoch, head.acknowledged_seq) on conflict do nothing;
    if exists (select from link_epoch e where e.site_id = of_site and e.epoch = head.epoch and not e.has_state) then
        perform journal_snapshot(of_site);
        update link_epoch e set has_state = true where e.site_id = of_site and e.epoch = head.epoch;
    end if;
end
$$;
comment on function link_prepare is 'Before anything of an epoch is sent: how things stand is in it.';

-- ---- another life ----

-- What the head of a frame says (docs/protocol.md, "Frames").
create function frame_is_key(frame bytea) returns boolean language sql immutable parallel safe as $$
    select octet_length(frame) > 1 and get_byte(frame, 1) & 1 = 1
$$;
comment on function frame_is_key is 'A frame that needs none before it: it begins a stream.';
create function frame_stream(frame bytea) returns bytea language sql immutable parallel safe as $$
    select substr(frame, 3, 4)
$$;
comment on function frame_stream is 'The stream that a frame belongs to: it is read behind all before it in that.';

-- Central and the site differ, or central has more: this database is a former self of the site, or a copy of it. What central lacks is filed
-- again in a new life; of frames all of the streams that those belong to, from their key frames on: rows that are at central already are not stored twice.
create function journal_refile(of_site text, of_epoch bigint, agreed_seq bigint, device_end bigint, point_end bigint, why text) returns bigint language plpgsql as $$
declare
    head    journal_head;
    streams bytea[];
    first   bigint;
    made    bigint;
    filed   bigint;
begin
    -- Whoever appends locks what he changes first and takes his turn last, when he commits: so here.
    perform link_floors(of_site, device_end, point_end);
    perform journal_append(of_site, 'epoch', '{"v": 1}'::jsonb); -- the first, whatever the following append
    perform commands_restored(of_site);
    perform alarm_raise(of_site, 'journal.new_life', 'warning', why);
    perform from journal_turn t where t.site_id = of_site for update;
    select * into head from journal_head h where h.site_id = of_site order by h.version desc limit 1;
    made := journal_new_epoch();
    update journal_pending p set body = convert_to(jsonb_build_object('v', 1, 'reason', 'forked', 'who', journal_who(),
        'previous', jsonb_build_object('epoch', head.epoch, 'seq', head.record_seq, 'digest', encode(head.digest, 'hex')),
        'agreed', jsonb_build_object('epoch', of_epoch, 'seq', agreed_seq,
            'record', (select jsonb_build_object('epoch', u.epoch, 'seq', u.seq, 'digest', encode(u.digest, 'hex')) from uplink_record u
                        where u.site_id = of_site and u.epoch = of_epoch and u.seq <= agreed_seq order by u.seq desc limit 1)))::text, 'UTF8')
     where p.of_xact = pg_current_xact_id() and p.site_id = of_site and p.kind = 'epoch';
    streams := array(select distinct frame_stream(f.body) from uplink_frames f where f.site_id = of_site and f.epoch = of_epoch and f.kind = 'readings' and f.seq > agreed_seq and f.body <> '');
    first := coalesce((select min(f.seq) from uplink_frames f where f.site_id = of_site and f.epoch = of_epoch and f.kind = 'readings' and f.seq <= agreed_seq
                          and frame_is_key(f.body) and frame_stream(f.body) = any (streams)), agreed_seq + 1);
    insert into journal_pending (site_id, kind, body)
    select of_site, u.kind, case when u.kind in ('readings', 'health') then u.body
                                 else convert_to((convert_from(u.body, 'UTF8')::jsonb || jsonb_build_object('refiled', jsonb_build_object('epoch', u.epoch, 'seq', u.seq, 'at', u.at)))::text, 'UTF8') end
      from uplink u
     where u.site_id = of_site and u.epoch = of_epoch and u.seq >= first and u.kind not in ('epoch', 'checkpoint')
       and (u.seq > agreed_seq or u.kind = 'readings' and frame_stream(u.body) = any (streams))
     order by u.seq;
    get diagnostics filed = row_count;
    perform link_close(of_site, of_epoch);
    insert into link_epoch (site_id, epoch) values (of_site, made);
    update journal_head h set epoch = made, seq = 0, record_seq = 0, acknowledged_seq = 0, digest = decode(repeat('00', 32), 'hex') where h.site_id = of_site;
    perform journal_due_now();
    return filed;
end
$$;
comment on function journal_refile is 'Begins another life of the journal, in which what central has not got of epoch of_epoch, all after agreed_seq, stands again. How many entries that are.';

-- ---- its partitions, while others read and write ----

-- Who plans a statement looks which partitions there are, and only then waits for each: where entries move between them meanwhile, it sees none of
-- those, and what it appends is refused. So who moves any, or makes or drops a partition, has their parent for itself: all others wait before they look.
-- A session of a site may keep its transaction open, and with it what its call has looked at, for as long as it is let; two that relieve each other do so without end.
create function journal_make_way(longest interval) returns bigint language plpgsql as $$
declare
    holding bigint;
begin
    perform pg_stat_clear_snapshot();
    -- All are told before any is waited for: who comes anew waits behind who asked for this.
    select count(*) into holding
      from (select case when a.xact_start < clock_timestamp() - longest then pg_terminate_backend(a.pid) end
              from pg_stat_activity a
             where a.usesysid in (select m.member from pg_auth_members m where m.roleid = to_regrole('bacpipes_sites'))
               and a.pid in (select l.pid from pg_locks l where l.granted and l.relation in ('uplink_record'::regclass, 'uplink_frames'::regclass, 'journal_turn'::regclass)
                                                            and l.database = (select d.oid from pg_database d where d.datname = current_database()))
            offset 0) as told;
    return holding;
end
$$;
comment on function journal_make_way is 'Ends the sessions of sites that hold the journal and were at it for longer. How many hold it.';

create function journal_hold(of_class text) returns void language plpgsql set lock_timeout = '200ms' as $$
begin
    for turn in 1 .. 20 loop
        begin
            perform journal_take_turns();
            execute format('lock table only public.uplink_%1$s, only public.uplink_%1$s_default in access exclusive mode', of_class);
            return;
        exception when lock_not_available then
            -- What a call takes is waited for; from then on whoever of them is in the way ends, and comes again.
            if turn = 20 or journal_make_way(case when turn <= 5 then interval '2 seconds' else interval '0' end) = 0 then
                raise;
            end if;
        end;
    end loop;
end
$$;
comment on function journal_hold is 'Until this transaction ends nobody else reads or appends records (record), or frames (frames).';

-- As 0021 made it, but for that. What others have dated into that time is moved while all wait, and a site may send as much of it as it likes: where it is much, it stays
-- where it is, and so does all that comes of that month, or day. There it goes some at once, as all that has no table of its own (uplink_records_tidy, uplink_frames_tidy).
create or replace function journal_ensure(of_class text, at_time timestamptz) returns boolean language plpgsql
    set lock_timeout = '200ms' set timezone = 'UTC' set datestyle = 'ISO' as $$
declare
    moved_max  constant bigint := 10000; -- while others wait
    octets_max constant bigint := 67108864;
    part  record;
    moves record;
begin
    select * into part from journal_partition(of_class, at_time);
    if to_regclass('journal.' || part.name) is not null then
        return false;
    end if;
    execute format('select count(*) as entries, sum(octet_length(m.body)) as octets from (select u.body from public.uplink_%s_default u where u.at >= %L and u.at < %L limit %s) as m',
                   of_class, part.first, part.beyond, moved_max + 1) into moves;
    if moves.entries > moved_max or moves.octets > octets_max then
        return false;
    end if;
    perform journal_hold(of_class);
    if to_regclass('journal.' || part.name) is not null then -- by another site's ingest meanwhile
        return false;
    end if;
    execute format('create table journal.%I (like public.uplink including all)', part.name);
    execute format('with moved as (delete from public.uplink_%s_default where at >= %L and at < %L returning *) insert into journal.%I select * from moved',
                   of_class, part.first, part.beyond, part.name);
    execute format('alter table public.uplink_%s attach partition journal.%I for values from (%L) to (%L)', of_class, part.name, part.first, part.beyond);
    return true;
end
$$;
comment on function journal_ensure is 'The month of records, or day of frames, that has that instant has a table. True: it was made; false: it was there, or too much would have to be moved.';

-- ---- what may be forgotten ----

-- As 0021 made them, but that older lives of the journal are looked at as well, and at central what came from sites: that is never given up.

-- Frames that central has not got go, oldest first and at most some thousands at once; what is lost is counted, and an entry says so.
create or replace function journal_give_up() returns text language plpgsql as $$
declare
    lost record;
    said text;
begin
    for lost in with oldest as (select f.site_id, f.epoch, f.seq, f.kind, f.at from uplink_frames f
                                     where not exists (select from site s where s.site_id = f.site_id and s.is_remote) or journal_is_at_central(f.site_id, f.epoch, f.seq)
                                     order by f.at limit 5000),
                     gone as (delete from uplink_frames f using oldest o
                               where (f.site_id, f.epoch, f.seq, f.kind, f.at) = (o.site_id, o.epoch, o.seq, o.kind, o.at)
                              returning f.site_id, f.epoch, f.seq, f.at, octet_length(f.body) as size)
                select g.site_id, count(*) as all_of_them, count(*) filter (where g.is_lost) as frames,
                       coalesce(sum(g.size) filter (where g.is_lost), 0) as octets, min(g.at) as first, max(g.at) as last
                  from (select *, not journal_is_at_central(site_id, epoch, seq) as is_lost from gone) g group by g.site_id order by g.site_id loop
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

create function journal_day_is_over(first timestamptz, beyond timestamptz) returns boolean language sql stable as $$
    select not exists (select from (select f.site_id, f.epoch, max(f.seq) as seq from uplink_frames f where f.at >= first and f.at < beyond group by f.site_id, f.epoch) as l
                        where not journal_is_at_central(l.site_id, l.epoch, l.seq))
$$;
comment on function journal_day_is_over is 'All frames of that day are at central or, at central, are applied.';

-- Of records each life's oldest go, one behind the other, so that its chain goes on from the last of them: what is newer among what is old, since a
-- clock leapt, stays with all behind it; so does what is not applied. No site's records keep another's.

create table uplink_pruned (
    site_id text   not null,
    epoch   bigint not null,
    seq     bigint not null,
    digest  bytea  not null check (octet_length(digest) = 32),
    primary key (site_id, epoch)
);
comment on table uplink_pruned is 'At central: the last record of each life of a site''s that is forgotten here, from which the chain goes on. Of the journal that is kept here an entry says so.';

create table uplink_tidied (
    is_one  boolean primary key default true check (is_one),
    site_id text    not null default '',
    epoch   bigint  not null default 0
);
insert into uplink_tidied default values;
comment on table uplink_tidied is 'The life at which uplink_records_tidy was last: it looks at some at once.';

create function record_dated(at timestamptz, received_at timestamptz) returns timestamptz language sql stable as $$
    select case when received_at is null and at < '2026-01-01Z' then 'infinity' -- older than all journals: a clock that nobody has set
                when received_at is null or at between received_at - interval '2 years' and received_at then at
                else received_at end
$$;
comment on function record_dated is 'When a record was written, as far as that clock can be believed. At central not after it came, nor long before: whatever a site says of it, it is old a year after it came.';

create function record_unapplied(of_site text, of_epoch bigint) returns bigint language sql stable as $$
    select case when site_is_remote(of_site) then coalesce((select a.applied_seq from uplink_applied a where a.site_id = of_site and a.epoch = of_epoch), 0) + 1 end
$$;
comment on function record_unapplied is 'At central: the first of a life of a site''s that is not applied; null: it is kept here.';

create function journal_pruned(of_site text, of_epoch bigint, of_seq bigint, of_digest bytea) returns void language plpgsql as $$
begin
    if site_is_remote(of_site) then
        insert into uplink_pruned as p (site_id, epoch, seq, digest) values (of_site, of_epoch, of_seq, of_digest)
        on conflict (site_id, epoch) do update set seq = excluded.seq, digest = excluded.digest where p.seq < excluded.seq;
    else
        -- In the chain itself: so a journal that was cut off is told from one that was pruned.
        perform journal_append(of_site, 'audit', jsonb_build_object('v', 1, 'event', 'pruned', 'epoch', of_epoch, 'seq', of_seq, 'digest', encode(of_digest, 'hex')));
    end if;
end
$$;
comment on function journal_pruned is 'Notes what the chain of a life goes on from, where all up to there is forgotten.';

create function journal_month_ends(first timestamptz, beyond timestamptz, at_time timestamptz) returns table (site_id text, epoch bigint, seq bigint, digest bytea, last_seq bigint) language sql stable as $$
    with recursive life (site_id, epoch) as (
        (select u.site_id, u.epoch from uplink_record u where u.at >= first and u.at < beyond order by u.site_id, u.epoch limit 1)
         union all
        select next.site_id, next.epoch
          from life l, lateral (select u.site_id, u.epoch from uplink_record u
                                 where u.at >= first and u.at < beyond and (u.site_id, u.epoch) > (l.site_id, l.epoch) order by u.site_id, u.epoch limit 1) as next)
    select l.site_id, l.epoch, gone.seq, gone.digest, last.seq
      from life l,
           lateral (select least((select u.seq from uplink_record u where u.site_id = l.site_id and u.epoch = l.epoch and (u.at < first or u.at >= beyond) order by u.seq limit 1),
                                 (select min(u.seq) from uplink_record u where u.site_id = l.site_id and u.epoch = l.epoch and u.at >= first and u.at < least(beyond, at_time - interval '2 years')
                                                                           and record_dated(u.at, u.received_at) >= beyond), -- what is believed otherwise than that it came has to be so old
                                 record_unapplied(l.site_id, l.epoch)) as seq offset 0) as stays, -- once, and not for each that stays
           lateral (select u.seq from uplink_record u where u.site_id = l.site_id and u.epoch = l.epoch and u.at >= first and u.at < beyond order by u.seq desc limit 1) as last
      left join lateral (select u.seq, u.digest from uplink_record u
                          where u.site_id = l.site_id and u.epoch = l.epoch and u.at >= first and u.at < beyond and u.seq < coalesce(stays.seq, 9223372036854775807) order by u.seq desc limit 1) as gone on true
$$;
comment on function journal_month_ends is 'The lives that have records in a month: up to where those may go (null: none may), and the last of them.';

create function uplink_records_drop(of_name text, first timestamptz, beyond timestamptz, at_time timestamptz) returns boolean language plpgsql as $$
declare
    records_max constant bigint := 10000; -- that are moved while others wait
    octets_max  constant bigint := 67108864;
    gone_max    constant bigint := 50000;
    life  record;
    stays record;
    last  record;
    taken bigint;
    total bigint  := 0;
    gone  boolean := false;
begin
    select count(*) as records, sum(octet_length(s.body)) as octets into stays
      from (select u.body from journal_month_ends(first, beyond, at_time) as e join uplink_record u on u.site_id = e.site_id and u.epoch = e.epoch and u.seq > coalesce(e.seq, 0)
             where e.seq is distinct from e.last_seq and u.at >= first and u.at < beyond limit records_max + 1) as s;
    if stays.records > records_max or stays.octets > octets_max then
        for life in select * from journal_month_ends(first, beyond, at_time) as e where e.seq is not null loop
            select h.seq, h.digest into last
              from (select u.seq, u.digest from uplink_record u where u.site_id = life.site_id and u.epoch = life.epoch and u.seq <= life.seq and u.at >= first and u.at < beyond order by u.seq limit gone_max - total) as h
             order by h.seq desc limit 1;
            delete from uplink_record u where u.site_id = life.site_id and u.epoch = life.epoch and u.seq <= last.seq and u.at >= first and u.at < beyond;
            get diagnostics taken = row_count;
            total := total + taken;
            perform journal_pruned(life.site_id, life.epoch, last.seq, last.digest);
            exit when total >= gone_max;
        end loop;
        return false;
    end if;
    perform journal_hold('record');
    for life in select * from journal_month_ends(first, beyond, at_time) loop
        if life.seq is not null then
            perform journal_pruned(life.site_id, life.epoch, life.seq, life.digest);
            gone := true;
        end if;
        if life.seq is distinct from life.last_seq then
            insert into uplink_saved select r.* from uplink_record r
                                      where r.site_id = life.site_id and r.epoch = life.epoch and r.at >= first and r.at < beyond and r.seq > coalesce(life.seq, 0);
        end if;
    end loop;
    perform journal_drop(of_name);
    if exists (select from uplink_saved) then
        alter table uplink_record_default disable trigger user; -- what has stayed has not come anew
        insert into uplink_record_default select * from uplink_saved;
        alter table uplink_record_default enable trigger user;
        delete from uplink_saved;
    end if;
    return gone;
end
$$;
comment on function uplink_records_drop is 'A month of records goes, but for what has to stay of it, which is put where what has no month is; where that is much, it stays in its month, and the rest goes out of it, some at once. False: there is nothing to tell.';

-- What has no month: it was dated as no month is that is here, or has stayed of one. So few are looked at at once that nobody waits, whatever sites send.
create function uplink_records_tidy(at_time timestamptz, beyond timestamptz) returns bigint language plpgsql as $$
declare
    lives_max   constant integer := 100;
    records_max constant integer := 5000;
    place  uplink_tidied;
    life   record;
    stays  bigint;
    last   record;
    taken  bigint;
    gone   bigint := 0;
begin
    select * into place from uplink_tidied for update skip locked;
    if place.is_one is null then -- somebody else is at it
        return 0;
    end if;
    for i in 1 .. lives_max loop
        select u.site_id, u.epoch into life from uplink_record_default u where (u.site_id, u.epoch) > (place.site_id, place.epoch) order by u.site_id, u.epoch limit 1;
        place.site_id := coalesce(life.site_id, '');
        place.epoch := coalesce(life.epoch, 0);
        exit when life.site_id is null;
        -- What is dated later than now says nothing of when that was: it goes with what is behind it.
        select h.seq into stays
          from (select u.seq, record_dated(u.at, u.received_at) as dated from uplink_record u where u.site_id = life.site_id and u.epoch = life.epoch order by u.seq limit records_max) as h
         where h.dated >= beyond and h.dated <= at_time order by h.seq limit 1;
        stays := least(stays, record_unapplied(life.site_id, life.epoch));
        select h.seq, h.digest into last
          from (select u.seq, u.digest, record_dated(u.at, u.received_at) as dated from uplink_record u
                 where u.site_id = life.site_id and u.epoch = life.epoch and (stays is null or u.seq < stays) order by u.seq limit records_max) as h
         where h.dated < beyond order by h.seq desc limit 1;
        -- So much of that may lie before all else that it is all of these: then they go if the first that is behind them and says when that was is old enough.
        if last.seq is null and stays is null then
            select h.seq, h.digest into last
              from (select u.seq, u.digest from uplink_record u where u.site_id = life.site_id and u.epoch = life.epoch order by u.seq limit records_max) as h
             where (select record_dated(u.at, u.received_at) from uplink_record u
                     where u.site_id = life.site_id and u.epoch = life.epoch and record_dated(u.at, u.received_at) <= at_time order by u.seq limit 1) < beyond
             order by h.seq desc limit 1;
        end if;
        continue when last.seq is null;
        delete from uplink_record u where u.site_id = life.site_id and u.epoch = life.epoch and u.seq <= last.seq;
        get diagnostics taken = row_count;
        gone := gone + taken;
        perform journal_pruned(life.site_id, life.epoch, last.seq, last.digest);
        exit when gone >= records_max;
    end loop;
    update uplink_tidied set site_id = place.site_id, epoch = place.epoch where (uplink_tidied.site_id, uplink_tidied.epoch) <> (place.site_id, place.epoch);
    return gone;
end
$$;
comment on function uplink_records_tidy is 'Records that have no month of their own go when they, and all before them, are from before `beyond`.';

create function uplink_frames_drop(of_name text, first timestamptz, beyond timestamptz) returns boolean language plpgsql as $$
begin
    perform journal_hold('frames');
    if not journal_day_is_over(first, beyond) then -- some came meanwhile
        return false;
    end if;
    insert into uplink_saved select f.* from uplink_frames f where f.at >= first and f.at < beyond and f.received_at is not null and uplink_is_needed(f.site_id, f.epoch, f.seq);
    perform journal_drop(of_name);
    insert into uplink select * from uplink_saved;
    delete from uplink_saved;
    return true;
end
$$;
comment on function uplink_frames_drop is 'A day of frames goes, but for what is needed of it. False: it stays.';

-- One step of what keeps the journal in shape at at_time; null: nothing was to be done. Nothing is forgotten while the clock is not believed.
create or replace function journal_keep(at_time timestamptz, is_disk_low boolean) returns text language plpgsql
    set timezone = 'UTC' set datestyle = 'ISO' as $$
declare
    part   record;
    made   boolean := false;
    failed text    := ''; -- class of what could not be made or dropped: nothing else waits for that
    said   text;
begin
    for part in select w.class, at_time + w.ahead as at
                  from (values ('frames', interval '0'), ('frames', '1 day'), ('frames', '2 days'), ('record', '0'), ('record', '7 days')) as w (class, ahead) loop
        continue when part.class = failed;
        begin
            made := journal_ensure(part.class, part.at) or made;
        exception when others then
            failed := part.class;
            said := concat_ws('; ', said, format('not done: %s for %s: %s', case part.class when 'record' then 'a month of records' else 'a day of frames' end, part.at::date, sqlerrm));
        end;
    end loop;
    if made then -- the rest is for the next time: others wait
        return said;
    elsif is_disk_low and exists (select from uplink_frames) then
        return nullif(concat_ws('; ', journal_give_up(), said), '');
    end if;
    if exists (select from retention_clock where hold is not null) then
        return said;
    end if;
    perform commands_retain(site_id) from site order by site_id;
    -- Central may be put back, too: what it has is kept for a week.
    perform uplink_frames_tidy(at_time);
    for part in select * from journal_partitions('frames') where beyond < at_time - interval '7 days' order by first loop
        begin
            if journal_day_is_over(part.first, part.beyond) and uplink_frames_drop(part.name, part.first, part.beyond) then
                return said; -- of a site that makes no frames it is empty each day: nothing to tell
            end if;
        exception when others then
            said := concat_ws('; ', said, format('not done: frames from before %s go: %s', part.beyond::date, sqlerrm));
            exit;
        end;
    end loop;
    perform uplink_records_tidy(at_time, (select p.first from journal_partition('record', at_time - interval '1 year') as p));
    for part in select * from journal_partitions('record') where beyond < at_time - interval '1 year' order by first loop
        begin
            continue when not uplink_records_drop(part.name, part.first, part.beyond, at_time); -- of an empty one there is nothing to tell
            return concat_ws('; ', format('records of the journal from before %s are dropped: they are a year old', part.beyond::date), said);
        exception when others then
            said := concat_ws('; ', said, format('not done: records from before %s go: %s', part.beyond::date, sqlerrm));
            exit;
        end;
    end loop;
    return said;
end
$$;
comment on function journal_keep is 'One step of keeping the journal in shape: days and months ahead of time, what may be forgotten, and where the disk is nearly full frames that
were not sent. Returns what there is to tell, null: nothing; what could not be done comes last, and begins with "not done: ".';

-- ---- what central asks for ----

create function link_carry(of_site text, of_epoch bigint, of_seq bigint, of_kind text, of_at timestamptz, of_body bytea, of_digest bytea, life_left interval)
       returns bigint language plpgsql as $$
declare
    place    central_link;
    previous bytea := decode(repeat('00', 32), 'hex');
    asked    jsonb;
    told     text;
    state    text;
begin
    select * into place from central_link k where k.site_id = of_site for update;
    if place.site_id is null then
        raise no_data_found using message = format('site "%s" has joined no central', of_site);
    elsif of_epoch = place.down_epoch and of_seq <= place.down_seq then
        return place.down_seq;
    elsif of_epoch = place.down_epoch then
        previous := place.down_digest;
    else
        place.down_seq := 0;
    end if;
    if of_seq <> place.down_seq + 1 then
        raise data_corrupted using message = format('entry %s of the downlink cannot follow %s', of_seq, place.down_seq);
    elsif journal_digest(previous, of_site, of_epoch, of_seq, of_kind, of_at, of_body) is distinct from of_digest then
        raise data_corrupted using message = format('entry %s of the downlink is not what its digest says', of_seq);
    end if;
    begin
        asked := convert_from(of_body, 'UTF8')::jsonb;
        perform downlink_carry_out(of_site, of_kind, asked, life_left);
    exception when others then
        get stacked diagnostics told = message_text, state = returned_sqlstate;
        if state ~ '^(08|40|53|55|57|58)' then
            raise; -- it may pass later
        end if;
        perform journal_append(of_site, 'audit', jsonb_build_object('v', 1, 'event', 'not_carried_out', 'kind', of_kind, 'epoch', of_epoch, 'seq', of_seq, 'id', asked -> 'id', 'why', told));
    end;
    update central_link k set down_epoch = of_epoch, down_seq = of_seq, down_digest = of_digest where k.site_id = of_site;
    return of_seq;
end
$$;
comment on function link_carry is 'Carries out one thing that central asks for, once, and moves on; one that cannot be is told back and passed by. How far the downlink is carried out.';

-- ---- what it costs, and how it goes ----

create function link_count(of_site text, octets_sent bigint, octets_received bigint) returns void language sql as $$
    insert into link_octets as o (site_id, day, sent, received) values (of_site, (clock_timestamp() at time zone 'UTC')::date, octets_sent, octets_received)
    on conflict (site_id, day) do update set sent = o.sent + excluded.sent, received = o.received + excluded.received
$$;

create function link_report(of_site text, of_state text, of_why text, of_octets_s double precision) returns void language sql as $$
    insert into link_report as r (site_id, state, since, why, octets_s, reported_at) values (of_site, of_state, clock_timestamp(), of_why, of_octets_s, clock_timestamp())
    on conflict (site_id) do update set since = case when r.state = excluded.state then r.since else excluded.since end, state = excluded.state, why = excluded.why,
                                        octets_s = excluded.octets_s, reported_at = excluded.reported_at
$$;

create function link_month(of_site text, out sent bigint, out received bigint, out recent bigint, out recent_days integer) language sql stable as $$
    select coalesce(sum(o.sent) filter (where o.day >= date_trunc('month', now.day)), 0), coalesce(sum(o.received) filter (where o.day >= date_trunc('month', now.day)), 0),
           coalesce(sum(o.sent + o.received) filter (where o.day < now.day and o.day >= now.day - 7), 0), count(*) filter (where o.day < now.day and o.day >= now.day - 7)
      from (select (clock_timestamp() at time zone 'UTC')::date) as now (day) left join link_octets o on o.site_id = of_site and o.day >= now.day - 40
$$;
comment on function link_month is 'Octets of this month (UTC), and of the whole days of the last week on which the link was there.';

-- ---- at central: what the caller has there ----

create function sync.digests(of_epoch bigint, seqs bigint[]) returns table (seq bigint, digest bytea) language plpgsql as $$
declare
    caller public.remote_site := public.link_caller();
begin
    if cardinality(seqs) > 1000 then
        raise invalid_parameter_value using message = 'at most 1000 digests are told at once';
    end if;
    return query select u.seq, u.digest from unnest(seqs) as n join public.uplink u on u.site_id = caller.site_id and u.epoch = of_epoch and u.seq = n order by u.seq;
end
$$;
comment on function sync.digests is 'Of entries of the caller''s that are here: so one that was put back finds up to where the two agree.';

-- ---- at central: with which keys sites sign ----

-- Sites sign where their journals stand (`checkpoint`) with keys that they alone have. Which key that is central hears from the site itself: the first that signs is taken for the
-- site's, and another one only where the former has signed for it, or where somebody let the site join anew since.
create table site_key (
    site_id   text        not null references remote_site,
    number    integer     not null check (number > 0),
    key       bytea       not null check (octet_length(key) = 32),
    epoch     bigint      not null,
    seq       bigint      not null,
    seen_at   timestamptz not null default clock_timestamp(),
    joined_at timestamptz,
    how       text        check (how in ('first', 'signed', 'joined', 'known', 'doubted')),
    is_told   boolean     not null default false,
    primary key (site_id, number)
);
create index site_key_told on site_key (site_id) where not is_told;
comment on table site_key is 'At central: the public keys that each site''s checkpoints were signed with, in the order in which they came.';
comment on column site_key.seq is 'The entry of `epoch` that was the first with this key';
comment on column site_key.joined_at is 'When the site had joined last, as the key was seen: with another join whatever key it has then is its own';
comment on column site_key.how is 'first: there was none before; signed: the former key has signed for it; joined: the site has joined anew since; known: it is the one before the doubted one; doubted: nobody vouches for it. Null: nobody has looked yet';
comment on column site_key.is_told is 'What is to be said of it was said';

-- In a transaction of the site's, which must not have the turn of central's own journal: so `bacpipes central` looks at it, and tells.
create function site_key_seen() returns trigger language plpgsql as $$
declare
    said   constant text        := case when octet_length(new.body) <= 4096 then substring(encode(new.body, 'escape') from '"key": ?"([0-9a-f]{64})"') end;
    joined constant timestamptz := (select r.joined_at from remote_site r where r.site_id = new.site_id);
    place  constant integer     := (select c.life from uplink_cursor c where c.site_id = new.site_id and c.epoch = new.epoch);
    holds  site_key;
    last   integer;
begin
    if said is null then
        return null;
    end if;
    select k.* into holds from site_key k join uplink_cursor c using (site_id, epoch)
     where k.site_id = new.site_id order by (c.life, k.seq) <= (place, new.seq) desc, case when (c.life, k.seq) <= (place, new.seq) then c.life else -c.life end desc, k.seq desc limit 1;
    if holds.key = decode(said, 'hex') then
        if holds.joined_at is distinct from joined then
            update site_key k set joined_at = joined, how = case when k.how = 'doubted' then 'joined' else k.how end, is_told = false where k.site_id = holds.site_id and k.number = holds.number;
        end if;
        return null;
    end if;
    select coalesce(max(k.number), 0) into last from site_key k where k.site_id = new.site_id;
    -- Nobody changes it so often; but who has joined anew is heard whatever was sent by its former certificate.
    if last < 1000 or (select count(*) from site_key k where k.site_id = new.site_id and k.joined_at is not distinct from joined) < 10 then
        insert into site_key (site_id, number, key, epoch, seq, joined_at, how)
        values (new.site_id, last + 1, decode(said, 'hex'), new.epoch, new.seq, joined, case when last = 0 then 'first' when holds.joined_at is distinct from joined then 'joined' end);
    end if;
    return null;
end
$$;
comment on function site_key_seen is 'Of a trigger: with which key a site has signed.';
create trigger see_key after insert on uplink for each row when (new.kind = 'checkpoint' and new.received_at is not null) execute function site_key_seen();

-- The entry has the signature of the former key, which PostgreSQL cannot verify.
create function site_keys_untold() returns table (site_id text, number integer, key text, how text, former text, body bytea) language sql stable as $$
    select distinct on (k.site_id) k.site_id, k.number, encode(k.key, 'hex'), k.how, encode(f.key, 'hex'), u.body
      from site_key k
      left join lateral (select f.key from site_key f where f.site_id = k.site_id and f.number < k.number and f.how <> 'doubted' order by f.number desc limit 1) as f on true
      left join uplink_record u on u.site_id = k.site_id and u.epoch = k.epoch and u.seq = k.seq
     where not k.is_told order by k.site_id, k.number limit 100 -- one of a site: what is said of it counts for the next
$$;
comment on function site_keys_untold is 'Keys of which nothing was said yet; former: the one that was vouched for last.';

create function site_key_tell(of_site text, of_number integer, is_signed boolean) returns text language plpgsql as $$
declare
    told   site_key;
    former bytea;
    said   text;
begin
    select k.* into told from site_key k where k.site_id = of_site and k.number = of_number and not k.is_told for update;
    if told.site_id is null then
        return null;
    end if;
    select f.key into former from site_key f where f.site_id = of_site and f.number < of_number and f.how <> 'doubted' order by f.number desc limit 1;
    told.how := coalesce(told.how, case when is_signed then 'signed' when told.key = former then 'known' else 'doubted' end);
    update site_key k set how = told.how, is_told = true where k.site_id = of_site and k.number = of_number;
    if told.how = 'doubted' then
        said := format('site "%s" signs its journal with another key than before, %s... from entry %s of epoch %s on: neither has the former key (%s...) signed for it, nor has the site joined anew. '
                       'What it signs is not believed; where that is right, have it join again (`bacpipes site add %s`)', of_site, left(encode(told.key, 'hex'), 16), told.seq, told.epoch,
                       left(encode(former, 'hex'), 16), of_site);
        perform alarm_raise('central', 'site.key.' || of_site, 'critical', said);
    elsif not exists (select from site_key k join remote_site r using (site_id) where k.site_id = of_site and k.how = 'doubted' and k.joined_at is not distinct from r.joined_at) then
        perform alarm_return('central', 'site.key.' || of_site);
    end if;
    return said;
end
$$;
comment on function site_key_tell is 'Whether the former key has signed for it was looked at: what is to be said of it is said. An alarm lasts until the site has joined anew.';

-- ---- at a site: another key ----

create function journal_key_handed(of_site text, of_epoch bigint, of_seq bigint, of_digest bytea, of_key bytea, of_signature bytea, former_key bytea, former_signature bytea) returns void language plpgsql as $$
begin
    if octet_length(of_digest) <> 32 or octet_length(of_key) <> 32 or octet_length(of_signature) <> 64 or octet_length(former_key) <> 32 or octet_length(former_signature) <> 64 then
        raise invalid_parameter_value using message = 'a checkpoint has a digest and a key of 32 octets, and a signature of 64; so has the key before it';
    end if;
    if not exists (select from journal_head h where h.site_id = of_site and h.epoch = of_epoch) then
        raise invalid_parameter_value using message = 'the journal is in another epoch by now';
    end if;
    perform journal_append(of_site, 'checkpoint', jsonb_build_object('v', 1, 'epoch', of_epoch, 'seq', of_seq, 'digest', encode(of_digest, 'hex'), 'key', encode(of_key, 'hex'),
                                                                     'signature', encode(of_signature, 'hex'), 'former', encode(former_key, 'hex'), 'former_signature', encode(former_signature, 'hex')));
end
$$;
comment on function journal_key_handed is 'A checkpoint by another key than before, for which the former has signed.';
