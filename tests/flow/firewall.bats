#!/usr/bin/env bats
# deploy/central.nft, loaded in a network of namespaces (subnets.bash), and what passes: central is `site`, a site beside it `near`, somebody behind a router
# `far`. deploy/central.pf is NOT TESTED: there is no pf here. BUILD names the build folder (default: build).

# shellcheck disable=SC2154
load ready
load subnets

setup_file() { make_subnets; }
teardown_file() { drop_subnets; }
setup() {
    begin_test
    in_ns site nft list tables >/dev/null 2>&1 || skip "NOT TESTED: nftables cannot be used here"
    for port in 54320 443 9999; do
        in_ns site python3 -c 'import socket, sys, time
s = socket.create_server(("", int(sys.argv[1])), backlog=1000)
kept = []
while True: kept.append(s.accept()[0]); kept[-1].send(b"x")' "$port" 3>&- &
        pids+=("$!")
        until in_ns site python3 -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)' "$port" 2>/dev/null; do sleep 0.05; done
    done
}
teardown() {
    in_ns site nft flush ruleset 2>/dev/null || true
    end_test
}

# reaches FROM PORT
reaches() { in_ns "$1" python3 -c 'import socket, sys; socket.create_connection(("10.9.1.1", int(sys.argv[1])), 1.5).recv(1)' "$2" 2>/dev/null; }

# rules SITES PEOPLE [PER_ADDRESS]: the file with these
rules() {
    sed -e "s|^define sites = .*|define sites = $1|" -e "s|^define people = .*|define people = $2|" -e "s|ct count over 300|ct count over ${3:-300}|" "$root/deploy/central.nft" >"$BATS_TEST_TMPDIR/central.nft"
    in_ns site nft -c -f "$BATS_TEST_TMPDIR/central.nft"
    in_ns site nft -f "$BATS_TEST_TMPDIR/central.nft"
}

@test "as it is, sites and people come from anywhere, and nothing else is touched" {
    in_ns site nft add table inet own
    rules '{ 0.0.0.0/0 }' '{ 0.0.0.0/0 }'
    in_ns site nft -f "$BATS_TEST_TMPDIR/central.nft" # once more takes its own place
    [ "$(in_ns site nft list tables | wc -l)" = 2 ]
    for from in near far; do
        for port in 54320 443 9999; do reaches "$from" "$port"; done
    done
}

@test "where the addresses of sites and people are named, others do not reach the two ports, and reach the rest" {
    rules '{ 10.9.1.50, 203.0.113.0/24 }' '{ 10.9.2.0/24 }'
    reaches near 54320
    ! reaches far 54320 || false
    ! reaches near 443 || false
    reaches far 443
    reaches near 9999
    reaches far 9999
    in_ns site python3 -c 'import socket; socket.create_connection(("127.0.0.1", 54320), 1); socket.create_connection(("127.0.0.1", 443), 1)'
    in_ns site nft list chain inet bacpipes_central link | grep -E 'ip saddr != @sites counter packets [1-9]'
}

@test "who knocks too often waits, a connection that is there goes on, and others come in" {
    rules '{ 0.0.0.0/0 }' '{ 0.0.0.0/0 }'
    run in_ns near python3 -c '
import socket
kept = socket.create_connection(("10.9.1.1", 54320), 2)
kept.recv(1)
refused = 0
for i in range(400):
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(("10.9.1.1", 54320))
    s.settimeout(0.001)
    s.close()
kept.send(b"still here")
try: socket.create_connection(("10.9.1.1", 54320), 0.5).recv(1)
except OSError: refused = 1
print("refused", refused)'
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == *"refused 1"* ]]
    reaches far 54320
    in_ns site nft list chain inet bacpipes_central link | grep -E 'burst 200 packets } counter packets [1-9]'
}

@test "who keeps more connections than an address may have gets no more, and others come in; when he lets go, so does he" {
    rules '{ 0.0.0.0/0 }' '{ 0.0.0.0/0 }' 20
    mkfifo "$BATS_TEST_TMPDIR/go"
    in_ns near python3 -c '
import socket, sys
kept = []
def reaches(patience):
    try: s = socket.create_connection(("10.9.1.1", 54320), patience); s.recv(1)
    except OSError: return False
    kept.append(s)
    return True
print("has", sum(reaches(5) for i in range(20)), "one more", reaches(1.5), flush=True)
open(sys.argv[1]).read()
' "$BATS_TEST_TMPDIR/go" >"$BATS_TEST_TMPDIR/said" 3>&- &
    local holder=$!
    pids+=("$holder")
    until [ -s "$BATS_TEST_TMPDIR/said" ]; do kill -0 "$holder"; sleep 0.1; done
    cat "$BATS_TEST_TMPDIR/said"
    [ "$(cat "$BATS_TEST_TMPDIR/said")" = 'has 20 one more False' ]
    reaches far 54320
    in_ns site nft list chain inet bacpipes_central link | grep -E 'ct count over 20 } counter packets [1-9]'
    echo >"$BATS_TEST_TMPDIR/go"
    wait "$holder"
    until reaches near 54320; do sleep 0.1; done
}
