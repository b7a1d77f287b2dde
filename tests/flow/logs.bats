#!/usr/bin/env bats
# What the parts of a running site say: with time and level, in logs that have a largest size. BUILD names the build folder (default: build).

setup() {
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-logs.XXXXXX)
    chmod 755 "$folder"
    data=$folder/data
    up=
}

teardown() {
    [ -z "$up" ] || { kill -INT "$up" 2>/dev/null; wait "$up"; } || true
    rm -rf "$folder"
}

until_true() {
    local until=$((SECONDS + $2))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within $2 s: $1"; cat "$folder/out"; return 1; }
        sleep 0.1
    done
}

begin() {
    : >"$folder/out"
    env --default-signal=HUP,INT "$bacpipes" up --simulate --no-past --data "$data" --points 60 "$@" >"$folder/out" 2>&1 3>&- &
    up=$!
    until_true 'grep -q " stored, newest" "$folder/out" || ! kill -0 $up' 90
    kill -0 "$up"
}

# stopped_by SIGNAL
stopped_by() {
    kill "-$1" "$up"
    until_true "! kill -0 $up 2>/dev/null" 90
    wait "$up"
    up=
}

# numbers FILE...: that PostgreSQL has logged there.
numbers() {
    sed -n 's/.*STATEMENT:  select 1\/0 as number_\([0-9]*\);$/\1/p' "$@"
}

@test "logs stay below their largest size while all runs, and no line is lost when one is set aside" {
    begin --set log.size=64kB
    port=$(cat "$data/postgresql.port")
    seq 3000 | sed 's/.*/select 1\/0 as number_&;/' >"$folder/statements"
    psql -X -h "$data/run" -p "$port" -U bacpipes -f "$folder/statements" bacpipes >/dev/null 2>&1 || true
    log=$data/log/postgresql.log
    until_true '[ "$(numbers "$log" | tail -n 1)" = 3000 ]' 90
    [ -f "$log.1" ]
    [ ! -e "$log.2" ]
    [ "$(stat -c %s "$log")" -le 65536 ]
    [ "$(stat -c %s "$log.1")" -le 65536 ]
    [ "$(stat -c %a "$log")" = 600 ]
    # What is there is without a gap.
    first=$(numbers "$log.1" "$log" | head -n 1)
    [ "$(numbers "$log.1" "$log")" = "$(seq "$first" 3000)" ]
    stopped_by TERM
    grep -q 'info    up: stopping: asked to by SIGTERM' "$folder/out"
}

@test "each line has its time and level, and PostgreSQL says little" {
    begin
    kill -KILL "$(head -n 1 "$data/postgresql/postmaster.pid")"
    until_true 'grep -q "postgresql was ended by signal 9" "$folder/out"' 90
    until_true '[ "$(grep -c "ready to accept connections" "$data/log/postgresql.log")" = 2 ]' 90
    psql -X -h "$data/run" -p "$(cat "$data/postgresql.port")" -U bacpipes -c 'checkpoint' bacpipes
    stopped_by INT
    grep -q 'info    up: stopping: asked to by SIGINT, as of Ctrl-C' "$folder/out"
    grep -q 'warning up: postgresql was ended by signal 9' "$folder/out"
    form='^20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{3}Z (error|warning|notice|info|debug) +[a-z]+: '
    if grep -Ev "$form" "$folder/out" "$data"/log/*.log; then return 1; fi
    if grep -E 'LOCATION:|checkpoint (starting|complete)|connection (received|authorized)|disconnection' "$data/log/postgresql.log"; then return 1; fi
    # While it recovers it refuses whoever tries, as often as a slow machine has them try.
    [ "$(grep -vc 'the database system is ' "$data/log/postgresql.log")" -le 60 ]
}

@test "under a service manager's journal, the parts' own files have time and level nevertheless" {
    export JOURNAL_STREAM=8:1234
    begin
    stopped_by HUP
    grep -q 'stopping: asked to by SIGHUP' "$folder/out"
    if grep '^<' "$folder/out" "$data"/log/*.log; then return 1; fi
    # Where it is the journal that listens to `up`, it is told the level, and has the time itself.
    JOURNAL_STREAM=$(stat -c %d:%i "$folder/out")
    begin
    kill -KILL "$(pgrep -P "$up" mosquitto)"
    until_true 'grep -q "^<4>up: mosquitto was ended by signal 9" "$folder/out"' 90
    stopped_by INT
    grep -q '^<6>up: stopping: asked to by SIGINT' "$folder/out"
    if grep -v '^<[0-7]>up: ' "$folder/out"; then return 1; fi
    if grep '^<' "$data"/log/*.log; then return 1; fi
}
