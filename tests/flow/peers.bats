#!/usr/bin/env bats
# Our octets are BACnet to others too: an independent stack reads and writes the simulator, our tools read that stack,
# and tshark finds nothing wrong in what we send. BUILD names the build folder (default: build).

load ready

setup_file() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export root BACPIPES="$(realpath "${BUILD:-$root/build}")/apps/bacpipes" BACPIPES_CONFIG=/dev/null
    if command -v node >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; then
        [ -d "$root/tests/peers/node_modules" ] || npm --prefix "$root/tests/peers" ci --ignore-scripts --no-audit --no-fund >/dev/null
        export HAS_NODE=yes
    fi
}

setup() {
    port=$((40000 + (BASHPID * 7 + BATS_TEST_NUMBER * 131) % 5000))
    pids=()
}

teardown() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
}

start() {
    begin_server "$BATS_TEST_TMPDIR/start.${#pids[@]}" "$@"
    pids+=($!)
}

needs_node() {
    [ -n "${HAS_NODE:-}" ] || skip "NOT TESTED: Node.js 20 or newer is not here"
}

@test "an independent stack finds, reads, writes and releases the simulator" {
    needs_node
    start "$BACPIPES" sim --port $port --points 120 --without-flaws
    run node "$root/tests/peers/reader.mjs" 127.77.0.2:$((port + 5000)) 127.255.255.255 127.66.0.1:$port
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c '^ok' <<<"$output")" -eq 16 ]
}

@test "our tools read an independent stack's device" {
    needs_node
    start node "$root/tests/peers/device.mjs" 127.77.0.1:$port 77 40
    run "$BACPIPES" read 127.77.0.1:$port ai,7 present-value object-name --address 127.0.0.1 --port $((port + 1)) --json
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *70.5* && "$output" == *AI/7* ]]
    run "$BACPIPES" read 127.77.0.1:$port device,77 object-list --address 127.0.0.1 --port $((port + 1))
    [ "$(grep -c 'analog-input\|binary-value' <<<"$output")" -ge 40 ]
    # Its log, of which it sends 7 records at once.
    run "$BACPIPES" trend 127.77.0.1:$port tl,1 --last 30 --csv --address 127.0.0.1 --port $((port + 1))
    echo "$output"
    [ "${#lines[@]}" -eq 31 ]
    for n in $(seq 30); do grep -q "^2026-01-05 08:$(printf %02d $n):00,value,$n.5,$" <<<"$output"; done
}

@test "our tools write to an independent stack's device, read it back and release it" {
    needs_node
    start node "$root/tests/peers/device.mjs" 127.77.0.1:$port 77 4 2
    write() { "$BACPIPES" write --direct 127.77.0.1:$port ao,1 "$@" --priority 8 --address 127.0.0.1 --port $((port + 1)); }
    run write 21.5
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"present-value is 21.5, and was 50"*"Slot 8 holds the value"* ]]
    run write 130
    [ "$status" -eq 1 ]
    [[ "$output" == *value-out-of-range* ]]
    run write null
    [ "$status" -eq 0 ]
    [[ "$output" == *"present-value is 50"* ]]
    [ "$(grep ^write "$BATS_TEST_TMPDIR/start.0")" = "$(printf '%s\n' 'write 1 8 21.5' 'write 1 8 130' 'write 1 8 null')" ]
}

@test "all devices answer behind one address, as stations of a network" {
    start "$BACPIPES" sim --port $port --points 120 --network 2001 --without-flaws
    run "$BACPIPES" read 127.66.0.1:$port/2001:0001 device,1001 object-name --address 127.0.0.1 --port $((port + 1))
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *AHU-1* ]]
    run "$BACPIPES" read 127.66.0.1:$port/2001:0002 device,1002 object-name --address 127.0.0.1 --port $((port + 1))
    [[ "$output" == *PLANT* ]]
    run "$BACPIPES" discover 127.66.0.1:$port/2001: --address 127.0.0.1 --broadcast 127.255.255.255 --port $((port + 1))
    echo "$output"
}

@test "tshark finds nothing malformed in what we send" {
    command -v tshark >/dev/null || skip "NOT TESTED: tshark is not here"
    tshark -D >/dev/null 2>&1 && [ "$(id -u)" = 0 ] || skip "NOT TESTED: capturing on loopback is root's"
    pcap="$BATS_TEST_TMPDIR/lo.pcap"
    start "$BACPIPES" sim --port $port --points 300 --recipient 127.0.0.1:$port
    start tshark -i lo -f "udp port $port" -w "$pcap"
    options=(--address 127.0.0.1 --broadcast 127.255.255.255 --port $port)
    "$BACPIPES" discover "${options[@]}"
    "$BACPIPES" read 1001 device,1001 all "${options[@]}" >/dev/null
    "$BACPIPES" read 1002 ai,1 all "${options[@]}" >/dev/null
    "$BACPIPES" read 1004 device,1004 object-list "${options[@]}" >/dev/null
    "$BACPIPES" read 1004 msv,1 all "${options[@]}" >/dev/null
    "$BACPIPES" trend 1001 tl,1 "${options[@]}" >/dev/null
    "$BACPIPES" trend 1001 tl,1 --since 2h "${options[@]}" >/dev/null
    "$BACPIPES" write --direct 1005 ai,1 10 --property high-limit "${options[@]}" >/dev/null
    "$BACPIPES" time 1001 --set "${options[@]}" >/dev/null
    "$BACPIPES" time 1001 --set --utc "${options[@]}" >/dev/null
    "$BACPIPES" doctor --wait 1s "${options[@]}" >/dev/null
    for _ in $(seq 30); do
        "$BACPIPES" alarms --wait 1s "${options[@]}" >"$BATS_TEST_TMPDIR/alarms"
        ! grep -q high-limit "$BATS_TEST_TMPDIR/alarms" || break
    done
    grep -q high-limit "$BATS_TEST_TMPDIR/alarms"
    "$BACPIPES" ack 1005 ai,1 "${options[@]}" >/dev/null
    "$BACPIPES" write --direct 1004 av,1 22.5 --priority 8 "${options[@]}" >/dev/null
    "$BACPIPES" release --direct 1004 av,1 --priority 8 "${options[@]}" >/dev/null
    ! "$BACPIPES" read 1004 ai,4000 present-value "${options[@]}" >/dev/null 2>&1 || false
    sleep 1
    kill "${pids[-1]}"; wait "${pids[-1]}" || true
    decode=(tshark -r "$pcap" -d "udp.port==$port,bvlc")
    frames=$("${decode[@]}" -Y bacapp 2>/dev/null | wc -l)
    wrong=$("${decode[@]}" -Y '_ws.malformed || _ws.expert.severity >= 0x600000' 2>/dev/null)
    echo "# $frames BACnet frames" >&3
    echo "$wrong"
    [ "$frames" -ge 30 ]
    [ -z "$wrong" ]
}
