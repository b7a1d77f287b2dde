#!/usr/bin/env bats
# bacpipes config, points and history, beside a PostgreSQL of their own. BUILD is the build's folder (default: build).

bats_require_minimum_version 1.5.0

setup_file() {
    local root=$BATS_TEST_DIRNAME/../..
    BACPIPES=$(realpath "${BUILD:-$root/build}/apps/bacpipes")
    export BACPIPES
    # It ends, and takes its server with it, when its command does.
    "$root/tests/with-postgres" sh -c 'export -p >"$0.new"; mv "$0.new" "$0"; exec tail -f /dev/null' "$BATS_FILE_TMPDIR/env" 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/pid"
    until [ -f "$BATS_FILE_TMPDIR/env" ]; do
        kill -0 "$(cat "$BATS_FILE_TMPDIR/pid")"
        sleep 0.05
    done
}

teardown_file() {
    kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

setup() {
    eval "$(grep -E '^export PG' "$BATS_FILE_TMPDIR/env")"
    folder=$(mktemp -d)
    cd "$folder"
    unset BACPIPES_CONFIG BACPIPES_DATA
    export TZ=UTC
    export BACPIPES_DATABASE_HOST=$PGHOST BACPIPES_DATABASE_PORT=$PGPORT
}

teardown() {
    rm -rf "$folder"
}

bacpipes() {
    "$BACPIPES" "$@"
}

# As `run`, with standard output and error apart.
try() {
    run --separate-stderr bacpipes "$@"
}

sql() {
    psql -qXtA -v ON_ERROR_STOP=1 "$@"
}

empty() {
    sql -c 'set client_min_messages = warning' -c 'drop schema public cascade' -c 'drop schema if exists access, journal, sync cascade' -c 'create schema public'
}

fill() {
    empty
    bacpipes migrate >/dev/null
    sql <<'SQL' >/dev/null
insert into site values ('macau', 'Macau');
insert into device (site_id, device_id, address, instance, name) values
    ('macau', 1, '10.1.2.9', 1001, 'AHU-1'), ('macau', 2, '10.1.2.1/2001:0a', 1002, '客房');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, units, states) values
    ('macau', 41, 1, 'analog-input', 1, 'AHU-1/SAT', 'degrees-celsius', '{}'),
    ('macau', 42, 1, 'binary-value', 2, 'AHU-1/Fan', '', '{off,on}'),
    ('macau', 43, 2, 'analog-value', 3, '房间/Setpoint', 'degrees-celsius', '{}');
select readings_ensure_days('2026-11-01', '2026-11-02');
select readings_ensure_days(now() - interval '1 hour', now());
insert into sensor_readings (time, site_id, point_id, value, quality, reason)
    select '2026-11-01 08:00:00Z'::timestamptz + i * interval '15 s', 'macau', 41, 20 + i % 4, 'good', null from generate_series(0, 479) i;
insert into sensor_readings (time, site_id, point_id, value, quality, reason) values
    ('2026-11-01 08:00:01Z', 'macau', 41, null, 'bad', 'timeout'),
    (now() - interval '5 min', 'macau', 42, 1, 'uncertain', 'out-of-service');
insert into rollup_dirty select distinct 'macau', bucket_5min(time) from sensor_readings where point_id = 41;
select rollup_pending(now(), 1000);
SQL
}

@test "a database that is away is told, with what to look at" {
    BACPIPES_DATABASE_HOST= BACPIPES_DATABASE_PORT=1 try points --data ./nothing
    [ "$status" -eq 69 ]
    [[ $stderr == *"is \`bacpipes up\` running?"* ]]
    [ -z "$output" ]
}

@test "a database without tables is told, with how to make them" {
    empty
    try points
    [ "$status" -eq 69 ]
    [[ $stderr == *"bacpipes migrate"* ]]
}

@test "a database without points says how to come by some" {
    empty
    bacpipes migrate
    try points
    [ "$status" -eq 1 ]
    [[ $stderr == *"No points yet."* ]]
    try points --json
    [ "$output" = "[]" ]
}

@test "points are listed with their newest readings, in aligned columns" {
    fill
    try points
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == "id  device  object          name           value  units  quality "*" age  polled  writable" ]]
    [[ ${lines[2]} == "42  AHU-1   binary-value,2  AHU-1/Fan         on         uncertain: out-of-service "*" 5 min  yes     no" ]]
    [[ ${lines[3]} == "43  客房    analog-value,3  房间/Setpoint         °C "*" yes     no" ]]
    try points --csv
    [ "${lines[0]}" = id,device,object,name,value,units,quality,age,enabled,interval_s,writable,by_hand,write_min,write_max ]
    [ "${lines[3]}" = "43,客房,\"analog-value,3\",房间/Setpoint,,degrees-celsius,,,yes,,no,yes,," ]
}

@test "points can be chosen by device and by text" {
    fill
    for device in AHU-1 1 1001 10.1.2.9; do
        try points --device "$device" --csv
        [ "${#lines[@]}" -eq 3 ]
    done
    try points --find setPOINT --csv
    [ "${#lines[@]}" -eq 2 ]
    try points --find nonsense
    [ "$status" -eq 1 ]
}

@test "a site that is not there is told by each tool that takes one, with those that are" {
    fill
    for command in "points" "points --json" "history AHU-1/SAT" "device list" "device replace 1 --by 2" "quarantine list" \
        "quarantine retry --all" "quarantine drop --all" "ede export"; do
        echo "$command"
        try $command --site nosuch
        echo "$output$stderr"
        [ "$status" -eq 1 ]
        [[ -z $output || $output == '{"error":'*',"exit":1}' ]]
        [[ $stderr == *'no site "nosuch", it has: macau' ]]
    done
    try points --site macau
    [ "$status" -eq 0 ]
    try quarantine list --site macau
    [ "$status" -eq 0 ]
}

@test "JSON has every field of a point, and null where there is none" {
    fill
    point=$(bacpipes points --find Setpoint --json)
    [[ $point == *'"point_id": 43'* && $point == *'"value": null'* && $point == *'"time": null'* ]]
    python3 -c 'import json, sys; json.loads(sys.argv[1])' "$point" || node -e 'JSON.parse(process.argv[1])' "$point"
}

@test "history shows each reading of a short time, bad ones with their reason" {
    fill
    try history 41 --since 2026-11-01T08:00:00Z --until 2026-11-01T08:00:30Z --csv
    [ "$status" -eq 0 ]
    [ "${lines[1]}" = "2026-11-01T08:00:00.000Z,20,,good," ]
    [ "${lines[2]}" = "2026-11-01T08:00:01.000Z,,,bad,timeout" ]
    [ "${lines[3]}" = "2026-11-01T08:00:15.000Z,21,,good," ]
    [ "${#lines[@]}" -eq 4 ]
}

@test "times are shown in the zone of whoever looks, in CSV and JSON in UTC, and are taken as they are shown" {
    fill
    export TZ=Asia/Macau
    try history 41 --since 2026-11-01T08:00:00Z --until 2026-11-01T08:00:30Z
    echo "$output"
    [ "$status" -eq 0 ]
    [[ ${lines[2]} == "2026-11-01 16:00:00.000+08:00 "* ]]
    from_shown=$(bacpipes history 41 --since '2026-11-01 16:00:00.000+08:00' --until '2026-11-01 16:00:30' --csv)
    from_utc=$(bacpipes history 41 --since 2026-11-01T08:00:00Z --until 2026-11-01T08:00:30Z --csv)
    [ "$from_shown" = "$from_utc" ]
    [[ $from_utc == *$'\n2026-11-01T08:00:00.000Z,20,,good,'* ]]
    [[ $(bacpipes history 41 --since '2026-11-01 16:00' --until '2026-11-01 16:00:30' --json) == *'"time": "2026-11-01T08:00:00.000000Z"'* ]]
}

@test "values beyond what anybody measures stop neither points nor history" {
    fill
    sql -c "insert into sensor_readings (time, site_id, point_id, value, quality) select time, 'macau', 43, value, 'good'
              from (values ('2026-11-01 08:00:00Z'::timestamptz, 2147483648), ('2026-11-01 08:00:01Z', 1.7e308), ('2026-11-01 08:00:02Z', 1.7e308),
                           (now() - interval '1 min', -1.7e308)) as v (time, value)"
    bacpipes points --json >/dev/null
    bacpipes history 43 --since 2026-11-01T08:00:00Z --until 2026-11-01T09:00:00Z --json >/dev/null
    try history 43 --since 2026-11-01T08:00:00Z --until 2026-11-01T09:00:00Z --every 1h --csv
    [ "$status" -eq 0 ]
    [[ ${lines[1]} == "2026-11-01T08:00:00Z,2147483648,,1.7"*",3,0" ]]
}

@test "spans are the same from readings and from rollups" {
    fill
    range="--since 2026-11-01T08:00:00Z --until"
    from_readings=$(bacpipes history 41 $range 2026-11-01T10:00:00Z --every 1h --csv)
    from_5min=$(bacpipes history 41 $range 2026-11-04T10:00:00Z --every 1h --csv)
    from_hourly=$(bacpipes history 41 $range 2026-11-24T10:00:00Z --every 1h --csv)
    [ "$from_readings" = "time,min,mean,max,last,readings,bad
2026-11-01T08:00:00Z,20,21.5,23,23,240,1
2026-11-01T09:00:00Z,20,21.5,23,23,240,0" ]
    [ "$from_5min" = "$from_readings" ]
    [ "$from_hourly" = "$from_readings" ]
    [[ $(bacpipes history 41 $range 2026-11-24T10:00:00Z --every 1h --json) == *'"source": "hourly"'* ]]
}

@test "a point goes by its name, by letters of any case, and by a part that only one has" {
    fill
    for name in AHU-1/Fan ahu-1/fan fan 42; do
        [[ $(bacpipes history "$name" --json) == *'"point_id": 42'* ]]
    done
    try history AHU
    [ "$status" -eq 1 ]
    [[ $stderr == *41*AHU-1/SAT*42*AHU-1/Fan* ]]
    try history "no such point"
    [ "$status" -eq 1 ]
}

@test "a point without readings for the time says when its newest was" {
    fill
    try history 41
    [ "$status" -eq 1 ]
    [[ $stderr == *"its newest reading is of 2026-11-01 09:59:45+00:00"* ]]
    try history 43
    [[ $stderr == *"is stored yet"* ]]
}

@test "times that are none are told" {
    try history 41 --since yesterday
    [ "$status" -eq 64 ]
    try history 41 --since 1h --until 2h
    [ "$status" -eq 64 ]
    [[ $stderr == *"--since is not before --until"* ]]
}

@test "config check tells all problems of a file, with their lines" {
    printf 'site = Macau\npoll.interval = 15\npoll.intervall = 15s\n' >wrong.conf
    try config check wrong.conf
    [ "$status" -eq 78 ]
    [ "$stderr" = 'wrong.conf:1: site = Macau has letters that it cannot have: 1 to 63 of a-z 0-9 _ -
wrong.conf:2: poll.interval = 15 has no unit: write 15s, 15min, 15h or 15d
wrong.conf:3: there is no setting "poll.intervall": did you mean poll.interval?' ]
}

@test "config check looks at files and addresses that settings name" {
    printf 'database.ca_file = /nowhere/ca.crt\n' >wrong.conf
    try config check wrong.conf
    [ "$status" -eq 78 ]
    [[ ${stderr_lines[0]} == "wrong.conf:1: database.ca_file = /nowhere/ca.crt cannot be read (No such file or directory)"* ]]
    printf 'discovery.targets = 10.1.2.9 somewhere\nbacnet.bbmd = 10.1.2\n' >wrong.conf
    try config check wrong.conf
    [ "$status" -eq 78 ]
    [[ ${stderr_lines[0]} == 'wrong.conf:1: discovery.targets = somewhere is no BACnet address: '* ]]
    [[ ${stderr_lines[1]} == 'wrong.conf:2: bacnet.bbmd = 10.1.2 is no BACnet address: '* ]]
}

@test "what config show prints is a file that reads back the same" {
    mkdir var
    printf 'site = macau\npoll.interval = 1h30min\n' >var/bacpipes.conf
    bacpipes config show >shown.conf
    grep -q '^site  *= macau  *# var/bacpipes.conf:1$' shown.conf
    bacpipes config show --config shown.conf | sed 's/ *#.*//' >again
    diff <(sed 's/ *#.*//' shown.conf) again
}

@test "config show has what table setting says, over all else, and says so; without a database it says that, and shows the rest" {
    fill
    sql -c "insert into setting (site_id, name, value) values ('macau', 'bacnet.address', '10.1.2.5'), ('macau', 'poll.interval', '20s')"
    try config show --set site=macau --set poll.interval=5s
    [ "$status" -eq 0 ]
    grep -q '^bacnet.address  *= 10.1.2.5  *# table setting$' <<<"$output"
    grep -q '^poll.interval  *= 20s  *# table setting$' <<<"$output"
    grep -q '^site  *= macau  *# command line$' <<<"$output"
    grep -q '^poll.window  *= 4  *# default$' <<<"$output"
    try config show --json --set site=macau
    [ "$(jq -r '."bacnet.address" | "\(.value) \(.origin)"' <<<"$output")" = "10.1.2.5 table setting" ]
    BACPIPES_DATABASE_HOST=$PWD/nowhere try config show
    [ "$status" -eq 0 ]
    grep -q '^bacnet.address  *= 0.0.0.0  *# default$' <<<"$output"
    [ "${#stderr_lines[@]}" -eq 1 ]
    [[ $stderr == *"table setting says is not among them"*"is \`bacpipes up\` running?"* ]]
}

@test "tools that ask devices take the running site's settings; the command line beats them, and without a site they go on as they are" {
    fill
    sql -c "insert into setting (site_id, name, value) values ('macau', 'bacnet.address', '127.0.0.1'), ('macau', 'bacnet.retries', '0'), ('macau', 'bacnet.timeout', '120ms')"
    export BACPIPES_SITE=macau
    try read 127.9.9.9 ai,1
    [ "$status" -eq 69 ]
    [[ $stderr == *"127.9.9.9 did not answer 1 time, 120 ms each"* ]]
    BACPIPES_BACNET_TIMEOUT=10s try read 127.9.9.9 ai,1 --set bacnet.retries=1
    [[ $stderr == *"127.9.9.9 did not answer 2 tries, 120 ms each"* ]]
    try read 127.9.9.9 ai,1 --timeout 110ms
    [[ $stderr == *"127.9.9.9 did not answer 1 time, 110 ms each"* ]]
    BACPIPES_DATABASE_HOST=$PWD/nowhere try read 127.9.9.9 ai,1 --address 127.0.0.1 --timeout 100ms
    [[ $stderr == *"settings are those of the file alone"*"127.9.9.9 did not answer 3 tries, 100 ms each"* ]]
    BACPIPES_DATABASE_HOST= try read 127.9.9.9 ai,1 --address 127.0.0.1 --timeout 100ms
    [[ $stderr == "bacpipes read: 127.9.9.9 did not answer 3 tries, 100 ms each" ]]
}

@test "migrate and ingest say what they wait for" {
    for role in migrate ingest; do
        BACPIPES_DATABASE_HOST= "$BACPIPES" "$role" --data ./nothing >said 2>&1 3>&- &
        pid=$!
        until grep -q "waiting.* for the database: .*/nothing/run/.*is \`bacpipes up\` running? --data says whose to ask, now ./nothing" said; do
            kill -0 "$pid"
            sleep 0.05
        done
        kill "$pid"
        wait "$pid" || true
    done
}

@test "wrong use says what would be right" {
    try points --devise 1
    [ "$status" -eq 64 ]
    [[ $stderr == *"did you mean --device?"* ]]
}

@test "devices are listed, and one takes another's place: first shown, then done" {
    fill
    sql <<'SQL'
update device set replaced_since = now() where device_id = 1;
insert into device (site_id, device_id, address, instance, name, model_name) values ('macau', 4, '10.1.2.9', 1009, 'AHU-1 new', 'M2');
insert into device_status (site_id, device_id, state) values ('macau', 1, 'replaced'), ('macau', 2, 'online'), ('macau', 4, 'online');
update point set writable = true, tags = '{"fan": "m:"}' where point_id = 42;
insert into point (site_id, point_id, device_id, object_type, object_instance, name) values
    ('macau', 51, 4, 'analog-input', 1, 'AHU-1/SAT'), ('macau', 52, 4, 'binary-value', 9, 'AHU-1/Fan'), ('macau', 53, 4, 'analog-input', 7, 'More');
insert into sensor_readings (time, site_id, point_id, value, quality) values (now() - interval '1 min', 'macau', 51, 23, 'good');
SQL
    try device list
    [ "$status" -eq 0 ]
    [[ "${lines[1]}" == *" 1  AHU-1 "*"1001  10.1.2.9"*replaced* ]]
    try device list 1009 --json
    [ "$(jq -r '.[] | "\(.device_id) \(.state) \(.points)"' <<<"$output")" = "4 online 3" ]
    try device list nobody
    [ "$status" -eq 1 ]
    # Shown.
    try device replace AHU-1 --by 1009
    [ "$status" -eq 0 ]
    [[ "$output" == *"41  analog-input,1 AHU-1/SAT  analog-input,1 AHU-1/SAT  goes on"* ]]
    [[ "$output" == *"42  binary-value,2 AHU-1/Fan  binary-value,9 AHU-1/Fan  goes on, by its name"* ]]
    [[ "$output" == *"53 "*"analog-input,7 More"*"is added"* ]]
    [[ "$output" == *"2 points would go on, 1 would be added, 0 would be missing. Nothing is changed yet: --yes does it."* ]]
    [ "$(sql -c 'select count(*) from device')" -eq 3 ]
    # Refused.
    try device replace 1002 --by 1009
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"device 1002 at 10.1.2.1/2001:0a still answers"* ]]
    try device replace 10.1.2.9 --by 1009
    [ "$status" -eq 64 ]
    [[ "$stderr" == *'"10.1.2.9" may be id:1 (AHU-1, instance 1001'*"id:4 (AHU-1 new"*"say id:NUMBER"* ]]
    try device replace AHU-1
    [ "$status" -eq 64 ]
    [[ "$stderr" == *"--by NEW"* ]]
    try device replace AHU-1 --by AHU-1
    [ "$status" -eq 64 ]
    try device replace nobody --by 1009
    [ "$status" -eq 1 ]
    # Done.
    try device replace id:1 --by id:4 --yes --json
    [ "$status" -eq 0 ]
    [ "$(jq -c '[.changed, .device_id, .kept, .added, .missing, .readings_moved]' <<<"$output")" = '[true,1,2,1,0,1]' ]
    [ "$(sql -c "select string_agg(point_id || ' ' || object_type || object_instance || ' ' || writable || ' ' || tags, ', ' order by point_id) from point where device_id = 1")" \
        = '41 analog-input1 false {}, 42 binary-value9 true {"fan": "m:"}, 53 analog-input7 false {}' ]
    [ "$(sql -c 'select value from sensor_readings where point_id = 41 order by time desc limit 1')" = 23 ]
    [ "$(sql -c 'select instance, replaced_since from device where device_id = 1')" = '1009|' ]
    [ "$(sql -c 'select count(*) from device where device_id = 4')" -eq 0 ]
}
