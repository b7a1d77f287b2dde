#!/usr/bin/env bats
# Who may do what in the database, as whole programs meet it: connections, accounts, the doors of `bacpipes up`.
# BUILD names the build folder (default: build).

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export root BACPIPES="$(realpath "${BUILD:-$root/build}")/apps/bacpipes" BACPIPES_CONFIG=/dev/null BACPIPES_SITE=demo
    export SCRIPT="$BATS_TEST_TMPDIR/script"
    cat >"$SCRIPT" <<'EOF'
set -eu
export BACPIPES_DATABASE_HOST=$PGHOST BACPIPES_DATA="$SCRIPT.data"
children=
trap '[ -z "$children" ] || kill -9 $children 2>/dev/null || true' EXIT
q() { psql -qAtX -v ON_ERROR_STOP=1 -c "$1"; }
until_is() { # the query says what is expected within 90 s
    for _ in $(seq 900); do
        [ "$(q "$1" 2>/dev/null)" = "$2" ] && return
        sleep 0.1
    done
    echo "$1: $(q "$1"), expected $2" >&2
    return 1
}
start_programs() { # returns when both have read what they need, and say so
    q "insert into site (site_id, name) values ('demo', 'Demo'); insert into mqtt_config (site_id, host, port) values ('demo', '$MQTT_HOST', $MQTT_PORT);
       insert into device (site_id, device_id, address, instance, enabled) values ('demo', 1, '127.0.0.1:9', 1, false);
       insert into point (site_id, point_id, device_id, object_type, object_instance) values ('demo', 1, 1, 'analog-input', 1)"
    mkdir -p "$BACPIPES_DATA/spool"
    for program in ingest collect; do
        mosquitto_pub -r -n -p "$MQTT_PORT" -t "bacpipes/demo/$program/status"
        "$BACPIPES" "$program" --set bacnet.address=127.66.99.1 --set bacnet.broadcast=127.66.99.255 2>>"$SCRIPT.log" &
        children="$children $!"
        mosquitto_sub -p "$MQTT_PORT" -t "bacpipes/demo/$program/status" -C 1 -W 60 >/dev/null
    done
}
accounts() { q "select string_agg(distinct usename, ' ' order by usename) from pg_stat_activity where datname = current_database() and application_name in ('bacpipes ingest', 'bacpipes collect')"; }
EOF
}

servers() {
    run "$root/tests/with-postgres" "$root/tests/with-mosquitto" bash "$SCRIPT"
    echo "$output"
    cat "$SCRIPT.log" 2>/dev/null || true
    [ "$status" -eq 0 ]
}

@test "a reader that opens all of its connections shuts nobody out" {
    cat >>"$SCRIPT" <<'EOF'
"$BACPIPES" migrate >/dev/null
for _ in $(seq 18); do
    psql -qX -U bacpipes_reader -c "select pg_sleep(600)" >/dev/null 2>&1 & children="$children $!"
done
until_is "select count(*) from pg_stat_activity where usename = 'bacpipes_reader'" 18
if psql -qX -U bacpipes_reader -c 'select 1' 2>"$SCRIPT.refused"; then exit 1; fi
grep -q 'too many connections for role "bacpipes_reader"' "$SCRIPT.refused"
start_programs
[ "$(accounts)" = "bacpipes_collect bacpipes_ingest" ]
"$BACPIPES" points
EOF
    servers
}

@test "each program is refused what is another's" {
    cat >>"$SCRIPT" <<'EOF'
"$BACPIPES" migrate >/dev/null
refused() {
    if psql -qX -U "bacpipes_$1" -c "$2" 2>"$SCRIPT.refused" || ! grep -qE 'permission denied|must be owner' "$SCRIPT.refused"; then
        echo "$1 may: $2"
        exit 1
    fi
}
refused ingest "update setting set value = '1s'"
refused ingest "select * from device_status"
refused ingest "select * from ingest_quarantine"
refused ingest "drop table sensor_readings"
refused ingest "truncate sensor_readings"
refused collect "select * from sensor_readings"
refused collect "select readings_ensure_days('2020-01-01', '2030-01-01')"
refused reader "select * from mqtt_config"
refused reader "select * from setting"
refused reader "delete from sensor_readings"
refused reader "create table mine ()"
refused maintain "select * from mqtt_config"
refused owner "delete from sensor_readings"
EOF
    servers
}

@test "where the account may not make roles, that one account does all" {
    cat >>"$SCRIPT" <<'EOF'
q "create role site_7 login"
q "create database seven owner site_7"
export PGDATABASE=seven PGUSER=site_7 BACPIPES_DATABASE_NAME=seven BACPIPES_DATABASE_USER=site_7
"$BACPIPES" migrate 2>"$SCRIPT.said"
cat "$SCRIPT.said"
[ "$(grep -c 'database.user = site_7' "$SCRIPT.said")" = 1 ]
[ -z "$(q "select 1 from pg_roles where rolname like 'bacpipes\_%'")" ]
start_programs
[ "$(accounts)" = site_7 ]
mosquitto_pub -q 1 -p "$MQTT_PORT" -t bacpipes/demo/readings -m "{\"v\":1,\"run\":\"0123456789abcdef\",\"n\":1,\"oldest\":1,\"device\":1,\"at\":$(date +%s)000000,\"readings\":[[1,0,1.5]]}"
until_is "select count(*) from sensor_readings" 1
"$BACPIPES" points | grep -q 1.5
EOF
    servers
}

@test "an account that may make roles makes them, and gives them what is theirs" {
    cat >>"$SCRIPT" <<'EOF'
q "create role maker login createrole"
q "create database made owner maker"
export PGDATABASE=made PGUSER=maker BACPIPES_DATABASE_NAME=made
BACPIPES_DATABASE_USER=maker "$BACPIPES" migrate 2>"$SCRIPT.said"
cat "$SCRIPT.said"
[ ! -s "$SCRIPT.said" ]
start_programs
[ "$(accounts)" = "bacpipes_collect bacpipes_ingest" ]
BACPIPES_DATABASE_USER=maker "$BACPIPES" migrate # again, beside them
EOF
    servers
}

@test "a database from before there were roles is taken over, and one that was restored elsewhere" {
    cat >>"$SCRIPT" <<'EOF'
q "create table schema_migration (name text primary key, checksum text not null, applied_at timestamptz not null default now())"
for file in "$root"/sql/migrations/000[1-4]_*.sql; do
    psql -qX -v ON_ERROR_STOP=1 -1 -f "$file" >/dev/null
    q "insert into schema_migration values ('$(basename "$file" .sql)', '$(sha256sum <"$file" | cut -d' ' -f1)')"
done
q "select readings_ensure_days(now() - interval '3 days', now()); create table of_somebody (); create view theirs as select 1 as one; grant select on theirs to bacpipes_reader" >/dev/null
"$BACPIPES" migrate
# owners: of what the schema has, and of what is somebody's own
owners() { q "select string_agg(distinct relowner::regrole::text, ' ' order by relowner::regrole::text) from pg_class where relnamespace in ('public'::regnamespace, 'days'::regnamespace) and relkind in ('r', 'p', 'v', 'S') and $1"; }
[ "$(owners "relname !~ '^(of_somebody|theirs|schema_migration|setting_kind)$'")" = "bacpipes_journal bacpipes_maintain bacpipes_owner" ]
[ "$(owners "relname ~ '^(of_somebody|theirs)$'")" = bacpipes ]
[ "$(owners "relkind = 'r' and oid in (select inhrelid from pg_inherits where inhparent = 'sensor_readings'::regclass)")" = bacpipes_maintain ]
[ "$(q "select count(*), count(*) filter (where relnamespace = 'days'::regnamespace) from pg_class where relkind = 'r' and oid in (select inhrelid from pg_inherits where inhparent = 'sensor_readings'::regclass)")" = "4|4" ]
[ "$(psql -qAtX -U bacpipes_reader -c "select one from theirs")" = 1 ]
q "create table of_later ()"
if psql -qX -U bacpipes_reader -c "select * from of_later" 2>/dev/null; then exit 1; fi # it was to be given all that comes
q "drop table of_later"
"$PG_BIN/pg_dump" --no-owner --no-privileges bacpipes >"$SCRIPT.sql"
q "create database other"
psql -qX -v ON_ERROR_STOP=1 -d other -f "$SCRIPT.sql" >/dev/null
export PGDATABASE=other BACPIPES_DATABASE_NAME=other
"$BACPIPES" migrate
[ "$(owners "relname !~ '^(of_somebody|theirs|schema_migration|setting_kind)$'")" = "bacpipes_journal bacpipes_maintain bacpipes_owner" ]
start_programs
[ "$(accounts)" = "bacpipes_collect bacpipes_ingest" ]
EOF
    servers
}

@test "what one role defines never runs with the rights of another" {
    cat >>"$SCRIPT" <<'EOF'
"$BACPIPES" migrate >/dev/null
q "insert into site (site_id, name) values ('demo', 'Demo'); select readings_ensure_days(now(), now())" >/dev/null
day=$(q "select readings_day(name) from readings_days()")
try() { # ROLE SQL: it has to be refused
    if psql -qX -v ON_ERROR_STOP=1 -U "bacpipes_$1" -c "$2" 2>"$SCRIPT.refused"; then
        echo "$1 may: $2"
        exit 1
    fi
    grep -qE 'permission denied|must be (owner|superuser)' "$SCRIPT.refused" || { cat "$SCRIPT.refused"; echo "$1: $2"; exit 1; }
}
evil="begin if (select rolsuper from pg_roles where rolname = current_user) then alter role bacpipes_owner superuser; end if;"
for role in owner maintain collect ingest reader; do
    while read -r sql; do
        try $role "$sql"
    done <<SQL
create function public.format(text, text) returns text language plpgsql as '$evil return ''select 1''; end'
create function days.evil() returns trigger language plpgsql as '$evil return new; end'
create function pg_temp.evil() returns text language sql as 'select 1::text'
create schema of_$role
create operator public.* (leftarg = bigint, rightarg = interval, function = pg_catalog.interval_mul)
create operator days.* (leftarg = double precision, rightarg = interval, function = pg_catalog.mul_d_interval)
create aggregate public.count (text) (sfunc = pg_catalog.textcat, stype = text)
create view public.tables as select 1
create view days.tables as select 1
create or replace view points as select lo_export(1, '/tmp/x')
create type public.format as (a text)
create domain days.word as text check (lo_export(1, value) > 0)
select 1 as one into public.one
alter role bacpipes_$role superuser
alter database bacpipes set search_path = days, pg_catalog
alter event trigger bacpipes_definitions disable
drop function refuse_definitions() cascade
set role bacpipes
alter function readings_newest(text) set search_path = days
alter function quarantine_store(text, jsonb, bigint[]) security invoker
alter function next_point_id(text) rename to next_point
do 'begin create function pg_temp.f() returns int language sql as ''select 1''; end'
alter table site alter name set default lo_export(1, '/tmp/x')::text
alter table setting alter value set default lo_export(1, '/tmp/x')::text
alter table mqtt_config add check (lo_export(1, '/tmp/x') > 0)
alter table schema_migration alter name set default lo_export(1, '/tmp/x')::text
drop table schema_migration
alter table sensor_readings add check (lo_export(1, '/tmp/x') > 0)
alter table sensor_readings alter reason set default query_to_xml('select 1', true, true, '')::text
create table days.mine (i bigint default lo_export(1, '/tmp/x'))
SQL
    for table in site setting mqtt_config schema_migration sensor_readings rollup_dirty "$day"; do
        while read -r sql; do
            try $role "$sql"
        done <<SQL
create trigger t before insert on $table for each row when (lo_export(1, '/tmp/x') > 0) execute function suppress_redundant_updates_trigger()
create rule r as on insert to $table do also select lo_export(1, '/tmp/x')
create policy p on $table using (lo_export(1, '/tmp/x') > 0)
create index on $table ((1))
SQL
    done
done
rights() { q "select rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls from pg_roles order by 1; select * from pg_auth_members where member::regrole::text like 'bacpipes\_%'"; }
before=$(rights)
"$BACPIPES" migrate >/dev/null
[ "$(rights)" = "$before" ]
# As earlier versions let it: what is there from then is found, and not run.
q "grant create on schema public to bacpipes_maintain; alter event trigger bacpipes_definitions disable"
psql -qX -v ON_ERROR_STOP=1 -U bacpipes_maintain -c "create function public.format(text, text) returns text language plpgsql as '$evil return ''select 1''; end'"
q "alter event trigger bacpipes_definitions enable"
if "$BACPIPES" migrate >/dev/null 2>"$SCRIPT.refused"; then exit 1; fi
cat "$SCRIPT.refused"
grep -q 'function public.format(text,text) of bacpipes_maintain' "$SCRIPT.refused"
[ "$(rights)" = "$before" ]
q "drop function public.format(text, text)"
"$BACPIPES" migrate >/dev/null
[ "$(q "select has_schema_privilege('bacpipes_maintain', 'public', 'create')")" = f ]
EOF
    servers
}

@test "migrate --status changes nothing, not even an empty database" {
    cat >>"$SCRIPT" <<'EOF'
"$BACPIPES" migrate --status | grep -q '^0001_create_sites  *pending'
[ "$(q "select count(*) from pg_class where relnamespace = 'public'::regnamespace")" = 0 ]
[ -z "$(q "select 1 from pg_roles where rolname like 'bacpipes\_%'")" ]
# Nor does it wait for one that changes something.
psql -qX -c "select pg_advisory_lock(hashtext('bacpipes migrate')), pg_sleep(600)" & children=$!
until_is "select count(*) from pg_locks where locktype = 'advisory'" 1
timeout 60 "$BACPIPES" migrate --status >/dev/null
kill $children
q "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'" >/dev/null
"$BACPIPES" migrate >/dev/null
"$BACPIPES" migrate --status
[ -z "$("$BACPIPES" migrate --status | grep -v '^engine' | grep -v ' applied$')" ]
EOF
    servers
}

@test "whoever may read floods no program with notices, and a setting that changes meanwhile acts" {
    cat >>"$SCRIPT" <<'EOF'
"$BACPIPES" migrate >/dev/null
start_programs
# Each notice is one of its own, as fast as the database takes them.
notice() { for _ in $(seq 2000); do for table in setting point mqtt_config; do echo "notify bacpipes_config, '{\"site\":\"demo\",\"table\":\"$table\"}';"; done; done; }
notice >"$SCRIPT.flood"
SECONDS=0
for _ in 1 2; do psql -qX -U bacpipes_reader -f "$SCRIPT.flood" >/dev/null & children="$children $!"; done
q "alter table setting disable trigger check_setting; insert into setting (site_id, name, value) values ('demo', 'ingest.flush', 'never')"
for _ in $(seq 900); do grep -q 'table setting: ' "$SCRIPT.log" && break; sleep 0.1; done
grep -q 'table setting: ' "$SCRIPT.log"
wait $! # the flood's end
if grep 'wait for the database already' "$SCRIPT.log"; then exit 1; fi
[ "$(grep -c 'table setting: ' "$SCRIPT.log")" -le $((5 + 60 * (1 + SECONDS / 60))) ] # 30 a minute of each
EOF
    servers
}

@test "settings that a reader gave itself are taken from it by the next migrate" {
    cat >>"$SCRIPT" <<'EOF'
"$BACPIPES" migrate >/dev/null
reader() { psql -qAtX -v ON_ERROR_STOP=1 -U bacpipes_reader -c "$1"; }
reader "alter role bacpipes_reader set search_path = nowhere; alter role bacpipes_reader in database bacpipes set default_transaction_read_only = on; alter role bacpipes_reader set statement_timeout = 1"
if reader "select count(*) from readings, pg_sleep(1)" 2>/dev/null; then exit 1; fi
"$BACPIPES" migrate >/dev/null
[ "$(reader "select count(*) from readings")" = 0 ]
[ "$(reader "show temp_file_limit; show statement_timeout; show default_transaction_read_only" | tr '\n' ' ')" = "1GB 10min off " ]
for attempt in "select lo_create(0)" "select lo_from_bytea(0, 'x')" "set temp_file_limit = -1" "select pg_notify('bacpipes_config', 'x')"; do
    if reader "$attempt" 2>"$SCRIPT.refused"; then echo "may: $attempt"; exit 1; fi
    grep -q 'permission denied' "$SCRIPT.refused"
done
EOF
    servers
}

begin_up() {
    folder=$(mktemp -d /tmp/bacpipes-up.XXXXXX)
    chmod 755 "$folder"
    unset BACPIPES_CONFIG BACPIPES_SITE
    "$BACPIPES" up --simulate --no-past --data "$folder/data" --points 30 >"$folder/out" 2>&1 3>&- &
    up=$!
    for _ in $(seq 900); do
        grep -q ' stored, newest' "$folder/out" && break
        kill -0 "$up" || break
        sleep 0.1
    done
    cat "$folder/out"
    port=$(cat "$folder/data/postgresql.port")
}

@test "bacpipes up lets its programs in by the socket, and over TCP only who reads" {
    begin_up
    as() { # ROLE HOST
        PGPASSWORD=$(cat "$folder/data/secrets/postgresql_reader") psql -qAtX -p "$port" -d bacpipes -U "$1" -h "$2" -c 'select current_user' 2>&1
    }
    [ "$(as bacpipes_reader 127.0.0.1)" = bacpipes_reader ]
    for role in bacpipes bacpipes_owner bacpipes_collect bacpipes_ingest bacpipes_maintain; do
        [[ "$(as "$role" 127.0.0.1)" == *"no pg_hba.conf entry"* ]]
        [ "$(as "$role" "$folder/data/run")" = "$role" ]
    done
    [ "$(psql -qAtX -p "$port" -h "$folder/data/run" -U bacpipes bacpipes -c "select string_agg(distinct usename, ' ' order by usename)
        from pg_stat_activity where application_name in ('bacpipes ingest', 'bacpipes collect')")" = "bacpipes_collect bacpipes_ingest" ]
    # Once all is up nothing of ours is a superuser any more.
    SECONDS=0
    until [ "$(psql -qAtX -p "$port" -h "$folder/data/run" -U bacpipes bacpipes -c "select string_agg(distinct usename, ' ' order by usename)
        from pg_stat_activity where application_name in ('bacpipes up', 'bacpipes maintain')")" = "bacpipes_maintain bacpipes_owner" ]; do
        [ $SECONDS -lt 90 ]
        sleep 0.2
    done
    # A source of commands logs in over TCP with its password, and by no other way.
    sql() { psql -qAtX -p "$port" -h "$folder/data/run" -U "$1" bacpipes -c "$2"; }
    sql bacpipes "create role of_it password 'open sesame'"
    sql bacpipes_owner "select source_add('bms', 'sql', of_verifier => '$(sql bacpipes "select rolpassword from pg_authid where rolname = 'of_it'")')"
    [ "$(PGPASSWORD='open sesame' psql -qAtX -p "$port" -d bacpipes -U source_bms -h 127.0.0.1 -c 'select count(*) from write_commands')" = 0 ]
    [[ "$(as source_bms 127.0.0.1)" == *"password authentication failed"* ]]
    [[ "$(as source_bms "$folder/data/run")" == *"Peer authentication failed"* ]]
    ! grep "database.user" "$folder/data/bacpipes.conf" || false
    [ "$("$BACPIPES" points --data "$folder/data" --json | grep -o '"point_id"' | wc -l)" -eq 30 ]
}

@test "a stranger who opens connections and says no password keeps nobody out" {
    begin_up
    as=()
    [ "$(id -u)" != 0 ] || as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    # 120 that have said who they are and no more, and come again when they are ended.
    "${as[@]}" perl -MIO::Socket::INET -MIO::Select -e '
        my ($port, $all) = ($ARGV[0], IO::Select->new);
        my $hello = pack("N", 196608) . join("\0", "user", "bacpipes_reader", "database", "bacpipes", "", "");
        $| = 1;
        while (1) {
            while ($all->count < 120) {
                my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $port) or die "connect: $!";
                syswrite $socket, pack("N", 4 + length $hello) . $hello;
                $all->add($socket);
            }
            print "all are there\n";
            for my $ready ($all->can_read) {
                next if sysread $ready, my $octets, 4096;
                $all->remove($ready);
                close $ready;
            }
        }' "$port" >"$folder/stranger" 3>&- &
    stranger=$!
    sql() { psql -qAtX -p "$port" -h "$folder/data/run" -U bacpipes bacpipes -c "$1"; }
    # The server has them all: each waits with a process of its own.
    most=0
    for _ in $(seq 600); do
        now=$(ps -eo args | grep -c '^postgres: bacpipes_reader bacpipes 127.0.0.1.*authentication' || true)
        [ "$now" -le "$most" ] || most=$now # they are ended all at once, and come again
        [ "$most" -lt 100 ] || break
        sleep 0.1
    done
    [ "$most" -ge 30 ]
    before=$(sql 'select count(*) from sensor_readings')
    for pid in $(cat /proc/"$up"/task/*/children); do
        case $(tr '\0' ' ' <"/proc/$pid/cmdline") in "ingest "*) kill -KILL "$pid" ;; esac
    done
    SECONDS=0
    until [ "$(sql 'select count(*) from sensor_readings')" -gt "$before" ]; do
        [ $SECONDS -lt 90 ]
        sleep 0.2
    done
    grep -q 'ingest was ended by signal 9' "$folder/out"
    kill -0 "$stranger"
}

teardown() {
    [ -z "${stranger:-}" ] || kill "$stranger" 2>/dev/null || true
    [ -z "${up:-}" ] || { kill -INT "$up" 2>/dev/null; wait "$up"; } || true
    [ -z "${folder:-}" ] || rm -rf "$folder"
}
