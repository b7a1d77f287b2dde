#!/usr/bin/env bats
# bacpipes sim where it cannot have what it wants. BUILD names the build folder (default: build).

setup() {
    bacpipes=$(realpath "${BUILD:-build}")/apps/bacpipes
    port=$((40000 + (BASHPID * 7 + BATS_TEST_NUMBER * 131) % 5000))
    sim=
}

teardown() {
    [ -z "$sim" ] || { kill "$sim" 2>/dev/null && wait "$sim" || true; }
}

simulate() {
    "$bacpipes" sim --port $port --points 60 "$@" >"$BATS_TEST_TMPDIR/sim" 2>&1 3>&- &
    sim=$!
    for _ in $(seq 100); do
        grep -q ready "$BATS_TEST_TMPDIR/sim" && return
        kill -0 "$sim" || break
        sleep 0.1
    done
    cat "$BATS_TEST_TMPDIR/sim"
    return 1
}

@test "a port that is taken: the message says by whom and what to do, and it ends with 69" {
    simulate
    for how in "" "--network 2001" "--address 127.65.255.255"; do
        # The last one's first addresses are free, those behind them are not.
        # shellcheck disable=SC2086
        run "$bacpipes" sim --port $port --points 60 $how
        echo "$output"
        [ "$status" -eq 69 ]
        [[ "$output" == *"process $sim (bacpipes) has it"* ]]
        [[ "$output" == *"--port"* ]]
    done
}

@test "an address that this machine does not have: the message says so, and it ends with 69" {
    run "$bacpipes" sim --port $port --points 60 --address 203.0.113.7
    echo "$output"
    [ "$status" -eq 69 ]
    [[ "$output" == *"203.0.113.7"*"--address"* ]]
    run "$bacpipes" sim --port $port --points 60 --address 127.0.0.1 --broadcast 203.0.113.255
    echo "$output"
    [ "$status" -eq 69 ]
    [[ "$output" == *"203.0.113.255"* ]]
}
