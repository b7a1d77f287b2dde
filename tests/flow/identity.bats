#!/usr/bin/env bats
# A device is who it says it is when it is asked, not where it answers: another one at a known address, two that swap, one that is
# renumbered, and I-Ams in others' names. Counted in the database. BUILD names the build folder (default: build).

load ready

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    build=$(realpath "${BUILD:-$root/build}")
    bacpipes=$build/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-identity.XXXXXX)
    chmod 755 "$folder"
    mkfifo "$folder/stdin"
    data=$folder/data
    port=$((41000 + (BASHPID * 7 + BATS_TEST_NUMBER * 131) % 2000))
    declare -gA devices=()
}

teardown() {
    [ -z "${up:-}" ] || { kill -INT "$up" 2>/dev/null && wait "$up" || true; }
    for pid in "${devices[@]}"; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$folder"
}

run_site() {
    : >"$folder/out" # what another one said is no sign of this one
    "$bacpipes" up --simulate --no-past --data "$data" --points 60 >"$folder/out" 2>&1 3>&- &
    up=$!
    until_true "grep -q ' stored, newest' $folder/out" 90
}

until_true() {
    local until=$((SECONDS + $2))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within $2 s: $1"; tail -n 60 "$data/log/collect.log"; return 1; }
        sleep 0.2
    done
}

sql() {
    PGHOST=$data/run PGPORT=$(cat "$data/postgresql.port") PGUSER=bacpipes PGDATABASE=bacpipes psql -qAtX -c "$1"
}

# start N INSTANCE [OPTION...]: a device at 127.83.0.N
start() {
    local n=$1 instance=$2
    shift 2
    begin_server "$folder/device$n" "$build/tests/flow/odd_device" "$@" "127.83.0.$n:$port" "$instance" <>"$folder/stdin"
    devices[$n]=$!
}
stop() {
    kill "${devices[$1]}"
    wait "${devices[$1]}" 2>/dev/null || true
    unset "devices[$1]"
}

# Where the collector hears.
collector() { grep -o 'BACnet network at [0-9.:]*' "$data/log/collect.log" | tail -n 1 | grep -o '[0-9.:]*$'; }
look_for() {
    sql "insert into setting (site_id, name, value) values ('demo', 'poll.interval', '1s'), ('demo', 'bacnet.retries', '0'), ('demo', 'poll.backoff_max', '2s'),
         ('demo', 'discovery.targets', '$*')"
}
# device_id, instance and address of those of this test; state_of DEVICE_ID; good DEVICE_ID [CONDITION]: readings of analog inputs
known() { sql "select string_agg(device_id || ' ' || instance || ' ' || address || case when replaced_since is null then '' else ' replaced' end, ', ' order by instance) from device where address like '127.83.%'"; }
id_of() { sql "select device_id from device where instance = $1"; }
state_of() { sql "select state from device_status where device_id = $1"; }
good() {
    sql "select count(*) from sensor_readings r join point p using (site_id, point_id) where p.device_id = $1 and p.object_type = 'analog-input'
         and r.quality = 'good' and ${2:-true}"
}
# How many states the broker keeps of the points of a device.
states_of() {
    mosquitto_sub -h 127.0.0.1 -p "$(cat "$data/mosquitto.port")" -u reader -P "$(cat "$data/secrets/mqtt_reader")" -v --retained-only \
        -t "bacpipes/demo/points/$1/+/state" -W 3 | grep -c '"value":' || true
}
# Of all readings of devices that are 1000, 2000 ... and a bit, those that are another's.
wrong() {
    sql "select count(*) from sensor_readings r join point p using (site_id, point_id) where p.device_id = $1 and p.object_type = 'analog-input'
         and r.quality <> 'bad' and r.value is distinct from $2 + p.object_instance"
}

@test "another device at a known address is another device: its values are its own, and the old ones' end" {
    start 1 2101 --base 1000 --points 20 --name one
    run_site
    look_for "127.83.0.1:$port"
    until_true '[ "$(good "$(id_of 2101)")" -ge 60 ]' 90
    one=$(id_of 2101)
    stop 1
    start 1 2108 --base 8000 --points 30 --name eight --announce "$(collector)"
    until_true '[ -n "$(id_of 2108)" ] && [ "$(good "$(id_of 2108)")" -ge 90 ]' 90
    [ "$(wrong "$one" 1000)" -eq 0 ]
    [ "$(wrong "$(id_of 2108)" 8000)" -eq 0 ]
    [ "$(state_of "$one")" = replaced ]
    [ "$(sql "select count(distinct point_id) from sensor_readings r join point p using (site_id, point_id) where p.device_id = $one and r.quality = 'bad'
              and r.reason = 'replaced'")" -eq 25 ]
    [ "$(grep -c "device 2108 answers at 127.83.0.1:$port, where device 2101 was" "$data/log/collect.log")" -eq 1 ]
    run "$bacpipes" doctor --data "$data" --address 127.0.0.1 --target "127.83.0.1:$port" --wait 3s --json
    [ "$(jq '[.findings[] | select(.what | contains("device 2101 is replaced: another one has its address 127.83.0.1"))
              | select(.mend | contains("device replace 2101 --by 2108"))] | length' <<<"$output")" -eq 1 ]
    # A new run finds it so, and the old one where it is now.
    kill -INT "$up"
    wait "$up"
    run_site
    until_true '[ "$(good "$(id_of 2108)" "r.time > now() - interval '"'3 s'"'")" -gt 0 ]' 90
    [ "$(wrong "$one" 1000)" -eq 0 ]
    [ "$(state_of "$one")" = replaced ]
    start 2 2101 --base 1000 --points 20 --name one --announce "$(collector)"
    until_true '[ "$(good "$one" "r.time > now() - interval '"'3 s'"'")" -gt 0 ]' 90
    [ "$(known)" = "$one 2101 127.83.0.2:$port, $(id_of 2108) 2108 127.83.0.1:$port" ]
    [ "$(wrong "$one" 1000)" -eq 0 ]
}

@test "two that swap their addresses are followed, also where the collector was away" {
    start 4 2104 --base 4000 --name four
    start 5 2105 --base 5000 --name five
    run_site
    look_for "127.83.0.4:$port 127.83.0.5:$port"
    until_true '[ "$(good "$(id_of 2104)")" -ge 9 ] && [ "$(good "$(id_of 2105)")" -ge 9 ]' 90
    four=$(id_of 2104) five=$(id_of 2105)
    stop 4
    stop 5
    start 5 2104 --base 4000 --name four # whose I-Am nobody hears
    start 4 2105 --base 5000 --name five --announce "$(collector)"
    until_true "[ \"\$(known)\" = '$four 2104 127.83.0.5:$port, $five 2105 127.83.0.4:$port' ]" 90
    until_true "[ \"\$(good $four \"r.time > now() - interval '3 s'\")\" -gt 0 ] && [ \"\$(good $five \"r.time > now() - interval '3 s'\")\" -gt 0 ]" 90
    [ "$(wrong "$four" 4000)" -eq 0 ]
    [ "$(wrong "$five" 5000)" -eq 0 ]
    [ "$(sql "select count(*) from point where device_id in ($four, $five)")" -eq 16 ]
    kill -INT "$up"
    wait "$up"
    stop 4
    stop 5
    start 4 2104 --base 4000 --name four
    start 5 2105 --base 5000 --name five
    run_site
    until_true "[ \"\$(known)\" = '$four 2104 127.83.0.4:$port, $five 2105 127.83.0.5:$port' ]" 90
    [ "$(wrong "$four" 4000)" -eq 0 ]
    [ "$(wrong "$five" 5000)" -eq 0 ]
}

@test "a device that is renumbered keeps its points; an I-Am in another's name takes nothing over" {
    start 6 2106 --base 6000 --name six
    start 7 2107 --base 7000 --name seven
    run_site
    look_for "127.83.0.6:$port 127.83.0.7:$port"
    until_true '[ "$(good "$(id_of 2106)")" -ge 9 ] && [ "$(good "$(id_of 2107)")" -ge 9 ]' 90
    six=$(id_of 2106) seven=$(id_of 2107)
    stop 6
    start 6 2206 --base 6000 --name six --announce "$(collector)"
    until_true "[ \"\$(known)\" = '$seven 2107 127.83.0.7:$port, $six 2206 127.83.0.6:$port' ]" 90
    until_true "[ \"\$(good $six \"r.time > now() - interval '5 s'\")\" -gt 0 ]" 90
    grep -q 'device 2106 (127.83.0.6:.*) is device 2206 now, and keeps its points' "$data/log/collect.log"
    [ "$(wrong "$six" 6000)" -eq 0 ]
    # Silent, and somebody else says that he is it, with everything but its name and objects.
    stop 7
    until_true "[ \"\$(state_of $seven)\" = offline ]" 90
    start 8 2107 --base 9000 --name nine --points 9 --announce "$(collector)"
    until_true "[ \"\$(sql \"select count(*) from device where instance = 2107\")\" -eq 2 ]" 90
    start 9 2109 --base 9000 --name ten --claim 2107 --announce "$(collector)"
    until_true '[ -n "$(id_of 2109)" ]' 90
    [ "$(sql "select address from device where device_id = $seven")" = "127.83.0.7:$port" ]
    [ "$(wrong "$seven" 7000)" -eq 0 ]
    [ "$(state_of "$seven")" = offline ]
}

@test "a new controller in an old one's place goes on with its points, when somebody says so" {
    start 1 2101 --base 1000 --points 6 --name one
    run_site
    look_for "127.83.0.1:$port"
    until_true '[ "$(good "$(id_of 2101)")" -ge 18 ]' 90
    one=$(id_of 2101)
    stop 1
    start 1 2108 --base 1000 --points 8 --name eight
    until_true '[ -n "$(id_of 2108)" ] && [ "$(good "$(id_of 2108)")" -ge 24 ]' 90
    eight=$(id_of 2108)
    until_true '[ "$(states_of "$eight")" -ge 13 ]' 90
    read_before=$(good "$one") read_since=$(good "$(id_of 2108)" "p.object_instance <= 6")
    "$bacpipes" device replace 2101 --by 2108 --data "$data" | grep -q 'Nothing is changed yet'
    "$bacpipes" device replace 2101 --by 2108 --data "$data" --yes >"$folder/replaced"
    grep -q '11 points go on, 2 are added, 0 are missing' "$folder/replaced"
    [ "$(state_of "$one")" != replaced ]
    [ "$(known)" = "$one 2108 127.83.0.1:$port" ]
    [ "$(good "$one" "p.object_instance <= 6")" -ge $((read_before + read_since)) ]
    replaced=$(sql "select now()")
    until_true "[ \"\$(good $one \"r.time > '$replaced'\")\" -ge 8 ]" 90
    [ "$(wrong "$one" 1000)" -eq 0 ]
    # Nothing of it went astray, or is kept by the broker under the points that are no more.
    [ "$(sql "select count(*) from sensor_readings left join point using (site_id, point_id) where point.point_id is null")" -eq 0 ]
    [ "$(sql "select count(*) from ingest_quarantine")" -eq 0 ]
    until_true '[ "$(states_of "$eight")" -eq 0 ]' 90
    until_true '[ "$(states_of "$one")" -ge 13 ]' 90
}

@test "a successor that answers elsewhere is not said to be silent, however late the change is seen" {
    start 1 2101 --base 1000 --points 6 --name one
    start 2 2108 --base 1000 --points 6 --name eight
    run_site
    look_for "127.83.0.1:$port 127.83.0.2:$port"
    sql "insert into setting (site_id, name, value) values ('demo', 'bacnet.timeout', '300ms')
         on conflict (site_id, name) do update set value = excluded.value; update setting set value = '1s' where name = 'poll.backoff_max'"
    until_true '[ -n "$(id_of 2101)" ] && [ "$(good "$(id_of 2101)")" -ge 18 ] && [ "$(good "$(id_of 2108)")" -ge 18 ]' 90
    one=$(id_of 2101) two=$(id_of 2108)
    stop 1
    until_true '[ "$(state_of "$one")" = offline ]' 90
    # Whoever waits for the table has it as soon as the one has the other's place, and keeps the collector waiting.
    sql "begin; select device_replace('demo', $one, $two); select pg_sleep(5); create table done as select clock_timestamp() as at; commit" >"$folder/replaced" 3>&- &
    replacing=$!
    until_true '[ "$(sql "select count(*) from pg_locks where relation = '"'device'"'::regclass and mode = '"'RowExclusiveLock'"'")" -gt 0 ]' 90
    sql "begin; lock table device in access exclusive mode; select pg_sleep(4); commit" 3>&- &
    locking=$!
    wait "$replacing" "$locking"
    until_true "[ \"\$(state_of $one)\" = online ]" 90
    until_true "[ \"\$(good $one \"r.time > now() - interval '5 s'\")\" -ge 6 ]" 90
    [ "$(sql "select count(*) from sensor_readings r join point p using (site_id, point_id), done where p.device_id = $one and p.missing_since is null
              and r.quality = 'bad' and r.time > done.at + interval '100 ms'")" -eq 0 ]
}

@test "a device that comes back to its address goes on, whether the one between was read out or not" {
    start 1 2101 --base 1000 --points 6 --name one
    run_site
    look_for "127.83.0.1:$port"
    until_true '[ "$(good "$(id_of 2101)")" -ge 18 ]' 90
    one=$(id_of 2101)
    stop 1
    start 1 2108 --base 8000 --points 9 --name eight --announce "$(collector)"
    until_true "[ \"\$(state_of $one)\" = replaced ]" 90
    stop 1 # before it is read out: that waits three seconds for the old one
    back=$(sql "select now()")
    start 1 2101 --base 1000 --points 6 --name one --announce "$(collector)"
    until_true "[ \"\$(good $one \"r.time > '$back'\")\" -gt 0 ]" 90
    until_true "[ \"\$(known)\" = '$one 2101 127.83.0.1:$port' ]" 90
    until_true "[ \"\$(state_of $one)\" = online ]" 90
    [ "$(wrong "$one" 1000)" -eq 0 ]
}

@test "what people correct in table device holds at once" {
    start 3 2103 --base 3000 --name three
    run_site
    look_for ''
    sql "insert into device (site_id, device_id, address, instance) values ('demo', 900, '127.83.0.2:$port', 9999);
         insert into point (site_id, point_id, device_id, object_type, object_instance) values ('demo', 90001, 900, 'analog-input', 1)"
    until_true '[ "$(state_of 900)" = offline ]' 90
    sql "update device set address = '127.83.0.3:$port' where device_id = 900"
    # Said in the moment that it is known: three seconds later who answers there is read out as a device of its own.
    sql "do \$\$ begin
             for i in 1..1800 loop
                 exit when exists (select from device_status where device_id = 900 and state = 'replaced');
                 perform pg_sleep(0.05);
             end loop;
             assert exists (select from device_status where device_id = 900 and state = 'replaced'), 'it is not replaced';
             assert not exists (select from sensor_readings r join point p using (site_id, point_id) where p.device_id = 900 and r.quality = 'good'), 'it was read';
             update device set instance = 2103 where device_id = 900;
         end \$\$"
    until_true '[ "$(good 900)" -gt 0 ]' 90
    [ "$(known)" = "900 2103 127.83.0.3:$port" ]
}

@test "another interval of looking for devices holds at once" {
    run_site
    sql "insert into setting (site_id, name, value) values ('demo', 'discovery.interval', '1h'), ('demo', 'discovery.targets', '127.83.0.1:$port')"
    until_true '[ -n "$(id_of 1001)" ]' 90
    start 1 2101 --points 2 # nobody asks it before an hour is over, but for the shorter interval
    sql "update setting set value = '1min' where name = 'discovery.interval'"
    until_true '[ -n "$(id_of 2101)" ]' 90
}
