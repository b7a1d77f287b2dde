#!/usr/bin/env bats
# A login of a site at a central, over TLS with its certificate, tried against everything that the catalogue knows: it can call the
# functions of schema sync, and nothing else; and what no right keeps it from, the guard does. BUILD is the build's folder (default: build).

bats_require_minimum_version 1.5.0
load certificates

setup_file() {
    local root=$BATS_TEST_DIRNAME/../..
    LINK=$(mktemp -d /tmp/bacpipes-link.XXXXXX) # PostgreSQL may be another user's
    export LINK
    cd "$LINK"
    chmod 755 .
    mkdir -m 755 keys
    make_authority keys
    make_authority keys other
    make_certificate keys server central 30 IP:127.0.0.1
    for site in 1 2; do make_certificate keys site_$site site_$site 30; done
    make_certificate keys foreign site_1 30 '' other
    make_certificate keys over site_1 -1
    make_certificate keys former site_1 30
    printf '%s\n' 'local all all trust' 'hostssl bacpipes +bacpipes_sites 127.0.0.1/32 cert clientcert=verify-full' >hba
    [ "$(id -u)" != 0 ] || chown postgres keys/server.key
    PG_PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    export PG_PORT PG_SETTINGS="listen_addresses = '127.0.0.1'
hba_file = '$PWD/hba'
ssl = on
ssl_ca_file = '$PWD/keys/ca.crt'
ssl_cert_file = '$PWD/keys/server.crt'
ssl_key_file = '$PWD/keys/server.key'
ssl_min_protocol_version = 'TLSv1.3'
log_min_messages = fatal"
    "$root/tests/with-postgres" sh -c 'export -p >"$0.new"; mv "$0.new" "$0"; exec tail -f /dev/null' "$PWD/env" 3>&- &
    echo $! >pid
    until [ -f env ]; do
        kill -0 "$(cat pid)"
        sleep 0.05
    done
    eval "$(grep -E '^export PG(HOST|PORT|USER|DATABASE|DATA|_CTL)=' env)"
    BACPIPES_DATABASE_HOST=$PGHOST BACPIPES_DATABASE_PORT=$PGPORT BACPIPES_CONFIG=/dev/null "$(realpath "${BUILD:-$root/build}/apps/bacpipes")" migrate >/dev/null
    psql -qX -v ON_ERROR_STOP=1 <<SQL
select central_close();
insert into site (site_id, name) values ('central', 'Central');
insert into site (site_id, name, is_remote) values ('macau', 'Macau Tower', true), ('klcc', 'KLCC', true);
insert into remote_site (site_id, number, state, serials) values ('macau', 1, 'joined', '{$(serial_of keys/site_1.crt)}'), ('klcc', 2, 'joined', '{$(serial_of keys/site_2.crt)}');
create role site_1 login connection limit 3 in role bacpipes_sites;
create role site_2 login connection limit 3 in role bacpipes_sites;
select downlink_append('klcc', 'command', '{"v": 1}');
create table nobodys (id bigint generated always as identity, secret text);
insert into nobodys (secret) values ('x');
SQL
}

teardown_file() {
    kill "$(cat "$LINK/pid")"
    rm -rf "$LINK"
}

setup() {
    cd "$LINK"
    eval "$(grep -E '^export PG(HOST|PORT|USER|DATABASE|DATA|_CTL)=' env)"
    sessions=()
}

teardown() {
    [ ${#sessions[@]} = 0 ] || kill "${sessions[@]}" 2>/dev/null || true
}

sql() { psql -qXtA -v ON_ERROR_STOP=1 "$@"; }

# as_site NUMBER [OPTION of psql]...: CERTIFICATE names another one, PROTOCOL the highest version of TLS
as_site() {
    local number=$1
    shift
    psql -qXtA "host=127.0.0.1 port=$PGPORT dbname=${DATABASE:-bacpipes} user=site_$number sslmode=verify-full sslrootcert=keys/ca.crt sslcert=keys/${CERTIFICATE-site_$number}.crt sslkey=keys/${CERTIFICATE-site_$number}.key
                ssl_max_protocol_version=${PROTOCOL:-}" "$@"
}

hello='select sync.hello(1, $${"site": "macau", "now": "2026-01-01T00:00:00Z", "epochs": []}$$)'

until_sql() {
    local until=$((SECONDS + 60))
    until [ "$(sql -c "$1")" = t ]; do
        [ $SECONDS -lt $until ] || { echo "not within a minute: $1"; return 1; }
        sleep 0.1
    done
}

# refused FILE: each line of it, a statement, is refused to site 1, or to whom AS calls, for want of a right; prints what is not.
refused() {
    sed -e 's/.*/&\n\\echo :SQLSTATE/' -e 's/^lock .*/begin;\n&\nrollback;/' "$1" | ${AS:-as_site 1} -f - 2>/dev/null | grep -E '^[0-9A-Z]{5}$' >states
    [ "$(wc -l <states)" = "$(wc -l <"$1")" ] || echo "of $(wc -l <"$1") statements $(wc -l <states) were answered"
    paste states "$1" | grep -v "^42501[[:space:]]" || true
}

@test "a site is known by its certificate, whole and its own" {
    run as_site 1 -c "$hello"
    [ "$status" = 0 ]
    [[ $output == *'"name": "Macau Tower"'* ]]
    CERTIFICATE=site_2 run as_site 1 -c "$hello"
    [ "$status" != 0 ]
    CERTIFICATE=foreign run as_site 1 -c "$hello"
    [ "$status" != 0 ]
    CERTIFICATE=over run as_site 1 -c "$hello"
    [ "$status" != 0 ]
    [[ $output == *expired* ]]
    CERTIFICATE=none run as_site 1 -c "$hello"
    [ "$status" != 0 ]
    PROTOCOL=TLSv1.2 run as_site 1 -c "$hello"
    [ "$status" != 0 ]
    run psql -qXtA "host=127.0.0.1 port=$PGPORT dbname=bacpipes user=site_1 sslmode=disable" -c "$hello"
    [ "$status" != 0 ]
    DATABASE=postgres run as_site 1 -c 'select 1'
    [ "$status" != 0 ]
    # Signed by us, and for this name, but replaced since
    CERTIFICATE=former run as_site 1 -c "$hello"
    [ "$status" != 0 ]
    [[ $output == *"certificate $(serial_of keys/former.crt) is none of those that site_1 has now"* ]]
}

@test "every table, view, sequence and function is refused, but those of schema sync that are a site's" {
    sql -c "set search_path = ''" -c "
        select format(s, oid::regclass) from pg_class, unnest('{select * from %s,select 1 from %s,insert into %s default values,delete from %s,truncate %s,copy %s to stdout,lock table %s in access share mode,drop table %s,
                      alter table %s owner to site_1,comment on table %s is null}'::text[]) as s
         where relkind in ('r', 'p', 'v', 'm') and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)
         union all
        select format(s, oid::regclass) from pg_class, unnest(array['select nextval(''%s'')', 'select setval(''%s'', 1)', 'select last_value from %s', 'drop sequence %s']) as s
         where relkind = 'S' and relnamespace <> 'pg_catalog'::regnamespace" | sed 's/$/;/' >tables
    # offset 0: of a constant that a strict function gives null for, none is called
    sql -c "set search_path = ''" -c "
        select format('select %s(%s) from (select 1 offset 0) as o (x);', oid::regproc, (select string_agg(format('(case when x = 1 then null end)::%s', a::regtype), ', ') from unnest(proargtypes) as a))
          from pg_proc p where pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) and prokind = 'f' and prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
           and not exists (select from aclexplode(p.proacl) as a where a.grantee = 'bacpipes_sites'::regrole)" >functions
    [ "$(wc -l <tables)" -gt 800 ]
    [ "$(wc -l <functions)" -gt 200 ]
    refused tables >left
    refused functions >>left
    cat left
    [ ! -s left ]
    # What it may call is this, and no more
    run sql -c "select string_agg(p.oid::regproc::text, ' ' order by p.oid::regproc::text) from pg_proc p where has_function_privilege('site_1', p.oid, 'execute') and pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
    echo "$output"
    [ "$(tr -d '"' <<<"$output" | tr ' ' '\n' | grep -vc '^sync\.')" = 0 ]
}

@test "nothing is made, changed, read or run that PostgreSQL lets logins do" {
    cat >statements <<'SQL'
create table public.x (i int);
create temporary table x (i int);
create table sync.x (i int);
create view sync.x as select 1;
create function sync.x() returns int language sql as 'select 1';
create schema x;
do $$ begin null; end $$;
create extension pgcrypto;
create language plperl;
create domain public.x as int;
create operator public.@#@ (procedure = int4pl, leftarg = int4, rightarg = int4);
create cast (text as int) with inout;
create aggregate public.x (int) (sfunc = int4pl, stype = int);
create role x;
create database x;
create tablespace x location '/tmp';
create publication x for all tables;
create subscription x connection 'host=127.0.0.1' publication x;
create foreign data wrapper x;
create event trigger x on ddl_command_start execute function public.refuse_definitions();
create trigger x after insert on public.uplink execute function public.refuse_truncate();
create rule x as on insert to public.site do also notify x;
create policy x on public.site using (true);
alter role site_1 connection limit 1000;
alter role site_1 createrole;
alter role site_1 superuser;
alter role site_2 password 'x';
alter role bacpipes_owner set work_mem = '1GB';
alter database bacpipes set work_mem = '1GB';
alter system set work_mem = '1GB';
alter function sync.hello(integer, jsonb) security invoker;
alter function sync.hello(integer, jsonb) owner to site_1;
alter default privileges for role bacpipes_sites grant all on tables to public;
alter schema sync owner to site_1;
drop schema sync cascade;
drop function sync.hello(integer, jsonb);
drop role site_2;
drop database postgres;
drop owned by site_1;
drop owned by bacpipes_sites;
drop owned by bacpipes_sites cascade;
reassign owned by bacpipes_journal to site_1;
grant bacpipes_journal to site_1;
grant bacpipes_sites to bacpipes_reader;
grant execute on function sync.hello(integer, jsonb) to public;
grant usage on schema sync to public;
set role bacpipes_journal;
set role bacpipes_owner;
set session authorization bacpipes;
set session_replication_role = replica;
set temp_file_limit = -1;
set track_activities = off;
set log_statement = 'all';
set log_min_messages = debug5;
set log_min_error_statement = debug5;
set log_min_duration_statement = 0;
set allow_system_table_mods = on;
set lc_messages = 'C.UTF-8';
set max_stack_depth = '100MB';
set session_preload_libraries = 'x';
load '/tmp/x.so';
copy (select 1) to program 'touch /tmp/x';
copy (select 1) to '/tmp/x';
copy public.site from program 'id';
copy public.site from '/etc/passwd';
select pg_read_file('/etc/passwd');
select pg_read_binary_file('PG_VERSION');
select pg_stat_file('PG_VERSION');
select pg_ls_dir('.');
select pg_ls_logdir();
select pg_ls_waldir();
select pg_ls_tmpdir();
select pg_current_logfile();
select lo_create(0);
select lo_creat(-1);
select lo_from_bytea(0, 'x');
select lo_import('/etc/passwd');
select lo_export(1, '/tmp/x');
select lo_open(1, 131072);
select lo_put(1, 0, 'x');
select lo_unlink(1);
select lowrite(1, 'x');
select loread(1, 1);
select pg_notify('bacpipes_config', 'x');
select pg_logical_emit_message(false, 'x', 'x');
select pg_advisory_lock(1);
select pg_try_advisory_lock(1, 1);
select pg_advisory_xact_lock_shared(1);
select pg_advisory_unlock_all();
select pg_sleep(100);
select pg_sleep_until(now());
select pg_current_xact_id();
select txid_current();
select pg_export_snapshot();
select pg_create_logical_replication_slot('x', 'test_decoding');
select pg_create_physical_replication_slot('x');
select pg_drop_replication_slot('x');
select pg_replication_origin_create('x');
select pg_switch_wal();
select pg_create_restore_point('x');
select pg_backup_start('x');
select pg_promote();
select pg_reload_conf();
select pg_rotate_logfile();
select pg_stat_reset();
select pg_stat_reset_shared('wal');
select pg_log_backend_memory_contexts(1);
select * from pg_backend_memory_contexts;
select * from pg_shmem_allocations;
select pg_terminate_backend(pid) from pg_stat_activity where usename = 'bacpipes';
select pg_cancel_backend(pid) from pg_stat_activity where usename = 'bacpipes';
select * from pg_authid;
select * from pg_shadow;
select * from pg_statistic;
select * from pg_user_mapping;
select * from pg_subscription;
select * from pg_largeobject;
select * from pg_file_settings;
select * from pg_hba_file_rules;
select * from pg_config;
select * from pg_replication_origin_status;
select sync.ssl_client_serial();
checkpoint;
reindex database bacpipes;
reindex system bacpipes;
lock table pg_catalog.pg_class in access exclusive mode;
lock table pg_catalog.pg_proc in share row exclusive mode;
comment on database bacpipes is 'x';
comment on role site_2 is 'x';
import foreign schema x from server x into sync;
SQL
    rights="select md5(string_agg(x, ';' order by x)) from (select oid::regprocedure || proacl::text from pg_proc where proacl is not null union all select oid::regclass || relacl::text from pg_class where relacl is not null
            union all select nspname || nspacl::text from pg_namespace union all select rolname || rolconnlimit || rolcanlogin || rolsuper from pg_roles union all select datname || datacl::text from pg_database) as x (x)"
    before=$(sql -c "$rights")
    refused statements >left
    cat left
    [ ! -s left ]
    # With the rights of the role that all sites are members of, too
    sed '/^lock /d; s/^/set role bacpipes_sites; /' statements >as_group
    refused as_group >left
    cat left
    [ ! -s left ]
    # And who has a join file
    grep -v 'owned by site_1' statements >others
    AS='psql -qXtA -U bacpipes_join' refused others >left
    cat left
    [ ! -s left ]
    [ "$(sql -c "$rights")" = "$before" ]
    run as_site 2 -c "${hello/macau/klcc}"
    [ "$status" = 0 ]
}

# floods FILE: as site 1, a session that says the statement in FILE over and over.
floods() {
    (while cat "$1"; do :; done | as_site 1 -f - >/dev/null 2>&1) 3>&- &
    sessions+=($!)
    until_sql "select exists (select from pg_stat_activity where usename = 'site_1')"
}

guard() { sql -c "set role bacpipes_central" -c "select string_agg(login || ' ' || why || ' ' || is_shut, '; ') from sync_guard($1)"; }
ended() { until_sql "select not exists (select from pg_stat_activity where usename = 'site_1')"; }
opened() {
    sql -c "update site_strike set shut_until = '2026-01-01Z' where number = 1"
    guard >/dev/null
    run as_site 1 -c "$hello"
    [ "$status" = 0 ]
}

@test "three sessions of a site, and no more" {
    for i in 1 2 3; do
        (as_site 1 -c 'select 1' -f <(tail -f /dev/null --pid=$$)) >/dev/null 2>&1 3>&- &
        sessions+=($!)
    done
    until_sql "select count(*) = 3 from pg_stat_activity where usename = 'site_1'"
    run as_site 1 -c 'select 1'
    [ "$status" != 0 ]
    [[ $output == *'too many connections for role "site_1"'* ]]
    sql -c "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'site_1'" >/dev/null
    ended # or the next test's would be too many
}

@test "who sends notices is cut off, and let in again ten minutes later" {
    echo "notify bacpipes_config, 'x';" >flood
    floods flood
    until_sql "select (select count(*) from pg_stat_activity where usename = 'site_1' and query ~ 'notify') > 0"
    run guard
    echo "$output"
    [ "$output" = 'site_1 it sends notices, which no site does true' ]
    ended
    run as_site 1 -c "$hello"
    [ "$status" != 0 ]
    [[ $output == *'role "site_1" is not permitted to log in'* ]]
    [ "$(sql -c "select shut_why from site_strike where number = 1 and shut_until between now() + interval '8 minutes' and now() + interval '10 minutes'")" = 'it sends notices, which no site does' ]
    run as_site 2 -c "${hello/macau/klcc}" # another is not
    [ "$status" = 0 ]
    guard
    run as_site 1 -c "$hello"
    [ "$status" != 0 ]
    opened
}

@test "nor is a notice hidden in what is longer than can be seen, or said beside something else" {
    for statement in "select '$(printf '%2000s' '')'\\; notify x;" "select 1\\; NoTiFy x;" "begin\\; select 1\\; listen bacpipes_values\\; commit;" 'listen "site_2";'; do
        echo "$statement" >flood
        as_site 1 -f flood -f <(tail -f /dev/null --pid=$$) >/dev/null 2>&1 3>&- &
        sessions+=($!)
        until_sql "select exists (select from pg_stat_activity where usename = 'site_1' and state = 'idle' and query <> '')"
        run guard
        echo "${statement: -40}: $output"
        [[ $output == *'site_1 it'*' true' ]] # beside a warning of a session that takes its time to end
        ended
        opened
    done
    # Its own channel, and what it calls, are nothing to end it for
    printf '%s\n' 'listen site_1;' "$hello;" 'unlisten *;' 'listen "site_1";' >flood
    as_site 1 -f flood -f <(tail -f /dev/null --pid=$$) >/dev/null 2>&1 3>&- &
    sessions+=($!)
    until_sql "select exists (select from pg_stat_activity where usename = 'site_1' and query ~ '\"site_1\"')"
    [ -z "$(guard)" ]
    # Who joins is ended, too, and the others that do are not shut out
    psql -qXtA -U bacpipes_join -c "notify bacpipes_config, 'x'" -f <(tail -f /dev/null --pid=$$) >/dev/null 2>&1 3>&- &
    sessions+=($!)
    until_sql "select exists (select from pg_stat_activity where usename = 'bacpipes_join' and query ~ '^notify')"
    [ "$(guard)" = 'bacpipes_join it sends notices, which no site does false' ]
    # One that does nothing keeps others from joining: it has a while
    psql -qXtA -U bacpipes_join -f <(tail -f /dev/null --pid=$$) >/dev/null 2>&1 3>&- &
    sessions+=($!)
    until_sql "select exists (select from pg_stat_activity where usename = 'bacpipes_join' and backend_start < clock_timestamp() - interval '4 seconds')"
    [ -z "$(guard)" ]
    [ "$(guard "longest => interval '1 second'")" = 'bacpipes_join it had 4 s to join false' ]
    # A process that was found to be too large
    run guard "(select array_agg(pid) from pg_stat_activity where usename = 'site_1')"
    [ "$output" = 'site_1 it takes too much memory true' ]
    ended
    opened
}

@test "who sets his limits away is ended, and shut out the third time" {
    echo "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set transaction_timeout = 0; begin; select 1;" >held
    echo "set statement_timeout = 0; select count(*) from pg_proc a, pg_proc b, pg_proc c;" >busy
    for held in held busy held; do
        as_site 1 -f $held -f <(tail -f /dev/null --pid=$$) >/dev/null 2>&1 3>&- &
        sessions+=($!)
        until_sql "select exists (select from pg_stat_activity where usename = 'site_1' and clock_timestamp() - xact_start > interval '1 second')"
        [ -z "$(guard "idle => '30 seconds'")" ] # 30 s are none's to take, and these are no 30 s
        run guard "longest => interval '1 second'"
        echo "$held: $output"
        [[ $output == 'site_1 it was over 1 s in one transaction '* ]]
        ended
    done
    [[ $output == *' true' ]]
    run as_site 1 -c "$hello"
    [ "$status" != 0 ]
    opened
    # It fills no disk by sorting: the limit on that is none of its own
    run as_site 1 -c "set work_mem = '64kB'" -c "select count(*) from (select i from generate_series(1, 20000000) as i order by random()) as x"
    echo "$output"
    [ "$status" != 0 ]
    [[ $output == *temp_file_limit* ]]
}

@test "who leaves a transaction open is ended, and shut out the third time, though its statements are short" {
    for turn in 1 2 3; do
        as_site 1 -f <(echo "begin; $hello;"; while kill -0 $$; do echo 'select 1;'; sleep 0.1; done) >/dev/null 2>&1 3>&- &
        sessions+=($!)
        until_sql "select exists (select from pg_stat_activity where usename = 'site_1' and query = 'select 1;' and clock_timestamp() - xact_start > interval '1 second')"
        local said until=$((SECONDS + 120)) shut=false
        until said=$(guard "longest => '1 hour', idle => '1 second'") && [ -n "$said" ]; do # while a statement runs it is not idle
            [ $SECONDS -lt $until ]
            sleep 0.1
        done
        [ $turn != 3 ] || shut=true
        [ "$said" = "site_1 it left a transaction open for over 1 s $shut" ]
        ended
    done
    run as_site 1 -c "$hello"
    [ "$status" != 0 ]
    opened
}

@test "sessions that relieve each other in holding the journal keep no day and no month from being made, or dropped" {
    sql -c "insert into retention_clock (seen_at) values (now()) on conflict do nothing" -c "update retention_clock set hold = null" \
        -c "select journal_keep(now(), false) from generate_series(1, 3)" -c "select journal_ensure(class, now() - interval '2 years') from unnest('{record, frames}'::text[]) as class" >/dev/null
    echo "set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0; begin; select count(*) from sync.digests(7, '{1, 2}');" >held
    as_site 2 -c 'select 1' -f <(tail -f /dev/null --pid=$$) >/dev/null 2>&1 3>&- &
    sessions+=($!)
    local others="select string_agg(pid::text, ' ') from pg_stat_activity where usename = 'site_2' and state = 'idle'"
    until_sql "select ($others) is not null"
    local other
    other=$(sql -c "$others")
    for i in 1 2; do # where one is ended, it comes again at once
        (while :; do as_site 1 -f held -f <(tail -f /dev/null --pid=$$); done) >/dev/null 2>&1 3>&- &
        sessions+=($!)
    done
    until_sql "select count(distinct a.pid) = 2 from pg_stat_activity a join pg_locks l using (pid) where a.usename = 'site_1' and l.relation = 'uplink_record'::regclass"
    for class in record frames; do
        until_sql "select journal_keep(now() + interval '40 days', false) is null and to_regclass('journal.' || (select name from journal_partition('$class', now() + interval '40 days'))) is not null"
    done
    until_sql "select journal_keep(now() + interval '40 days', false) is null and not exists (select from unnest('{record, frames}'::text[]) as class, lateral journal_partition(class, now() - interval '2 years') as p where to_regclass('journal.' || p.name) is not null)"
    [ "$(sql -c "$others")" = "$other" ] # who holds nothing of it is left alone
}

@test "who holds what belongs to him is ended, whatever waits for it" {
    local held="set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set lock_timeout = 0; begin; $hello; alter role site_1 password 'x';"
    holds() {
        echo "$held" >held
        as_site 1 -f held -f <(tail -f /dev/null --pid=$$) >/dev/null 2>&1 3>&- &
        sessions+=($!)
        until_sql "select exists (select from pg_stat_activity where usename = 'site_1' and state = 'idle in transaction' and query ~ '^alter role' and clock_timestamp() - xact_start > interval '1 second')"
    }
    holds
    run guard "longest => interval '1 second'"
    [ "$output" = 'site_1 it was over 1 s in one transaction false' ]
    ended
    # Shut out, though its own login's row is what it holds
    holds
    sql -c "insert into site_strike (number, strikes, struck_at) values (1, 2, clock_timestamp()) on conflict (number) do update set strikes = 2, struck_at = clock_timestamp()"
    run guard "longest => interval '1 second'"
    [ "$output" = 'site_1 it was over 1 s in one transaction true' ]
    ended
    run as_site 1 -c "$hello"
    [ "$status" != 0 ]
    [[ $output == *'not permitted to log in'* ]]
    opened
    # Others wait for it no longer than it takes to end it
    holds
    sql -c "set role bacpipes_central" -c "select central_keep(1, 2, 0, '{}')" >/dev/null
    [ "$(sql -c "select string_agg(site_id, ' ') from remote_site where wait_why is not null")" = klcc ]
    sql -c "set role bacpipes_central" -c "select central_keep(null, 0, 0, '{}')" >/dev/null
    [ "$(sql -c "select count(*) from remote_site where wait_why is not null")" = 0 ]
    sql -c "select site_invite('macau', '', 'a request', false)" >/dev/null
    ended
    holds
    sql -c "select site_rename('macau', 'Macau')" -c "select site_revoke('macau', 'it means harm')" >/dev/null
    ended
    run as_site 1 -c "$hello"
    [ "$status" != 0 ]
    [[ $output == *'not permitted to log in'* ]]
    [ "$(sql -c "select state || ' ' || cardinality(serials) from remote_site where number = 1")" = 'revoked 0' ]
}
