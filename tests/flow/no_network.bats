#!/usr/bin/env bats
# A collector whose network is not there when it starts, or goes away while it runs (subnets.bash): it waits for it, says so, and blames
# no device. BUILD names the build folder (default: build).

load ready
load subnets

setup_file() { make_subnets; }
teardown_file() { drop_subnets; }
setup() {
    begin_test
    data=$BATS_TEST_TMPDIR/data
    chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test"
    site
}
teardown() {
    end_test
    ip -n "$tag-near" link set eth0 up
    ip -n "$tag-near" addr replace 10.9.1.50/24 broadcast + dev eth0
    ip -n "$tag-near" route replace default via 10.9.1.254
}

sql() {
    PGHOST=$data/run PGPORT=$(cat "$data/postgresql.port") PGUSER=bacpipes PGDATABASE=bacpipes psql -qAtX -c "$1"
}
until_true() {
    local until=$((SECONDS + $2))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within $2 s: $1"; cat "$data/log/collect.log" "$BATS_TEST_TMPDIR/up"; return 1; }
        sleep 0.2
    done
}
run_site() {
    BACPIPES_CONFIG=$BATS_TEST_TMPDIR/conf
    printf 'site = near\nbacnet.address = 10.9.1.50\npoll.interval = 1s\npoll.backoff_max = 2s\nbacnet.timeout = 500ms\nbacnet.retries = 5\n%s\n' "$1" >"$BACPIPES_CONFIG"
    ip netns exec "$tag-near" "$BACPIPES" up --data "$data" >"$BATS_TEST_TMPDIR/up" 2>&1 3>&- &
    pids+=($!)
    until_true '[ -f "$data/log/collect.log" ] && grep -q "ready: " "$data/log/collect.log"' 90
}
# The collector's process, of those that `up` started.
collector() {
    local pid
    for pid in $(cat /proc/"${pids[-1]}"/task/*/children); do
        case $(tr '\0' ' ' <"/proc/$pid/cmdline") in
        "collect "*) echo "$pid"; return ;;
        esac
    done
    return 1
}
said() { grep -c "$1" "$data/log/collect.log"; }
devices() { sql "select count(*) from device_status where state = '$1'"; }
fresh() { sql "select count(*) from sensor_readings where quality = 'good' and time > now() - interval '6 s'"; }
bad() { sql "select count(*) from sensor_readings where quality = 'bad' and reason $1"; }

@test "an address that comes later is waited for, and a port that another program had" {
    ip -n "$tag-near" addr del 10.9.1.50/24 dev eth0
    run_site ""
    until_true '[ "$(said "not on the BACnet network: .*not an address of this machine")" = 1 ]' 90
    until_true 'grep -q "not on the BACnet network: .*not an address of this machine" "$BATS_TEST_TMPDIR/up"' 90
    begin_server "$BATS_TEST_TMPDIR/holder" ip netns exec "$tag-near" python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_IP, 15, 1); s.bind(("10.9.1.50", 47808)); print("ready", flush=True); time.sleep(600)'
    pids+=($!)
    holder=$!
    ip -n "$tag-near" addr add 10.9.1.50/24 broadcast + dev eth0
    until_true '[ "$(said "not on the BACnet network: .*Address already in use")" = 1 ]' 90
    kill "$holder"
    until_true '[ "$(said "on the BACnet network at 10.9.1.50 now")" = 1 ]' 90
    until_true '[ "$(devices online)" = 4 ]' 90
    until_true '[ "$(fresh)" -ge 30 ]' 90
    [ "$(said "not on the BACnet network")" = 2 ]
    until_true 'tail -n 1 "$BATS_TEST_TMPDIR/up" | grep -q "readings/s" && ! tail -n 1 "$BATS_TEST_TMPDIR/up" | grep -q "BACnet network"' 90
}

@test "an interface that goes down, and an address that is taken away, are no device's fault" {
    run_site ""
    until_true '[ "$(devices online)" = 4 ] && [ "$(fresh)" -ge 30 ]' 90
    ip -n "$tag-near" link set eth0 down
    until_true '[ "$(said "not on the BACnet network: eth0, which has the address 10.9.1.50, is down")" = 1 ]' 90
    until_true '[ "$(bad "= '"'no-network'"'")" -gt 0 ]' 90
    until_true '[ "$(devices unknown)" = 4 ]' 90
    ip -n "$tag-near" link set eth0 up
    until_true '[ "$(devices online)" = 4 ] && [ "$(fresh)" -ge 30 ]' 90
    ip -n "$tag-near" addr del 10.9.1.50/24 dev eth0
    until_true '[ "$(said "not on the BACnet network: 10.9.1.50 is no address of this machine")" = 1 ]' 90
    run in_ns near env -u BACPIPES_CONFIG "$BACPIPES" doctor --data "$data" --wait 300ms
    echo "$output"
    [[ "$output" == *"the collector of $data is not on the BACnet network"* ]]
    ip -n "$tag-near" addr add 10.9.1.50/24 broadcast + dev eth0
    until_true '[ "$(devices online)" = 4 ] && [ "$(fresh)" -ge 30 ]' 90
    [ "$(said "on the BACnet network at 10.9.1.50 now")" = 2 ]
    [ "$(said "stopped answering")" = 0 ]
    [ "$(bad "<> 'no-network'")" = 0 ]
}

@test "a wrong BBMD in table setting is refused by its name, and keeps nothing else from being applied" {
    run_site ""
    until_true '[ "$(devices online)" = 4 ]' 90
    # As a database has it whose rows were written before they were checked.
    sql "alter table setting disable trigger check_setting; insert into setting (site_id, name, value) values ('near', 'bacnet.bbmd', '10.1.2')"
    until_true '[ "$(said "table setting: bacnet.bbmd = 10.1.2 is no BACnet address: .*; the value of the configuration file stays")" = 1 ]' 90
    sql "insert into setting (site_id, name, value) values ('near', 'bacnet.instance', '4194001')"
    until_true '[ "$(said "on the BACnet network at 10.9.1.50, as device 4194001")" = 1 ]' 90
    until_true '[ "$(fresh)" -ge 30 ]' 90
    kill "$(collector)"
    until_true '[ "$(said "stopping")" -ge 1 ] && [ "$(said "on the BACnet network at 10.9.1.50, as device 4194001")" = 2 ]' 90
    until_true '[ "$(devices online)" = 4 ] && [ "$(fresh)" -ge 30 ]' 90
}
