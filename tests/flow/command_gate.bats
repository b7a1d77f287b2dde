#!/usr/bin/env bats
# Commands in the database, as several sessions at once meet it: claims, sources that dawdle, a database with one account.
# BUILD names the build folder (default: build).

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export root BACPIPES="$(realpath "${BUILD:-$root/build}")/apps/bacpipes" BACPIPES_CONFIG=/dev/null BACPIPES_SITE=demo
    export SCRIPT="$BATS_TEST_TMPDIR/script"
    cat >"$SCRIPT" <<'EOF'
set -eu
export BACPIPES_DATABASE_HOST=$PGHOST
children=
trap '[ -z "$children" ] || kill -9 $children 2>/dev/null || true' EXIT
q() { psql -qAtX -v ON_ERROR_STOP=1 -c "$1"; }
as() { psql -qAtX -v ON_ERROR_STOP=1 -U "$1" -c "$2"; }
until_is() { # the query says what is expected within 90 s
    for _ in $(seq 900); do
        [ "$(q "$1" 2>/dev/null)" = "$2" ] && return
        sleep 0.1
    done
    echo "$1: $(q "$1"), expected $2" >&2
    return 1
}
refused() { # STATEMENT ROLE MESSAGE
    if as "$2" "$1" 2>"$SCRIPT.said"; then
        echo "not refused: $1" >&2
        return 1
    fi
    grep -q "$3" "$SCRIPT.said" || { cat "$SCRIPT.said" >&2; return 1; }
}
make_site() {
    "$BACPIPES" migrate >/dev/null 2>&1
    q "insert into site (site_id, name) values ('demo', 'Demo');
       insert into device (site_id, device_id, address, instance, name) values ('demo', 1, '10.1.2.9', 1001, 'AHU-1');
       insert into point (site_id, point_id, device_id, object_type, object_instance, name, commandable, writable)
           select 'demo', n, 1, 'analog-value', n, 'SP-' || n, true, true from generate_series(1, 100) as n;
       insert into setting (site_id, name, value) values ('demo', 'control.point_rate', '6000')"
}
plan="insert into write_commands (site_id, point_id, command_type, value, priority, created_by, source_ip) values ('demo', 1, 'write_value', 20, 8, 'alice', '10.0.0.7')"
verifier='SCRAM-SHA-256$4096:MTIzNDU2Nzg5MDEyMzQ1Ng==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
EOF
}

server() {
    run "$root/tests/with-postgres" bash "$SCRIPT"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "of several that claim the same commands at once, one has each" {
    cat >>"$SCRIPT" <<'EOF'
make_site
q "update command_source set rate_per_minute = 100000;
   insert into write_commands (site_id, point_id, command_type, value) select 'demo', n, 'write_value', n from generate_series(1, 100) as n, generate_series(1, 3)"
q "create table claimed (id uuid, by integer)"
q "grant insert on claimed to bacpipes_collect"
for claimer in 1 2 3 4; do
    as bacpipes_collect "do \$\$ declare due record; begin
        for due in select id from write_commands order by case when $claimer < 3 then number else -number end loop
            insert into claimed select id, $claimer from commands_claim('demo', jsonb_build_array(jsonb_build_object('id', due.id))) where is_claimed;
            commit;
        end loop; end \$\$" &
    children="$children $!"
done
for child in $children; do wait "$child"; done
children=
[ "$(q "select count(*), count(distinct id) from claimed")" = "300|300" ]
[ "$(q "select count(distinct by) > 1 from claimed")" = t ]
[ "$(q "select count(*) from audit where kind = 'command_event' and body ->> 'event' = 'executing'")" = 300 ]
EOF
    server
}

@test "a source that keeps its transaction open holds nobody up, and is ended; what it asks for is on record before it is carried out" {
    cat >>"$SCRIPT" <<'EOF'
make_site
as bacpipes_owner "select source_add('bms', 'sql', of_verifier => '$verifier')" >/dev/null
id=$(q "$plan returning id")
mkfifo "$SCRIPT.in"
psql -qAtX -U source_bms <"$SCRIPT.in" >"$SCRIPT.out" 2>&1 &
children=$!
exec 3>"$SCRIPT.in"
echo "set idle_in_transaction_session_timeout = 0; set statement_timeout = 0; begin; $plan; set constraints all immediate;" >&3
until_is "select count(*) from pg_stat_activity where usename = 'source_bms' and state = 'idle in transaction'" 1
[ "$(as bacpipes_collect 'select sources_end_idle()')" = 0 ] # it has not been long
[ "$(as bacpipes_collect "select is_claimed from commands_claim('demo', '[{\"id\": \"$id\"}]')")" = t ]
q "$plan" # nor does whoever asks
for _ in $(seq 900); do # as the collector looks, every few seconds
    [ "$(as bacpipes_collect 'select sources_end_idle()')" = 0 ] || break
    sleep 0.1
done
until_is "select count(*) from pg_stat_activity where usename = 'source_bms'" 0
[ "$(q "select count(*) from write_commands where source = 'bms'")" = 0 ]
mine=$(as source_bms "$plan returning id")
[ "$(q "select count(*) from audit where body ->> 'id' = '$mine'")" = 0 ]
as bacpipes_collect "select count(*) from commands_due('demo', 100)" >/dev/null
[ "$(q "select body #>> '{who,role}' from audit where kind = 'command' and body ->> 'id' = '$mine'")" = source_bms ]
[ "$(q "select count(*) from command_unnoted")" = 0 ]
EOF
    server
}

@test "an engineer's open transaction, discovery that draws numbers and a changed point hold up no command" {
    cat >>"$SCRIPT" <<'EOF'
make_site
mkfifo "$SCRIPT.in"
psql -qAtX <"$SCRIPT.in" >"$SCRIPT.out" 2>&1 &
children=$!
exec 3>"$SCRIPT.in"
echo "begin; select next_point_id('demo'); select next_device_id('demo'); update point set description = 'x'; update device set description = 'x'; update setting set value = '5999';
      insert into write_commands (site_id, point_id, command_type, value) values ('demo', 2, 'write_value', 1); update command_source set note = 'x'; select 'all is done';" >&3
for _ in $(seq 900); do ! grep -q 'all is done' "$SCRIPT.out" || break; sleep 0.1; done
cat "$SCRIPT.out"
[ "$(q "select count(*) from pg_stat_activity where state = 'idle in transaction'")" = 1 ]
export PGOPTIONS='-c lock_timeout=1ms'
id=$(q "$plan returning id")
[ "$(as bacpipes_collect "select count(*) from commands_due('demo', 10)")" = 1 ]
[ "$(as bacpipes_collect "select is_claimed from commands_claim('demo', '[{\"id\": \"$id\"}]')")" = t ]
[ "$(as bacpipes_collect "select commands_end('demo', '[{\"id\": \"$id\", \"verdict\": \"held\"}]')")" = 1 ]
[ "$(as bacpipes_collect "select override_store('demo', '[{\"point_id\": 1, \"at\": \"2026-11-27T10:00:00Z\", \"slots\": {\"8\": 20}}]')")" = 1 ]
[ "$(q "select count(*) from overrides where is_ours")" = 1 ]
EOF
    server
}

@test "a source has two connections, and is nobody else" {
    cat >>"$SCRIPT" <<'EOF'
make_site
as bacpipes_owner "select source_add('bms', 'sql', of_verifier => '$verifier')" >/dev/null
while read -r statement; do
    refused "$statement" source_bms 'permission denied\|must be\|access to library'
done <<'STATEMENTS'
set session authorization bacpipes_owner
set role bacpipes_journal
set session_replication_role = replica
load 'plpgsql_check'
copy (select 1) to program 'true'
select pg_read_file('/etc/passwd')
select pg_terminate_backend(pid) from pg_stat_activity where usename = 'bacpipes'
create function f() returns int language sql as 'select 1'
comment on table write_commands is 'x'
alter role source_bms createrole
alter role source_bms connection limit -1
STATEMENTS
for _ in 1 2; do
    as source_bms "select pg_sleep(600)" >/dev/null 2>&1 &
    children="$children $!"
done
until_is "select count(*) from pg_stat_activity where usename = 'source_bms'" 2
refused "select 1" source_bms 'too many connections for role "source_bms"'
as bacpipes_owner "select source_remove('bms')"
until_is "select count(*) from pg_roles where rolname = 'source_bms'" 0
for name in $(seq 20); do as bacpipes_owner "select source_add('s$name', 'sql', of_verifier => '$verifier')" >/dev/null; done
refused "select source_add('s21', 'sql', of_verifier => '$verifier')" bacpipes_owner 'there are 20 sources with a login already'
EOF
    server
}

@test "where one account does all, commands pass the same gate" {
    cat >>"$SCRIPT" <<'EOF'
q "create role site_7 login"
q "create database seven owner site_7"
export PGDATABASE=seven PGUSER=site_7 BACPIPES_DATABASE_NAME=seven BACPIPES_DATABASE_USER=site_7
make_site
[ "$(q "$plan returning status, source, created_by, created_by_claim")" = "pending|sql|site_7|alice" ]
[ "$(q "select status, source, created_by from command_ask('{\"site_id\": \"demo\", \"point_id\": 2, \"value\": 5}', 'tools', 'bob')")" = "pending|tools|bob" ]
[ "$(q "set bacpipes.person = 'carol'; $plan returning created_by, created_by_claim")" = "carol|alice" ]
[ "$(q "select rule from command_check('demo', 2, 'write_value', 5, null, 6)")" = reserved-priority ]
[ "$(q "select count(*) from commands_claim('demo', (select jsonb_agg(jsonb_build_object('id', id)) from commands_due('demo', 10))) where is_claimed")" = 3 ]
refused "update write_commands set status = 'pending'" site_7 'is executing: it cannot become pending'
refused "delete from write_commands" site_7 'commands are kept for a year'
[ "$(q "select commands_end('demo', (select jsonb_agg(jsonb_build_object('id', id, 'verdict', 'held')) from write_commands))")" = 3 ]
[ "$(q "select count(*) from hold")" = 2 ]
refused "select source_add('bms', 'sql', of_verifier => '$verifier')" site_7 'site_7 may not make logins in this database'
[ "$(q "select sources_end_idle()")" = 0 ]
EOF
    server
}
