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
    "$BACPIPES" up --simulate --no-past --points 120 >"$folder/out" 2>&1 3>&- &
    up=$!
    export up
    until grep -q ' stored, newest' "$folder/out"; do
        kill -0 "$up" || { cat "$folder/out"; return 1; }
        sleep 0.1
    done
    # All of its devices are found: readings of the first come before the last is.
    until [ "$(sql 'select count(*) from point')" -ge 120 ]; do
        kill -0 "$up" || { cat "$folder/out"; return 1; }
        sleep 0.1
    done
}

teardown_file() {
    kill -INT "$up" 2>/dev/null || true # a test may have stopped it
    while kill -0 "$up" 2>/dev/null; do sleep 0.1; done
    rm -rf "$folder"
}

sql() {
    psql -qXtA -v ON_ERROR_STOP=1 -h "$BACPIPES_DATA/run" -p "$(sed -n 's/^database.port = //p' "$BACPIPES_DATA/bacpipes.conf")" -U bacpipes bacpipes -c "$1"
}

# As `run`, with standard output and error apart.
try() {
    run --separate-stderr timeout 120 "$BACPIPES" "$@"
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

@test "a value is written through the gate, held until its time, listed with who and why, and let go of" {
    try write AHU-1/DUCT-SP 250 --for 2h --reason "hot day"
    code 0
    [[ "$output" == "AHU-1/DUCT-SP: 250 Pa holds at 8."*"It is released at "* ]]
    try overrides AHU-1/DUCT-SP --json
    code 0
    [ "$(jq -c '.[] | [.priority, .value, .is_holding, .is_ours, .created_by, .source, .reason]' <<<"$output")" = "[8,250,true,true,\"$(id -un)\",\"tools\",\"hot day\"]" ]
    # Exactly as long as was said.
    [ "$(sql "select release_at - began_at = interval '2 h' from hold")" = t ]
    try release AHU-1/DUCT-SP
    code 0
    try overrides --ours
    code 1
    [[ "$stderr" == "Nothing of that is held."* ]]
}

@test "what the gate refuses is told with its code, a dry run says the same and leaves nothing, and a stop refuses values and no releases" {
    before=$(sql "select count(*) from write_commands")
    try write METER/KW 3 --dry-run
    code 77
    said=$output
    [ "$(sql "select count(*) from write_commands")" = "$before" ]
    try write METER/KW 3
    code 77
    [ "$output" = "$said" ] || [[ "$output" == "$said." ]]
    try write AHU-1/DUCT-SP 250 --for 1h
    code 0
    "$BACPIPES" control stop
    try write AHU-1/DUCT-SP 240
    code 77
    [[ "$output" == *"control is stopped at this site"* ]]
    try release AHU-1/DUCT-SP
    code 0
    "$BACPIPES" control freeze
    try release AHU-1/DUCT-SP
    code 77
    "$BACPIPES" control normal
}

@test "many are let go of at once: ours of a device, asked for first, and others' only where it is said" {
    zone=$(sql "select name from point where name like 'VAV-%/CLG-SP' order by name desc limit 1")
    for words in "AHU-1/DUCT-SP 250" "AHU-1/SF-C active" "AHU-1/OCC occupied" "$zone 25"; do
        # shellcheck disable=SC2086
        try write $words --for 1h
        [ "$status" -eq 0 ] || [ "$words" = "AHU-1/OCC occupied" ] # its states may be others
    done
    # Somebody else's value, as the next reading of the array will find it.
    try write --direct AHU-1/SF-O 40 --priority 5
    code 0
    sql "select override_store('demo', jsonb_build_array(jsonb_build_object('point_id', point_id, 'at', now(), 'slots', '{\"5\": 40}'::jsonb))) from point where name = 'AHU-1/SF-O'" >/dev/null
    try overrides --device AHU-1 --release </dev/null
    code 64
    [[ "$stderr" == *"would be released. Nobody is here to be asked whether that is meant: say --yes" ]]
    [ "$(sql "select count(*) > 2 from hold")" = t ]
    try overrides --device AHU-1 --release --yes --reason over
    code 0
    [[ "$output" == *" released."*"1 of somebody else stay: --others --release lets go of those."* ]]
    [ "$(sql "select string_agg(name, ' ') from hold join point using (site_id, point_id)")" = "$zone" ]
    try overrides --others --json
    [ "$(jq -c '.[] | select(.point == "AHU-1/SF-O") | [.priority, .is_ours, .created_by]' <<<"$output")" = '[5,false,null]' ]
    try overrides AHU-1/SF-O --slots 5 --others --release --yes --json
    code 0
    [ "$(jq -c '[.asked, .released, .refused, .others]' <<<"$output")" = '[1,1,0,0]' ]
    try overrides --release --yes --json
    code 0
    [ "$(sql "select count(*) from hold")" = 0 ]
    [ "$(sql "select reason from write_commands where command_type = 'release_priority' and reason is not null limit 1")" = over ]
    for words in "NOPE" "--device NOPE" "--source NOPE"; do
        # shellcheck disable=SC2086
        try overrides $words
        code 1
        [[ "$stderr" == *'there is no '*' "NOPE": '* ]]
    done
    for words in "--slots 17" "--slots 8-5" "--slots x" "--ours --others" "--yes"; do
        # shellcheck disable=SC2086
        try overrides $words
        code 64
    done
}

@test "a source is made with a login that asks and sees its own, is held to what it may, turned off, and taken away" {
    try source add pump --automatic --hold 30min --priority 9 --note "a pump's program" --json
    code 0
    password=$(jq -r .password <<<"$output")
    [ "$(jq -r .login <<<"$output")" = source_pump ]
    point=$(sql "select point_id from point where name = 'AHU-1/DUCT-SP'")
    as_pump() { PGPASSWORD=$password psql -qXtA -h 127.0.0.1 -p "$(sed -n 's/^database.port = //p' "$BACPIPES_DATA/bacpipes.conf")" -U source_pump bacpipes -c "$1"; }
    ask="insert into write_commands (site_id, point_id, command_type, value, priority, release_after) values ('demo', $point, 'write_value', 260"
    [ "$(as_pump "$ask, 9, '20 min') returning status, source, created_by")" = "pending|pump|source_pump" ]
    [ "$(as_pump "$ask, 9, '2 h') returning status, rule")" = "refused|hold-too-long" ]
    [ "$(as_pump "$ask, 8, '20 min') returning status, rule")" = "refused|priority" ]
    [ "$(as_pump "select count(*) from write_commands where source <> 'pump'")" = 0 ]
    try source list --json
    [ "$(jq -c '.[] | select(.name == "pump") | [.is_automatic, .highest_priority, .longest_hold_s, .enabled, .asked_last_day]' <<<"$output")" = '[true,9,1800,true,3]' ]
    try source add pump
    code 1
    [[ "$stderr" == *'there is a source "pump" already: `bacpipes source set` changes it'* ]]
    # What it prints is a command that the gate takes: for a point that may be written, and as long as the source may hold.
    try source add fan --automatic --hold 10min --priority 10
    code 0
    PGPASSWORD=$(sed -n 's/^password  \([^ ]*\) .*/\1/p' <<<"$output") bash -c "$(sed -n '/^  psql/,$p' <<<"$output") -XtAq" >"$folder/asked" 2>&1 || { cat "$folder/asked"; return 1; }
    grep -q '|pending|' "$folder/asked"
    try source remove fan
    code 0
    try source set pump --off
    code 0
    [ "$(as_pump "$ask, 9, '20 min') returning rule")" = source-disabled ]
    try overrides --source pump --release --yes
    [[ "$status" -eq 0 || "$status" -eq 1 ]] # it may be let go of already
    try source remove pump
    code 0
    run as_pump "select 1"
    [ "$status" -ne 0 ]
    try source add model1 --kind model
    code 0
    try source add model2 --kind model --by-hand
    code 0
    try source list --json
    [ "$(jq -c '[.[] | select(.name | startswith("model")) | .is_automatic]' <<<"$output")" = '[true,false]' ]
    try source remove model1
    try source remove model2
    try source add pump --automatic --by-hand
    code 64
    try source add pump --kind mqtt
    code 64
    [[ "$stderr" == *"bacpipes account add NAME --writes"* ]]
    for words in "set pump" "set pump --on --off" "set pump --hold 1h --hold-endless" "add Pump"; do
        # shellcheck disable=SC2086
        try source $words
        [ "$status" -ne 0 ]
    done
    try source remove tools
    [ "$status" -ne 0 ]
    [[ "$stderr" == *"is part of BacPipes"* ]]
}

@test "what is asked for later is told at once where the gate refuses it, never begins at a time that is past, and can be taken back" {
    try points set --writable yes --point AHU-1/DUCT-SP
    for at in 2h 2020-01-01 noon; do
        try write AHU-1/DUCT-SP 260 --at "$at"
        code 64
    done
    [ "$(sql "select count(*) from write_commands where execute_at is not null")" = 0 ]
    for later in "--at +8h" --no-wait "--no-wait --json"; do
        # shellcheck disable=SC2086
        try write AHU-1/DUCT-SP 9999 $later
        code 77
        [[ "$output" == *"9999 is above"* ]]
    done
    try write AHU-1/DUCT-SP 260 --at +8h --json
    code 0
    id=$(jq -r .id <<<"$output")
    try commands --status pending
    [[ "${lines[1]}" == "${id%%-*} "*" AHU-1/DUCT-SP "*" pending "*"at 20"*", until 20"* ]]
    try commands --cancel "${id%%-*}" --reason "not needed"
    code 0
    [[ "$output" == "AHU-1/DUCT-SP: cancelled by "*": not needed." ]]
    try commands --cancel "$id"
    code 1
    [[ "$stderr" == *"is cancelled: only one that is pending can be cancelled"* ]]
    try commands --cancel zz
    code 64
}

@test "what nobody took up in time is said to be over, and was not written" {
    collector=$(pgrep -P "$up" -f ' collect|^collect')
    kill -STOP "$collector"
    try write AHU-1/DUCT-SP 240 --expires 3s
    kill -CONT "$collector"
    code 75
    [[ "$output" == "AHU-1/DUCT-SP: it expired, and nothing was written"* ]]
    until [ "$(sql "select status from write_commands order by number desc limit 1")" = expired ]; do sleep 0.1; done
}

@test "the list of points says which may be written, and between which limits" {
    try points --find AHU-1/SAT-C
    read -r least most <<<"$(sql "select min_value || ' ' || max_value from point where name = 'AHU-1/SAT-C'")" # as the device says
    [[ "${lines[0]}" == *"  writable" && "${lines[1]}" == *"  $least to $most" ]]
    try points --find AHU-1/SAT-C --json
    [ "$(jq -c ".[0] | [.writable, .write_min, .write_max] == [true, $least, $most]" <<<"$output")" = true ]
    sql "update point set write_min = 12.5 where name = 'AHU-1/SAT-C'"
    try points --find AHU-1/SAT-C --csv
    [[ "${lines[0]}" == *,writable,by_hand,write_min,write_max && "${lines[1]}" == *,yes,no,12.5,"$most" ]]
    sql "update point set write_min = null, writable = false where name = 'AHU-1/SAT-C'"
    try points --find AHU-1/SAT-C
    [[ "${lines[1]}" == *"  no" ]]
    sql "update point set writable = true where name = 'AHU-1/SAT-C'"
}

@test "a list that cannot be written is no success" {
    for words in "points --csv" "points" "source list --json" "audit --json" "--help" "version"; do
        # shellcheck disable=SC2086
        run --separate-stderr bash -c '"$BACPIPES" $0 >/dev/full' "$words"
        code 74
        [[ "$stderr" == *"not all of the output could be written"* ]]
    done
}

@test "a site that is stopped says how many values stay held" { # the last: nothing runs afterwards
    sql "update point set writable = true where name = 'AHU-1/DUCT-SP'"
    try write AHU-1/DUCT-SP 250
    code 0
    held=$(sql "select count(*) from hold")
    [ "$held" -ge 1 ]
    kill -INT "$up"
    while kill -0 "$up" 2>/dev/null; do sleep 0.1; done
    grep -Eq "$held values? stays? held in devices: nobody lets go of (it|them) until this runs again" "$folder/out"
    tail -1 "$folder/out" | grep -q "everything is stopped"
}
