#!/usr/bin/env bats
# bacpipes sim where it cannot have what it wants. BUILD names the build folder (default: build).

load ready

setup() {
    bacpipes=$(realpath "${BUILD:-build}")/apps/bacpipes
    port=$((40000 + (BASHPID * 7 + BATS_TEST_NUMBER * 131) % 5000))
    sim=
}

teardown() {
    [ -z "$sim" ] || { kill "$sim" 2>/dev/null && wait "$sim" || true; }
}

simulate() {
    begin_server "$BATS_TEST_TMPDIR/sim" "$bacpipes" sim --port $port --points 60 "$@"
    sim=$!
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
    timeout 60 "$bacpipes" write --direct --port $port "127.66.0.1:$port" analog-output,1 "$@"
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
    name() { timeout 60 "$bacpipes" read --port $port "127.66.0.$1:$port" "device,$2" object-name; }
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

@test "faults of equipment begin and end at their times at any speed, and the truth is told at once" {
    truth=$BATS_TEST_TMPDIR/truth faults=$BATS_TEST_TMPDIR/faults
    told() { [ "$(wc -l <"$truth")" -ge "$1" ]; }
    until_told() { for _ in $(seq 900); do told "$1" && return; sleep 0.1; done; cat "$truth"; return 1; }
    echo "VAV-1-01:damper-stuck=30@2026-07-15T09:00Z/2026-07-15T12:30Z; 1001:holds=5@18.5@+2h" >"$faults"
    simulate --start 2026-07-15T08:00:00Z --speed 3600 --faults "@$faults" --truth "$truth"
    until_told 3
    run cat "$truth"
    [[ "${lines[0]}" == '{"event":"begins","at":"2026-07-15T09:00:00Z",'*'"equipment":"VAV-1-01",'*'"fault":"damper-stuck","value":30.0,'*VAV-1-01/DPR-O* ]]
    [[ "${lines[1]}" == '{"event":"begins","at":"2026-07-15T10:00:00Z",'*'"until":null,'*'"fault":"holds","value":18.5,'*'"slot":5,"who":"an electrician"}' ]]
    [[ "${lines[2]}" == '{"event":"ends","at":"2026-07-15T12:30:00Z","from":"2026-07-15T09:00:00Z",'*'"VAV-1-01"'* ]]
    rm "$faults" # the electrician goes home
    until_told 4
    [[ "$(sed -n 4p "$truth")" == '{"event":"ends",'*'"fault":"holds"'* ]]
}

@test "faults without a network: the same command, the same truth, and it says what equipment there is" {
    cd "$BATS_TEST_TMPDIR"
    for i in 1 2; do
        "$bacpipes" sim --days 20 --points 120 --faults 'random:10;AHU-1:filter-dirty@+3d' --truth "truth$i" >&2
    done
    cmp truth1 truth2
    [ "$(grep -c '"begins"' truth1)" -eq 11 ]
    [ "$(grep -c '"ends"' truth1)" -eq 10 ]
    run "$bacpipes" sim --days 1 --faults AHU-9:damper-stuck
    [ "$status" -eq 64 ]
    [[ "$output" == *"did you mean AHU-1? There are: AHU-1, "* ]]
    run "$bacpipes" sim --days 1 --truth truth
    [ "$status" -eq 64 ]
    [[ "$output" == *"without it nothing fails"* ]]
    run "$bacpipes" sim --days 1 --faults AHU-1:filter-dirty --truth /nowhere/truth
    [ "$status" -eq 73 ]
    [[ "$output" == *"/nowhere/truth: No such file"* ]]
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
    run "$bacpipes" sim --faults 1001:silent --state "$BATS_TEST_TMPDIR/state" --points 60
    [ "$status" -eq 64 ]
    [[ "$output" == *"one of them alone"* ]]
    run "$bacpipes" sim --write-log /nowhere/writes --points 60
    [ "$status" -eq 73 ]
    [[ "$output" == *"/nowhere/writes: No such file"* ]]
}

@test "faults that were over before the start: it is served, and says that they never happen" {
    simulate --faults 'AHU-1:filter-dirty@2020-01-02/2020-01-03;VAV-1-01:damper-stuck'
    grep 'warning.*1 of the faults that are ordered was over before' "$BATS_TEST_TMPDIR/sim"
}

@test "another contractor's names are read over BACnet, and the same values by the same objects" {
    simulate --without-flaws --naming german
    run "$bacpipes" read --port $port "127.66.0.1:$port" ai,1 object-name description
    echo "$output"
    [[ "$output" == *"L01_ZUL_TE_MW"* && "$output" == *"Lüftung 1 Zuluft Temperatur"* ]]
    run "$bacpipes" read --port $port "127.66.0.1:$port" bo,1 object-name active-text inactive-text
    [[ "$output" == *"L01_ZUV_SB"* && "$output" == *"Ein"* && "$output" == *"Aus"* ]]
    run "$bacpipes" read --port $port "127.66.0.4:$port" device object-name
    [[ "$output" == *"RAC_E01_01"* ]]
}

@test "which building is wanted: what is not there is refused, with what is" {
    for what in "--climate atlantis|lisbon, macau, kuala-lumpur" "--control none|rules, contractor, g36" "--naming x|plain, dotted, german" "--points 0|100000" "--start yesterday|2026-"; do
        # shellcheck disable=SC2086
        run "$bacpipes" sim --list ${what%|*}
        echo "$output"
        [ "$status" -eq 64 ]
        [[ "$output" == *"${what#*|}"* ]]
    done
}

@test "every point and all equipment are listed with tags, in buildings of any size" {
    for points in 50 120 500; do
        "$bacpipes" sim --list --json --points $points --start 2026-07-15 >"$BATS_TEST_TMPDIR/list"
        python3 - "$BATS_TEST_TMPDIR/list" $points <<'END'
import json, sys
devices = json.load(open(sys.argv[1]))
objects = [one for device in devices for one in device["objects"]]
equipment = {one["name"]: one["tags"] for device in devices for one in device["equipment"]}
assert len(objects) == int(sys.argv[2]), len(objects)
assert {"AHU-1", "PLANT", "WEATHER", "METER", "VAV-1-01", "VAV-1-04"} <= set(equipment), equipment
assert all(tags.get("equip", tags.get("weatherStation")) == "m:" for tags in equipment.values())
assert equipment["VAV-1-01"]["airRef"] == "r:AHU-1"
for one in objects:
    tags = one["tags"]
    assert tags["point"] == "m:" and tags["kind"] in ("Number", "Bool", "Str"), one
    assert sum(word in tags for word in ("sensor", "cmd", "sp")) == 1, one
    assert tags["equipRef"] == "r:" + one["equipment"] and one["equipment"] in equipment, one
END
    done
}
