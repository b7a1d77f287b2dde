#!/usr/bin/env bats
# bacpipes up: from nothing to stored readings, again on the same folder, and gone without a trace when it ends.
# BUILD names the build folder (default: build).

setup() {
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin # Debian has PostgreSQL's programs in no PATH
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-up.XXXXXX)
    chmod 755 "$folder"
    up=
}

teardown() {
    [ -z "$up" ] || { kill -INT "$up" 2>/dev/null; wait "$up"; } || true
    cat "$folder"/*/*/run.folder 2>/dev/null | xargs -r rm -rf
    rm -rf "$folder"
}

# field NAME: of the JSON summary in $output.
field() {
    tail -1 <<<"$output" | sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p"
}

# Processes whose command line names the folder.
processes() {
    pgrep -f -- "$folder" || true
}

# start_up [PREFIX OF THE COMMAND...]: all of it, in $data, with $points points, until readings are stored
start_up() {
    began=$(date +%s)
    "$@" "$bacpipes" up --simulate --no-past --data "${data:-$folder/data}" --points "${points:-60}" --json >"$folder/out" 2>&1 3>&- &
    up=$!
    for _ in $(seq 900); do
        grep -q ' stored, newest' "$folder/out" && return
        kill -0 "$up" || break
        sleep 0.1
    done
    cat "$folder/out"
    return 1
}

# until_stored NUMBER: at least so many, as the screen says, of up.
until_stored() {
    local stored
    for _ in $(seq 900); do
        stored=$(sed -n 's/.* readings\/s, \([0-9]*\) stored, newest.*/\1/p' "$folder/out" | tail -1)
        [ "${stored:-0}" -ge "$1" ] && return
        kill -0 "$up" || break
        sleep 0.1
    done
    cat "$folder/out"
    return 1
}

# What it says when it is interrupted, with its code, as `run` leaves them.
end_up() {
    status=0
    kill -INT "$up"
    wait "$up" || status=$?
    up=
    output=$(cat "$folder/out")
    echo "$output"
}

until_gone() {
    for _ in $(seq 900); do
        [ -n "$(processes)" ] || return 0
        sleep 0.1
    done
    ps -fp $(processes)
    return 1
}

@test "readings are stored within seconds, and are there again the next time" {
    data="$folder/a data"
    start_up
    until_stored 60
    end_up
    [ "$status" -eq 0 ]
    [ "$(field points)" -eq 60 ]
    [ "$(field devices)" -ge 3 ]
    [ "$(field readings_stored)" -ge 60 ]
    [ "$(field reads)" -ge "$(field readings_stored)" ] # as the collector says when it ends
    # In the two minutes from a quarter past and two of each hour the building's humidity sensor says NaN, which is no value.
    local ended=$(date +%s)
    [ $(((ended - began) + (began - 16 * 60) % 3600)) -lt 3600 ] && [ $(((began - 16 * 60) % 3600)) -ge 240 ] && [ "$(field reads_failed)" -ne 0 ] && return 1
    [ "$(field restarts)" -eq 0 ]
    until_gone
    run "$bacpipes" up --simulate --no-past --data "$folder/a data" --for 25s --json --points 60
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(field points)" -eq 60 ] # the same devices at the same addresses
    [[ "$output" != *"making a database"* ]]
}

@test "a second one on the same folder is refused and says who has it" {
    start_up
    run "$bacpipes" up --simulate --no-past --data "$folder/data"
    echo "$output"
    [ "$status" -eq 75 ]
    [[ "$output" == *"process $up runs"* ]]
}

@test "what the command line says counts for all that is started, whatever the environment says" {
    export BACPIPES_DATA="$folder/another" BACPIPES_SITE=another
    start_up
    grep -Eq '^site = "?demo"?$' "$folder/data/bacpipes.conf"
    for pid in $(processes); do
        ! tr '\0' '\n' <"/proc/$pid/environ" | grep -Eq '^BACPIPES_(DATA|SITE)=' || [ "$pid" = "$up" ]
    done
    [ ! -e "$folder/another" ]
}

@test "Ctrl-C leaves no process and no socket behind" {
    start_up
    [ "$(processes | wc -l)" -ge 4 ]
    kill -INT "$up"
    wait "$up"
    up=
    until_gone
    [ -z "$(ls -A "$folder/data/run")" ]
}

@test "killed with SIGKILL it takes its children along, and the next start recovers" {
    start_up
    kill -KILL "$up"
    wait "$up" || true
    until_gone
    start_up
}

@test "what dies is started again" {
    start_up
    kill -KILL "$(processes | while read -r pid; do tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q '^ingest ' && echo "$pid"; done)"
    for _ in $(seq 900); do grep -q 'ingest was ended by signal 9; starting it again' "$folder/out" && break; sleep 0.1; done
    grep -q 'ingest was ended by signal 9; starting it again' "$folder/out"
}

@test "a very deep folder works: its socket lies elsewhere" {
    deep="$folder/$(printf 'a-long-name-%.0s' 1 2 3 4 5 6 7 8 9)/and-one-more-level-below-it"
    data=$deep points=30
    start_up
    end_up
    [ "$status" -eq 0 ]
    [ "$(field readings_stored)" -gt 0 ]
}

@test "a folder that the servers' user cannot enter is a clear message" {
    [ "$(id -u)" = 0 ] || skip "NOT TESTED: needs root"
    chmod 700 "$folder"
    run "$bacpipes" up --simulate --no-past --data "$folder/data" --for 5s
    echo "$output"
    [ "$status" -ne 0 ]
    [[ "$output" == *"cannot come into"*"--data"* ]]
    chmod 755 "$folder"
}

@test "an ordinary user needs no rights" {
    [ "$(id -u)" = 0 ] || skip "NOT TESTED: this is an ordinary user already"
    install -d -o nobody "$folder/nobody"
    cp "$bacpipes" "$folder/bacpipes"
    bacpipes=$folder/bacpipes data=$folder/nobody/data points=30
    start_up setpriv --reuid=nobody --regid=nogroup --clear-groups
    end_up
    [ "$status" -eq 0 ]
    [ "$(field readings_stored)" -gt 0 ]
}

@test "what is for the simulated building is refused without one, and no folder is made" {
    for options in "--points 60" "--no-past"; do
        # shellcheck disable=SC2086
        run timeout 60 "$bacpipes" up --data "$folder/data" --for 1s $options
        echo "$output"
        [ "$status" -eq 64 ]
        [[ "$output" == *"${options%% *} is for simulated buildings, which --simulate and --demo have"* ]]
    done
    [ ! -e "$folder/data" ]
}

@test "what is no file in the data folder is a clear message, and is not waited for" {
    data=$folder/data
    run timeout 60 "$bacpipes" up --simulate --no-past --data "$data" --for 1ms
    owner=$(stat -c %U "$data")
    for name in lock postgresql.port demo.port secrets/mqtt_up log/postgresql.log log/migrate.log; do
        rm -f "$data/$name"
        mkfifo -m 600 "$data/$name"
        [ "$(id -u)" != 0 ] || chown "$owner" "$data/$name"
        run timeout 60 "$bacpipes" up --simulate --no-past --data "$data" --for 20s
        echo "$output"
        [ "$status" -eq 78 ]
        [[ "$output" == *"data/$name is no regular file"*"move it away"* ]]
        rm "$data/$name"
    done
}

@test "nobody else can hold the lock, and who holds it without being up is not taken for one" {
    start_up
    [ "$(stat -c %a "$folder/data/lock")" = 600 ]
    [ -z "$(find "$folder/data/log" -type f -perm /077)" ]
    if [ "$(id -u)" = 0 ]; then
        run setpriv --reuid=nobody --regid=nogroup --clear-groups flock -n "$folder/data/lock" true
        [ "$status" -ne 0 ]
    fi
    kill -INT "$up"
    wait "$up"
    up=
    chmod 644 "$folder/data/lock" # as earlier versions made it
    exec 8<"$folder/data/lock"
    flock -n 8
    run "$bacpipes" up --simulate --no-past --data "$folder/data" 8>&-
    echo "$output"
    [ "$status" -eq 75 ]
    [[ "$output" == *"/lock is held by a process that is no "*"remove that file"* ]]
    [ "$(stat -c %a "$folder/data/lock")" = 600 ]
    exec 8<&-
}

@test "killed with SIGKILL and started at once, it keeps its ports" {
    start_up
    ports=$(cat "$folder"/data/{postgresql,mosquitto}.port)
    # The servers take their time to end: they stand still until the next start waits for them.
    servers=$(processes | while read -r pid; do tr '\0' ' ' <"/proc/$pid/cmdline" | { grep -qE '^(mosquitto |[^ ]*/postgres -D)' && echo "$pid" || true; }; done)
    [ "$(wc -w <<<"$servers")" = 2 ]
    kill -STOP $servers
    kill -KILL "$up"
    wait "$up" || true
    "$bacpipes" up --simulate --no-past --data "$folder/data" --points 60 >"$folder/out.again" 2>&1 3>&- &
    up=$!
    for _ in $(seq 900); do
        grep -q 'PostgreSQL of the last start is still ending' "$folder/out.again" && break
        sleep 0.1
    done
    kill -CONT $servers
    for _ in $(seq 900); do
        grep -q ' stored, newest' "$folder/out.again" && break
        kill -0 "$up"
        sleep 0.1
    done
    cat "$folder/out.again"
    [ "$(cat "$folder"/data/{postgresql,mosquitto}.port)" = "$ports" ]
    ! grep 'taken by another program' "$folder/out.again" || false
}
