#!/usr/bin/env bats
# Days made, rolled up and forgotten beside ingest that stores: whoever reads, and however long, readings go on.
# Each test has servers of its own. BUILD names the build folder (default: build).

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export root BACPIPES="$(realpath "${BUILD:-$root/build}")/apps/bacpipes" BACPIPES_CONFIG=/dev/null BACPIPES_SITE=demo
    export SCRIPT="$BATS_TEST_TMPDIR/script"
    cat >"$SCRIPT" <<'EOF'
set -eu
# Days are named here as they are now: where today ends soon it is waited for.
until [ $((86400 - $(date +%s) % 86400)) -gt 120 ]; do sleep 1; done
export BACPIPES_DATABASE_HOST=$PGHOST
run=0123456789abcdef n=0 children=
trap '[ -z "$children" ] || kill -9 $children 2>/dev/null || true' EXIT
q() { psql -qAtX -v ON_ERROR_STOP=1 -c "$1"; }
until_is() { # the query says what is expected within SECONDS, or 90
    for _ in $(seq $((${3:-90} * 10))); do
        [ "$(q "$1" 2>/dev/null)" = "$2" ] && return
        sleep 0.1
    done
    echo "$1: $(q "$1"), expected $2" >&2
    return 1
}
"$BACPIPES" migrate >/dev/null
q "insert into site (site_id, name) values ('demo', 'Demo');
   insert into mqtt_config (site_id, host, port) values ('demo', '$MQTT_HOST', $MQTT_PORT);
   insert into device (site_id, device_id, address, instance) values ('demo', 1, '10.0.0.1', 1);
   insert into point (site_id, point_id, device_id, object_type, object_instance) values ('demo', 1, 1, 'analog-input', 1)"
start_ingest() { # returns when it has subscribed
    mosquitto_pub -r -n -p "$MQTT_PORT" -t bacpipes/demo/ingest/status
    "$BACPIPES" ingest --set ingest.flush=100ms --set retention.readings=30d 2>>"$SCRIPT.log" & ingest=$!
    children="$children $ingest"
    mosquitto_sub -p "$MQTT_PORT" -t bacpipes/demo/ingest/status -C 1 -W 60 >/dev/null
}
# hold SQL: somebody's transaction, open from now on
hold() {
    mkfifo "$SCRIPT.in.$((++holders))"
    psql -qAtX -U "${ROLE:-bacpipes_reader}" <"$SCRIPT.in.$holders" >"$SCRIPT.out.$holders" 2>&1 & children="$children $!"
    eval "exec $((20 + holders))>'$SCRIPT.in.$holders'"
    echo "begin; $1; select 'held';" >&$((20 + holders))
    until grep -q held "$SCRIPT.out.$holders"; do
        if grep ERROR "$SCRIPT.out.$holders"; then exit 1; fi
        sleep 0.05
    done
}
let_go() { for i in $(seq "$holders"); do eval "exec $((20 + i))>&-"; done; }
holders=0
# stores [SECONDS AGO]: one more reading is in the table soon, of now or of a while ago. Whoever is waited for here holds on until the test lets go.
stores() {
    n=$((n + 1))
    mosquitto_pub -q 1 -p "$MQTT_PORT" -t bacpipes/demo/readings \
        -m "{\"v\":1,\"run\":\"$run\",\"n\":$n,\"oldest\":1,\"device\":1,\"at\":$((($(date +%s) - ${1:-0}) * 1000000 + n)),\"readings\":[[1,0,$n.5]]}"
    until_is "select stored from ingest_position where run = '$run'" "$n" 30
    until_is "select count(*) from sensor_readings where value = $n.5" 1 30
}
has_days() { [ "$(days)" = "$*" ] || { echo "days $(days), expected $*" >&2; return 1; }; }
days() { q "select string_agg(to_char(first at time zone 'UTC', 'YYYY-MM-DD'), ' ' order by first) from readings_days() where is_day and not is_detaching"; }
ago() { date -u -d "$1 days ago" +%F; }
EOF
}

# of_partitions: TimescaleDB has its own way with its chunks.
of_partitions() {
    [ -z "${TIMESCALEDB:-}" ] || skip "of native partitions alone"
}

servers() {
    run "$root/tests/with-postgres" "$root/tests/with-mosquitto" bash "$SCRIPT"
    echo "$output"
    cat "$SCRIPT.log" 2>/dev/null || true
    [ "$status" -eq 0 ]
}

@test "days are made 3 ahead, and for what comes late, whoever reads meanwhile" {
    cat >>"$SCRIPT" <<'EOF'
q "select readings_ensure_days(now() - interval '1 day', now() - interval '1 day')" >/dev/null
hold "select count(*) from sensor_readings; select pg_sleep(0)"
ROLE=bacpipes hold "lock table sensor_readings in access share mode" # as pg_dump does
start_ingest
stores
ahead="$(ago -1) $(ago -2) $(ago -3)"
[ -z "${TIMESCALEDB:-}" ] || ahead= # chunks are made when readings come
has_days $([ -n "${TIMESCALEDB:-}" ] || ago 1) "$(ago 0)" $ahead
stores $((3 * 86400))
has_days "$(ago 3)" $([ -n "${TIMESCALEDB:-}" ] || ago 1) "$(ago 0)" $ahead
[ "$(q "select count(*) from ingest_quarantine")" = 0 ]
EOF
    servers
}

@test "what a reader may lock stops nobody" {
    cat >>"$SCRIPT" <<'EOF'
ROLE=bacpipes_reader
if psql -qX -U $ROLE -c "select pg_advisory_lock(hashtext('readings_ensure_days'))" 2>"$SCRIPT.refused"; then exit 1; fi
grep -q 'permission denied' "$SCRIPT.refused"
for mode in 'row share' 'share update exclusive' 'share' 'access exclusive'; do
    if psql -qX -U $ROLE -c "begin; lock table sensor_readings in $mode mode" 2>"$SCRIPT.refused"; then exit 1; fi
    grep -q 'permission denied' "$SCRIPT.refused"
done
ROLE=bacpipes hold "select pg_advisory_lock(hashtext('readings_ensure_days'))"
start_ingest
stores
stores 86400
EOF
    servers
}

@test "retention waits for whoever still reads the day, and storing for neither" {
    cat >>"$SCRIPT" <<'EOF'
q "select readings_ensure_days(now() - interval '3 days', now() - interval '3 days');
   insert into sensor_readings (time, site_id, point_id, value, quality) values (now() - interval '3 days', 'demo', 1, 1, 'good')" >/dev/null
start_ingest
stores
hold "select count(*) from sensor_readings"
q "insert into setting (site_id, name, value) values ('demo', 'retention.readings', '1d')" # acts at once
[ -n "${TIMESCALEDB:-}" ] || until_is "select count(*) from readings_days() where is_detaching" 1
for _ in $(seq 900); do grep -q 'forgetting old readings: ' "$SCRIPT.log" && break; sleep 0.1; done
for _ in 1 2 3 4 5; do
    stores
    [ "$(q "select count(*) from points")" = 1 ] # and who reads reads on
    psql -qAtX -U bacpipes_reader -c "select count(*) from readings" >/dev/null
done
grep -q 'forgetting old readings: .*lock timeout' "$SCRIPT.log"
stores 80000 # of yesterday mostly, whose day has to be made while another is being forgotten
day=$(q "select coalesce(min(name), 'sensor_readings_$(date -u -d '3 days ago' +%Y%m%d)') from readings_days() where first < now() - interval '3 days'")
let_go
until_is "select count(*) from pg_class where relname = '$day'" 0
grep -q "retention: dropped $(ago 3)" "$SCRIPT.log"
[ "$(q "select count(*) from readings_leaving where name in (select name from readings_days())")" = 0 ]
EOF
    servers
}

@test "killed between detaching a day and dropping it, the next run drops it" {
    of_partitions
    cat >>"$SCRIPT" <<'EOF'
q "select readings_ensure_days(now() - interval '40 days', now() - interval '40 days')" >/dev/null
day=$(q "select name from readings_days()")
q "insert into readings_leaving select name, first from readings_days()"
q "alter table sensor_readings detach partition days.$day concurrently"
start_ingest
stores
until_is "select count(*) from pg_class where relname = '$day'" 0
EOF
    servers
}

@test "a default partition ends neither storing nor retention" {
    of_partitions
    cat >>"$SCRIPT" <<'EOF'
q "select readings_ensure_days(now() - interval '40 days', now() - interval '40 days');
   create table of_somebody partition of sensor_readings default;
   insert into sensor_readings (time, site_id, point_id, value, quality) values (now() - interval '1 hour', 'demo', 1, 1, 'good')" >/dev/null
start_ingest
stores
stores 3600
until_is "select count(*) from readings_days() where first < now() - interval '30 days'" 0
grep -q "retention: dropped $(ago 40)" "$SCRIPT.log"
[ "$(q "select count(*) from of_somebody")" -ge 1 ]
EOF
    servers
}

@test "a commit and the rollups of its span wait for neither each other nor are lost to each other" {
    cat >>"$SCRIPT" <<'EOF'
span=$(q "select bucket_5min(now() - interval '20 min')")
q "select readings_ensure_days('$span', '$span'); insert into rollup_dirty values ('demo', '$span')" >/dev/null
export PGOPTIONS='-c statement_timeout=30s'
note() { echo "insert into sensor_readings (time, site_id, point_id, value, quality) values ('$span'::timestamptz + interval '$1 s', 'demo', 1, $1, 'good');
               insert into rollup_dirty (site_id, bucket) values ('demo', '$span') on conflict do nothing"; }
made() { q "select count from sensor_readings_5min"; }
# A span that is noted already has new readings, not yet committed, while its rollups are made.
ROLE=bacpipes_ingest hold "$(note 1)"
[ "$(psql -qAtX -U bacpipes_maintain -c "select rollup_pending(now(), 10)")" = 1 ]
[ -z "$(made)" ]
let_go # psql ends, and takes back what it did not commit
ROLE=bacpipes_ingest hold "$(note 2); commit; select 1"
[ "$(psql -qAtX -U bacpipes_maintain -c "select rollup_pending(now(), 10)")" = 1 ]
[ "$(made)" = 1 ]
# And the other way: rollups that are being made while readings are committed.
q "insert into rollup_dirty values ('demo', '$span')"
ROLE=bacpipes_maintain hold "select rollup_pending(now(), 10)"
psql -qX -v ON_ERROR_STOP=1 -U bacpipes_ingest -1 -c "$(note 3)"
echo "commit;" >&$((20 + holders))
until_is "select count(*) from rollup_dirty" 1
[ "$(psql -qAtX -U bacpipes_maintain -c "select rollup_pending(now(), 10)")" = 1 ]
[ "$(made)" = 2 ]
EOF
    servers
}

@test "rollups are made while readings keep coming, and none is lost to a commit beside it" {
    cat >>"$SCRIPT" <<'EOF'
start_ingest
for _ in $(seq 40); do stores 1200; done
# Its maintenance begins anew at each change of a setting; here as often as readings come.
for i in $(seq 20); do
    stores 1200
    q "insert into setting (site_id, name, value) values ('demo', 'retention.5min', '${i}0d') on conflict (site_id, name) do update set value = excluded.value"
done
until_is "select coalesce(sum(count), 0) from sensor_readings_5min" 60
[ "$(q "select count(*) from rollup_dirty")" = 0 ]
EOF
    servers
}
