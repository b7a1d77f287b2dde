#!/usr/bin/env bats
# BACnet across real subnets of network namespaces (subnets.bash). BUILD names the build folder (default: build).

load ready
load subnets

setup_file() { make_subnets; }
teardown_file() { drop_subnets; }
setup() { begin_test; }
teardown() { end_test; }

@test "devices of the subnet answer a broadcast" {
    site
    run in_ns near "$BACPIPES" discover --address 10.9.1.50 --wait 3s
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c '10\.9\.1\.[1-4]' <<<"$output")" -eq 4 ]
}

@test "an IP router carries no broadcasts: nobody is found from the far subnet, but by address" {
    site
    run in_ns far "$BACPIPES" discover --address 10.9.2.50 --wait 1s
    [ "$status" -eq 1 ]
    run in_ns far "$BACPIPES" discover --address 10.9.2.50 --wait 3s --target 10.9.1.2
    [ "$status" -eq 0 ]
    [[ "$output" == *1002* ]]
}

@test "registered with a BBMD, the far subnet finds all of them" {
    site --bbmd none
    run in_ns far "$BACPIPES" discover --address 10.9.2.50 --wait 4s --bbmd 10.9.1.1
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c '10\.9\.1\.[1-4]' <<<"$output")" -eq 4 ]
}

@test "a BBMD that is none is told" {
    site
    run in_ns far "$BACPIPES" discover --address 10.9.2.50 --wait 1s --bbmd 10.9.1.2
    echo "$output"
    [ "$status" -ne 0 ]
    [[ "$output" == *"the BBMD 10.9.1.2 refuses the registration as a foreign device"* ]]
    run in_ns far "$BACPIPES" discover --address 10.9.2.50 --wait 1s --bbmd 10.9.1.99
    [ "$status" -ne 0 ]
    [[ "$output" == *"the BBMD 10.9.1.99 does not answer the registration as a foreign device"* ]]
}

# forwards: from 10.9.2.50, again and again until the test ends, that 10.9.99.1 said that it is device 7777
forwards() {
    begin_server "$BATS_TEST_TMPDIR/forwards.${#pids[@]}" ip netns exec "$tag-far" python3 -c 'import socket, time
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.bind(("10.9.2.50", 47808))
while True:
    sender.sendto(bytes.fromhex("8104001a0a096301bac001001000c402001e612205c49103210f"), ("10.9.1.50", 47808))
    print("ready", flush=True)
    time.sleep(0.1)'
    pids+=($!)
}

@test "what a stranger forwards is not believed, unless people name it as a BBMD" {
    forwards
    run in_ns near "$BACPIPES" discover --address 10.9.1.50 --wait 1s
    echo "$output"
    [[ "$output" != *7777* ]]
    run in_ns near "$BACPIPES" doctor --address 10.9.1.50 --wait 2s
    echo "$output"
    [[ "$output" == *"10.9.2.50 forwards broadcasts to us, which are not believed"* ]]
    echo "bacnet.bbmds = 10.2.0.9 10.9.2.50" >"$BATS_TEST_TMPDIR/conf"
    run in_ns near env BACPIPES_CONFIG="$BATS_TEST_TMPDIR/conf" "$BACPIPES" discover --address 10.9.1.50 --wait 3s
    echo "$output"
    [[ "$output" == *7777* ]]
}

@test "stations behind a BACnet router are found by broadcast and read, through IP and BACnet router alike" {
    site --network 2001 --trunk 20
    run in_ns near "$BACPIPES" discover --address 10.9.1.50 --wait 4s
    echo "$output"
    [ "$(grep -c '10\.9\.1\.1/2001:000[1-4]' <<<"$output")" -eq 4 ]
    # From the far subnet, without any broadcast: all of a network by its router.
    run in_ns far "$BACPIPES" discover --address 10.9.2.50 --wait 4s --target 10.9.1.1/2001
    echo "$output"
    [ "$(grep -c '10\.9\.1\.1/2001:000[1-4]' <<<"$output")" -eq 4 ]
    run in_ns far "$BACPIPES" read 10.9.1.1/2001:0002 device,1002 object-name --address 10.9.2.50
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "a pulled cable is told as silence, and is no matter once it is back" {
    site
    ip -n "$tag-r" link set to-site down
    run in_ns near "$BACPIPES" read 10.9.1.1 device,1001 object-name --address 10.9.1.50 --timeout 300ms
    echo "$output"
    [ "$status" -eq 69 ]
    ip -n "$tag-r" link set to-site up
    sleep 1
    run in_ns near "$BACPIPES" read 10.9.1.1 device,1001 object-name --address 10.9.1.50
    [ "$status" -eq 0 ]
}

# ---- a whole site in the far subnet ----

sql() {
    PGHOST=$data/run PGPORT=$(cat "$data/postgresql.port") PGUSER=bacpipes PGDATABASE=bacpipes psql -qAtX -c "$1"
}
until_true() {
    local until=$((SECONDS + $2))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within $2 s: $1"; cat "$data/log/collect.log"; return 1; }
        sleep 0.2
    done
}
run_site() {
    data=$BATS_TEST_TMPDIR/data
    chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test"
    BACPIPES_CONFIG=$BATS_TEST_TMPDIR/conf
    printf 'site = far\nbacnet.address = 10.9.2.50\npoll.interval = 2s\npoll.backoff_max = 3s\nbacnet.timeout = 500ms\nbacnet.retries = 1\n%s\n' "$1" >"$BACPIPES_CONFIG"
    ip netns exec "$tag-far" "$BACPIPES" up --data "$data" >"$BATS_TEST_TMPDIR/up" 2>&1 3>&- &
    pids+=($!)
    until_true '[ -f "$data/postgresql.port" ] && [ "$(sql "select count(*) from device_status where state = '"'online'"'" 2>/dev/null)" = 4 ]' 90
}
# Good readings of the last 6 s, three intervals, for they are seen when they are committed; and devices in a state.
fresh() { sql "select count(*) from sensor_readings where quality = 'good' and time > now() - interval '6 s'"; }
devices() { sql "select count(*) from device_status where state = '$1'"; }

@test "a site behind an IP router collects through a BBMD, through its restart, silence and a pulled cable" {
    site --bbmd none
    run_site "bacnet.bbmd = 10.9.1.1
bacnet.bbmd_ttl = 30s"
    grep -q 'registered as a foreign device with the BBMD 10.9.1.1' "$data/log/collect.log"
    until_true '[ "$(fresh)" -ge 60 ]' 90
    # The building's power fails, and comes back: the BBMD has forgotten us.
    kill -KILL "${pids[0]}"
    until_true '[ "$(devices offline)" = 4 ]' 90
    until_true '[ "$(sql "select count(*) from sensor_readings where quality = '"'bad'"'")" -ge 60 ]' 90
    site --bbmd none
    until_true '[ "$(devices online)" = 4 ]' 90
    until_true '[ "$(fresh)" -ge 60 ]' 90
    # The cable.
    ip -n "$tag-r" link set to-site down
    until_true '[ "$(devices offline)" = 4 ]' 90
    ip -n "$tag-r" link set to-site up
    until_true '[ "$(devices online)" = 4 ]' 90
    until_true '[ "$(fresh)" -ge 60 ]' 90
    until_true 'in_ns near env BACPIPES_CONFIG=/dev/null "$BACPIPES" doctor --address 10.9.1.50 --wait 3s >"$BATS_TEST_TMPDIR/doctor"
                grep -q "10.9.1.1 is a BBMD: 1 in its table, foreign devices: 1" "$BATS_TEST_TMPDIR/doctor" &&
                grep -q "note   devices    BacPipes runs at 10.9.2.50 too, with our instance 4194000" "$BATS_TEST_TMPDIR/doctor"' 90 || { cat "$BATS_TEST_TMPDIR/doctor"; return 1; }
}

@test "a router that moves to another address takes its devices along" {
    site --network 2001
    run_site "discovery.targets = 10.9.1.1/2001"
    until_true '[ "$(fresh)" -ge 60 ]' 90
    ids=$(sql "select string_agg(device_id || ':' || instance, ' ' order by device_id) from device")
    kill -KILL "${pids[0]}"
    until_true '[ "$(devices offline)" = 4 ]' 90
    simulate site 10.9.1.4 --network 2001
    sql "insert into setting (site_id, name, value) values ('far', 'discovery.targets', '10.9.1.4/2001')"
    until_true '[ "$(sql "select count(*) from device where address like '"'10.9.1.4/2001:%'"'")" = 4 ]' 90
    until_true '[ "$(devices online)" = 4 ] && [ "$(fresh)" -ge 60 ]' 90
    [ "$(sql "select string_agg(device_id || ':' || instance, ' ' order by device_id) from device")" = "$ids" ]
}
