-- Sites join their central, and stay its own: join files, certificates and their end. docs/sites.md says how it is done, docs/protocol.md ("The link") what is promised.
--
-- Who signs is `bacpipes central`, whose key no database knows: what is to be signed is written down here, and so is what came of it. Which certificates count no more
-- stands in a file beside that key, which no restore of this database takes back; it is applied again after one.

-- A join file: a certificate of 7 days with which one site may call sync.join, once.
create table site_invitation (
    id       bigint generated always as identity primary key,
    site_id  text not null references site on delete cascade,
    made_at  timestamptz not null default clock_timestamp(),
    made_by  jsonb not null default '{}',
    serial   text unique check (serial ~ '^[1-9a-f][0-9a-f]*$'),
    until    timestamptz,
    used_at  timestamptz,
    ended_at timestamptz,
    why      text
);
create index on site_invitation (site_id, id);
comment on table site_invitation is 'At central: the join files that were made';
comment on column site_invitation.made_by is 'Who made it, as the journal has it';
comment on column site_invitation.serial is 'Of its certificate, in small hexadecimal; null: it is not signed yet';
comment on column site_invitation.used_at is 'When a site came with it: it is of no use for another';
comment on column site_invitation.ended_at is 'It was withdrawn, and why';

create table site_request (
    id          bigint generated always as identity primary key,
    purpose     text not null check (purpose in ('invite', 'join', 'renew')),
    site_id     text not null references site on delete cascade,
    invitation  bigint references site_invitation on delete cascade,
    asked_with  text,
    request     text not null check (octet_length(request) <= 4096),
    asked_at    timestamptz not null default clock_timestamp(),
    certificate text,
    serial      text,
    until       timestamptz,
    refused     text,
    ended_at    timestamptz
);
create unique index site_request_once on site_request (asked_with) where purpose <> 'invite' and refused is null;
create index site_request_due on site_request (id) where ended_at is null;
create index on site_request (site_id);
comment on table site_request is 'At central: what is to be signed, and what came of it';
comment on column site_request.asked_with is 'Serial of the certificate with which it was asked for: one request for each';
comment on column site_request.refused is 'Why it is not signed';

-- What a site is told with its certificate, and what numbers were ever given: told by who signs.
create table central_authority (
    is_one       boolean primary key default true check (is_one),
    certificates text    not null,
    name         text    not null default '',
    host         text    not null,
    port         integer not null check (port between 1 and 65535),
    last_number  integer not null default 0,
    told_at      timestamptz not null default clock_timestamp()
);
comment on table central_authority is 'At central: the authorities that its sites are to trust, and where they reach it';
comment on column central_authority.last_number is 'The highest number that a site was ever given, which a database that was put back may have forgotten';

create table site_revocation (
    number    integer primary key,
    site_id   text not null,
    asked_at  timestamptz not null default clock_timestamp(),
    listed_at timestamptz
);
comment on table site_revocation is 'At central: sites whose certificates count no more';
comment on column site_revocation.listed_at is 'When they stood in the file that PostgreSQL looks at; null: not yet';

create function site_noted(of_op text, of_site text, of_more jsonb default '{}') returns void language sql as $$
    select journal_append(s.site_id, 'audit', jsonb_strip_nulls(jsonb_build_object('v', 1, 'event', 'site', 'op', of_op, 'of', of_site, 'who', journal_who()) || of_more))
      from site s where not s.is_remote order by s.site_id
$$;
comment on function site_noted is 'On record at central: what became of a site.';

create function site_known(of_site text) returns remote_site language plpgsql stable as $$
declare
    known remote_site;
begin
    select * into known from remote_site r where r.site_id = of_site;
    if known.site_id is null then
        raise no_data_found using message = format('there is no site "%s" that was invited here', of_site), hint = '`bacpipes site list` says which there are.';
    end if;
    return known;
end
$$;

create function site_must_be_called(of_name text) returns void language plpgsql immutable as $$
begin
    if coalesce(of_name !~ '\S' or length(of_name) > 200 or of_name ~ '[\u0001-\u001f\u007f-\u009f]', true) then
        raise invalid_parameter_value using message = 'a site is called something, in 200 letters at most, of which none is a line break or another control character';
    end if;
end
$$;
comment on function site_must_be_called is 'What people are to read in a line of a table can be read there.';

-- ---- logins: for a role that may make them and end their sessions, and does nothing else (sql/rights.sql) ----

create function site_login(of_number integer, is_in boolean) returns void language plpgsql set lock_timeout = '200ms' as $$
declare
    login constant text    := 'site_' || of_number;
    can   constant boolean := (select r.rolcanlogin from pg_roles r where r.rolname = login);
begin
    if to_regrole('bacpipes_sites') is null then
        raise insufficient_privilege using message = format('%s may not make logins in this database: a central needs them', current_user);
    elsif can is null and is_in then
        execute format('create role %I login connection limit 3 in role bacpipes_sites', login);
        perform site_login_settle(login);
    elsif can <> is_in then
        -- A session that has a change of its own password open is in the way: it ends, and then there is a moment.
        for turn in reverse 20 .. 1 loop
            begin
                execute format('alter role %I %s password null', login, case when is_in then 'login' else 'nologin' end);
                perform site_login_settle(login); -- whoever had its key may have given it others
                exit;
            exception when lock_not_available or internal_error or unique_violation then
                if turn = 1 then
                    raise;
                end if;
                perform site_session_end(login);
            end;
        end loop;
    end if;
    if not is_in then
        perform site_session_end(login);
    end if;
end
$$;
comment on function site_login is 'Makes the login of a site, or shuts it and ends its sessions.';

-- Who joins shares one login with others: of those sessions only they are ended that have been at it for a while.
create function site_make_way(of_number integer) returns void language plpgsql as $$
begin
    perform site_session_end('site_' || of_number);
    perform pg_terminate_backend(a.pid, 200) from pg_stat_activity a where a.usename = 'bacpipes_join' and a.xact_start < clock_timestamp() - interval '400 ms';
end
$$;
comment on function site_make_way is 'Ends the sessions that can hold a site''s rows: its own, and those of who joins.';

-- After central was put back; a session of the site can hold what this changes.
create function downlink_begin_again(of_site text) returns void language plpgsql set lock_timeout = '500ms' as $$
begin
    for turn in reverse 20 .. 1 loop
        begin
            perform downlink_begin(of_site, true);
            return;
        exception when lock_not_available then
            if turn = 1 then
                raise;
            end if;
            perform site_make_way((select r.number from remote_site r where r.site_id = of_site));
        end;
    end loop;
end
$$;
comment on function downlink_begin_again is 'Another epoch of what a site is asked for, whoever of its sessions stands in the way: those end.';

-- ---- people at central ----

-- A session of the site can hold its rows for as long as it is let: so it is ended where it does.
create function site_held(of_site text) returns remote_site language plpgsql set lock_timeout = '500ms' as $$
declare
    held remote_site := site_known(of_site);
begin
    for turn in reverse 20 .. 1 loop
        begin
            select * into held from remote_site r where r.site_id = of_site for update;
            perform from site_invitation i where i.site_id = of_site for update;
            perform from site_request q where q.site_id = of_site for update;
            return held;
        exception when lock_not_available then
            if turn = 1 then
                raise;
            end if;
            perform site_make_way(held.number);
        end;
    end loop;
end
$$;
comment on function site_held is 'The site, whose rows here are held from now on, whoever held them before.';

create function site_withdraw(of_site text, of_why text) returns void language sql as $$
    -- Who has asked with one, and is not signed yet, would ask with it again.
    update site_invitation i set ended_at = clock_timestamp(), why = of_why where i.site_id = of_site and i.ended_at is null
       and not exists (select from site_request q where q.invitation = i.id and q.purpose = 'join' and q.certificate is not null);
    delete from site_request where site_id = of_site and ended_at is null
$$;
comment on function site_withdraw is 'Join files by which nobody was let in, and what is not signed yet, count no more.';

create function site_awaited_since(known remote_site) returns timestamptz language sql stable as $$
    select max(i.used_at) from site_invitation i join site_request q on q.invitation = i.id and q.purpose = 'join'
     where i.site_id = known.site_id and i.ended_at is null and q.refused is null
       and case when q.ended_at is null then i.until > clock_timestamp()
                else known.state = 'joined' and q.serial = any (known.serials) and q.until > clock_timestamp() and coalesce(known.seen_at < known.joined_at, true) end
$$;
comment on function site_awaited_since is 'When somebody used the site''s join file who has not called since, and still may; null: nobody.';

create function site_invite(of_site text, of_name text, of_request text, is_again boolean) returns bigint language plpgsql as $$
declare
    known   remote_site;
    used_at timestamptz;
    made    bigint;
begin
    if coalesce(of_site !~ '^[a-z0-9_-]{1,63}$', true) or of_site = 'central' then
        raise invalid_parameter_value using message = case when of_site = 'central' then '"central" is what central itself is called: a site needs another name'
                                                           else format('"%s" is no name of a site: 1 to 63 of a-z 0-9 _ -', of_site) end;
    elsif exists (select from site s where s.site_id = of_site and not s.is_remote) then
        raise unique_violation using message = format('site "%s" is this database''s own, and does not join itself', of_site);
    end if;
    if of_name <> '' then
        perform site_must_be_called(of_name);
    end if;
    if not exists (select from site s where s.site_id = 'central' and not s.is_remote) then
        raise feature_not_supported using message = 'this is the database of a site, and sites are added at their central', hint = '`bacpipes up --central`, in a folder of its own, makes one.';
    end if;
    lock table central_authority in share row exclusive mode; -- numbers are given one after the other
    if (select count(*) from remote_site r where r.state in ('invited', 'joined') and r.site_id <> of_site) >= central_room() then
        raise program_limit_exceeded using message = format('there is room for %s sites in the connections that PostgreSQL has, and so many there are', central_room()),
                                           hint = 'Setting central.sites makes room at the next start of `bacpipes up --central`; in a PostgreSQL of your own max_connections does.';
    end if;
    insert into site (site_id, name, is_remote) values (of_site, coalesce(nullif(of_name, ''), of_site), true)
    on conflict (site_id) do update set name = excluded.name where of_name <> '' and site.name <> excluded.name;
    -- Where it is known nothing is inserted: that would wait for whoever has its row under way.
    insert into remote_site (site_id, number, state, invited_at)
    select of_site, greatest((select max(r.number) from remote_site r), (select a.last_number from central_authority a), 0) + 1, 'invited', clock_timestamp()
     where not exists (select from remote_site r where r.site_id = of_site)
    on conflict (site_id) do nothing;
    known := site_held(of_site);
    if known.state = 'retired' then
        raise feature_not_supported using message = format('site "%s" is retired: what it recorded stays as it is', of_site), hint = 'What takes its place is a site of another name.';
    end if;
    used_at := site_awaited_since(known);
    if used_at is not null and not is_again then
        raise feature_not_supported using message = format('site "%s" has used its join file, at %s, and has not called since. By that file `bacpipes site join` goes on there, and `bacpipes up` then calls; '
                                                           'if it was somebody else, or the key is lost there, `bacpipes site add %s --again` makes another, and that one counts no more',
                                                           of_site, to_char(used_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'), of_site);
    end if;
    perform site_withdraw(of_site, 'a newer join file was made');
    update site_invitation i set ended_at = clock_timestamp(), why = 'a newer join file was made' where i.site_id = of_site and i.ended_at is null;
    update remote_site r set invited_at = clock_timestamp() where r.site_id = of_site;
    insert into site_invitation (site_id, made_by) values (of_site, journal_who()) returning id into made;
    insert into site_request (purpose, site_id, invitation, request) values ('invite', of_site, made, of_request);
    perform site_noted('invited', of_site, jsonb_build_object('number', known.number));
    return made;
end
$$;
comment on function site_invite is 'A join file is to be made for a site, in place of any before: its certificate is signed for this request, and site_invited says when. is_again: whoever used the former one and has not called.';

create function site_invited(of_invitation bigint, out is_over boolean, out refused text, out number integer, out site_id text, out name text, out certificate text, out until timestamptz,
                             out authorities text, out central text, out host text, out port integer, out former_until timestamptz, out has_joined boolean) language sql stable as $$
    select q.ended_at is not null, q.refused, r.number, i.site_id, s.name, q.certificate, q.until, a.certificates, a.name, a.host, a.port,
           (select former.until from (select j.* from site_invitation j where j.site_id = i.site_id and j.id < i.id order by j.id desc limit 1) as former
             where former.why = 'a newer join file was made' and former.until > i.made_at), r.state = 'joined'
      from site_invitation i join remote_site r using (site_id) join site s using (site_id) left join site_request q on q.invitation = i.id and q.purpose = 'invite'
      left join central_authority a on true where i.id = of_invitation
$$;
comment on function site_invited is 'What a join file is made of, once it is signed (is_over). former_until: until when the one in whose place it came would have been good. has_joined: the site is in already.';

create function site_invited_until(of_site text) returns timestamptz language sql stable as $$
    select i.until from site_invitation i where i.site_id = of_site and i.used_at is null and i.ended_at is null order by i.id desc limit 1
$$;
comment on function site_invited_until is 'Until when the site''s newest join file is good, or was; null: there is none that was not used.';

create function site_rename(of_site text, of_name text) returns void language plpgsql as $$
begin
    perform site_must_be_called(of_name);
    perform site_known(of_site);
    update site set name = of_name where site_id = of_site;
    perform site_noted('renamed', of_site, jsonb_build_object('name', of_name));
end
$$;
comment on function site_rename is 'Changes what people read; logins, certificates and tables keep the site''s number and site_id.';

create function site_shut(of_site text, of_state text) returns void language plpgsql as $$
declare
    known remote_site;
begin
    known := site_held(of_site);
    perform site_withdraw(of_site, 'the site was ' || of_state);
    update remote_site r set state = of_state, revoked_at = clock_timestamp(), serials = '{}' where r.site_id = of_site;
    insert into site_revocation (number, site_id) values (known.number, of_site)
    on conflict (number) do update set asked_at = clock_timestamp(), listed_at = null;
    perform site_login(known.number, false);
end
$$;

create function site_revoke(of_site text, of_why text) returns void language plpgsql as $$
begin
    if (site_known(of_site)).state = 'retired' then
        raise feature_not_supported using message = format('site "%s" is retired: nobody acts for it', of_site);
    end if;
    perform site_shut(of_site, 'revoked');
    perform site_noted('revoked', of_site, jsonb_build_object('why', nullif(of_why, '')));
end
$$;
comment on function site_revoke is 'No certificate of the site counts any more, and its sessions end; a new join file lets it in again.';

create function site_retire(of_site text) returns void language plpgsql as $$
begin
    perform site_known(of_site);
    perform site_shut(of_site, 'retired');
    perform site_noted('retired', of_site);
end
$$;
comment on function site_retire is 'The site is no more: as revoked, for good. What it recorded stays.';

create function site_is_listed(of_site text) returns boolean language sql stable as $$
    select not exists (select from site_revocation v where v.site_id = of_site and v.listed_at is null)
$$;
comment on function site_is_listed is 'What was revoked of it stands in the file that PostgreSQL looks at.';

-- ---- sites ----

-- What a request came to: null, not yet.
create function site_answer(asked site_request) returns text language plpgsql stable as $$
begin
    if asked.refused is not null then
        raise invalid_parameter_value using message = asked.refused;
    end if;
    return (select jsonb_build_object('v', 1, 'site_id', r.site_id, 'number', r.number, 'certificate', asked.certificate, 'authorities', a.certificates, 'central', a.name,
                                      'host', a.host, 'port', a.port)::text
              from remote_site r, central_authority a where r.site_id = asked.site_id and asked.certificate is not null);
end
$$;

create function sync.join(request text) returns text language plpgsql as $$
declare
    by_serial constant text := public.link_serial();
    invited   public.site_invitation;
    asked     public.site_request;
begin
    if session_user <> 'bacpipes_join' then
        raise insufficient_privilege using message = format('%s does not join: who has a join file does', session_user);
    end if;
    select * into invited from public.site_invitation i where i.serial = by_serial for update;
    if invited.id is null then
        raise insufficient_privilege using message = 'this central knows nothing of this join file: its database was put back since it was made', hint = 'Have another one made by `bacpipes site add` there.';
    elsif invited.ended_at is not null then
        raise insufficient_privilege using message = format('this join file counts no more: %s', invited.why), hint = 'Use the newest, or have another one made by `bacpipes site add` at central.';
    end if;
    select * into asked from public.site_request q where q.asked_with = by_serial and q.purpose = 'join' and (q.refused is null or q.request = "join".request) order by q.refused is not null, q.id desc limit 1;
    if asked.id is null then
        if (select count(*) from public.site_request q where q.asked_with = by_serial and q.purpose = 'join') >= 10 then
            raise insufficient_privilege using message = 'this join file counts no more: what was asked with it was refused ten times', hint = 'Have another one made by `bacpipes site add` at central.';
        end if;
        insert into public.site_request (purpose, site_id, invitation, asked_with, request) values ('join', invited.site_id, invited.id, by_serial, "join".request) returning * into asked;
        update public.site_invitation i set used_at = clock_timestamp() where i.id = invited.id;
    elsif asked.request <> "join".request then
        raise insufficient_privilege using message = format('this join file has been used, at %s: each lets one site in, once', to_char(invited.used_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"')),
                                           hint = 'Have another one made by `bacpipes site add` at central.';
    end if;
    return public.site_answer(asked);
end
$$;
comment on function sync.join is 'Asks to be signed, with a join file''s certificate; null: not yet, ask again. The same request gets the same answer, for as long as the file counts.';

create function sync.renew(request text) returns text language plpgsql as $$
declare
    caller    public.remote_site := public.link_caller();
    by_serial constant text := public.link_serial();
    asked     public.site_request;
begin
    select * into asked from public.site_request q where q.asked_with = by_serial and q.purpose = 'renew' and (q.refused is null or q.request = renew.request) order by q.refused is not null, q.id desc limit 1;
    if asked.id is not null and asked.request <> renew.request then -- a site that was put back made another key since
        if asked.asked_at > clock_timestamp() - interval '1 h' then
            raise insufficient_privilege using message = format('site "%s" has asked for another certificate just now: the next is signed in an hour', caller.site_id);
        end if;
        update public.site_request q set refused = 'another was asked for since', ended_at = coalesce(q.ended_at, clock_timestamp()) where q.id = asked.id;
        asked := null;
    end if;
    if asked.id is null then
        -- Each is a line for ever where certificates are signed: whatever it shows for it, and whatever comes of it.
        if (select count(*) from public.site_request q where q.site_id = caller.site_id and q.purpose = 'renew' and q.asked_at > clock_timestamp() - interval '1 day') >= 5 then
            raise insufficient_privilege using message = format('site "%s" has asked for 5 certificates within a day, and no more are signed: the next when that day is over', caller.site_id);
        end if;
        delete from public.site_request q where q.site_id = caller.site_id and q.purpose = 'renew' and q.refused is not null and q.asked_at <= clock_timestamp() - interval '1 day';
        insert into public.site_request (purpose, site_id, asked_with, request) values ('renew', caller.site_id, by_serial, renew.request) returning * into asked;
    end if;
    return public.site_answer(asked);
end
$$;
comment on function sync.renew is 'Asks for a certificate that follows the one that was shown; null: not yet, ask again. Five a day are signed, no more.';

create function sync.authorities() returns text language plpgsql stable as $$
begin
    perform public.link_caller();
    return (select a.certificates from public.central_authority a);
end
$$;
comment on function sync.authorities is 'Whom a site is to trust as central''s authorities: more than one while one follows the other.';

-- ---- who signs: bacpipes central ----

create function site_requests() returns table (id bigint, purpose text, site_id text, number integer, request text) language sql as $$
    select q.id, q.purpose, q.site_id, r.number, q.request from site_request q join remote_site r using (site_id) where q.ended_at is null order by q.id limit 50
$$;
comment on function site_requests is 'What is to be signed.';

create function site_signed(of_request bigint, of_certificate text, of_serial text, of_until timestamptz) returns void language plpgsql as $$
declare
    asked site_request;
    known remote_site;
begin
    select * into asked from site_request q where q.id = of_request;
    if found then
        known := site_held(asked.site_id);
    end if;
    update site_request q set certificate = of_certificate, serial = of_serial, until = of_until, ended_at = clock_timestamp()
     where q.id = of_request and q.ended_at is null returning * into asked;
    if asked.id is null then
        return; -- withdrawn meanwhile
    elsif asked.purpose = 'invite' then
        update site_invitation i set serial = of_serial, until = of_until where i.id = asked.invitation;
        return;
    end if;
    if asked.purpose = 'renew' and (known.state <> 'joined' or not asked.asked_with = any (known.serials)) then
        return;
    end if;
    -- Of those it had, the one that is shown now is good until the new one is; who joins anew has none that is.
    update remote_site r set state = 'joined', joined_at = case when asked.purpose = 'join' then clock_timestamp() else r.joined_at end, revoked_at = null,
           serials = case when asked.purpose = 'renew' then array[asked.asked_with, of_serial] else array[of_serial] end
     where r.site_id = asked.site_id;
    perform site_login(known.number, true);
    if asked.purpose = 'join' then
        perform site_make_way(known.number); -- what came with the certificate that it had
    end if;
    perform site_noted(case asked.purpose when 'join' then 'joined' else 'renewed' end, asked.site_id, jsonb_build_object('number', known.number, 'serial', of_serial, 'until', of_until));
    delete from site_request q where q.site_id = asked.site_id and q.id < asked.id and q.ended_at is not null
       and (q.purpose = 'invite' or q.purpose = 'renew' and q.asked_at <= clock_timestamp() - interval '1 day'); -- sync.renew counts those of a day
end
$$;
comment on function site_signed is 'What was asked for is signed: the site''s login and its certificate count from now on.';

create function site_refused(of_request bigint, of_why text) returns void language sql as $$
    update site_request set refused = of_why, ended_at = clock_timestamp() where id = of_request and ended_at is null
$$;
comment on function site_refused is 'What was asked for cannot be signed; who asked may ask with another request.';

create function site_revocations() returns table (number integer, site_id text) language sql stable as $$
    select v.number, v.site_id from site_revocation v where v.listed_at is null order by v.number
$$;
comment on function site_revocations is 'Whose certificates are to be listed as of no more use.';

create function site_revocation_listed(of_number integer) returns void language sql as $$
    update site_revocation set listed_at = clock_timestamp() where number = of_number and listed_at is null
$$;

create function site_authorities_tell(of_certificates text, of_host text, of_port integer, of_last_number integer) returns void language sql as $$
    insert into central_authority as a (certificates, name, host, port, last_number) values (of_certificates, coalesce((select s.name from site s where s.site_id = 'central' and s.name <> 'central'), of_host), of_host, of_port, of_last_number)
    on conflict (is_one) do update set certificates = excluded.certificates, name = excluded.name, host = excluded.host, port = excluded.port,
           last_number = greatest(a.last_number, excluded.last_number), told_at = clock_timestamp()
     where (a.certificates, a.name, a.host, a.port) is distinct from (excluded.certificates, excluded.name, excluded.host, excluded.port) or excluded.last_number > a.last_number
$$;
comment on function site_authorities_tell is 'Whom sites are to trust, where they reach central, and the highest number that was ever given.';

-- A database that was put back has sites in that were revoked since, and may have been put into a server without their logins.
-- One from before a site had another certificate does not know that: no request here was answered with it.
create function sites_mend(of_revoked text[], of_issued jsonb) returns integer language plpgsql as $$
declare
    known   remote_site;
    has     text;
    changed integer := 0;
begin
    for known in select * from remote_site r order by r.number loop
        has := of_issued ->> (known.number || ' ' || known.site_id);
        if known.state = 'joined' and not has = any (known.serials || of_revoked) and not exists (select from site_request q where q.serial = has) then
            perform site_held(known.site_id);
            update remote_site r set serials = r.serials || has where r.site_id = known.site_id returning * into known;
            perform site_noted('renewed', known.site_id, jsonb_build_object('number', known.number, 'serial', has, 'why', 'it was renewed before this database was put back'));
            changed := changed + 1;
        end if;
        if known.state = 'joined' and known.serials && of_revoked then
            perform site_held(known.site_id);
            update remote_site r set serials = array(select s from unnest(known.serials) as s where s <> all (of_revoked)) where r.site_id = known.site_id returning * into known;
            if cardinality(known.serials) = 0 then
                update remote_site r set state = 'revoked', revoked_at = clock_timestamp() where r.site_id = known.site_id returning * into known;
                perform site_noted('revoked', known.site_id, jsonb_build_object('why', 'it was revoked before this database was put back'));
            end if;
            changed := changed + 1;
        end if;
        if known.state <> 'invited' and not exists (select from site_strike t where t.number = known.number and t.shut_until > clock_timestamp()) and (select r.rolcanlogin from pg_roles r where r.rolname = 'site_' || known.number) is distinct from (known.state = 'joined') then
            if known.state = 'joined' or exists (select from pg_roles r where r.rolname = 'site_' || known.number) then
                perform site_login(known.number, known.state = 'joined');
                changed := changed + 1;
            end if;
        end if;
    end loop;
    return changed;
end
$$;
comment on function sites_mend is 'Applies again what stands outside the database: revoked certificates, and those that sites were given last; and has logins be as the sites are. Returns how many it changed.';

-- ---- at a site ----

create function central_link_store(of_site text, of_number integer, of_host text, of_port integer, of_central text, is_other boolean, of_file text) returns void language plpgsql as $$
declare
    by_file constant bytea := sha256(convert_to(of_file, 'UTF8'));
begin
    -- Who was killed before the note of it was gone says of the same file once more that it leads elsewhere.
    is_other := is_other and not exists (select from central_link l where l.site_id = of_site and l.joined_by = by_file);
    insert into central_link as l (site_id, number, host, port, central_name, joined_by) values (of_site, of_number, of_host, of_port, of_central, by_file)
    on conflict (site_id) do update set number = excluded.number, host = excluded.host, port = excluded.port, central_name = excluded.central_name, joined_by = excluded.joined_by,
           joined_at = case when is_other then clock_timestamp() else l.joined_at end, down_epoch = case when is_other then null else l.down_epoch end,
           down_seq = case when is_other then 0 else l.down_seq end, down_digest = case when is_other then null else l.down_digest end,
           laid_until = case when is_other then null else l.laid_until end, held_until = case when is_other then null else l.held_until end, is_laid = l.is_laid and not is_other
     where is_other or (l.number, l.host, l.port, l.central_name) is distinct from (excluded.number, excluded.host, excluded.port, excluded.central_name);
    if found then
        perform journal_append(of_site, 'audit', jsonb_build_object('v', 1, 'event', 'central', 'op', 'joined', 'who', journal_who(), 'number', of_number, 'host', of_host, 'port', of_port));
    end if;
end
$$;
comment on function central_link_store is 'The site has joined a central: another one than it had (is_other), or the same again, whose downlink goes on.';

-- ---- a central begins ----

create function central_begin(of_name text) returns void language plpgsql as $$
declare
    of_site constant text := (select min(s.site_id) from site s where not s.is_remote and s.site_id <> 'central');
begin
    if of_site is not null then
        raise feature_not_supported using message = format('this is the database of site "%s", which is no central: a central has a database and a data folder of its own', of_site);
    end if;
    if of_name <> '' then
        perform site_must_be_called(of_name);
    end if;
    insert into site (site_id, name) values ('central', coalesce(nullif(of_name, ''), 'central'))
    on conflict (site_id) do update set name = excluded.name where of_name <> '' and site.name <> excluded.name;
    if to_regprocedure('public.central_close()') is not null then
        execute 'select public.central_close()';
    end if;
end
$$;
comment on function central_begin is 'This database is a central''s: it has a site of its own, and sites that log in may do nothing but call. For a superuser.';
