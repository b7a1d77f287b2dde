#!/usr/bin/env bats
# The clock of a whole machine leaps: of the collector's and of ingest, which agree. Nothing is forgotten for it, and what is now is
# told when the clock is back. BUILD names the build folder (default: build).

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export root BACPIPES="$(realpath "${BUILD:-$root/build}")/apps/bacpipes" BACPIPES_CONFIG=/dev/null BACPIPES_SITE=demo
    export BACPIPES_DATA="$BATS_TEST_TMPDIR/data" SCRIPT="$BATS_TEST_TMPDIR/script" CLOCK_SHIM="$BATS_TEST_TMPDIR/clock"
    export PORT=$((42000 + (BASHPID * 7 + BATS_TEST_NUMBER * 131) % 2000))
    mkdir "$BACPIPES_DATA"
    echo 0 >"$CLOCK_SHIM"
    cat >"$SCRIPT" <<'EOF'
set -eu
export BACPIPES_DATABASE_HOST=$PGHOST
declare -A pids=()
trap '[ ${#pids[@]} -eq 0 ] || kill -KILL "${pids[@]}" 2>/dev/null || true' EXIT
q() { psql -qAtX -v ON_ERROR_STOP=1 -c "$1"; }
until_true() {
    local until=$((SECONDS + 120))
    until "$@" 2>/dev/null; do
        [ $SECONDS -lt $until ] || { echo "not within 120 s: $*" >&2; return 1; }
        sleep 0.1
    done
}
is_true() { [ "$(q "select $1")" = t ]; }
until_sql() { until_true is_true "$1"; }
until_says() { until_true grep -q "$1" "$SCRIPT.ingest.log"; }
begin() { "${@:2}" >>"$SCRIPT.$1.log" 2>&1 & pids[$1]=$!; }
end() { kill "${pids[$1]}"; wait "${pids[$1]}" || true; unset "pids[$1]"; }
# begin_shimmed NAME COMMAND...: its clock is ahead by the seconds in $CLOCK_SHIM
begin_shimmed() {
    begin "$1" env ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0" \
        LD_PRELOAD="${BACPIPES%/apps/bacpipes}/tests/flow/libclock_shim.so" "${@:2}"
}
begin_ingest() { begin_shimmed ingest "$BACPIPES" ingest --set ingest.flush=200ms; }
"$BACPIPES" migrate >/dev/null
q "insert into site (site_id, name) values ('demo', 'Demo'); insert into mqtt_config (site_id, host, port) values ('demo', '$MQTT_HOST', $MQTT_PORT);
   insert into setting (site_id, name, value) values ('demo', 'poll.interval', '1s'), ('demo', 'retention.readings', '7d'),
                                                     ('demo', 'retention.5min', '7d'), ('demo', 'retention.hourly', '7d')"
begin sim "$BACPIPES" sim --points 60 --without-flaws --address 127.79.0.1 --port "$PORT" --broadcast 127.255.255.255
begin_shimmed collect "$BACPIPES" collect --set bacnet.address=127.79.255.254 --set bacnet.broadcast=127.255.255.255 --set bacnet.port="$PORT"
begin_ingest
until_sql "count(*) >= 60 from sensor_readings"
# Five days of history.
q "select readings_ensure_days(now() - interval '5 days', now());
   insert into sensor_readings (time, site_id, point_id, value, quality)
   select now() - i * interval '30 minutes', 'demo', 1, i, 'good' from generate_series(1, 5 * 48) as i;
   insert into rollup_dirty select distinct 'demo', bucket_5min(time) from sensor_readings where time < now() - interval '6 minutes'" >/dev/null
until_sql "count(*) = 0 from rollup_dirty where bucket < now() - interval '10 minutes'"
old="time < '$(q "select now() - interval '135 minutes'")'"
counts() { q "select (select count(*) from sensor_readings where $old), (select count(*) from sensor_readings_5min where $old),
                     (select count(*) from sensor_readings_hourly where $old), (select count(*) from readings_days() where ${old/time/first})"; }
before=$(counts)
echo "# readings, rollups and days of before: $before"
is_true "count(*) > 200 from sensor_readings where $old"
EOF
}

servers() {
    run "$root/tests/with-postgres" "$root/tests/with-mosquitto" bash "$SCRIPT"
    echo "$output"
    tail -n 40 "$SCRIPT".*.log
    [ "$status" -eq 0 ]
}

@test "the clocks of collector and ingest leap 10 days ahead: all that was there stays, and what is now is told when they are back" {
    cat >>"$SCRIPT" <<'EOF'
echo 864000 >"$CLOCK_SHIM"
until_sql "count(*) > 60 from sensor_readings where time > now() + interval '9 days'" # they agree: it is stored
# Two rounds of forgetting.
until_says 'retention: '
[ "$(counts)" = "$before" ]
until_sql "seen_at > now() + interval '9 days' from retention_clock"
seen=$(q "select seen_at from retention_clock")
until_sql "seen_at > '$seen' from retention_clock"
[ "$(counts)" = "$before" ]
# It is no matter of this run alone.
end ingest
begin_ingest
held_twice() { [ "$(grep -c 'Nothing is forgotten' "$SCRIPT.ingest.log")" = 2 ]; }
until_true held_twice
[ "$(counts)" = "$before" ]
echo 0 >"$CLOCK_SHIM"
until_says 'back where it was'
seen=$(q "select seen_at from retention_clock")
until_sql "seen_at > '$seen' from retention_clock"
[ "$(counts)" = "$before" ]
grep retention: "$SCRIPT.ingest.log"
[ "$(grep -c 'retention: ' "$SCRIPT.ingest.log")" = 3 ]

# Readings of days to come do not pass for the newest.
until_sql "count(*) = 60 and max(age) < interval '5 s' and min(age) > interval '-1 s' from points"
until_sql "readings_newest() < now() + interval '1 s'"
is_true "count(*) > 60 from sensor_readings where time > now() + interval '9 days'"
q "update setting set value = '3d' where name = 'retention.readings'" # and keep nothing from being forgotten
until_says 'retention: dropped'
EOF
    servers
}
