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

# rules SITES PEOPLE: the file with these
rules() {
    sed -e "s|^define sites = .*|define sites = $1|" -e "s|^define people = .*|define people = $2|" "$root/deploy/central.nft" >"$BATS_TEST_TMPDIR/central.nft"
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
    reaches near 9999 && reaches far 9999
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
    [ "$status" = 0 ] && [[ $output == *"refused 1"* ]]
    reaches far 54320
    in_ns site nft list chain inet bacpipes_central link | grep -E 'burst 200 packets } counter packets [1-9]'
}
