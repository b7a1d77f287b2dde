#!/usr/bin/env bats
# bacpipes collect is stopped at any moment under load, by any signal and by several of them, with the broker there or hanging: it
# ends in order, and what it had read is stored by its next run. Killed, it loses no more than is promised, and tells.
# BUILD names the build folder (default: build).

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export root BACPIPES="$(realpath "${BUILD:-$root/build}")/apps/bacpipes" BACPIPES_CONFIG=/dev/null BACPIPES_SITE=demo
    export PG_SYNCHRONOUS_COMMIT=on BACPIPES_DATA="$BATS_TEST_TMPDIR/data" SCRIPT="$BATS_TEST_TMPDIR/script"
    export PORT=$((45000 + (BASHPID * 7 + BATS_TEST_NUMBER * 131) % 4000))
    mkdir "$BACPIPES_DATA"
    cat >"$SCRIPT" <<'EOF'
set -eu
export BACPIPES_DATABASE_HOST=$PGHOST
declare -A pids=()
broker=$(cat "${MQTT_CTL%/ctl}/pid")
trap 'kill -CONT $broker; [ ${#pids[@]} -eq 0 ] || kill -KILL "${pids[@]}" 2>/dev/null || true' EXIT
q() { psql -qAtX -c "$1"; }
until_true() {
    local until=$((SECONDS + 90))
    until "$@" 2>/dev/null; do
        [ $SECONDS -lt $until ] || { echo "not within 90 s: $*" >&2; return 1; }
        sleep 0.1
    done
}
is_true() { [ "$(q "select $1")" = t ]; }
begin() { "${@:2}" >>"$SCRIPT.$1.log" 2>&1 & pids[$1]=$!; }
"$BACPIPES" migrate >/dev/null
q "insert into site (site_id, name) values ('demo', 'Demo'); insert into mqtt_config (site_id, host, port) values ('demo', '$MQTT_HOST', $MQTT_PORT)"
# Nothing goes to the spool before the end: what is found there was written by an end in order.
q "insert into setting (site_id, name, value) values ('demo', 'poll.interval', '1s'), ('demo', 'spool.after', '1h'), ('demo', 'spool.memory', '256MB')"
begin sim "$BACPIPES" sim --points "$POINTS" --without-flaws --address 127.78.0.1 --port "$PORT" --broadcast 127.255.255.255
begin ingest "$BACPIPES" ingest --set ingest.flush=200ms
begin published mosquitto_sub -p "$MQTT_PORT" -t bacpipes/demo/readings -F %p
begin_collector() { begin collect "$BACPIPES" collect --set bacnet.address=127.78.255.254 --set bacnet.broadcast=127.255.255.255 --set bacnet.port="$PORT"; }
# Its own newest run has something stored: it polls.
polls() { until_true is_true "count(*) > $1 from ingest_position"; }
EOF
}

@test "stopped at any moment by INT, TERM, HUP and several of them, it ends in order and its readings are stored by the next run" {
    cat >>"$SCRIPT" <<'EOF'
begin_collector
until_true is_true "count(*) >= $POINTS from point"
polls 0
runs=1
for round in "TERM run" "INT run" "HUP hang" "INT TERM hang" "TERM TERM HUP run" "INT hang"; do
    polls $((runs - 1))
    sleep 0.$((RANDOM % 10))
    [ "${round##* }" = run ] || { kill -STOP "$broker"; sleep 2.$((RANDOM % 10)); }
    q "create table if not exists stopped (at timestamptz); insert into stopped values (clock_timestamp())"
    for signal in ${round% *}; do kill -"$signal" "${pids[collect]}" 2>/dev/null || true; sleep 0.0$((RANDOM % 5)); done
    code=0
    wait "${pids[collect]}" || code=$?
    unset "pids[collect]"
    kill -CONT "$broker"
    echo "# $round: $code, $(ls "$BACPIPES_DATA/spool" | grep -c spool) segments"
    [ $code -eq 0 ]
    begin_collector
    runs=$((runs + 1))
done
polls $((runs - 1))
q "update device set enabled = false"
until_true is_true "not exists (select from ingest_position where updated_at > now() - interval '12 s')"
# Whatever reached the broker is in the database: nothing was dropped on the way.
for run in $(q "select run from ingest_position"); do
    newest=$(grep -o "\"run\":\"$run\",\"n\":[0-9]*" "$SCRIPT.published.log" | sed 's/.*://' | sort -n | tail -1)
    [ "$(q "select stored >= ${newest:-0} and skipped = 0 from ingest_position where run = '$run'")" = t ]
done
[ "$(q "select count(*) from ingest_position")" -eq $runs ]
[ "$(q "select count(*) from ingest_quarantine")" -eq 0 ]
# And what was read until it was stopped, also while nobody took it: each point's last reading before each stop is as young as the
# interval and a round let it be.
q "select stopped.at, max(stopped.at - newest) from stopped,
    lateral (select point_id, max(time) as newest from sensor_readings where time <= stopped.at group by 1) as of_point group by 1 order by 1"
[ "$(q "select max(stopped.at - newest) < interval '$LATE' from stopped, lateral (select point_id, max(time) as newest from sensor_readings where time <= stopped.at group by 1) as of_point")" = t ]
for name in sim ingest collect; do kill -TERM "${pids[$name]}"; wait "${pids[$name]}"; unset "pids[$name]"; done
EOF
    export POINTS=${STOP_POINTS:-10000} LATE='4 s'
    run "$root/tests/with-postgres" "$root/tests/with-mosquitto" bash "$SCRIPT"
    echo "$output"
    for name in sim ingest collect; do tail -n 15 "$SCRIPT.$name.log" || true; done
    [ "$status" -eq 0 ]
}

@test "killed while nobody takes its batches, it loses what is younger than spool.after and says since when" {
    cat >>"$SCRIPT" <<'EOF'
q "update setting set value = '2s' where name = 'spool.after'; create table killed (at timestamptz, safe timestamptz)"
begin_collector
until_true is_true "count(*) >= $POINTS from point"
for runs in 1 2 3; do
    polls $((runs - 1))
    sleep 2
    kill -STOP "$broker"
    sleep 6.$((RANDOM % 10))
    killed=$(q "select clock_timestamp()")
    kill -KILL "${pids[collect]}"
    wait "${pids[collect]}" 2>/dev/null || true
    kill -CONT "$broker"
    : >"$SCRIPT.collect.log"
    begin_collector
    until_true grep -q "did not end in order" "$SCRIPT.collect.log"
    q "insert into killed values ('$killed', '$(sed -n 's/.*all readings until \([^ ]*\) are.*/\1/p' "$SCRIPT.collect.log")')"
done
polls 3
q "update device set enabled = false"
until_true is_true "not exists (select from ingest_position where updated_at > now() - interval '12 s')"
# Told: what was read before that instant is there, and each point is read every second.
q "select at, at - safe, (select max(safe - newest) from (select max(time) as newest from sensor_readings where time <= safe group by point_id) as of_point)
    from killed order by 1"
[ "$(q "select max(safe - newest) < interval '$LATE' from killed,
    lateral (select max(time) as newest from sensor_readings where time <= safe group by point_id) as of_point")" = t ]
# Bounded: spool.after, a second, and what a busy machine takes for the rest.
[ "$(q "select max(at - safe) < interval '8 s' from killed")" = t ]
[ "$(q "select count(*) = 0 from (select from sensor_readings group by point_id, time having count(*) > 1) as twice")" = t ]
# Ended in order it has nothing of the kind to say.
kill -TERM "${pids[collect]}"; wait "${pids[collect]}"
[ ! -e "$BACPIPES_DATA/spool/running" ]
: >"$SCRIPT.collect.log"
begin_collector
until_true grep -q "ready:" "$SCRIPT.collect.log"
! grep -q "did not end in order" "$SCRIPT.collect.log" || false
EOF
    export POINTS=1000 LATE='4 s'
    run "$root/tests/with-postgres" "$root/tests/with-mosquitto" bash "$SCRIPT"
    echo "$output"
    for name in sim ingest collect; do tail -n 15 "$SCRIPT.$name.log" || true; done
    [ "$status" -eq 0 ]
}

@test "runs of several collectors in the spool, a segment that is missing and one that is damaged: the rest is stored, and the spool is empty" {
    cat >>"$SCRIPT" <<'EOF'
q "update setting set value = '1s' where name = 'spool.after'"
q "update setting set value = '65536' where name = 'spool.memory'"
begin_collector
until_true is_true "count(*) >= $POINTS from point"
polls 0
kill -STOP "$broker"
has_spooled() { [ "$(find "$BACPIPES_DATA/spool" -name '*.spool' | wc -l)" -ge "$1" ]; }
for run in 1 2 3; do
    sleep 5
    until_true has_spooled $((3 * run))
    kill -KILL "${pids[collect]}"
    wait "${pids[collect]}" 2>/dev/null || true
    [ $run = 3 ] || begin_collector
done
cd "$BACPIPES_DATA/spool"
segments=(*.spool)
echo "# ${#segments[@]} segments"
[ ${#segments[@]} -gt 6 ]
rm "${segments[1]}" # before the start: nobody knows of it
printf x | dd of="${segments[3]}" bs=1 seek=2000 conv=notrunc status=none
: >"$SCRIPT.collect.log"
begin_collector
until_true grep -q "wait in the spool" "$SCRIPT.collect.log"
rm "${segments[5]}" # and after it
kill -CONT "$broker"
polls 3
q "update device set enabled = false"
empty() { [ -z "$(find "$BACPIPES_DATA/spool" -name '*.spool')" ]; }
until_true empty
grep "spool" "$SCRIPT.collect.log"
grep -q "octets that are no whole batch" "$SCRIPT.collect.log"
[ "$(grep -c "reading the spool" "$SCRIPT.collect.log")" -le 1 ]
[ "$(grep -c "cannot be read any more" "$SCRIPT.collect.log")" -eq 1 ]
[ "$(wc -l <"$SCRIPT.collect.log")" -lt 1000 ]
[ "$(q "select count(*) = 0 from (select from sensor_readings group by point_id, time having count(*) > 1) as twice")" = t ]
q "select run, stored, skipped from ingest_position"
# Gone is what was in three places of it, and no more.
[ "$(q "select sum(stored - skipped) > 0.6 * sum(stored) and sum(skipped) > 0 from ingest_position")" = t ]
EOF
    export POINTS=3000
    run "$root/tests/with-postgres" "$root/tests/with-mosquitto" bash "$SCRIPT"
    echo "$output"
    for name in sim ingest collect; do tail -n 15 "$SCRIPT.$name.log" || true; done
    [ "$status" -eq 0 ]
}

@test "stopped while the broker's connection hangs, ingest and collect end soon and in order, and the spool is written" {
    cat >>"$SCRIPT" <<'EOF'
begin_collector
until_true is_true "count(*) >= $POINTS from point"
polls 0
# A listener whose queue of connections is full: nobody refuses, nobody takes.
mkfifo "$SCRIPT.port"
begin crowded python3 -c '
import socket, sys, time
listener = socket.socket(); listener.bind(("127.0.0.1", 0)); listener.listen(0)
held = [socket.socket() for _ in range(3)]
for one in held: one.setblocking(False); one.connect_ex(listener.getsockname())
open(sys.argv[1], "w").write(str(listener.getsockname()[1]))
time.sleep(600)' "$SCRIPT.port"
crowded=$(cat "$SCRIPT.port")
q "update mqtt_config set port = $crowded"
# In SYN_SENT, and a descriptor of the program's own.
waits() {
    local inode
    for inode in $(awk -v remote="$(printf '0100007F:%04X' "$crowded")" '$3 == remote && $4 == "02" { print $10 }' /proc/net/tcp); do
        ! ls -l "/proc/${pids[$1]}/fd" | grep -qF "socket:[$inode]" || return 0
    done
    return 1
}
until_true waits collect
until_true waits ingest
sleep 1.5 # a round of readings that nobody takes
for name in ingest collect; do
    begin_us=$(date +%s%6N) code=0
    kill -TERM "${pids[$name]}"
    wait "${pids[$name]}" || code=$?
    unset "pids[$name]"
    took_ms=$((($(date +%s%6N) - begin_us) / 1000))
    echo "# $name: $code after $took_ms ms"
    [ $code -eq 0 ]
    [ $took_ms -lt 20000 ] # the system itself would wait for two minutes
done
[ "$(ls "$BACPIPES_DATA/spool" | grep -c '\.spool$')" -gt 0 ]
[ ! -e "$BACPIPES_DATA/spool/running" ]
EOF
    export POINTS=500
    run "$root/tests/with-postgres" "$root/tests/with-mosquitto" bash "$SCRIPT"
    echo "$output"
    for name in sim ingest collect; do tail -n 15 "$SCRIPT.$name.log" || true; done
    [ "$status" -eq 0 ]
}
