#!/usr/bin/env bats
# The tools that command a site, beside a running one: control, write, release, commands, overrides, source. BUILD names the build folder (default: build).

bats_require_minimum_version 1.5.0

setup_file() {
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    BACPIPES=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG SUDO_USER
    folder=$(mktemp -d /tmp/bacpipes-write.XXXXXX)
    chmod 755 "$folder"
    BACPIPES_DATA=$folder/data
    export BACPIPES BACPIPES_DATA folder
    "$BACPIPES" up --demo --points 120 >"$folder/out" 2>&1 3>&- &
    up=$!
    export up
    until grep -q ' stored, newest' "$folder/out"; do
        kill -0 "$up" || { cat "$folder/out"; return 1; }
        sleep 0.1
    done
}

teardown_file() {
    kill -INT "$up"
    while kill -0 "$up" 2>/dev/null; do sleep 0.1; done
    rm -rf "$folder"
}

sql() {
    psql -qXtA -v ON_ERROR_STOP=1 -h "$BACPIPES_DATA/run" -p "$(sed -n 's/^database.port = //p' "$BACPIPES_DATA/bacpipes.conf")" -U bacpipes bacpipes -c "$1"
}

# As `run`, with standard output and error apart.
try() {
    run --separate-stderr timeout 60 "$BACPIPES" "$@"
}

# code N: the last try ended so.
code() {
    [ "$status" -eq "$1" ] || { echo "code $status: $output $stderr"; return 1; }
}

@test "control is shown, stopped, frozen and let go on, and who did it is on record" {
    try control
    code 0
    [[ "$output" == "Control is normal: commands are carried out, values and releases."* ]]
    SUDO_USER=alice try control stop
    code 0
    [[ "$output" == "Control is stopped now: new values are refused and "*"; releases go on, "* ]]
    [ "$(sql "select body #>> '{who,person}' from audit where kind = 'setting' order by seq desc limit 1")" = "$(id -un) (sudo by alice)" ]
    try control
    [[ "$output" == "Control is stopped: "*"Since 20"*", by $(id -un) (sudo by alice)."* ]]
    try control freeze --json
    [ "$(jq -c '[.mode, .was, .by]' <<<"$output")" = "[\"freeze\",\"stop\",\"$(id -un)\"]" ]
    try control normal
    code 0
    try control fridge
    code 64
    [[ "$stderr" == *'control is normal, stop or freeze, and not "fridge": did you mean freeze?' ]]
    try control stop --site elsewhere
    code 1
    [ "$(sql "select value from setting where name = 'control.mode'")" = normal ]
}

@test "control is stopped while the collector hangs, and a session that holds the setting is told of" {
    collector=$(pgrep -P "$up" -f ' collect|^collect')
    kill -STOP "$collector"
    try control stop
    kill -CONT "$collector"
    code 0
    [ "$(sql "select value from setting where name = 'control.mode'")" = stop ]
    psql -qX -h "$BACPIPES_DATA/run" -p "$(sed -n 's/^database.port = //p' "$BACPIPES_DATA/bacpipes.conf")" -U bacpipes bacpipes \
        -c "begin; select 1 from setting where name = 'control.mode' for update; select pg_sleep(60)" >/dev/null 2>&1 3>&- &
    other=$!
    until [ "$(sql "select count(*) from pg_stat_activity where query like '%pg_sleep(60)%' and query not like '%activity%'")" = 1 ]; do sleep 0.1; done
    try control normal
    sql "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%' and query not like '%activity%'" >/dev/null
    wait "$other" || true
    code 69
    [[ "$stderr" == *"control is not normal: another session of the database holds it up"* ]]
    try control normal
    code 0
}
