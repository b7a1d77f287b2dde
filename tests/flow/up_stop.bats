#!/usr/bin/env bats
# However and whenever `bacpipes up` is asked to end, it ends everything in order, soon, and loses nothing that was published.
# BUILD names the build folder (default: build).

setup() {
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-stop.XXXXXX)
    chmod 755 "$folder"
    data=$folder/data
    up=
    helpers=()
}

teardown() {
    [ "${#helpers[@]}" = 0 ] || kill "${helpers[@]}" 2>/dev/null || true
    [ -z "$up" ] || { kill -KILL "$up" 2>/dev/null; wait "$up"; } || true
    until_true '[ -z "$(processes)" ]' 30 || true
    rm -rf "$folder"
}

until_true() {
    local until=$((SECONDS + $2))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within $2 s: $1"; cat "$folder/out"; return 1; }
        sleep 0.05
    done
}

# Processes whose command line names the folder.
processes() {
    pgrep -f -- "$folder" || true
}

# begin OPTION...: `up` in a session and a group of its own, as a terminal's foreground has one.
begin() {
    setsid env --default-signal=HUP,INT "$bacpipes" up --simulate --no-past --data "$data" --points 60 "$@" >>"$folder/out" 2>&1 3>&- &
    up=$!
    # From then on it hears every signal: a shell has its children in the background ignore SIGINT.
    until_true '[ "$(readlink "/proc/$up/exe")" = "$bacpipes" ] || ! kill -0 $up' 30
}

# all_up: until readings are stored.
all_up() {
    until_true 'grep -q " stored, newest" "$folder/out" || ! kill -0 $up' 90
    kill -0 "$up"
}

# ended SECONDS: with what code within that time, in $code.
ended() {
    until_true "! kill -0 $up 2>/dev/null" "$1"
    code=0
    wait "$up" || code=$?
    up=
}

# says_not WORDS: of the screen.
says_not() {
    if grep -- "$1" "$folder/out"; then return 1; fi
}

sql() {
    PGHOST=$data/run PGPORT=$(cat "$data/postgresql.port") PGUSER=bacpipes PGDATABASE=bacpipes psql -qAtX -v ON_ERROR_STOP=1 "$@"
}

# A database that can be made but not be started: PostgreSQL ends at once, again and again.
break_database() {
    begin
    all_up
    kill -INT "$up"
    ended 60
    echo "shared_buffers = 'much'" >>"$data/postgresql/postgresql.auto.conf"
    : >"$folder/out"
}

# Listens to what the collector publishes, for as long as the broker lives.
listen() {
    until_true '[ -s "$data/mosquitto.port" ] && [ -s "$data/secrets/mqtt_reader" ]' 90
    while ! mosquitto_sub -h 127.0.0.1 -p "$(cat "$data/mosquitto.port")" -u reader -P "$(cat "$data/secrets/mqtt_reader")" \
        -q 1 -t bacpipes/demo/readings >>"$folder/published" 2>/dev/null; do sleep 0.1; done 3>&- &
    helpers+=($!)
}

@test "whatever signal a terminal sends its whole group, and at any moment, each published reading is stored by the next start" {
    RANDOM=${SEED:-$$}
    echo "# SEED=$RANDOM"
    begin
    all_up
    listen
    sql -c "insert into setting (site_id, name, value) values ('demo', 'poll.interval', '1s'), ('demo', 'ingest.flush', '2s')"
    sql -c "update device set poll_interval_ms = 1000"
    sleep 3
    for round in 1 2 3 4 5 6 7 8 9 10 11 12; do
        signal=$(printf '%s\n' INT TERM HUP | sed -n "$((round % 3 + 1))p")
        # Each second time when all is up, or else while it starts.
        if [ $((round % 2)) = 0 ]; then
            all_up
            sleep $((RANDOM % 3)).$((RANDOM % 10))
        else
            sleep $((RANDOM % 2)).$((RANDOM % 10))
        fi
        said=$(wc -l <"$folder/out")
        kill "-$signal" -- "-$up"
        ended 60
        echo "round $round, $signal: ended with $code"
        cat "$folder/out"
        [ "$code" = 0 ] || [ ! -s "$folder/out" ] # it had not begun yet
        sed -i "1,${said}d" "$folder/out"
        says_not "starting it again"
        says_not "killed"
        [ -z "$(processes)" ]
        : >"$folder/out"
        begin
    done
    all_up
    cp "$folder/published" "$folder/seen"
    [ "$(wc -l <"$folder/seen")" -gt 50 ]
    missing="create temp table seen (batch jsonb);
        \\copy seen from '$folder/seen' csv quote e'\\x01' delimiter e'\\x02'
        select count(*) from seen, jsonb_array_elements(batch->'readings') reading
        where not exists (select from sensor_readings where site_id = 'demo' and point_id = (reading->>0)::int
            and time = 'epoch'::timestamptz + ((batch->>'at')::bigint + (reading->>1)::bigint) * interval '1 microsecond')"
    until_true '[ "$(sql <<<"$missing")" = 0 ]' 90
    [ "$(sql -c "select coalesce(sum(skipped), 0) from ingest_position")" = 0 ]
    [ "$(sql -c "select count(*) from ingest_quarantine")" = 0 ]
}

@test "while PostgreSQL does not come up, Ctrl-C acts at once, and the message says what is wrong" {
    break_database
    begin
    until_true 'grep -q "postgresql ended with code 1" "$folder/out"' 90
    grep -q 'ended with code 1 (FATAL:  configuration file "[^"]*auto.conf" contains errors' "$folder/out"
    : >"$folder/out"
    kill -INT -- "-$up"
    ended 40 # PostgreSQL would have a minute to come up
    cat "$folder/out"
    [ "$code" = 0 ]
    says_not "starting it again"
}

@test "a database without its PG_VERSION is told to be damaged, and is left as it is" {
    begin --for 60s
    all_up
    kill -INT "$up"
    ended 60
    mv "$data/postgresql/PG_VERSION" "$folder/aside"
    before=$(ls "$data" "$data/postgresql")
    begin
    ended 60
    cat "$folder/out"
    [ "$code" = 78 ]
    grep -q "the database in $data/postgresql is damaged: PG_VERSION is missing; bring the folder back from a backup" "$folder/out"
    [ "$(ls "$data" "$data/postgresql")" = "$before" ]
    # Where PostgreSQL says what would be right, so do we, and its start is not tried for ever.
    mv "$folder/aside" "$data/postgresql/PG_VERSION"
    chmod 755 "$data/postgresql"
    : >"$folder/out"
    begin
    ended 60
    cat "$folder/out"
    [ "$code" = 69 ]
    grep -q ' error   up: postgresql is not ready (FATAL: .*invalid permissions; DETAIL:  Permissions should be u=rwx (0700).*it ended 4 times' "$folder/out"
}

@test "a port that only root may have is told as that" {
    [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 222 ] || skip "NOT TESTED: anybody may have ports below 1024 here"
    begin --for 60s
    until_true 'grep -q "PostgreSQL .* is ready" "$folder/out"' 90
    kill -INT "$up"
    ended 60
    echo 22 >"$data/mosquitto.port"
    begin --for 60s
    until_true 'grep -q "Mosquitto is ready" "$folder/out"' 90
    grep -q 'no port from 22 to 221 is to be had on 127.0.0.1, for ports below 1024 are root.s: Mosquitto has its socket alone' "$folder/out"
}

@test "--for counts from the beginning, and --json prints its object on failure, too" {
    break_database
    begin --for 3s --json
    ended 50 # and not after the minute that PostgreSQL would have
    cat "$folder/out"
    [ "$code" = 70 ]
    tail -1 "$folder/out" | grep -q '"readings_stored":0,.*"error":"no reading was stored'
    "$bacpipes" up --simulate --no-past --data "$data" --for 0s 2>&1 | grep -q -- "--for 0s is no time at all"
}

@test "a refused one prints its object, too, and claims to stop nothing" {
    begin
    all_up
    run "$bacpipes" up --simulate --no-past --data "$data" --json
    echo "$output"
    [ "$status" = 75 ]
    tail -1 <<<"$output" | grep -q '"error":"process '
    [[ "$output" != *"everything is stopped"* ]]
    kill -INT "$up"
    ended 60
}

@test "a port that is taken between the look and the start is left to who has it" {
    begin
    all_up
    kill -INT "$up"
    ended 60
    # Takes the port as soon as the configuration is written, before PostgreSQL can.
    cat >"$folder/taker.py" <<'EOF'
import os, socket, sys, time
path, port, until = sys.argv[1], int(sys.argv[2]), time.monotonic() + 60
taker = socket.socket()
taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
before = os.stat(path).st_ino
while os.stat(path).st_ino == before and time.monotonic() < until:
    pass
taker.bind(("127.0.0.1", port))
taker.listen()
print("taken", flush=True)
time.sleep(600)
EOF
    before=$(cat "$data/postgresql.port")
    for try in 1 2 3 4 5; do # on a busy machine the taker may come too late
        : >"$folder/out"
        : >"$folder/taken"
        /usr/bin/python3 "$folder/taker.py" "$data/postgresql/postgresql.conf" "$before" >"$folder/taken" 2>&1 3>&- &
        helpers+=($!)
        sleep 0.5
        begin
        all_up
        kill -INT -- "-$up"
        ended 60
        kill "${helpers[-1]}" || true
        ! grep -q taken "$folder/taken" || break
    done
    cat "$folder/taken" "$folder/out"
    grep -q taken "$folder/taken"
    grep -q "port $before of the postgresql is taken by another program" "$folder/out"
    [ "$(cat "$data/postgresql.port")" != "$before" ]
    [ "$(grep -c "postgresql ended" "$folder/out")" = 1 ]
}

@test "PostgreSQL that is killed, and whose port somebody takes, goes on with its socket" {
    begin
    all_up
    port=$(cat "$data/postgresql.port")
    /usr/bin/python3 - "$port" 2>"$folder/taken" 3>&- <<'EOF' &
import socket, sys, time
while True:
    taker = socket.socket()
    taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taker.bind(("127.0.0.1", int(sys.argv[1])))
        taker.listen()
        time.sleep(600)
    except OSError:
        taker.close()
        time.sleep(0.01)
EOF
    helpers+=($!)
    kill -KILL "$(head -1 "$data/postgresql/postmaster.pid")"
    until_true 'grep -q "port $port is taken by another program: PostgreSQL has its socket alone" "$folder/out"' 90
    : >"$folder/out"
    all_up # its figures are told again
    kill -INT "$up"
    ended 60
}

@test "a simulated building whose port somebody takes meanwhile has another one, and the collector finds it there" {
    begin
    all_up
    port=$(cat "$data/demo.port")
    /usr/bin/python3 - "$port" 3>&- <<'EOF' &
import socket, sys, time
while True:
    taker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        taker.bind(("127.66.0.1", int(sys.argv[1])))
        time.sleep(600)
    except OSError:
        taker.close()
        time.sleep(0.01)
EOF
    helpers+=($!)
    : >"$folder/out"
    kill -KILL "$(pgrep -P "$up" -x sim || pgrep -P "$up" -f "^sim ")"
    until_true 'grep -q "UDP port $port is taken by another program: the simulated building is on" "$folder/out"' 90
    now=$(cat "$data/demo.port")
    [ "$now" != "$port" ]
    until_true '[ "$(sql -c "select value from setting where name = '"'bacnet.port'"'")" = "$now" ]' 90
    # Until every device is met at the new port.
    until_true '[ "$(sql -c "select bool_and(address like '"'%:$now'"') from device")" = t ]' 90
    says_not "sim ended with code 69"
    kill -INT "$up"
    ended 60
}

@test "who reads the screen may be gone first: the site still ends in order" {
    mkfifo "$folder/screen"
    head -1 "$folder/screen" 3>&- &
    : >"$folder/out"
    setsid "$bacpipes" up --simulate --no-past --data "$data" --points 60 >"$folder/screen" 2>&1 3>&- &
    up=$!
    until_true '[ -s "$data/log/collect.log" ]' 90
    kill -INT "$up"
    ended 60
    [ "$code" = 0 ]
    tail -1 "$data/log/postgresql.log" | grep -q "database system is shut down"
}

@test "a second Ctrl-C hurries, several signals of one wish do not, and nohup is respected" {
    begin
    all_up
    collect=$(pgrep -P "$up" -f '^collect ')
    kill -STOP "$collect" # it will not end by itself
    kill -HUP "$up"
    kill -INT "$up"
    kill -INT "$up"
    sleep 1.5
    kill -0 "$up"
    says_not hurry
    kill -INT "$up"
    ended 15 # and not after the 20 s that a role has
    cat "$folder/out"
    [ "$code" = 0 ]
    grep -q "in a hurry" "$folder/out"
    grep -q "collect did not end in time and is killed" "$folder/out"
    [ -z "$(processes)" ]

    : >"$folder/out"
    env --ignore-signal=HUP "$bacpipes" up --simulate --no-past --data "$data" --points 60 >>"$folder/out" 2>&1 3>&- &
    up=$!
    all_up
    kill -HUP "$up"
    sleep 0.5
    kill -0 "$up"
    kill -TERM "$up"
    ended 60
    [ "$code" = 0 ]
}
