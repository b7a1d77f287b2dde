#!/usr/bin/env bats
# Tools that ask devices, beside a running site that knows them: by name, and what may be written. BUILD names the build folder (default: build).

bats_require_minimum_version 1.5.0

setup_file() {
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    BACPIPES=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG
    folder=$(mktemp -d /tmp/bacpipes-beside.XXXXXX)
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

@test "a point is read by its name: alone, of a device, and several with their properties" {
    for words in "AHU-1/SAT" "ahu-1/sat" "1001 AHU-1/SAT" "AHU-1 AHU-1/SAT" "AHU-1 ai,1" "127.66.0.1:$(cat "$BACPIPES_DATA/demo.port") AHU-1/SAT"; do
        # shellcheck disable=SC2086  # words
        try read $words object-name
        [ "$status" -eq 0 ]
        [[ "${lines[1]}" == "analog-input,1  object-name  AHU-1/SAT" ]]
    done
    try read AHU-1/SAT object-name AHU-1/RAT object-name
    [[ "${lines[1]} ${lines[2]}" == *AHU-1/SAT*AHU-1/RAT ]]
    for tool in "time AHU-1" "trend AHU-1 tl,1 --last 1" "alarms AHU-1"; do
        # shellcheck disable=SC2086
        try $tool
        [ "$status" -eq 0 ]
    done
}

@test "a name that nothing has is told with the nearest, or with the device that has it" {
    try read AHU-1/SATT
    [ "$status" -eq 1 ]
    [[ "$stderr" == *'nothing has the name "AHU-1/SATT": did you mean AHU-1/SAT'*"?" ]]
    try read AHU-9 ai,1
    [[ "$stderr" == *'nothing has the name "AHU-9": did you mean AHU-1'* ]]
    try read 1002 AHU-1/SAT
    [ "$status" -eq 1 ]
    [[ "$stderr" == *'device 1002 has no point "AHU-1/SAT": it is analog-input,1 of device 1001' ]]
    try read AHU-1/SAT presentvalue
    [ "$status" -eq 64 ]
    [[ "$stderr" == *"did you mean present-value?" ]]
    try time AHU-1/SAT
    [ "$status" -eq 64 ]
    [[ "$stderr" == *"the name of a point, and no device's" ]]
    try write --direct AHU-1 5
    [ "$status" -eq 64 ]
}

@test "a name that several have lists them, and the device says which" {
    sql "update point set name = 'twin', enabled = false from device where device.device_id = point.device_id and instance in (1001, 1002) and object_type = 'analog-input' and object_instance = 1"
    try read twin
    [ "$status" -eq 69 ]
    [[ "$stderr" == *'several have the name "twin", say which, as in 1001 twin: analog-input,1 of device 1001; analog-input,1 of device 1002' ]]
    try read 1002 twin present-value
    [ "$status" -eq 0 ]
    [[ "${lines[1]}" == "analog-input,1  present-value  "* ]]
    sql "update point set missing_since = now() from device where device.device_id = point.device_id and instance = 1002 and point.name = 'twin'"
    try read twin object-name
    [[ "${lines[1]}" == *"AHU-1/SAT" ]]
}

@test "a device that is not where the database has it is found, and another one there is not asked in its place" {
    one=$(sql "select address from device where instance = 1001")
    other=$(sql "select address from device where instance = 1002")
    # Nothing else hears of it: the collector keeps what it knows.
    quietly() { sql "alter table device disable trigger all; $1; alter table device enable trigger all"; }
    quietly "update device set address = '10.0.0.1' where instance = 1002; update device set address = '$other' where instance = 1001"
    try read AHU-1 device object-name
    quietly "update device set address = '$one' where instance = 1001; update device set address = '$other' where instance = 1002"
    [ "$status" -eq 0 ]
    [[ "${lines[1]}" == "device,1001  object-name  AHU-1" ]]
}

@test "without a site, names are told to need one, and instances and objects do not" {
    for words in "AHU-1/SAT" "1001 AHU-1/SAT"; do
        # shellcheck disable=SC2086
        try read $words --data ./nothing
        [ "$status" -eq 69 ]
        [[ "$stderr" == *"looked up in the site's database (instances, addresses and objects, as in 1001 ai,3, need none): "*"is \`bacpipes up\` running?"* ]]
    done
    try read 1001 ai,1 present-value --data ./nothing --address 127.0.0.1 --broadcast 127.255.255.255 --port "$(cat "$BACPIPES_DATA/demo.port")"
    [ "$status" -eq 0 ]
}

@test "--direct goes past the site, and says what the site has against it" {
    try write --direct AHU-1/SF-C active --priority 8
    [ "$status" -eq 0 ]
    [[ "$output" != *"past the site"* ]]
    sql "update point set writable = false where name = 'AHU-1/SF-C'"
    try release --direct AHU-1/SF-C --priority 8
    [ "$status" -eq 0 ]
    [[ "$output" == *"released slot 8."*"Written past the site's database (--direct): AHU-1/SF-C (point "*") is not writable."* ]]
    try write --direct AHU-1/SF-C active --priority 8 --json
    [ "$(jq -r .past <<<"$output")" = "$(sql "select 'AHU-1/SF-C (point ' || point_id || ') is not writable' from point where name = 'AHU-1/SF-C'")" ]
    # A user's word stays: the collector reads the device out again.
    "$BACPIPES" points set --writable yes --point AHU-1/SF-C
    "$BACPIPES" control stop
    try release --direct 1001 bo,1 --priority 8
    "$BACPIPES" control normal
    [ "$status" -eq 0 ]
    [[ "$output" == *"Written past the site's database (--direct): control is stopped at this site."* ]]
    # Nothing is known of it: as if there were no database.
    sql "delete from point_successor; update point set object_instance = 999 where name = 'AHU-1/SF-C'"
    try write --direct 1001 bo,1 active --priority 8
    [ "$status" -eq 0 ]
    [[ "$output" != *"past the site"* ]]
    sql "update point set object_instance = 1 where name = 'AHU-1/SF-C'"
    try release --direct 1001 bo,1 --priority 8
    [ "$status" -eq 0 ]
}

@test "--direct says where a value is out of the narrower of a point's limits" {
    at="from device where device.device_id = point.device_id and instance = 1001 and object_type = 'analog-value' and object_instance = 1"
    sql "update point set min_value = 10, max_value = 30, write_max = 17 $at"
    try write --direct 1001 av,1 18 --priority 8
    [ "$status" -eq 0 ]
    [[ "$output" == *"Written past the site's database (--direct): 18 is out of the range of "*", 10 to 17."* ]]
    sql "update point set min_value = 0, max_value = 0, write_max = null $at"
    try write --direct 1001 av,1 18 --priority 8
    [[ "$output" != *"past the site"* ]]
    try release --direct 1001 av,1 --priority 8
    [ "$status" -eq 0 ]
}

@test "what the device itself finds out of range is told with the device's range" {
    try write --direct 1001 ao,1 500 --priority 8
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"value-out-of-range"*"; it takes 0 to 100" ]]
}

@test "a device that was told to answer nothing is enabled by its name" {
    try communication METER disable --for 5min --yes
    [ "$status" -eq 0 ]
    try read METER device object-name
    [ "$status" -eq 69 ]
    [[ "$stderr" == *"METER does not answer at 127.66.0."*", where the database has it: "* ]]
    try communication METER enable
    echo "$output $stderr"
    [ "$status" -eq 0 ]
    try read METER device object-name
    [ "$status" -eq 0 ]
}

@test "an address that is none is refused when it is written" {
    run sql "update device set address = 'nonsense' where name = 'AHU-1'"
    [ "$status" -ne 0 ]
    [[ "$output" == *address_is_like_10_1_2_9* ]]
    sql "update device set address = address where name = 'AHU-1'"
}

@test "one point is set by its whole name or number, and nothing is by hand that did not change" {
    sql "update point set writable = false where name like 'METER/KW%'"
    "$BACPIPES" points set --writable yes --point METER/KW
    [ "$(sql "select string_agg(name, ' ') from point where name like 'METER/KW%' and writable")" = METER/KW ]
    try points set --writable no --point "$(sql "select point_id from point where name = 'METER/KW'")" --json
    [ "$(jq -c '[.points_met, .points_changed]' <<<"$output")" = "[1,1]" ]
    try points set --enable --point METER/KW --json
    [ "$(jq -c '[.points_met, .points_changed]' <<<"$output")" = "[1,0]" ]
    [ "$(sql "select chosen_at is null from point where name = 'METER/KW'")" = f ]
    try points set --interval 5min --disable --point METER/KW
    [ "$status" -eq 64 ]
    try points set --enable --point METER/K
    [ "$status" -eq 1 ]
}

@test "what commands write at least and at most is set, and taken back" {
    limits() { sql "select coalesce(write_min::text, '-') || ' ' || coalesce(write_max::text, '-') from point where name = 'AHU-1/SAT-C'"; }
    try points set --min 14 --max 22 --point AHU-1/SAT-C --dry-run
    [[ "$output" == *"none -> 14 to 22"* ]]
    [ "$(limits)" = "- -" ]
    try points set --min 14 --max 22.5 --point AHU-1/SAT-C --json
    [ "$(jq -c '.points[0] | [.write_min, .write_max]' <<<"$output")" = "[14,22.5]" ]
    [ "$(limits)" = "14 22.5" ]
    try points set --min 23 --point AHU-1/SAT-C
    [ "$status" -eq 64 ]
    [[ "$stderr" == *"AHU-1/SAT-C (point "*") would take 23 to 22.5, which is nothing: give --min and --max together, or \`none\`" ]]
    [ "$(limits)" = "14 22.5" ]
    for word in cold nan inf -inf ""; do
        try points set --max "$word" --point AHU-1/SAT-C
        [ "$status" -eq 64 ]
        [[ "$stderr" == *"--max is a number in the point's units, or \`none\`: \"$word\" is neither" ]]
    done
    try points set --max none --point AHU-1/SAT-C
    [[ "$output" == *"14 to 22.5 -> from 14"* ]]
    try points set --min none --point AHU-1/SAT-C
    [ "$(limits)" = "- -" ]
    [ "$(sql "select chosen_at is null from point where name = 'AHU-1/SAT-C'")" = f ] # rules still say whether it is polled
}

@test "while the database does not answer nothing is written, but past it" {
    net=(--address 127.0.0.1 --broadcast 127.255.255.255 --port "$(cat "$BACPIPES_DATA/demo.port")")
    try write AHU-1/SF-C active --set database.host="$folder/nobody"
    echo "$output $stderr"
    [ "$status" -eq 69 ]
    [[ "$stderr" == *"nothing was written"* ]]
    try release --direct 1001 bo,1 --priority 8 "${net[@]}" --set database.host="$folder/nobody"
    echo "$output $stderr"
    [ "$status" -eq 0 ]
    [[ "$output" == *"Written past the site's database (--direct): whether binary-output,1 may be written is not known."* ]]
}
