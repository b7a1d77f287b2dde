#!/usr/bin/env bats
# bacpipes ede export and import, beside a PostgreSQL of their own. BUILD is the build's folder (default: build).

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
    eval "$(grep -E '^export PG' "$BATS_FILE_TMPDIR/env")"
    BACPIPES_DATABASE_HOST=$PGHOST BACPIPES_DATABASE_PORT=$PGPORT "$BACPIPES" migrate >/dev/null
}

teardown_file() {
    kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

setup() {
    eval "$(grep -E '^export PG' "$BATS_FILE_TMPDIR/env")"
    folder=$(mktemp -d)
    cd "$folder"
    unset BACPIPES_CONFIG BACPIPES_DATA
    export BACPIPES_DATABASE_HOST=$PGHOST BACPIPES_DATABASE_PORT=$PGPORT
    sql -c 'delete from point; delete from device_status; delete from device; delete from site' \
        -c "insert into site values ('macau', 'Macau')"
}

teardown() {
    rm -rf "$folder"
}

# As `run`, with standard output and error apart.
try() {
    run --separate-stderr "$BACPIPES" ede "$@"
}

sql() {
    psql -qXtA -v ON_ERROR_STOP=1 "$@"
}

count() {
    sql -c "select count(*) from $1"
}

TITLES="# keyname;device obj.-instance;object-name;object-type;object-instance;description;present-value-default;min-present-value;max-present-value;settable;supports COV;hi-limit;low-limit;state-text-reference;unit-code;vendor-specific-address;notification-class"

# A site with all that makes a CSV file difficult.
fill() {
    sql <<'SQL'
update site set name = 'Macau; "HQ"';
insert into device (site_id, device_id, address, instance, name, description) values
    ('macau', 1, '10.1.2.9', 1001, 'AHU-1', 'Lüftung "Nord"'), ('macau', 7, '10.1.2.1/2001:0a', 500, '客房', '');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, description, units, states, min_value, max_value, commandable) values
    ('macau', 41, 1, 'analog-input', 1, 'AHU-1/SAT', '', 'degrees-celsius', '{}', -40.1, 1e20, false),
    ('macau', 42, 1, 'binary-value', 2, E'a;b, "c"\nd\r\ne', ' blanks ', '', '{off,on}', null, null, true),
    ('macau', 43, 1, 'binary-value', 1, '#5', E'tab\there', '', '{off,on}', null, null, false),
    ('macau', 44, 7, 'analog-value', 3, '房间/Setpoint', '', 'units-300', '{}', 0.1, null, true),
    ('macau', 45, 7, 'multi-state-value', 3, '', '', '', '{"1; 2","","\"x\"",""}', null, null, true);
SQL
}

# An EDE file of one device, with the lines in the arguments.
write() {
    local file=$1
    shift
    printf '%s\n' "PROJECT_NAME;HQ" "VERSION_OF_LAYOUT;2.3" "$TITLES" "$@" >"$file"
}

@test "ede tells what it can do" {
    try --help
    [ "$status" -eq 0 ]
    [[ $output == *"ede import site.csv --states"* ]]
    try
    [ "$status" -eq 64 ]
    try import --help
    [[ $output == *"--address INSTANCE=ADDRESS"* && $output == *Examples* ]]
}

@test "a site goes out, into an empty one, and out again as the same octets" {
    fill
    try export --output one.csv
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "one.csv: 2 devices, 5 points" ]
    [ "${lines[1]}" = "one_StateTexts.csv: 2 lists of texts of states" ]
    sql -c 'delete from point; delete from device'
    try import one.csv --states one_StateTexts.csv
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "devices: 2 new, 0 changed, 0 unchanged" ]
    [[ ${lines[1]} == "points: 5 new, 0 changed, 0 unchanged;"* ]]
    try import one.csv --states one_StateTexts.csv
    [ "${lines[0]}" = "devices: 0 new, 0 changed, 2 unchanged" ]
    [[ ${lines[1]} == "points: 0 new, 0 changed, 5 unchanged; 0 of site macau are not in the file"* ]]
    try export --output two.csv
    diff <(grep -v TIMESTAMP one.csv) <(grep -v TIMESTAMP two.csv)
    cmp one_StateTexts.csv two_StateTexts.csv
    [ "$(sql -c "select name = E'a;b, \"c\"\\nd\\r\\ne' and commandable and not writable and cov is null and states = '{off,on}' from point where object_type = 'binary-value' and object_instance = 2")" = t ]
    [ "$(sql -c "select states[1] = '1; 2' and cardinality(states) = 4 from point where object_type = 'multi-state-value'")" = t ]
    [ "$(sql -c "select units from point where object_type = 'analog-value'")" = units-300 ]
}

@test "an export is CSV in layout 2.3, sorted, with the devices' addresses and the day in UTC" {
    fill
    "$BACPIPES" ede export >all.csv 2>said
    grep -q "the texts of states are left out" said
    [ "$(grep -c $'\r$' all.csv)" -ge 12 ]
    grep -q "^TIMESTAMP_OF_LAST_CHANGE;20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]"$'\r' all.csv
    grep -q '^PROJECT_NAME;"Macau; ""HQ"""' all.csv
    [ "$(sed -n 9p all.csv | tr -d '\r')" = '500.device.500;500;客房;8;500;;;;;;;;;;;10.1.2.1/2001:0a;' ]
    grep -q '^1001.analog-input.1;1001;AHU-1/SAT;0;1;;;-40.1;1e+20;N;;;;;62;;' all.csv
    grep -q '^500.multi-state-value.3;500;;19;3;;;;;Y;;;;;;;' all.csv
}

@test "one device can be exported, and what EDE has no place for is told" {
    fill
    sql <<'SQL'
insert into point (site_id, point_id, device_id, object_type, object_instance, property, units) values
    ('macau', 50, 1, 'schedule', 1, 'present-value', ''), ('macau', 51, 1, 'analog-input', 1, 'high-limit', ''),
    ('macau', 52, 1, 'analog-input', 9, 'present-value', 'parsecs');
SQL
    for device in AHU-1 1001 10.1.2.9; do
        try export --device "$device" --output one.csv
        [ "$status" -eq 0 ]
        [ "${lines[0]}" = "one.csv: 1 devices, 4 points" ]
        [[ $stderr == *"2 points are left out"* && $stderr == *"1 points have units that BACnet has no code for"* ]]
    done
    try export --device nobody
    [ "$status" -eq 1 ]
    [[ $stderr == *'no device "nobody"'* ]]
    try export --site nowhere
    [ "$status" -eq 1 ]
    [[ $stderr == *'no site "nowhere", it has: macau'* ]]
}

@test "an export that cannot be written leaves what was there, and nothing beside it" {
    fill
    echo old >one.csv
    mkdir taken
    try export --output one.csv --states taken
    [ "$status" -eq 64 ]
    [ "$(cat one.csv)" = old ]
    [ "$(ls)" = $'one.csv\ntaken' ]
    try export --output nowhere/one.csv
    [ "$status" -eq 69 ]
    try export --output one.csv --states one.csv
    [ "$status" -eq 64 ]
    [ "$(cat one.csv)" = old ]
}

@test "a dry run lists each change and changes nothing" {
    fill
    write in.csv 'a;1001;AHU-1 new;8;1001' 'b;1001;AHU-1/SAT;0;1;supply "air";;-40,1;50;Y;Y;;;;64' \
        'c;1001;Fan;4;1;;;;;N' 'd;77;;8;77;;;;;;;;;;;10.1.2.77:47809'
    before=$(sql -c 'select * from device' -c 'select * from point')
    try import in.csv --dry-run
    [ "$status" -eq 0 ]
    [ "$output" = 'new      device 77 device,77  address "10.1.2.77:47809"
changed  device 1001 device,1001  name "AHU-1" -> "AHU-1 new"
changed  device 1001 analog-input,1  description "" -> "supply \"air\""  units "degrees-celsius" -> "degrees-fahrenheit"  max_value 1e+20 -> 50  commandable false -> true
new      device 1001 binary-output,1  name "Fan"
devices: 1 new, 1 changed, 0 unchanged
points: 1 new, 1 changed, 0 unchanged; 4 of site macau are not in the file and stay as they are
Nothing was changed: --dry-run.' ]
    [ "$(sql -c 'select * from device' -c 'select * from point')" = "$before" ]
    "$BACPIPES" ede import in.csv --dry-run --json >plan.json
    grep -q '"dry_run": true' plan.json
    node -e 'const p = JSON.parse(require("fs").readFileSync("plan.json")); if (p.changes.length !== 4 || p.points.new !== 1 || p.points_not_in_file !== 4) process.exit(1)'
    try import in.csv
    [ "$status" -eq 0 ]
    [ "$(sql -c "select point_id, name, writable, cov from point where object_type = 'binary-output'")" = '46|Fan|f|' ]
    [ "$(sql -c "select device_id, instance, address, cov from device where instance = 77")" = '8|77|10.1.2.77:47809|f' ]
    [ "$(sql -c 'select commandable, writable, cov from point where point_id = 41')" = 't|f|' ]
}

@test "an empty cell changes nothing, and units of code 95 are none" {
    fill
    sql -c "update point set description = 'kept' where point_id = 41"
    write in.csv 'b;1001;;0;1'
    try import in.csv
    [[ ${lines[1]} == "points: 0 new, 0 changed, 1 unchanged; 4 of"* ]]
    write in.csv 'b;1001;;0;1;;;;;;;;;;95'
    try import in.csv
    [[ ${lines[1]} == "points: 0 new, 1 changed, 0 unchanged;"* ]]
    [ "$(sql -c "select units || '|' || name || '|' || description || '|' || min_value from point where point_id = 41")" = '|AHU-1/SAT|kept|-40.1' ]
}

@test "every wrong line is told with file, line and title, and nothing is imported" {
    fill
    before=$(sql -c 'select * from point')
    write in.csv 'a;1001;good;0;1' 'b;1001;n;0;x' 'c;1001;n;analog-input;2;;;1.000,5;;maybe' 'd;1001;"n;0;3'
    try import in.csv
    [ "$status" -eq 64 ]
    [ "$stderr" = 'in.csv:5: object-instance: "x" is no whole number from 0 to 4194302
in.csv:6: object-type: "analog-input" is a name: its number, 0, must be there
in.csv:6: min-present-value: "1.000,5" is no number: write it as -12.5, or -12,5, without a unit and without marks between thousands
in.csv:6: settable: "maybe" is neither Y nor N
in.csv:7: object-name: the quote that opens this cell is never closed: close it, or write quotes inside a cell as ""
bacpipes ede import: nothing was imported: 5 things are wrong with in.csv' ]
    write in.csv $(for i in $(seq 25); do echo "k;x;n;0;$i"; done)
    try import in.csv
    [ "$(grep -c '^in.csv:' <<<"$stderr")" -eq 20 ]
    [[ $stderr == *"... and 5 more"* ]]
    try import missing.csv
    [ "$status" -eq 64 ]
    [[ $stderr == *"missing.csv cannot be read (No such file or directory)"* ]]
    : >empty.csv
    try import empty.csv
    [ "$status" -eq 64 ]
    try import .
    [ "$status" -eq 64 ]
    [ "$(sql -c 'select * from point')" = "$before" ]
}

@test "texts of states must be in their file, and without one are left as they are" {
    fill
    write in.csv 'a;1001;;5;2;;;;;;;;;1' 'b;1001;;5;1;;;;;;;;;9'
    try import in.csv
    [ "$status" -eq 0 ]
    [[ $stderr == *"2 lines refer to texts of states, which are not taken: --states names their file"* ]]
    [[ ${lines[1]} == "points: 0 new, 0 changed, 2 unchanged;"* ]]
    printf '#Reference Number;Text 1\n1;aus;ein\n2;a;b;c\n' >texts.csv
    try import in.csv --states texts.csv
    [ "$status" -eq 64 ]
    [[ ${stderr_lines[0]} == "in.csv:5: state-text-reference: texts.csv has no list 9: add it there, or leave this cell empty" ]]
    printf '9;off;on\n' >>texts.csv
    try import in.csv --states texts.csv
    [[ ${lines[1]} == "points: 0 new, 1 changed, 1 unchanged;"* ]]
    [ "$(sql -c 'select states from point where point_id = 42')" = '{aus,ein}' ]
    printf '1;aus;ein\n1;x\n' >texts.csv
    try import in.csv --states texts.csv
    [ "$status" -eq 64 ]
    [[ ${stderr_lines[0]} == "texts.csv:2: reference number: 1 is in line 1 too: each list has a number of its own" ]]
}

@test "a file of another program: Windows-1252, commas, no hash, other titles, other objects" {
    printf 'PROJECT_NAME,HQ\r\nKeyname,Device Obj. Instance,Object Name,Object Type,Object Instance,Unit Code,Vendor Colour\r\nx,5,"L\xfcftung, Nord",0,1,62,red\r\ny,5,Week,17,1,,\r\n' >in.csv
    try import in.csv --address 5=10.1.2.5
    [ "$status" -eq 0 ]
    [[ $stderr == *"in.csv is not UTF-8 and is taken as Windows-1252"* ]]
    [[ $output == *"1 objects of other types, such as schedules and trend logs, are left out"* ]]
    [ "$(sql -c 'select name, units from point')" = 'Lüftung, Nord|degrees-celsius' ]
}

@test "a new device wants an address, from its line or from --address" {
    write in.csv 'a;1001;n;0;1' 'b;1002;m;8;1002;;;;;;;;;;;panel 4, top'
    try import in.csv
    [ "$status" -eq 64 ]
    [[ ${stderr_lines[0]} == "in.csv:4: device obj.-instance: the site has no device 1001, and the file does not say where it answers: --address 1001=ADDRESS adds it"* ]]
    [[ ${stderr_lines[1]} == "in.csv:5: device obj.-instance: the site has no device 1002,"* ]]
    try import in.csv --address 1001=10.1.2.9 --address 1002=10.1.2.9:47808
    [ "$status" -eq 64 ]
    [[ ${stderr_lines[0]} == "in.csv:5: device obj.-instance: devices 1001 and 1002 cannot both be at 10.1.2.9:"* ]]
    [ "$(count device)" = 0 ]
    try import in.csv --address 1001=10.1.2.9 --address 1002=10.1.2.1/2001:0A
    [ "$status" -eq 0 ]
    [ "$(sql -c 'select instance, address, name from device order by 1')" = $'1001|10.1.2.9|\n1002|10.1.2.1/2001:0a|m' ]
    write in.csv 'a;1003;n;8;1003;;;;;;;;;;;10.1.2.9'
    try import in.csv
    [ "$status" -eq 64 ]
    [[ ${stderr_lines[0]} == *"device 1003 cannot be at 10.1.2.9, where the site has device 1001:"* ]]
}

@test "--address that is none, says it twice or is of no device in the file is wrong use" {
    write in.csv 'a;1001;n;0;1'
    for wrong in 1001 1001= =10.1.2.9 1001=10.1.2.1/2001 4194303=10.1.2.9; do
        try import in.csv --address "$wrong"
        [ "$status" -eq 64 ]
        [[ $stderr == *"write it as 1001=10.1.2.9"* ]]
    done
    try import in.csv --address 1001=10.1.2.9 --address 1001=10.1.2.8
    [[ $stderr == *"says twice where device 1001 is"* ]]
    try import in.csv --address 1002=10.1.2.9
    [[ $stderr == *"the file has no device 1002"* ]]
}

@test "of several devices with the same instance --address, or the device's own line, says which" {
    sql -c "insert into device (site_id, device_id, address, instance) values ('macau', 1, '10.1.2.9', 1001), ('macau', 2, '10.1.2.10', 1001)"
    write in.csv 'a;1001;n;0;1'
    try import in.csv
    [ "$status" -eq 64 ]
    [[ ${stderr_lines[0]} == "in.csv:4: device obj.-instance: the site has 2 devices 1001, as at 10.1.2.9 and 10.1.2.10: --address 1001=10.1.2.9 says which" ]]
    try import in.csv --address 1001=10.1.2.11
    [[ ${stderr_lines[0]} == *"the site has device 1001 at 10.1.2.9 and not at 10.1.2.11"* ]]
    try import in.csv --address 1001=10.1.2.10
    [ "$status" -eq 0 ]
    [ "$(sql -c 'select device_id, name from point')" = '2|n' ]
    try export --device 10.1.2.10 --output one.csv
    try import one.csv
    [[ ${lines[1]} == "points: 0 new, 0 changed, 1 unchanged; 0 of"* ]]
}

@test "devices with the same instance go out, into an empty site, and out again as the same octets" {
    fill
    sql -c "insert into device (site_id, device_id, address, instance, name) values ('macau', 8, '10.1.2.10', 1001, 'AHU-1 again')" \
        -c "insert into point (site_id, point_id, device_id, object_type, object_instance, name, units, states) values ('macau', 50, 8, 'analog-input', 1, 'other SAT', 'degrees-kelvin', '{}')"
    try export --output one.csv
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "one.csv: 3 devices, 6 points" ]
    grep -q '^1001.analog-input.1;1001;other SAT;.*;63;10.1.2.10;' one.csv
    grep -q '^1001.analog-input.1;1001;AHU-1/SAT;.*;62;10.1.2.9;' one.csv
    grep -q '^500.analog-value.3;.*;;' one.csv
    sql -c 'delete from point; delete from device'
    try import one.csv --states one_StateTexts.csv
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "devices: 3 new, 0 changed, 0 unchanged" ]
    try import one.csv --states one_StateTexts.csv
    [ "${lines[0]}" = "devices: 0 new, 0 changed, 3 unchanged" ]
    [[ ${lines[1]} == "points: 0 new, 0 changed, 6 unchanged;"* ]]
    [ "$(sql -c "select address, point.name from point join device using (site_id, device_id) where object_type = 'analog-input' order by 2")" = $'10.1.2.9|AHU-1/SAT\n10.1.2.10|other SAT' ]
    try export --output two.csv
    diff <(grep -v TIMESTAMP one.csv) <(grep -v TIMESTAMP two.csv)
    try import one.csv --address 1001=10.1.2.11
    [ "$status" -eq 64 ]
    [[ $stderr == *"the file has several devices 1001: their lines say where each is, --address cannot"* ]]
}

@test "an export begins as Excel wants UTF-8 to, and comes back with that and without" {
    fill
    try export --output one.csv
    [ "$(head -c 3 one.csv | od -An -tx1)" = " ef bb bf" ]
    [ "$(head -c 3 one_StateTexts.csv | od -An -tx1)" = " ef bb bf" ]
    tail -c +4 one.csv >bare.csv
    tail -c +4 one_StateTexts.csv >bare_texts.csv
    for words in "one.csv --states one_StateTexts.csv" "bare.csv --states bare_texts.csv"; do
        # shellcheck disable=SC2086
        try import $words
        [ "$status" -eq 0 ]
        [[ ${lines[1]} == "points: 0 new, 0 changed, 5 unchanged;"* ]]
    done
    try import "$BATS_TEST_DIRNAME/../../README.md"
    echo "$stderr"
    [ "$status" -eq 64 ]
    [[ $stderr == *"README.md: this is no EDE file: "* && ${#stderr_lines[@]} -le 3 ]]
}

@test "the site is the only one, that of the settings, or that of --site" {
    sql -c "insert into site values ('taipa', 'Taipa')"
    write in.csv 'a;1001;n;0;1'
    try import in.csv --address 1001=10.1.2.9
    [ "$status" -eq 64 ]
    [[ $stderr == *"the database has several sites, --site says which: macau, taipa"* ]]
    try import in.csv --address 1001=10.1.2.9 --site taipa
    try import in.csv --address 1001=10.1.2.9 --set site=macau
    [ "$(sql -c 'select site_id, point_id, name from point order by 1')" = $'macau|1|n\ntaipa|1|n' ]
    sql -c 'delete from point; delete from device; delete from site'
    try import in.csv --address 1001=10.1.2.9
    [ "$status" -eq 1 ]
    [[ $stderr == *"the database has no site yet"* ]]
}

@test "a database that is away is told" {
    write in.csv 'a;1001;n;0;1'
    BACPIPES_DATABASE_HOST= BACPIPES_DATABASE_PORT=1 try import in.csv --data ./nothing
    [ "$status" -eq 69 ]
    BACPIPES_DATABASE_HOST= BACPIPES_DATABASE_PORT=1 try export --data ./nothing
    [ "$status" -eq 69 ]
}

# Waits until the import stands before a lock, its devices already written in its transaction.
until_it_waits() {
    until [ "$(sql -c "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'bacpipes tools'")" = 1 ]; do
        sleep 0.02
    done
}

@test "an import that is killed has changed nothing" {
    write in.csv 'd;1001;AHU-1;8;1001;;;;;;;;;;;10.1.2.9' 'a;1001;n;0;1'
    mkfifo commands
    psql -qX <commands 3>&- &
    psql=$!
    exec 8>commands
    echo 'begin; lock table point in share row exclusive mode;' >&8
    until [ "$(sql -c "select count(*) from pg_locks where mode = 'ShareRowExclusiveLock' and relation = 'point'::regclass and granted")" = 1 ]; do sleep 0.02; done
    "$BACPIPES" ede import in.csv >/dev/null 2>&1 3>&- 8>&- &
    import=$!
    until_it_waits
    kill -9 "$import"
    wait "$import" || true
    echo 'rollback;' >&8
    exec 8>&-
    wait "$psql"
    until [ "$(sql -c "select count(*) from pg_stat_activity where application_name = 'bacpipes tools'")" = 0 ]; do sleep 0.02; done
    [ "$(count device)" = 0 ]
    [ "$(count point)" = 0 ]
    try import in.csv
    [ "$status" -eq 0 ]
    [ "$(count point)" = 1 ]
}

@test "a device that comes up meanwhile ends the import, which has changed nothing" {
    write in.csv 'd;1001;AHU-1;8;1001;;;;;;;;;;;10.1.2.9' 'a;1001;n;0;1' 'e;1002;AHU-2;8;1002;;;;;;;;;;;10.1.2.8'
    mkfifo commands
    psql -qX <commands 3>&- &
    psql=$!
    exec 8>commands
    echo "begin; insert into device (site_id, device_id, address, instance) values ('macau', 90, '10.1.2.8', 1002);" >&8
    until [ "$(sql -c "select count(*) from pg_stat_activity where state = 'idle in transaction'")" = 1 ]; do sleep 0.02; done
    "$BACPIPES" ede import in.csv >out 2>err 3>&- 8>&- &
    import=$!
    until_it_waits
    echo 'commit;' >&8
    exec 8>&-
    wait "$psql"
    status=0
    wait "$import" || status=$?
    [ "$status" -eq 69 ]
    grep -q "the site has changed meanwhile, so nothing was imported; again will do" err
    [ "$(sql -c 'select instance, name from device')" = '1002|' ]
    [ "$(count point)" = 0 ]
}
