#!/usr/bin/env bats
# What strangers on the building's network can add, and what it costs those that are there. BUILD names the build folder (default: build).

load ready

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-strangers.XXXXXX)
    chmod 755 "$folder"
    data=$folder/data
    port=$((43000 + (BASHPID * 7 + BATS_TEST_NUMBER * 131) % 2000))
    pids=()
}

teardown() {
    [ -z "${up:-}" ] || { kill -INT "$up" 2>/dev/null && wait "$up" || true; }
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$folder"
}

run_site() {
    "$bacpipes" up --simulate --no-past --data "$data" --points 60 "$@" >"$folder/out" 2>&1 3>&- &
    up=$!
    until_true "grep -q ' stored, newest' $folder/out" 90
    until_true '[ "$(sql "select count(*) from point")" -ge 60 ]' 90 # its first device may have been read before the others were found
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

# flood COUNT: I-Ams of as many devices behind one host, which is no router, a third of them with the instance of a real device
flood() {
    python3 -c 'import socket, struct, sys, time
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.bind(("127.9.9.9", 0))
to = ("127.0.0.1", int(sys.argv[2]))
for i in range(int(sys.argv[1])):
    instance = 1001 if i % 3 == 0 else 100000 + i
    npdu = struct.pack(">BBHB2s", 1, 8, i % 60000 + 1, 2, struct.pack(">H", i // 60000))
    apdu = b"\x10\x00\xc4" + struct.pack(">I", 8 << 22 | instance) + bytes.fromhex("2205c49103210f")
    sender.sendto(b"\x81\x0a" + struct.pack(">H", 4 + len(npdu) + len(apdu)) + npdu + apdu, to)
    if i % 20 == 19: time.sleep(0.004)' "$1" "$2"
}

@test "20,000 devices that are made up cost the real ones nothing, and are forgotten" {
    run_site
    bacnet_port=$(sql "select value from setting where name = 'bacnet.port'")
    [ -n "$bacnet_port" ] || bacnet_port=47808
    sql "insert into setting (site_id, name, value) values ('demo', 'poll.interval', '1s')"
    until_true '[ "$(sql "select count(*) from device_status where state = '"'online'"'")" -ge 2 ]' 90
    before=$(sql "select string_agg(device_id || ' ' || address || ' ' || instance, ',' order by device_id) from device")
    sleep 3
    began=$(sql "select now()")
    flood 20000 "$bacnet_port"
    # One that is really there is found meanwhile.
    begin_server "$folder/sim" "$bacpipes" sim --address 127.79.0.1 --port $port --points 5 --instance 5001 --without-flaws
    pids+=($!)
    sql "insert into setting (site_id, name, value) values ('demo', 'discovery.targets', '127.79.0.1:$port')"
    until_true '[ "$(sql "select count(*) from point join device using (device_id) where instance = 5001")" -eq 5 ]' 90
    ! grep -q 'found at 127.9.9.9' "$data/log/collect.log" || false
    # Nobody went silent, nobody was late, and there is nobody else.
    [ "$(sql "select count(*) from sensor_readings where time > '$began' and reason = 'timeout'")" -eq 0 ]
    until_true '[ "$(sql "select count(*) from device_status where state <> '"'online'"'")" -eq 0 ]' 90 # the new one is asked before long
    ! grep 'stopped answering' "$data/log/collect.log" || false
    [ "$(sql "select string_agg(device_id || ' ' || address || ' ' || instance, ',' order by device_id) from device where instance <> 5001")" = "$before" ]
    # Lines of one kind: 30 a minute.
    [ "$(grep -c 'is behind the router 127.9.9.9' "$data/log/collect.log")" -le 60 ]
    [ "$(wc -l <"$data/log/collect.log")" -le 400 ]
    grep -q 'network .* is behind the router 127.9.9.9' "$data/log/collect.log"
}

@test "a device has no more points than the site has room for, and what was left out is told" {
    run_site
    known=$(sql "select count(*) from point")
    # Its first two devices: room is for all but 3 points of the first, and then for 5 of the second.
    read -r one two <<<"$("$bacpipes" sim --points 60 --list --json | jq -r '[.[:2][].objects | length] | join(" ")')"
    [ "$two" -gt 5 ]
    most=$((one - 3)) room=$((known + one + 2))
    begin_server "$folder/sim" "$bacpipes" sim --address 127.79.0.1 --port $port --points 60 --instance 5001 --without-flaws
    pids+=($!)
    sql "insert into setting (site_id, name, value) values ('demo', 'site.max_points', '$room'), ('demo', 'discovery.max_points_per_device', '$most')"
    sql "insert into setting (site_id, name, value) values ('demo', 'discovery.targets', '127.79.0.1:$port 127.79.0.2:$port')"
    until_true '[ "$(sql "select count(*) from device where instance in (5001, 5002)")" -eq 2 ]' 90
    until_true "grep -q 'points are left out: site.max_points allows for $room in all' $data/log/collect.log" 90
    until_true '[ "$(sql "select count(*) from point")" -eq "$room" ]' 90
    until_true 'grep -q "device 5001 .*: 3 objects beyond $most points are left out" "$data/log/collect.log"' 90
    until_true '[ "$(sql "select sum((learned ->> '"'points_left_out'"')::integer) from device_status")" -eq $((two - 2)) ]' 90
}

@test "a device that the database refuses is read out again ever more rarely" {
    run_site
    sql "alter table device add constraint refuses check (instance <> 5001) not valid"
    begin_server "$folder/sim" "$bacpipes" sim --address 127.79.0.1 --port $port --points 5 --instance 5001 --without-flaws
    pids+=($!)
    sql "insert into setting (site_id, name, value) values ('demo', 'discovery.targets', '127.79.0.1:$port')"
    until_true "grep -q 'device 5001 .* could not be stored: .*trying again in 1 min' $data/log/collect.log" 90
    for blanks in ' ' '  ' '   ' '    '; do # each asks the device who it is
        sql "update setting set value = '$blanks' || value where name = 'discovery.targets'"
        sleep 1
    done
    [ "$(grep -c 'device 5001 .* could not be stored' "$data/log/collect.log")" -eq 1 ]
}

@test "a device that lists its objects twice and has a vendor beyond all numbers is stored and polled" {
    run_site
    mkfifo "$folder/stdin"
    begin_server "$folder/odd" "${BUILD:-$root/build}/tests/flow/odd_device" --list-twice --vendor 4294967295 --points 3 127.79.0.1:$port 5001 <>"$folder/stdin"
    pids+=($!)
    sql "insert into setting (site_id, name, value) values ('demo', 'discovery.targets', '127.79.0.1:$port'), ('demo', 'poll.interval', '2s')"
    until_true '[ "$(sql "select count(*) from sensor_readings r join point p using (point_id) join device d on d.device_id = p.device_id
                          where d.instance = 5001 and r.quality = '"'good'"'")" -ge 8 ]' 90
    [ "$(sql "select vendor_id is null from device where instance = 5001")" = t ]
    grep -q 'device 5001 .* says odd things of itself.*objects twice; vendor-identifier 4294967295 cannot be' "$data/log/collect.log"
}
