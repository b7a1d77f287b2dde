#!/usr/bin/env bats
# bacpipes alarms and ack against the simulator. BUILD names the build folder (default: build).

load ready

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    export BACPIPES_CONFIG=/dev/null
    port=$((40000 + (BASHPID * 7 + BATS_TEST_NUMBER * 131) % 5000))
    net=(--address 127.0.0.1 --broadcast 127.255.255.255 --port $port)
    log=$BATS_TEST_TMPDIR/sim
    begin_server "$log" "$bacpipes" sim --port $port --points 120 --without-flaws --start 2026-03-04T10:00:00Z --recipient 127.0.0.1:$((port + 5000))
    sim=$!
}

teardown() {
    kill "$sim" 2>/dev/null && wait "$sim" || true
    [ -z "${watch:-}" ] || { kill "$watch" 2>/dev/null && wait "$watch" || true; }
}

until_true() {
    local until=$((SECONDS + 120))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within 120 s: $1"; return 1; }
        sleep 0.2
    done
}

@test "nothing is wrong, and that is said" {
    run "$bacpipes" alarms --wait 3s "${net[@]}"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$output" = "Nothing is wrong, and all is acknowledged." ]
    run "$bacpipes" alarms --wait 3s "${net[@]}" --json
    [ "$output" = "[]" ]
}

@test "an alarm is told, listed by its device and by all, acknowledged, and gone" {
    "$bacpipes" alarms --watch 10min --address 127.0.0.1 --port $((port + 5000)) >"$BATS_TEST_TMPDIR/told" 2>"$BATS_TEST_TMPDIR/notes" 3>&- &
    watch=$!
    until_true 'grep -q "^Watching for 10 min" "$BATS_TEST_TMPDIR/notes"'
    "$bacpipes" write --direct 1004 ai,1 10 --property high-limit "${net[@]}"
    until_true 'grep -q "device 1004  analog-input,1  normal -> high-limit  priority 100" "$BATS_TEST_TMPDIR/told"'
    run "$bacpipes" alarms --wait 3s "${net[@]}"
    echo "$output"
    [ "${#lines[@]}" -eq 2 ]
    [[ "${lines[1]}" == "127.66.0.4:$port  analog-input,1  high-limit  "*"  100  to-offnormal" || "${lines[1]}" == *"high-limit"*"100  to-offnormal" ]]
    run "$bacpipes" read 1004 ai,1 event-state status-flags acked-transitions "${net[@]}"
    [[ "$output" == *high-limit*in-alarm*to-fault,to-normal* ]]
    # It is over before anybody has seen it: it stays until then, and the limit that it passed is found.
    "$bacpipes" write --direct 1004 ai,1 60 --property high-limit "${net[@]}"
    until_true 'grep -q "analog-input,1  high-limit -> normal  priority 200" "$BATS_TEST_TMPDIR/told"'
    run "$bacpipes" alarms 1004 "${net[@]}"
    [[ "${lines[1]}" == *"analog-input,1  normal "*"to-offnormal" ]]
    run "$bacpipes" ack 1004 ai,1 --source "A. Keeper" "${net[@]}"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$output" = "ai,1: to-offnormal is acknowledged" ]
    until_true 'grep -q "analog-input,1  high-limit is acknowledged" "$BATS_TEST_TMPDIR/told"'
    [ "$(wc -l <"$BATS_TEST_TMPDIR/told")" -eq 3 ] # each once: they are confirmed
    run "$bacpipes" alarms 1004 "${net[@]}"
    [ "$output" = "Nothing is wrong, and all is acknowledged." ]
}

@test "what cannot be is told" {
    run "$bacpipes" ack 1004 ai,1 "${net[@]}"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *"ai,1 has nothing to acknowledge"* ]]
    run "$bacpipes" ack 1004 nonsense "${net[@]}"
    [ "$status" -eq 64 ]
    run "$bacpipes" alarms 4000 "${net[@]}" --timeout 300ms --set bacnet.retries=0
    [ "$status" -eq 69 ]
    run "$bacpipes" write --direct 1004 ai,1 text --property high-limit --type string "${net[@]}"
    [[ "$output" == *invalid-data-type* ]]
}
