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

write() { # VALUE [OPTION]...: to the first air handler's setpoint
    timeout 20 "$bacpipes" write --direct --port $port "127.66.0.1:$port" analog-output,1 "$@"
}

@test "faults in a file: each change holds from the next datagram on, and what cannot be understood changes nothing" {
    faults=$BATS_TEST_TMPDIR/faults writes=$BATS_TEST_TMPDIR/writes
    simulate --faults "@$faults" --write-log "$writes"
    write 21 --priority 9
    echo "1001:refuses-writes=value-out-of-range" >"$faults"
    run write 22 --priority 9
    echo "$output"
    [ "$status" -ne 0 ]
    [[ "$output" == *value-out-of-range* ]]
    echo "1001:nonsense" >"$faults"
    run write 23 --priority 9
    [[ "$output" == *value-out-of-range* ]]
    grep -q "nonsense.*the faults stay" "$BATS_TEST_TMPDIR/sim"
    rm "$faults"
    write 24 --priority 9
    cat "$writes"
    [ "$(jq -c '[.device, .object, .property, .priority, .value + 0]' "$writes")" = "$(
        for value in 21 22 23 24; do
            echo "[1001,\"analog-output,1\",\"present-value\",9,$value]"
        done)" ]
    [ "$(jq -r '.from | split(":")[0]' "$writes" | sort -u)" = 127.0.0.1 ]
    [ "$(jq -r .invoke_id "$writes" | wc -l)" -eq 4 ]
}

@test "two devices that swap addresses answer at each other's" {
    faults=$BATS_TEST_TMPDIR/faults
    simulate --faults "@$faults"
    name() { timeout 20 "$bacpipes" read --port $port "127.66.0.$1:$port" "device,$2" object-name; }
    one=$(name 1 1001)
    two=$(name 2 1002)
    [ "$one" != "$two" ]
    echo "1001:swaps=1002" >"$faults"
    [ "$(name 1 1002)" = "$two" ]
    [ "$(name 2 1001)" = "$one" ]
    run name 1 1001
    [[ "$output" == *unknown-object* ]]
    rm "$faults"
    [ "$(name 1 1001)" = "$one" ]
}

@test "faults that make no sense: refused at the start, with what would" {
    run "$bacpipes" sim --faults "1001:sleepy" --points 60
    [ "$status" -eq 64 ]
    [[ "$output" == *'"sleepy" is no fault'*ignores-writes* ]]
    run "$bacpipes" sim --faults "7:silent" --points 60
    [ "$status" -eq 64 ]
    [[ "$output" == *"1001 to"* ]]
    run "$bacpipes" sim --faults "1001:swaps=1002" --network 2001 --points 60
    [ "$status" -eq 64 ]
    [[ "$output" == *"without --network"* ]]
    run "$bacpipes" sim --write-log /nowhere/writes --points 60
    [ "$status" -eq 73 ]
    [[ "$output" == *"/nowhere/writes: No such file"* ]]
}
