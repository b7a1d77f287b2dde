#!/usr/bin/env bats
# Readings kept by TimescaleDB, or not, and what becomes of a database when that changes; then, on TimescaleDB, what both engines do
# alike: the SQL suite, and of other files what stores, maintains and asks. BUILD is the build's folder (default: build).

bats_require_minimum_version 1.5.0

setup_file() {
    # The answer is the same for each.
    local said status=0
    said=$("$BATS_TEST_DIRNAME/../with-timescaledb" true 2>&1) || status=$?
    [ "$status" -eq 0 ] || [ "$status" -eq 77 ] || { echo "$said" >&2; return 1; }
    [ "$status" -eq 0 ] || export NOT_TESTED=$said
    export TIMESCALEDB_TRIED=1
}

setup() {
    [ -z "${NOT_TESTED:-}" ] || skip "$NOT_TESTED"
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin # Debian has PostgreSQL's programs in no PATH
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    BACPIPES=$(realpath "${BUILD:-$root/build}/apps/bacpipes")
    SCRIPT=$BATS_TEST_TMPDIR/script
    export root BACPIPES SCRIPT BACPIPES_CONFIG=/dev/null
    unset TIMESCALEDB BACPIPES_DATA
    cat >"$SCRIPT" <<'EOF'
set -euo pipefail
q() { psql -qAtX -v ON_ERROR_STOP=1 "$@"; }
is() { [ "$1" = "$2" ] || { echo "$1, expected $2" >&2; exit 1; }; }
has() { grep -qF -- "$1" "$SCRIPT.said" || { cat "$SCRIPT.said"; exit 1; }; }
# says WORDS COMMAND...: it ends well and says so
says() { local words=$1; shift; "$@" >"$SCRIPT.said" 2>&1 || { cat "$SCRIPT.said"; exit 1; }; has "$words"; }
# refuses CODE WORDS COMMAND...
refuses() {
    local code=$1 words=$2 ended=0
    shift 2
    "$@" >"$SCRIPT.said" 2>&1 || ended=$?
    is "$ended" "$code"
    has "$words"
}
# with_setting LINE: the server has it from now on
with_setting() { echo "$1" >>"$PGDATA/postgresql.conf"; "$PG_CTL" restart; }
fill() {
    q -c "insert into site (site_id, name) values ('demo', 'Demo');
          insert into device (site_id, device_id, address, instance) values ('demo', 1, '10.0.0.1', 1);
          insert into point (site_id, point_id, device_id, object_type, object_instance) values ('demo', 1, 1, 'analog-input', 1)"
}
# store WHEN: as ingest does
store() {
    local at
    at=$(q -c "select $1") # once: a day may begin meanwhile
    q -U bacpipes_ingest -c "select readings_ensure_days('$at', '$at')" \
        -c "insert into sensor_readings (time, site_id, point_id, value, quality) values ('$at', 'demo', 1, 1, 'good')" >/dev/null
}
old=$(date -u -d '9 days ago' +%F) # the same day all the while
# What ingest's maintenance sends until a day is gone or nothing is to be done: prints what it says.
retain() {
    local statement said
    while true; do
        q -U bacpipes_maintain -F '|' -c "select statement, said from readings_retention_step(now(), '7 days')" >"$SCRIPT.step"
        IFS='|' read -r statement said <"$SCRIPT.step"
        [ -z "$statement" ] || q -U bacpipes_maintain -c "$statement" >/dev/null
        if [ -z "$statement" ] || [ -n "$said" ]; then echo "$said"; return; fi
    done
}
[ -z "${PGHOST:-}" ] || export BACPIPES_DATABASE_HOST=$PGHOST
EOF
}

# Runs the script where TimescaleDB is installed, by way of $1...
on_timescaledb() {
    run "$root/tests/with-timescaledb" "$@" bash "$SCRIPT"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "installed and not loaded: native partitions, and nothing at all where it is asked for" {
    cat >>"$SCRIPT" <<'EOF'
refuses 69 "history.engine = timescaledb: TimescaleDB $version is installed, but the server has not loaded it: set shared_preload_libraries" \
    "$BACPIPES" migrate --set history.engine=timescaledb
is "$(q -c "select count(*) from pg_class where relnamespace = 'public'::regnamespace")" 0
says 'readings are kept in native partitions: TimescaleDB' "$BACPIPES" migrate
is "$(q -c 'select readings_engine()')" native
says 'engine                           native' "$BACPIPES" migrate # of it nothing more is said
is "$(grep -c 'TimescaleDB' "$SCRIPT.said" || true)" 0
says 'history.engine = timescaledb is for new databases: this one keeps its readings as it does, in native partitions' \
    "$BACPIPES" migrate --set history.engine=timescaledb
EOF
    # shellcheck disable=SC2016
    on_timescaledb sh -c 'version=$TIMESCALEDB && export version && unset TIMESCALEDB && exec "$0" "$@"' "$root/tests/with-postgres"
}

@test "an extension that somebody makes in a database with partitions changes nothing" {
    cat >>"$SCRIPT" <<'EOF'
"$BACPIPES" migrate --set history.engine=native >/dev/null
fill
store "timestamptz '$old 12:00Z'"
store "now()"
q -c 'set client_min_messages = error' -c 'create extension timescaledb'
store "now() + interval '36 hours'" # as it will be
is "$(retain)" "dropped $old"
says 'engine                           native' "$BACPIPES" migrate
store "now() + interval '60 hours'"
store "timestamptz '$old 12:00Z'"
is "$(retain)" "dropped $old"
is "$(q -c 'select count(*), readings_engine() from sensor_readings')" '3|native'
EOF
    on_timescaledb "$root/tests/with-postgres"
}

@test "under the Apache licence readings are not compressed, which is said once" {
    cat >>"$SCRIPT" <<'EOF'
with_setting "timescaledb.license = 'apache'"
says 'readings are not compressed: this TimescaleDB is under the Apache licence' "$BACPIPES" migrate
grep -q '^engine .*timescaledb .*, not compressed$' "$SCRIPT.said"
says ', not compressed' "$BACPIPES" migrate
is "$(grep -c licence "$SCRIPT.said" || true)" 0
fill
store "timestamptz '$old 12:00Z'"
store "now()"
is "$(retain)" "dropped $old"
is "$(q -c "select count(*), readings_engine() from sensor_readings")" '1|timescaledb'
EOF
    on_timescaledb "$root/tests/with-postgres"
}

@test "a hypertable whose server does not load TimescaleDB any more is told, with what to do" {
    cat >>"$SCRIPT" <<'EOF'
says ', compressed' "$BACPIPES" migrate
fill
store "now()"
is "$("$BACPIPES" migrate --status --json | jq -c .engine)" "{\"name\":\"timescaledb\",\"version\":\"$TIMESCALEDB\",\"is_there\":true,\"is_compressed\":true}"
says 'history.engine = native is for new databases: this one keeps its readings as it does, by TimescaleDB' "$BACPIPES" migrate --set history.engine=native
with_setting "shared_preload_libraries = ''"
refuses 69 "the readings of this database are kept by TimescaleDB $TIMESCALEDB, which its server has not loaded: set shared_preload_libraries" "$BACPIPES" migrate
with_setting "shared_preload_libraries = 'timescaledb'"
"$BACPIPES" migrate >/dev/null
is "$(q -c 'select count(*) from readings')" 1
EOF
    on_timescaledb "$root/tests/with-postgres"
}

@test "nobody who only reads starts jobs" {
    cat >>"$SCRIPT" <<'EOF'
"$BACPIPES" migrate >/dev/null
for role in reader collect ingest owner maintain; do
    if q -U bacpipes_$role -c "select add_job('_timescaledb_functions.policy_retention', '1 s')" >"$SCRIPT.said" 2>&1; then cat "$SCRIPT.said"; exit 1; fi
    has 'permission denied for function add_job'
done
EOF
    on_timescaledb "$root/tests/with-postgres"
}

# Of `up`, which is stopped when the tables are there.
up_script() {
    cat >>"$SCRIPT" <<'EOF'
data=$(mktemp -d /tmp/bacpipes-up.XXXXXX) pid=
chmod 755 "$data"
trap '[ -z "$pid" ] || { kill -INT $pid && wait $pid; } || true; rm -rf $(cat "$data"/*/run.folder 2>/dev/null) "$data"' EXIT
up() {
    "$BACPIPES" up --simulate --no-past --points 60 --data "$data/site" "$@" >"$SCRIPT.said" 2>&1 & pid=$!
    for _ in $(seq 1200); do
        ! grep -qF 'the tables are up to date' "$SCRIPT.said" || break
        kill -0 $pid || break
        sleep 0.1
    done
    has 'the tables are up to date'
    kill -INT $pid
    wait $pid || true # it may not have been all up
    pid=
}
conf() { grep -c "^$1" "$data/site/postgresql/postgresql.conf" || true; }
EOF
}

@test "up preloads it and keeps readings in it; a setting that comes later is told, and changes nothing" {
    up_script
    cat >>"$SCRIPT" <<'EOF'
up
is "$(conf "shared_preload_libraries = 'timescaledb'") $(conf 'timescaledb.telemetry_level = off')" '1 1'
grep -q "engine .*timescaledb $TIMESCALEDB, compressed" "$data/site/log/migrate.log"
up --set history.engine=native
has 'history.engine = native is for new databases: this one keeps its readings as it does, by TimescaleDB'
is "$(conf shared_preload_libraries)" 1
EOF
    on_timescaledb
}

@test "up goes without it where PostgreSQL does not start with it, and where native is wished for a new site" {
    up_script
    cat >>"$SCRIPT" <<'EOF'
up --set history.engine=native
is "$(conf shared_preload_libraries)" 0
rm -rf "$data/site"
library=$(echo /usr/lib/postgresql/*/lib/timescaledb.so)
mount --bind /dev/null "$library" # as one for another version
up
has 'PostgreSQL does not start with TimescaleDB, which is installed, and goes without: '
has 'readings are kept in native partitions: TimescaleDB'
is "$(conf shared_preload_libraries)" 0
EOF
    [ "$(id -u)" = 0 ] || skip "mounting takes root"
    on_timescaledb unshare --mount
}

# ---- what both engines do alike ----

# on_both COMMAND...: tests of other files. What they say is seen when they fail, and the version always.
on_both() {
    run "$root/tests/with-timescaledb" "$@"
    grep -E '^# (TimescaleDB|PostgreSQL)' <<<"$output" >&3
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "the SQL suite passes on TimescaleDB" {
    ZONES=America/Los_Angeles on_both "$root/tests/sql/run"
}

@test "databases of earlier versions are migrated on TimescaleDB" {
    on_both bats "$root/tests/flow/migrations.bats"
}

@test "readings are stored once on TimescaleDB, whoever is killed, and follow a device that was replaced" {
    on_both bats "$root/tests/flow/ingest.bats" -f 'stored once, in their turn|killed with SIGKILL|when the database comes back|aside whole|outlives a killed server|join the history'
}

@test "days are forgotten on TimescaleDB while others read and store" {
    on_both bats "$root/tests/flow/maintain.bats" -f 'days are made|what a reader may lock|retention waits|wait for neither each other'
}

@test "what was put aside goes back on TimescaleDB" {
    on_both bats "$root/tests/flow/quarantine.bats"
}

@test "tools show points and history on TimescaleDB" {
    on_both bats "$root/tests/flow/tools_database.bats" -f 'points are listed|history shows|spans are the same|takes another'
}
