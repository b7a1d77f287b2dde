#!/usr/bin/env bats
# bacpipes communication and restart against the simulator. BUILD names the build folder (default: build).

load ready

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    export BACPIPES_CONFIG=/dev/null
    port=$((40000 + (BASHPID * 7 + BATS_TEST_NUMBER * 131) % 5000))
    net=(--address 127.0.0.1 --broadcast 127.255.255.255 --port $port --timeout 1s)
    log=$BATS_TEST_TMPDIR/sim
    password=$BATS_TEST_TMPDIR/password
    install -m 600 /dev/null "$password"
    begin_server "$log" "$bacpipes" sim --port $port --points 120 --without-flaws --password tunafish
    sim=$!
}

teardown() {
    kill "$sim" 2>/dev/null && wait "$sim" || true
}

says() {
    echo "$output"
    [ "$status" -eq "$1" ]
    [[ "$output" == *"$2"* ]]
}

@test "a device that is disabled answers nothing until it is enabled again" {
    echo tunafish >"$password"
    run "$bacpipes" communication 127.66.0.2:$port disable --for 90s --password-file "$password" --yes "${net[@]}"
    says 0 "127.66.0.2:$port is told: disable for 2 min."
    run "$bacpipes" read 127.66.0.2:$port device "${net[@]}"
    says 69 "did not answer"
    run "$bacpipes" communication 1002 enable --password-file "$password" "${net[@]}"
    says 69 "is named by its address: no device says that it is 1002"
    run "$bacpipes" communication 127.66.0.2:$port enable --password-file "$password" "${net[@]}" --json
    says 0 '"communication": "enable"'
    run "$bacpipes" read 1002 device object-name "${net[@]}"
    says 0 PLANT
}

@test "a wrong password, none, and what nobody means are told, and change nothing" {
    run "$bacpipes" communication 1001 disable-initiation --for 10min --yes "${net[@]}"
    says 1 "wants a password: give it with --password-file"
    echo salmon >"$password"
    run "$bacpipes" restart 1001 --cold --yes --password-file "$password" "${net[@]}"
    says 1 "wants another password"
    echo tunafish >"$password"
    run "$bacpipes" restart 1001 --cold --password-file "$password" "${net[@]}" </dev/null
    says 64 "say --yes"
    run "$bacpipes" restart 1001 --password-file "$password" --yes "${net[@]}"
    says 64 "say which: --warm or --cold"
    for length in 20 21; do
        printf 'ä%.0s' $(seq $length) >"$password"
        run "$bacpipes" restart 1001 --cold --yes --password-file "$password" "${net[@]}"
        [ $length = 21 ] || says 1 "wants another password"
    done
    says 64 "20 characters at most"
    run "$bacpipes" communication 1001 disable-initiation --yes "${net[@]}"
    says 64 "say how long"
    run "$bacpipes" communication 1001 enable --for 5min --yes "${net[@]}"
    says 64 "enable lasts"
    run "$bacpipes" communication 1001 quiet --for 5min --yes "${net[@]}"
    says 64 "none of enable, disable-initiation and disable"
    run "$bacpipes" read 1001 device object-name "${net[@]}"
    says 0 AHU-1
}

@test "a device that restarts is away, and back with what it keeps" {
    echo tunafish >"$password"
    "$bacpipes" write --direct 1001 av,1 19 --priority 9 "${net[@]}"
    run "$bacpipes" restart 1001 --warm --yes --password-file "$password" "${net[@]}"
    says 0 "127.66.0.1:$port restarts, warm"
    run "$bacpipes" read 127.66.0.1:$port device object-name --set bacnet.retries=0 "${net[@]}"
    says 69 "did not answer"
    until "$bacpipes" read 127.66.0.1:$port av,1 'priority-array[9]' "${net[@]}" >"$BATS_TEST_TMPDIR/slot" 2>&1; do
        [ $SECONDS -lt 300 ]
    done
    grep -q 19 "$BATS_TEST_TMPDIR/slot"
    run "$bacpipes" restart 1001 --cold --yes --password-file "$password" "${net[@]}" --json
    says 0 '"restart": "cold"'
    until "$bacpipes" read 127.66.0.1:$port av,1 'priority-array[9]' "${net[@]}" >"$BATS_TEST_TMPDIR/slot" 2>&1; do
        [ $SECONDS -lt 600 ]
    done
    grep -q "Null\|null" "$BATS_TEST_TMPDIR/slot"
}
