#!/usr/bin/env bats
# Who is there, in a running site: addresses that are added by SQL are asked at once, devices that move are followed, and two with
# one number are kept apart. BUILD names the build folder (default: build).

load ready

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-discovery.XXXXXX)
    chmod 755 "$folder"
    data=$folder/data
    port=$((45000 + (BASHPID * 7 + BATS_TEST_NUMBER * 131) % 2000))
    pids=()
}

teardown() {
    [ -z "${up:-}" ] || { kill -INT "$up" 2>/dev/null && wait "$up" || true; }
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$folder"
}

run_site() {
    : >"$folder/out" # what another one said is no sign of this one
    "$bacpipes" up --simulate --no-past --data "$data" --points 60 "$@" >"$folder/out" 2>&1 3>&- &
    up=$!
    until_true "grep -q ' stored, newest' $folder/out" 90
}

until_true() {
    local until=$((SECONDS + $2))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within $2 s: $1"; cat "$folder/out" "$data/log/collect.log"; return 1; }
        sleep 0.2
    done
}

sql() {
    PGHOST=$data/run PGPORT=$(cat "$data/postgresql.port") PGUSER=bacpipes PGDATABASE=bacpipes psql -qAtX -c "$1"
}

# readings INSTANCE SECONDS: of the device, of the last seconds; instants: how many different ones they were read at.
instants() {
    readings "$1" "$2" "distinct r.time"
}
readings() {
    sql "select count(${3:-*}) from sensor_readings r join point p using (point_id) join device d on d.device_id = p.device_id
         where d.instance = $1 and r.time > now() - interval '$2 s'"
}

# state_at ADDRESS: of the device there
state_at() {
    sql "select state from device_status join device using (site_id, device_id) where address like '$1%'"
}
# learned INSTANCE KEY
learned() {
    sql "select learned ->> '$2' from device_status join device using (site_id, device_id) where instance = $1"
}

@test "an independent stack's device is found by its address, polled, and its values are where they belong" {
    command -v node >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] ||
        skip "NOT TESTED: Node.js 20 or newer is not here"
    [ -d "$root/tests/peers/node_modules" ] || npm --prefix "$root/tests/peers" ci --ignore-scripts --no-audit --no-fund >/dev/null
    begin_server "$folder/device" node "$root/tests/peers/device.mjs" 127.77.0.1:$port 77 40
    pids+=($!)
    # That stack takes nothing from port 47808 of 127.0.0.1.
    run_site
    sql "update setting set value = '$((port + 2500))' where name = 'bacnet.port'"
    until_true "grep -q ':$((port + 2500)), as device' $data/log/collect.log" 90
    sql "insert into setting (site_id, name, value) values ('demo', 'discovery.targets', '127.77.0.1:$port'), ('demo', 'poll.interval', '2s')"
    until_true '[ "$(sql "select count(*) from point p join device d using (device_id) where d.instance = 77")" -eq 40 ]' 90
    until_true '[ "$(readings 77 60)" -ge 80 ]' 90
    [ "$(sql "select count(*) from sensor_readings r join point p using (point_id) join device d on d.device_id = p.device_id
              where d.instance = 77 and (r.quality <> 'good' or r.value is distinct from
              case when p.object_type = 'analog-input' then p.object_instance * 10 + 0.5 else p.object_instance % 2 end)")" -eq 0 ]
}

@test "a device that moves to another address keeps its points; two that answer to one number are two devices" {
    begin_server "$folder/sim" "$bacpipes" sim --address 127.79.0.1 --port $port --points 10 --instance 5001
    sim=$!
    pids+=($sim)
    run_site
    sql "insert into setting (site_id, name, value) values ('demo', 'discovery.targets', '127.79.0.1:$port'), ('demo', 'poll.interval', '2s'),
         ('demo', 'poll.backoff_max', '2s'), ('demo', 'bacnet.retries', '0')"
    until_true '[ "$(sql "select count(*) from point join device using (site_id, device_id) where instance = 5001")" -eq 10 ]' 90
    before=$(sql "select device_id from device where instance = 5001")
    kill "$sim"
    until_true '[ "$(sql "select state from device_status join device using (site_id, device_id) where instance = 5001")" = offline ]' 90
    begin_server "$folder/sim" "$bacpipes" sim --address 127.79.0.9 --port $port --points 10 --instance 5001
    pids+=($!)
    sql "update setting set value = '127.79.0.9:$port' where name = 'discovery.targets'"
    until_true "[ \"\$(sql \"select device_id || ' ' || address from device where instance = 5001\")\" = '$before 127.79.0.9:$port' ]" 90
    until_true '[ "$(readings 5001 3)" -gt 0 ]' 90
    # Now one more with the same number, while the other answers.
    begin_server "$folder/sim2" "$bacpipes" sim --address 127.79.0.20 --port $port --points 5 --instance 5001
    pids+=($!)
    sql "update setting set value = '127.79.0.9:$port 127.79.0.20:$port' where name = 'discovery.targets'"
    until_true '[ "$(sql "select count(*) from device where instance = 5001")" -eq 2 ]' 90
    until_true "grep -q 'instance 5001 answers at 127.79.0.20:.* and at 127.79.0.9:.*: both are kept' $data/log/collect.log" 90
}

@test "a device that is asked to tells its changes, ours and an independent stack's, and is polled more slowly" {
    command -v node >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] ||
        skip "NOT TESTED: Node.js 20 or newer is not here"
    [ -d "$root/tests/peers/node_modules" ] || npm --prefix "$root/tests/peers" ci --ignore-scripts --no-audit --no-fund >/dev/null
    begin_server "$folder/device" node "$root/tests/peers/device.mjs" 127.77.0.1:$port 77 4
    pids+=($!)
    run_site
    sql "update setting set value = '$((port + 2500))' where name = 'bacnet.port'"
    until_true "grep -q ':$((port + 2500)), as device' $data/log/collect.log" 90
    sql "insert into setting (site_id, name, value) values ('demo', 'discovery.targets', '127.77.0.1:$port'), ('demo', 'poll.interval', '20s')"
    until_true '[ "$(sql "select count(*) from point join device using (site_id, device_id) where instance = 77")" -eq 4 ]' 90
    sql "update device set cov = true where instance in (77, 1001)"
    until_true "[ \"\$(sql \"select count(*) from sensor_readings r join point p using (point_id) join device d on d.device_id = p.device_id
                 where d.instance = 77 and p.object_type = 'analog-input' and p.object_instance = 1 and r.value = 11.5\")\" -ge 1 ]" 90
    # All points of our own device are subscribed to, and told with that.
    until_true '[ "$(readings 1001 20)" -ge "$(sql "select count(*) from point join device using (site_id, device_id) where instance = 1001")" ]' 90
}

@test "a router that knows no way to a device's network says so, and so does the log" {
    begin_server "$folder/sim" "$bacpipes" sim --address 127.80.0.1 --port $port --points 5 --network 2001
    pids+=($!)
    run_site
    sql "insert into device (site_id, device_id, address, instance) values ('demo', 9001, '127.80.0.1:$port/2009:01', 9001)"
    sql "insert into point (site_id, point_id, device_id, object_type, object_instance, poll_interval_ms) values ('demo', 90001, 9001, 'analog-input', 1, 1000)"
    until_true "grep -q 'the router 127.80.0.1:$port does not pass on messages to network 2009: it knows no way' $data/log/collect.log" 90
}

@test "two networks with one number are told and kept apart; what a device no longer has is told and kept" {
    begin_server "$folder/sim" "$bacpipes" sim --address 127.80.0.1 --port $port --points 12 --instance 6001 --network 2001
    sim=$!
    begin_server "$folder/sim2" "$bacpipes" sim --address 127.80.0.9 --port $port --points 12 --instance 6001 --network 2001
    pids+=($!)
    run_site
    sql "insert into setting (site_id, name, value) values ('demo', 'discovery.targets', '127.80.0.1:$port/2001 127.80.0.9:$port/2001')"
    until_true '[ "$(sql "select count(*) from point join device using (site_id, device_id) where instance = 6001")" -eq 24 ]' 90
    [ "$(sql "select count(*) from device where instance = 6001")" -eq 2 ]
    until_true "grep -q 'network 2001 is behind the router 127.80.0.[19]:.* and behind 127.80.0.[19]:.*: two networks with one number' $data/log/collect.log" 90
    # One of them comes back with fewer points.
    kill "$sim"
    until_true '[ "$(state_at 127.80.0.1:)" = offline ]' 90
    begin_server "$folder/sim" "$bacpipes" sim --address 127.80.0.1 --port $port --points 9 --instance 6001 --network 2001
    pids+=($!)
    until_true '[ "$(state_at 127.80.0.1:)" = online ]' 90
    kill -INT "$up"
    wait "$up"
    run_site
    until_true "grep -q 'device 6001 (127.80.0.1:.*) read out: 9 points, 0 new, [0-9]* changed, 3 gone' $data/log/collect.log" 90
    until_true "grep -q 'device 6001 (127.80.0.1:.*) has these points no more, which are kept: ' $data/log/collect.log" 90
    [ "$(sql "select count(*) from point join device using (site_id, device_id) where instance = 6001 and missing_since is not null")" -eq 3 ]
    [ "$(sql "select count(*) from point join device using (site_id, device_id) where instance = 6001")" -eq 24 ]
}

@test "what was learned of a device outlives a restart" {
    begin_server "$folder/sim" "$bacpipes" sim --address 127.81.0.1 --port $port --points 20 --instance 7001 --quirks no-read-multiple
    pids+=($!)
    run_site
    sql "insert into setting (site_id, name, value) values ('demo', 'discovery.targets', '127.81.0.1:$port'), ('demo', 'poll.interval', '2s')"
    # It names the service among those it has, so that it is tried.
    until_true '[ "$(learned 7001 read_multiple)" = false ]' 90
    # Of another one it is only said: were it forgotten, the collector would say otherwise at once.
    sql "update device_status set learned = learned || '{\"read_multiple\": false, \"answer_octets\": 333}' where device_id = (select device_id from device where instance = 1001)"
    kill -INT "$up"
    wait "$up"
    run_site
    until_true '[ "$(readings 7001 4)" -gt 0 ] && [ "$(readings 1001 4)" -gt 0 ]' 90
    [ "$(learned 7001 read_multiple)" = false ]
    [ "$(learned 1001 read_multiple)" = false ]
    [ "$(learned 1001 answer_octets)" = 333 ]
}
