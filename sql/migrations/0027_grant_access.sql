-- Who may use the web, and what: users, their roles at sites, sessions, tokens, second factors, one-time links. All of it is in
-- schema access, which no account reads: the functions below are the only way, and none of them gives out more than it has to.
-- docs/security.md ("The web") says what is kept of a secret: a digest or Argon2id's string, but for the secret of a second factor.

create table organisation (
    organisation_id integer generated always as identity primary key,
    name            text not null check (name ~ '\S' and length(name) <= 200),
    created_at      timestamptz not null default now()
);
comment on table organisation is 'Whoever has users and sites. A site''s database has one, central''s may have several.';
insert into organisation (name) values ('default');
alter table site add column organisation_id integer not null default 1 references organisation;
comment on column site.organisation_id is 'Whose site it is: its users may be given roles there';

create schema access;

create table access.users (
    user_id         integer generated always as identity primary key,
    organisation_id integer not null references public.organisation,
    name            text    not null constraint name_is_of_small_letters_digits_and_signs check (name ~ '^[a-z0-9][a-z0-9._@-]{0,63}$'),
    full_name    text    not null default '' constraint full_name_is_at_most_200_letters check (length(full_name) <= 200),
    language        text    not null default '' constraint language_is_known check (language in ('', 'en', 'zh-Hant', 'pt')),
    theme           text    not null default 'system' constraint theme_is_system_light_or_dark check (theme in ('system', 'light', 'dark')),
    motion          text    not null default 'system' constraint motion_is_system_full_or_reduced check (motion in ('system', 'full', 'reduced')),
    is_disabled     boolean not null default false,
    password        text    check (password like '$argon2id$%'),
    password_at     timestamptz,
    totp_secret     bytea   check (octet_length(totp_secret) between 16 and 64),
    totp_at         timestamptz,
    totp_step       bigint  not null default 0,
    version         integer not null default 1,
    created_at      timestamptz not null default now(),
    seen_at         timestamptz,
    unique (organisation_id, name)
);
comment on table access.users is 'People who may log in.';
comment on column access.users.password is 'As libsodium''s crypto_pwhash_str says it; null: a one-time link, or the command line, has to set one first';
comment on column access.users.totp_secret is 'Of the second factor (RFC 6238); it counts once totp_at is set';
comment on column access.users.totp_step is 'The last 30 s whose code was taken: neither it nor an earlier one is taken again';
comment on column access.users.language is 'Of the interface; empty: the browser''s';

create table access.recovery_code (
    user_id integer not null references access.users on delete cascade,
    digest  bytea   not null check (octet_length(digest) = 32),
    primary key (user_id, digest)
);
comment on table access.recovery_code is 'Codes that stand in once for a second factor; those that were used are gone.';

create table access.site_group (
    group_id        integer generated always as identity primary key,
    organisation_id integer not null references public.organisation,
    name            text    not null check (name ~ '\S' and length(name) <= 200),
    unique (organisation_id, name)
);
create table access.site_group_site (
    group_id integer not null references access.site_group on delete cascade,
    site_id  text    not null references public.site on delete cascade,
    primary key (group_id, site_id)
);
comment on table access.site_group is 'Sites that roles are given at together.';

create table access.user_grant (
    grant_id integer generated always as identity primary key,
    user_id  integer not null references access.users on delete cascade,
    site_id  text    references public.site on delete cascade,
    group_id integer references access.site_group on delete cascade,
    role     text    not null check (role in ('viewer', 'operator', 'engineer', 'admin')),
    constraint grant_is_of_a_site_or_a_group check (site_id is null or group_id is null)
);
create unique index on access.user_grant (user_id, coalesce(site_id, ''), coalesce(group_id, 0));
comment on table access.user_grant is 'A role of a user at a site, at a group of sites, or, with neither, at all sites of the organisation and those to come. Of several that speak of a site the highest counts.';

create table access.session (
    session_id bigint generated always as identity primary key,
    user_id    integer not null references access.users on delete cascade,
    digest     bytea   not null unique check (octet_length(digest) = 32),
    created_at timestamptz not null default now(),
    seen_at    timestamptz not null default now(),
    address    text not null,
    agent      text not null default ''
);
create index on access.session (user_id);
comment on table access.session is 'Who is logged in. It ends 8 h after it was seen last, and 30 d after it began.';
comment on column access.session.digest is 'SHA-256 of what the browser''s cookie has';

create table access.token (
    token_id   integer generated always as identity primary key,
    user_id    integer not null references access.users on delete cascade,
    name       text    not null constraint name_is_1_to_100_letters check (name ~ '\S' and length(name) <= 100),
    digest     bytea   not null unique check (octet_length(digest) = 32),
    prefix     text    not null check (length(prefix) <= 10),
    role       text    not null check (role in ('viewer', 'operator', 'engineer', 'admin')),
    sites      text[]  constraint sites_are_some check (cardinality(sites) between 1 and 1000),
    expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    seen_at    timestamptz,
    unique (user_id, name)
);
comment on table access.token is 'What programs bring instead of a session: it speaks for its user, at most with this role and at these sites.';
comment on column access.token.prefix is 'How it begins, for its owner to know it again';
comment on column access.token.sites is 'Null: wherever its user has a role';

create table access.link (
    digest     bytea   primary key check (octet_length(digest) = 32),
    user_id    integer not null references access.users on delete cascade,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null default now() + interval '15 minutes',
    codes      integer     not null default 0
);
comment on table access.link is 'One-time links, with which a user chooses a password. One that was used is gone.';
comment on column access.link.codes is 'Of the second factor, that were tried with it: after five it is gone';

create table access.browser (
    digest  bytea   not null check (octet_length(digest) = 32),
    user_id integer not null references access.users on delete cascade,
    seen_at timestamptz not null default now(),
    primary key (digest, user_id)
);
comment on table access.browser is 'Browsers that a user has logged in with: what strangers at the same address try does not make them wait.';

create table access.throttle (
    key     text primary key,
    tries   integer     not null,
    last_at timestamptz not null default now(),
    next_at timestamptz not null
);
comment on table access.throttle is 'Who has tried to log in without success, and when the next try is looked at. Kept for an hour.';

-- `bacpipes migrate` fills it from apps/web/call/rights.def, each time.
create table access.role_right (
    name    text primary key,
    place   integer not null,
    role    text not null check (role in ('viewer', 'operator', 'engineer', 'admin')),
    meaning text not null
);
comment on table access.role_right is 'What can be done, and the least role that may.';

create unlogged table access.acting (
    of_xact         xid8    primary key default pg_current_xact_id(),
    user_id         integer not null,
    organisation_id integer not null,
    person          text    not null,
    address         text    not null,
    session_id      bigint,
    token           text,
    everywhere      text,
    sites           jsonb   not null
);
comment on table access.acting is 'For whom transactions of the web that are under way change something; those that have ended leave rows, which the next ones take away.';

-- As the API tells it.
create function access_instant(at timestamptz) returns text language sql immutable as $$
    select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
$$;

-- ---- roles ----

create function access_rank(of_role text) returns integer language sql immutable
    return coalesce(array_position('{viewer, operator, engineer, admin}'::text[], of_role), 0);

-- What a user, or a token that speaks for one (cap: at most this role; only: at these sites), may at most.
create function access_roles(of_user integer, cap text, only_sites text[], out everywhere text, out sites jsonb) language sql stable as $$
    with given as (select g.site_id, g.group_id, least(access_rank(g.role), access_rank(coalesce(cap, 'admin'))) as rank
                     from access.user_grant g where g.user_id = of_user),
         at_all as (select coalesce(max(rank), 0) as rank from given where site_id is null and group_id is null),
         at_site as (select s.site_id, greatest(max(g.rank), (select rank from at_all)) as rank
                       from site s join access.users u on u.user_id = of_user and u.organisation_id = s.organisation_id
                       left join given g on g.site_id = s.site_id or exists (select from access.site_group_site m where m.group_id = g.group_id and m.site_id = s.site_id)
                      where only_sites is null or s.site_id = any (only_sites)
                      group by s.site_id)
    select case when only_sites is null then ('{viewer, operator, engineer, admin}'::text[])[(select rank from at_all)] end,
           coalesce((select jsonb_agg(jsonb_build_object('site', site_id, 'role', ('{viewer, operator, engineer, admin}'::text[])[rank]) order by site_id)
                       from at_site where rank > 0), '[]')
$$;
comment on function access_roles is 'The role at all sites, those to come too (null: none), and that at each site there is.';

-- ---- who acts ----

create function web_acting() returns access.acting language sql stable as $$
    select a from access.acting a where a.of_xact = pg_current_xact_id_if_assigned()
$$;

create function web_user() returns integer language sql stable as $$
    select (web_acting()).user_id
$$;
comment on function web_user is 'The user for whom this transaction acts (web_act); null: for none.';

create function web_may(of_site text, of_right text) returns boolean language sql stable as $$
    select coalesce((select access_rank(case when of_site is null then a.everywhere
                                             else (select s.entry ->> 'role' from jsonb_array_elements(a.sites) as s (entry) where s.entry ->> 'site' = of_site) end) >= access_rank(r.role)
                       from access.role_right r, web_acting() as a where r.name = of_right), false)
$$;
comment on function web_may is 'Whether who acts may do so at a site; null: in the whole organisation.';

create function web_must(of_site text, of_right text) returns void language plpgsql stable as $$
begin
    if web_user() is null then
        if session_user = 'bacpipes_web' then
            raise insufficient_privilege using message = 'nobody is named for whom this is changed', hint = 'web_act is the first step of such a transaction.';
        end if;
        return; -- a tool: its account is let in, or not
    end if;
    if not web_may(of_site, of_right) then
        raise insufficient_privilege using message = format('%s may not do so (%s) at %s', (web_acting()).person, of_right, coalesce(of_site, 'all sites'));
    end if;
end
$$;
comment on function web_must is 'Refuses what the person for whom this transaction acts may not do. Tools are not asked.';

create function web_begin(of_user integer, of_session bigint, of_token text, of_address text, of_everywhere text, of_sites jsonb) returns void language plpgsql as $$
begin
    delete from access.acting where of_xact in (select a.of_xact from access.acting a where a.of_xact < pg_snapshot_xmin(pg_current_snapshot()) limit 100 for update skip locked);
    insert into access.acting (user_id, organisation_id, person, address, session_id, token, everywhere, sites)
    select of_user, organisation_id, name, of_address, of_session, of_token, of_everywhere, of_sites from access.users where user_id = of_user
        on conflict (of_xact) do nothing;
    perform set_config('bacpipes.person', (select name from access.users where user_id = of_user), true); -- where one account does all
end
$$;

-- Sessions and tokens that are neither over nor of somebody who is shut out.
create function access_found(of_digest bytea) returns table (kind text, id bigint, user_id integer, name text, cap text, sites text[], seen_at timestamptz, expires_at timestamptz) language sql stable as $$
    select 'session', s.session_id, s.user_id, null, null, null::text[], s.seen_at, least(s.seen_at + interval '8 hours', s.created_at + interval '30 days')
      from access.session s join access.users u using (user_id)
     where s.digest = of_digest and not u.is_disabled and s.seen_at > now() - interval '8 hours' and s.created_at > now() - interval '30 days'
     union all
    select 'token', t.token_id, t.user_id, t.name, t.role, t.sites, t.seen_at, t.expires_at
      from access.token t join access.users u using (user_id)
     where t.digest = of_digest and not u.is_disabled and t.expires_at > now()
$$;

create function web_act(of_digest bytea, of_address text) returns void language plpgsql as $$
declare
    found_one record;
    roles     record;
begin
    select * into found_one from access_found(of_digest);
    if found_one.user_id is null then
        raise invalid_authorization_specification using message = 'the session has ended';
    end if;
    select * into roles from access_roles(found_one.user_id, found_one.cap, found_one.sites);
    perform web_begin(found_one.user_id, case found_one.kind when 'session' then found_one.id end, found_one.name, of_address, roles.everywhere, roles.sites);
end
$$;
comment on function web_act is 'The first step of a transaction in which the web changes something: for whom. The digest is that of the session''s or token''s secret.';

-- The journal's own words on who did something; once they were the account alone.
create or replace function journal_person() returns text language sql stable as $$
    select coalesce((web_acting()).person,
                    (select nullif(left(current_setting('bacpipes.person', true), 200), '')
                      where session_user in ('bacpipes_owner', 'bacpipes_collect')
                         or (select rolsuper from pg_roles where rolname = session_user)
                         or session_user = (select pg_get_userbyid(relowner) from pg_class where oid = 'journal_head'::regclass))) -- one account does all
$$;
create or replace function journal_who() returns jsonb language sql stable as $$
    select jsonb_strip_nulls(jsonb_build_object('role', session_user, 'person', journal_person(), 'address', coalesce(nullif((a).address, ''), host(inet_client_addr())),
                                                'session', (a).session_id, 'token', (a).token))
      from (select web_acting() as a) as acting
$$;
create function journal_note(of_organisation integer, of_event jsonb) returns void language sql as $$
    select journal_append(s.site_id, 'audit', jsonb_build_object('v', 1, 'who', journal_who()) || of_event) from site s where s.organisation_id = of_organisation order by s.site_id
$$;
comment on function journal_note is 'An entry in the journal of each site of an organisation.';

-- What is told of a user, in the journal and to those who manage users: no secret, and no digest of one.
create function access_notify(of_user integer) returns void language sql as $$
    select pg_notify('bacpipes_access', of_user::text)
$$;
comment on function access_notify is 'Tells whoever keeps sessions in memory that something is over or otherwise.';

-- Whose roles at sites come and go with a group, and with the sites that are in it.
create function access_group_changed() returns trigger language plpgsql as $$
declare
    of_group constant integer := case when tg_op = 'DELETE' then old.group_id else new.group_id end;
begin
    perform access_notify(g.user_id) from access.user_grant g where g.group_id = of_group;
    return case when tg_op = 'DELETE' then old else new end;
end
$$;
create trigger site_group_removed before delete on access.site_group for each row execute function access_group_changed();
create trigger site_group_site_changed before insert or delete on access.site_group_site for each row execute function access_group_changed();

create function access_note(of_user integer, of_op text, of_more jsonb) returns void language sql as $$
    select journal_note(u.organisation_id, jsonb_build_object('event', 'user', 'op', of_op, 'user', u.name, 'user_id', u.user_id) || coalesce(of_more, '{}'))
      from access.users u where u.user_id = of_user
$$;

-- The organisation of who acts; for tools the first, which is the only one of a site.
create function access_organisation() returns integer language sql stable as $$
    select coalesce((web_acting()).organisation_id, (select min(organisation_id) from organisation))
$$;

create function access_known(of_user integer) returns access.users language sql stable as $$
    select u from access.users u where u.user_id = of_user and u.organisation_id = access_organisation()
$$;

-- ---- who is it ----

create function access_identity(of_digest bytea) returns jsonb language sql stable as $$
    select jsonb_build_object('kind', f.kind, 'id', f.id, 'token', f.name, 'user_id', u.user_id, 'name', u.name, 'full_name', u.full_name,
                              'organisation', u.organisation_id, 'language', u.language, 'theme', u.theme, 'motion', u.motion, 'has_totp', u.totp_at is not null,
                              'expires_at', access_instant(f.expires_at), 'expires_s', floor(extract(epoch from f.expires_at - now()))::bigint, 'everywhere', r.everywhere, 'sites', r.sites)
      from access_found(of_digest) f join access.users u using (user_id), lateral access_roles(u.user_id, f.cap, f.sites) r
$$;

create function access_identify(of_digest bytea, is_used boolean) returns jsonb language plpgsql as $$
declare
    identity constant jsonb := access_identity(of_digest);
begin
    -- Once a minute is often enough, and who waits for it is nobody.
    if not is_used then
        null;
    elsif identity ->> 'kind' = 'session' then
        update access.session set seen_at = now() where session_id = (select session_id from access.session
               where digest = of_digest and seen_at < now() - interval '1 minute' for update skip locked);
    elsif identity ->> 'kind' = 'token' then
        update access.token set seen_at = now() where token_id = (select token_id from access.token
               where digest = of_digest and coalesce(seen_at < now() - interval '1 minute', true) for update skip locked);
    end if;
    return identity;
end
$$;
comment on function access_identify is 'Who a session or token is, and what they may; null: nobody.';

-- ---- to log in ----

-- A try is counted before it is looked at, so that many at once are as many. After `free` of them the next has to wait 1, 2, 4 ... most_s.
create function access_try(of_key text, free integer, most_s integer) returns integer language plpgsql as $$
declare
    kept access.throttle;
begin
    insert into access.throttle as t (key, tries, next_at) values (of_key, 1, now())
    on conflict (key) do update
       set tries = case when t.last_at < now() - interval '1 hour' then 1 else t.tries + 1 end, last_at = now(),
           next_at = now() + make_interval(secs => case when t.last_at < now() - interval '1 hour' or t.tries < free then 0
                                                        else least(power(2, least(t.tries - free, 30)), most_s) end)
     where t.next_at <= now() returning * into kept;
    if kept.key is not null then
        return 0;
    end if;
    return (select greatest(1, ceil(extract(epoch from next_at - now()))::integer) from access.throttle where key = of_key);
end
$$;
comment on function access_try is 'How many seconds somebody has to wait before the next try; 0: none, and this one counts.';

-- What one client has in plenty is one: an IPv6 network of 64 bits, and the machine itself.
create function access_network(of_address text) returns text language plpgsql immutable as $$
declare
    plain constant text := regexp_replace(of_address, '^::ffff:(\d+\.\d+\.\d+\.\d+)$', '\1', 'i');
begin
    return case when plain like '127.%' then '127.0.0.0/8' when plain like '%:%' then host(network(set_masklen(plain::inet, 64))) || '/64' else plain end;
exception when invalid_text_representation then
    return of_address; -- with a zone, or what a proxy made of it
end
$$;

-- Codes behind a right password: no stranger gets so far. Ten, and then the next has to wait, up to a quarter of an hour, wherever it comes from.
create function access_code_try(of_user integer) returns integer language sql as $$
    select access_try('code ' || of_user, 10, 900)
$$;
comment on function access_code_try is 'Counts a code of the second factor whose password was right, before it is looked at. Seconds to wait; 0: it is looked at.';

create function access_keys(of_name text, of_address text, of_browser bytea) returns text[] language sql stable as $$
    select case when exists (select from access.browser b join access.users u using (user_id) where b.digest = of_browser and u.name = lower(of_name))
                then array['browser ' || encode(of_browser, 'hex') || ' ' || lower(of_name)]
                else array['address ' || access_network(of_address), 'user ' || access_network(of_address) || ' ' || lower(left(of_name, 64))] end
$$;

create function access_login_begin(of_name text, of_address text, of_browser bytea, out user_id integer, out password text, out totp_secret bytea, out totp_step bigint, out wait_s integer, out is_known boolean) language plpgsql as $$
declare
    keys constant text[] := access_keys(of_name, of_address, of_browser);
begin
    delete from access.throttle where key in (select key from access.throttle where last_at < now() - interval '1 hour' limit 100 for update skip locked);
    wait_s := 0;
    is_known := keys[1] like 'browser %';
    for place in 1 .. cardinality(keys) loop
        wait_s := access_try(keys[place], case when keys[place] like 'address %' then 20 else 5 end, case when keys[place] like 'address %' then 60 else 300 end);
        if wait_s > 0 then
            return;
        end if;
    end loop;
    select u.user_id, u.password, case when u.totp_at is not null then u.totp_secret end, u.totp_step
      into access_login_begin.user_id, access_login_begin.password, access_login_begin.totp_secret, access_login_begin.totp_step
      from access.users u where u.name = lower(of_name) and not u.is_disabled order by u.organisation_id limit 1;
end
$$;
comment on function access_login_begin is 'What the web needs to see whether a password is right. A row of nulls: there is no such user, which nobody is told.';

create function access_succeeded(of_user integer, of_address text, of_browser bytea) returns void language sql as $$
    with keys as (select unnest(access_keys(u.name, of_address, of_browser)) as key from access.users u where u.user_id = of_user union all select 'code ' || of_user),
         gone as (delete from access.throttle t using keys k where t.key = k.key and t.key not like 'address %')
    update access.throttle t set tries = greatest(t.tries - 1, 0), next_at = now() from keys k where t.key = k.key and t.key like 'address %'
$$;

-- A new session, never one that was there before; who had one in this browser has it no more.
create function access_session_make(of_user integer, of_digest bytea, former bytea, of_browser bytea, of_address text, of_agent text, how text) returns jsonb language plpgsql as $$
declare
    made  access.session;
    roles record;
begin
    delete from access.session where session_id in (select session_id from access.session where digest = former or seen_at < now() - interval '8 hours' or created_at < now() - interval '30 days'
                                                     limit 1000 for update skip locked);
    delete from access.session where session_id in (select session_id from access.session where user_id = of_user order by seen_at desc offset 49);
    delete from access.browser where (digest, user_id) in (select digest, user_id from access.browser where user_id = of_user order by seen_at desc offset 49);
    insert into access.session (user_id, digest, address, agent) values (of_user, of_digest, left(of_address, 100), left(of_agent, 300)) returning * into made;
    if of_browser is not null then
        insert into access.browser (digest, user_id) values (of_browser, of_user) on conflict (digest, user_id) do update set seen_at = now();
    end if;
    update access.users set seen_at = now() where user_id = of_user;
    select * into roles from access_roles(of_user, null, null);
    perform web_begin(of_user, made.session_id, null, of_address, roles.everywhere, roles.sites);
    perform access_note(of_user, 'login', jsonb_build_object('how', how));
    perform access_notify(of_user);
    return access_identity(of_digest);
end
$$;

create function access_code_take(of_user integer, of_step bigint, of_code bytea) returns boolean language plpgsql as $$
begin
    if of_step is not null then
        update access.users set totp_step = of_step where user_id = of_user and totp_step < of_step;
        return found;
    end if;
    delete from access.recovery_code where user_id = of_user and digest = of_code;
    return found;
end
$$;
comment on function access_code_take is 'True: this code of the second factor (by its 30 s), or this recovery code, was not used before, and is now.';

create function access_login_end(of_user integer, of_step bigint, of_code bytea, of_digest bytea, former bytea, of_browser_was bytea, of_browser bytea, of_address text, of_agent text) returns jsonb language plpgsql as $$
declare
    has_totp boolean;
begin
    select totp_at is not null into has_totp from access.users where user_id = of_user and not is_disabled and password is not null for update;
    if has_totp is null or has_totp and not access_code_take(of_user, of_step, of_code) then
        return null;
    end if;
    perform access_succeeded(of_user, of_address, of_browser_was);
    return access_session_make(of_user, of_digest, former, of_browser, of_address, of_agent, case when not has_totp then 'password' when of_step is not null then 'password and code' else 'password and recovery code' end);
end
$$;
comment on function access_login_end is 'The password was right: begins a session, and says whose. Null: the code was used before.';

-- ---- one-time links ----

-- What a program could make itself a person with, or an administrator, is no token's to do.
create function access_manage() returns void language plpgsql stable as $$
begin
    perform web_must(null, 'manage_users');
    if (web_acting()).token is not null then
        raise insufficient_privilege using message = 'a token does not manage users: log in';
    end if;
end
$$;

create function access_link_add(of_user integer, of_digest bytea) returns text language plpgsql as $$
begin
    perform access_manage();
    delete from access.link where expires_at < now() or user_id = of_user;
    if (access_known(of_user)).user_id is null then
        return null;
    end if;
    insert into access.link (digest, user_id) values (of_digest, of_user);
    perform access_note(of_user, 'link', null);
    return access_instant(now() + interval '15 minutes');
end
$$;
comment on function access_link_add is 'A link with which a user chooses a password, in place of those there are. When it ends; null: there is no such user.';

create function access_link_look(of_digest bytea, out name text, out totp_secret bytea, out totp_step bigint) language sql stable as $$
    select u.name, case when u.totp_at is not null then u.totp_secret end, u.totp_step
      from access.link l join access.users u using (user_id) where l.digest = of_digest and l.expires_at > now() and not u.is_disabled
$$;

-- Whoever found a link has neither the telephone nor many tries.
create function access_link_try(of_digest bytea, of_address text) returns integer language plpgsql as $$
declare
    most    constant integer := 5;
    tried   access.link;
    wait_s  integer := access_try('address ' || access_network(of_address), 20, 60);
begin
    if wait_s > 0 then
        return wait_s;
    end if;
    update access.link set codes = codes + 1 where digest = of_digest and expires_at > now() returning * into tried;
    if tried.user_id is null then
        return null;
    elsif tried.codes > most then
        delete from access.link where digest = of_digest;
        perform access_note(tried.user_id, 'link-end', jsonb_build_object('codes', most));
        return null;
    end if;
    return access_code_try(tried.user_id);
end
$$;
comment on function access_link_try is 'Counts a code that somebody brings with a link, before it is looked at. Seconds to wait (0: it is looked at); null: there is no such link any more.';

create function access_link_use(of_digest bytea, of_password text, of_step bigint, of_code bytea, of_session bytea, former bytea, of_browser bytea, of_address text, of_agent text) returns jsonb language plpgsql as $$
declare
    of_user  integer;
    has_totp boolean;
begin
    select l.user_id, u.totp_at is not null into of_user, has_totp from access.link l join access.users u using (user_id)
     where l.digest = of_digest and l.expires_at > now() and not u.is_disabled for update;
    if of_user is null then
        return null;
    elsif has_totp and not access_code_take(of_user, of_step, of_code) then
        return jsonb_build_object('problem', 'wrong-code');
    end if;
    delete from access.link where digest = of_digest;
    delete from access.throttle where key = 'code ' || of_user;
    delete from access.session where user_id = of_user; -- whoever knew the former password
    update access.users set password = of_password, password_at = now(), version = version + 1 where user_id = of_user;
    return access_session_make(of_user, of_session, former, of_browser, of_address, of_agent, 'link');
end
$$;
comment on function access_link_use is 'Sets the password and begins a session. Null: there is no such link, it is too old, or was used. Who has a second factor needs it here, too.';

create function access_first_link(of_digest bytea) returns boolean language plpgsql as $$
declare
    of_user integer;
begin
    if exists (select from access.users where password is not null) then
        return false;
    end if;
    insert into access.users (organisation_id, name, full_name) values (access_organisation(), 'admin', 'Administrator') on conflict (organisation_id, name) do nothing returning user_id into of_user;
    if of_user is not null then
        insert into access.user_grant (user_id, role) values (of_user, 'admin');
        perform access_note(of_user, 'add', jsonb_build_object('grants', jsonb_build_array(jsonb_build_object('role', 'admin'))));
    end if;
    return access_link_add((select user_id from access.users where organisation_id = access_organisation() and name = 'admin'), of_digest) is not null;
end
$$;
comment on function access_first_link is 'While nobody has a password: a link for the first administrator. False: somebody has.';

-- ---- one's own affairs; of who acts ----

-- What a program could take over for good is not a token's to do.
create function access_self() returns integer language plpgsql stable as $$
begin
    if (web_acting()).token is not null then
        raise insufficient_privilege using message = 'a token does not do this: log in';
    end if;
    return web_user();
end
$$;

create function access_sessions(of_user integer) returns jsonb language plpgsql stable as $$
begin
    perform web_must(null, 'manage_users') where of_user is distinct from web_user();
    return (select coalesce(jsonb_agg(jsonb_build_object('id', s.session_id, 'is_this', s.session_id is not distinct from (web_acting()).session_id, 'address', s.address, 'browser', s.agent,
                                                         'created_at', access_instant(s.created_at), 'last_used_at', access_instant(s.seen_at),
                                                         'expires_at', access_instant(least(s.seen_at + interval '8 hours', s.created_at + interval '30 days'))) order by s.seen_at desc), '[]')
              from access.session s where s.user_id = of_user and s.seen_at > now() - interval '8 hours' and s.created_at > now() - interval '30 days');
end
$$;

create function access_session_end(of_session bigint) returns boolean language plpgsql as $$
begin
    delete from access.session where session_id = of_session and user_id = access_self();
    if not found then
        return false;
    end if;
    perform access_note(web_user(), 'logout', jsonb_build_object('session', of_session));
    perform access_notify(web_user());
    return true;
end
$$;

create function access_me() returns jsonb language sql stable as $$
    select jsonb_build_object('id', user_id, 'name', name, 'full_name', full_name, 'language', nullif(language, ''), 'theme', theme, 'motion', motion, 'totp', totp_at is not null,
                              'recovery_codes_left', (select count(*) from access.recovery_code r where r.user_id = u.user_id), 'password_changed_at', access_instant(password_at))
      from access.users u where user_id = web_user()
$$;

create function access_me_set(change jsonb) returns jsonb language plpgsql as $$
begin
    update access.users set language = case when change ? 'language' then coalesce(change ->> 'language', '') else language end,
           theme = coalesce(change ->> 'theme', theme), motion = coalesce(change ->> 'motion', motion)
     where user_id = access_self();
    perform access_note(web_user(), 'set', jsonb_build_object('new', change));
    perform access_notify(web_user());
    return access_me();
end
$$;

-- Of who acts, or, for those who manage users from the command line, of anybody. Sessions end, but for the one it is done in.
create function access_password_set(of_user integer, of_password text) returns boolean language plpgsql as $$
begin
    if (session_user = 'bacpipes_web' or web_user() is not null) and access_self() is distinct from of_user then
        raise insufficient_privilege using message = 'a password is its owner''s to change';
    end if;
    update access.users set password = of_password, password_at = now(), version = version + 1 where user_id = (access_known(of_user)).user_id;
    if not found then
        return false;
    end if;
    delete from access.session where user_id = of_user and session_id is distinct from (web_acting()).session_id;
    delete from access.link where user_id = of_user;
    if web_user() is not null then
        perform access_succeeded(of_user, (web_acting()).address, null);
    end if;
    perform access_note(of_user, 'password', null);
    perform access_notify(of_user);
    return true;
end
$$;

create function access_totp_begin(of_secret bytea) returns boolean language plpgsql as $$
begin
    update access.users set totp_secret = of_secret, totp_step = 0 where user_id = access_self() and totp_at is null;
    return found;
end
$$;
comment on function access_totp_begin is 'False: who acts has a second factor already.';

create function access_totp_look(out secret bytea, out is_there boolean, out step bigint) language sql stable as $$
    select totp_secret, totp_at is not null, totp_step from access.users where user_id = web_user()
$$;

create function access_totp_end_of(of_user integer) returns void language sql as $$
    update access.users set totp_secret = null, totp_at = null, totp_step = 0, version = version + 1 where user_id = of_user;
    delete from access.recovery_code where user_id = of_user;
    select access_note(of_user, 'totp-off', null);
    select access_notify(of_user);
$$;

create function access_totp_confirm(of_step bigint, codes bytea[]) returns boolean language plpgsql as $$
begin
    update access.users set totp_at = now(), totp_step = of_step, version = version + 1 where user_id = access_self() and totp_at is null and totp_secret is not null;
    if not found then
        return false;
    end if;
    delete from access.recovery_code where user_id = web_user();
    insert into access.recovery_code (user_id, digest) select web_user(), code from unnest(codes) as code;
    delete from access.session where user_id = web_user() and session_id is distinct from (web_acting()).session_id;
    perform access_note(web_user(), 'totp-on', null);
    perform access_notify(web_user());
    return true;
end
$$;

create function access_totp_end(of_step bigint, of_code bytea) returns boolean language plpgsql as $$
begin
    if not exists (select from access.users where user_id = access_self() and totp_at is not null) or not access_code_take(web_user(), of_step, of_code) then
        return false;
    end if;
    perform access_totp_end_of(web_user());
    return true;
end
$$;

-- ---- users, for who manages them ----

create function access_grants(of_user integer) returns jsonb language sql stable as $$
    select coalesce(jsonb_agg(jsonb_build_object('site', g.site_id, 'role', g.role) || case when g.group_id is null then '{}' else jsonb_build_object('group', s.name) end
                              order by g.site_id nulls first, s.name nulls first), '[]')
      from access.user_grant g left join access.site_group s using (group_id) where g.user_id = of_user
$$;

create function access_user_json(u access.users) returns jsonb language sql stable as $$
    select jsonb_build_object('id', (u).user_id, 'name', (u).name, 'full_name', (u).full_name, 'enabled', not (u).is_disabled, 'totp', (u).totp_at is not null, 'has_password', (u).password is not null,
                              'grants', access_grants((u).user_id),
                              'sessions', (select count(*) from access.session s where s.user_id = (u).user_id and s.seen_at > now() - interval '8 hours' and s.created_at > now() - interval '30 days'),
                              'tokens', (select count(*) from access.token t where t.user_id = (u).user_id and t.expires_at > now()),
                              'created_at', access_instant((u).created_at), 'last_login_at', access_instant((u).seen_at), 'version', (u).version::text)
$$;

create function access_users() returns jsonb language plpgsql stable as $$
begin
    perform web_must(null, 'manage_users');
    return (select coalesce(jsonb_agg(access_user_json(u) order by u.name), '[]') from access.users u where u.organisation_id = access_organisation());
end
$$;

create function access_user(of_user integer) returns jsonb language plpgsql stable as $$
begin
    perform web_must(null, 'manage_users');
    return (select access_user_json(u) from access.users u where u.user_id = of_user and u.organisation_id = access_organisation());
end
$$;

create function access_user_named(of_name text) returns integer language sql stable as $$
    select user_id from access.users where name = lower(of_name) and organisation_id = access_organisation()
$$;

create function access_has_admin() returns boolean language sql stable as $$
    select exists (select from access.users u join access.user_grant g using (user_id)
                    where u.organisation_id = access_organisation() and not u.is_disabled and g.role = 'admin' and g.site_id is null and g.group_id is null)
$$;
comment on function access_has_admin is 'Whether somebody manages users: is admin at all sites, and not shut out.';

-- The last one who manages users stays, whoever asks; where there is none, the rest can be changed. One at a time: two who shut each other out at once would
-- both see the other.
create function access_keep_admin(had_admin boolean) returns void language plpgsql as $$
begin
    lock table access.role_right in share update exclusive mode; -- nothing else waits for it
    if had_admin and not access_has_admin() then
        raise integrity_constraint_violation using message = 'nobody would be left who manages users: give somebody else the role admin at all sites first';
    end if;
end
$$;

create function access_grants_put(of_user integer, grants jsonb) returns void language plpgsql as $$
declare
    wish record;
begin
    if jsonb_typeof(grants) is distinct from 'array' or jsonb_array_length(grants) > 1000 then
        raise invalid_parameter_value using message = 'grants are a list of at most 1000 such as {"site": "demo", "role": "operator"}';
    end if;
    for wish in select g.entry, g.entry ->> 'role' as role, g.entry ->> 'site' as site, g.entry ->> 'group' as site_group from jsonb_array_elements(grants) as g (entry) loop
        if jsonb_typeof(wish.entry) <> 'object' or exists (select from jsonb_object_keys(wish.entry) as k (name) where name not in ('role', 'site', 'group')) then
            raise invalid_parameter_value using message = 'a grant has "role", and "site" or "group", or neither for all sites';
        elsif access_rank(wish.role) = 0 then
            raise invalid_parameter_value using message = format('role "%s" is none of viewer, operator, engineer, admin', coalesce(wish.role, ''));
        elsif wish.site is not null and wish.site_group is not null then
            raise invalid_parameter_value using message = 'a grant names a site or a group, not both';
        elsif wish.site is not null and not exists (select from site s where s.site_id = wish.site and s.organisation_id = access_organisation()) then
            raise invalid_parameter_value using message = format('there is no site "%s"', wish.site);
        elsif wish.site_group is not null and not exists (select from access.site_group s where s.name = wish.site_group and s.organisation_id = access_organisation()) then
            raise invalid_parameter_value using message = format('there is no group of sites "%s"', wish.site_group);
        end if;
    end loop;
    delete from access.user_grant where user_id = of_user;
    insert into access.user_grant (user_id, site_id, group_id, role)
    select of_user, g.site, (select s.group_id from access.site_group s where s.name = g."group" and s.organisation_id = access_organisation()), g.role
      from jsonb_to_recordset(grants) as g (site text, "group" text, role text);
exception
    when unique_violation then
        raise invalid_parameter_value using message = 'a site, a group, or all sites has one grant, not several';
    when foreign_key_violation then
        raise invalid_parameter_value using message = 'a site or a group of them was removed just now';
end
$$;

create function access_user_add(of_name text, of_full_name text, grants jsonb) returns jsonb language plpgsql as $$
declare
    made integer;
begin
    perform access_manage();
    if lower(of_name) !~ '^[a-z0-9][a-z0-9._@-]{0,63}$' then
        raise invalid_parameter_value using message = 'a name has 1 to 64 letters a to z, digits, and . _ @ - behind the first';
    elsif of_full_name ~ '[[:cntrl:]]' then
        raise invalid_parameter_value using message = 'full_name is one line of at most 200 letters';
    elsif access_user_named(of_name) is not null then
        raise unique_violation using message = format('there is a user "%s" already', lower(of_name));
    elsif (select count(*) from access.users where organisation_id = access_organisation()) >= 10000 then
        raise invalid_parameter_value using message = 'there are 10,000 users, which is all there may be';
    end if;
    insert into access.users (organisation_id, name, full_name) values (access_organisation(), lower(of_name), coalesce(of_full_name, '')) returning user_id into made;
    perform access_grants_put(made, coalesce(grants, '[]'));
    perform access_note(made, 'add', jsonb_build_object('full_name', coalesce(of_full_name, ''), 'grants', access_grants(made)));
    return access_user(made);
end
$$;

-- Null: there is no such user. of_version null: whatever it is. change: full_name, enabled, totp (false alone).
create function access_user_set(of_user integer, change jsonb, of_version text) returns jsonb language plpgsql as $$
declare
    was       access.users;
    had_admin constant boolean := access_has_admin();
begin
    perform access_manage();
    select * into was from access.users where user_id = of_user and organisation_id = access_organisation() for update;
    if was.user_id is null then
        return null;
    elsif was.version::text <> of_version then
        return jsonb_build_object('problem', 'changed', 'current', access_user(of_user));
    elsif change ->> 'full_name' ~ '[[:cntrl:]]' then
        raise invalid_parameter_value using message = 'full_name is one line of at most 200 letters';
    end if;
    update access.users set full_name = coalesce(change ->> 'full_name', full_name), is_disabled = not coalesce((change ->> 'enabled')::boolean, not is_disabled), version = version + 1
     where user_id = of_user;
    if change -> 'totp' = 'false' and was.totp_at is not null then
        perform access_totp_end_of(of_user); -- whose telephone is lost
    end if;
    perform access_keep_admin(had_admin);
    if change -> 'enabled' = 'false' then
        delete from access.session where user_id = of_user;
        delete from access.link where user_id = of_user;
    end if;
    perform access_note(of_user, 'set', jsonb_build_object('old', jsonb_build_object('full_name', was.full_name, 'enabled', not was.is_disabled, 'totp', was.totp_at is not null), 'new', change));
    perform access_notify(of_user);
    return access_user(of_user);
end
$$;

create function access_user_remove(of_user integer) returns boolean language plpgsql as $$
declare
    had_admin constant boolean := access_has_admin();
begin
    perform access_manage();
    if (access_known(of_user)).user_id is null then
        return false;
    end if;
    perform access_note(of_user, 'remove', jsonb_build_object('grants', access_grants(of_user)));
    delete from access.users where user_id = of_user;
    perform access_keep_admin(had_admin);
    perform access_notify(of_user);
    return true;
end
$$;

create function access_grants_set(of_user integer, grants jsonb) returns jsonb language plpgsql as $$
declare
    was       constant jsonb   := access_grants(of_user);
    had_admin constant boolean := access_has_admin();
begin
    perform access_manage();
    if (access_known(of_user)).user_id is null then
        return null;
    end if;
    perform access_grants_put(of_user, grants);
    update access.users set version = version + 1 where user_id = of_user;
    perform access_keep_admin(had_admin);
    perform access_note(of_user, 'grant', jsonb_build_object('old', was, 'new', access_grants(of_user)));
    perform access_notify(of_user);
    return access_user(of_user);
end
$$;
comment on function access_grants_set is 'All roles of a user anew.';

-- Null as a site: all sites. Null as a role: none there any more.
create function access_grant(of_user integer, of_site text, of_role text, of_group text default null) returns jsonb language sql as $$
    select access_grants_set(of_user, (select coalesce(jsonb_agg(jsonb_strip_nulls(g.entry)), '[]') from jsonb_array_elements(access_grants(of_user)) as g (entry)
                                        where g.entry ->> 'group' is distinct from of_group or g.entry ->> 'site' is distinct from of_site)
                                      || case when of_role is null then '[]' else jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('site', of_site, 'group', of_group, 'role', of_role))) end)
$$;
comment on function access_grant is 'A role of a user at a site, or at a group of sites, in place of the one there.';

create function access_sessions_end(of_user integer) returns integer language plpgsql as $$
declare
    ended integer;
begin
    if of_user is distinct from web_user() or access_self() is null then
        perform access_manage();
    end if;
    if (access_known(of_user)).user_id is null then
        return null;
    end if;
    delete from access.session where user_id = of_user;
    get diagnostics ended = row_count;
    perform access_note(of_user, 'logout', jsonb_build_object('sessions', ended));
    perform access_notify(of_user);
    return ended;
end
$$;
comment on function access_sessions_end is 'Ends all sessions of a user, and says how many. Null: there is no such user.';

-- ---- tokens ----

-- Of one user; null: of all, for who manages users.
create function access_tokens(of_user integer) returns jsonb language plpgsql stable as $$
begin
    perform web_must(null, 'manage_users') where of_user is distinct from web_user();
    return (select coalesce(jsonb_agg(jsonb_build_object('id', t.token_id, 'name', t.name, 'owner', u.name, 'prefix', t.prefix, 'role', t.role, 'sites', to_jsonb(t.sites),
                                                         'created_at', access_instant(t.created_at), 'expires_at', access_instant(t.expires_at), 'last_used_at', access_instant(t.seen_at)) order by u.name, t.name), '[]')
              from access.token t join access.users u using (user_id) where u.organisation_id = access_organisation() and (of_user is null or u.user_id = of_user));
end
$$;

create function access_token_add(of_user integer, of_name text, of_digest bytea, of_prefix text, of_role text, of_sites text[], of_expires_at timestamptz) returns jsonb language plpgsql as $$
declare
    made  access.token;
    wrong text;
begin
    if (session_user = 'bacpipes_web' or web_user() is not null) and (of_user is distinct from web_user() or (web_acting()).token is not null) then
        raise insufficient_privilege using message = 'a token is made by the user it speaks for, in a session';
    elsif (access_known(of_user)).user_id is null then
        return null;
    end if;
    perform from access.users where user_id = of_user for update; -- many at once are counted one after the other
    if access_rank(of_role) = 0 then
        raise invalid_parameter_value using message = format('role "%s" is none of viewer, operator, engineer, admin', coalesce(of_role, ''));
    elsif of_expires_at <= now() or of_expires_at > now() + interval '731 days' then
        raise invalid_parameter_value using message = 'a token ends between now and in two years';
    elsif exists (select from access.token where user_id = of_user and name = of_name) then
        raise unique_violation using message = format('there is a token "%s" already', of_name);
    elsif (select count(*) from access.token where user_id = of_user) >= 100 then
        raise invalid_parameter_value using message = 'a user has 100 tokens at most: end one first';
    end if;
    -- A site where one has no role is told as none.
    select w.of_site into wrong from unnest(of_sites) as w (of_site) where not exists (select from site s where s.site_id = w.of_site and s.organisation_id = access_organisation()
                                                                                            and (web_user() is null or web_may(s.site_id, 'view')));
    if wrong is not null then
        raise invalid_parameter_value using message = format('there is no site "%s"', wrong);
    end if;
    delete from access.token where expires_at < now() - interval '30 days';
    insert into access.token (user_id, name, digest, prefix, role, sites, expires_at) values (of_user, of_name, of_digest, of_prefix, of_role, of_sites, of_expires_at) returning * into made;
    perform access_note(of_user, 'token', jsonb_build_object('token', of_name, 'role', of_role, 'sites', of_sites, 'expires_at', of_expires_at));
    return (select t.entry from jsonb_array_elements(access_tokens(of_user)) as t (entry) where (t.entry ->> 'id')::integer = made.token_id);
end
$$;

create function access_token_remove(of_token integer) returns boolean language plpgsql as $$
declare
    gone access.token;
begin
    select t.* into gone from access.token t join access.users u using (user_id) where t.token_id = of_token and u.organisation_id = access_organisation()
       and (t.user_id = web_user() or web_user() is null or web_may(null, 'manage_users'));
    if gone.token_id is null then
        return false;
    end if;
    perform access_manage() where gone.user_id is distinct from web_user();
    delete from access.token where token_id = of_token;
    perform access_note(gone.user_id, 'token-end', jsonb_build_object('token', gone.name));
    perform access_notify(gone.user_id);
    return true;
end
$$;
