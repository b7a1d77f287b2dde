#!/usr/bin/env bats
# bacpipes trend, time, write of several objects and discover --has, against the simulator. BUILD names the build folder (default: build).

load ready

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    export BACPIPES_CONFIG=/dev/null
    port=$((40000 + (BASHPID * 7 + BATS_TEST_NUMBER * 131) % 5000))
    net=(--address 127.0.0.1 --broadcast 127.255.255.255 --port $port)
    log=$BATS_TEST_TMPDIR/sim
}

teardown() {
    [ -z "${sim:-}" ] || { kill "$sim" 2>/dev/null && wait "$sim" || true; }
}

simulate() {
    begin_server "$log" "$bacpipes" sim --port $port --points 60 --without-flaws "$@"
    sim=$!
}

@test "a device's log is read whole, from a time on, and its last records" {
    simulate --start 2026-03-01T12:07:00Z
    run "$bacpipes" trend 1001 tl,1 --last 1000 --csv "${net[@]}"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "time,kind,value,flags" ]
    [ "${#lines[@]}" -eq 26 ] # six hours of quarters
    [[ "${lines[1]}" == "2026-03-01 06:"* && "${lines[25]}" == "2026-03-01 12:07:"* || "${lines[25]}" == "2026-03-01 12:00:"* ]]
    run "$bacpipes" trend 1001 tl,1 --last 2 --json "${net[@]}"
    [ "$(grep -c '"kind": "value"' <<<"$output")" -eq 2 ]
    # The device lives in March: --since is converted to its clock.
    run "$bacpipes" trend 1001 tl,1 --since 1h "${net[@]}"
    echo "$output"
    [ "${#lines[@]}" -ge 5 ]
    [ "${#lines[@]}" -le 6 ]
    run "$bacpipes" trend 1001 tl,1 --since 3h --until 2h --csv "${net[@]}"
    [ "${#lines[@]}" -eq 5 ]
}

@test "devices that take little are read in pieces, and give the same" {
    simulate --start 2026-03-01T12:07:00Z
    "$bacpipes" trend 1001 tl,1 --last 1000 --csv "${net[@]}" >"$BATS_TEST_TMPDIR/whole"
    kill "$sim" && wait "$sim" || true
    for quirk in apdu-50,no-segments apdu-206 short-answers drops-long; do
        simulate --start 2026-03-01T12:07:00Z --quirks "$quirk"
        "$bacpipes" trend 1001 tl,1 --last 1000 --csv "${net[@]}" >"$BATS_TEST_TMPDIR/pieces" || { echo "$quirk"; return 1; }
        kill "$sim" && wait "$sim" || true
        diff <(head -25 "$BATS_TEST_TMPDIR/whole") <(head -25 "$BATS_TEST_TMPDIR/pieces") || { echo "$quirk"; return 1; }
    done
}

@test "what is written over while it is read is counted, and none comes twice" {
    # Two hours of the building pass in a second, a record a second; each piece of one record takes 700 ms.
    simulate --speed 10000 --quirks apdu-50,no-segments,slow
    "$bacpipes" trend 1001 tl,1 --last 25 --csv "${net[@]}" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
    sleep 5
    "$bacpipes" write --direct 1001 tl,1 0 --property record-count "${net[@]}" || true # purges it
    wait $!
    cat "$BATS_TEST_TMPDIR/err" "$BATS_TEST_TMPDIR/out"
    grep -q '^The device wrote over [1-9][0-9]* records while they were read' "$BATS_TEST_TMPDIR/err"
    # It goes on with what was logged since, until it has caught up.
    count=$(grep -c ',value,' "$BATS_TEST_TMPDIR/out")
    [ "$count" -ge 10 ]
    [ "$(grep ',value,' "$BATS_TEST_TMPDIR/out" | cut -d, -f1 | sort -u | wc -l)" -eq "$count" ]
}

@test "a log is read from a time on as it was shown, which is the device's own" {
    simulate --start 2026-03-01T12:07:00Z
    run "$bacpipes" trend 1001 tl,1 --last 10 "${net[@]}"
    echo "$output"
    [[ "${lines[0]}" == "time (device's clock) "* ]]
    sixth=$(sed -n 7p <<<"$output" | cut -c1-19)
    run env TZ=Asia/Tokyo "$bacpipes" trend 1001 tl,1 --since "$sixth" --csv "${net[@]}"
    echo "$output"
    [[ "${lines[0]}" == time,* && "${lines[1]}" == "$sixth,"* ]]
    # With a zone it is an instant: two hours ago as the device's clock had it, which shows March.
    run "$bacpipes" trend 1001 tl,1 --since "$(date -u -d '2 hours ago' +%Y-%m-%dT%H:%M:%SZ)" --csv "${net[@]}"
    [[ "${lines[1]}" == "2026-03-01 10:"* ]]
}

@test "what is no trend log, and wrong words" {
    simulate
    run "$bacpipes" trend 1001 ai,1 "${net[@]}"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *"no trend log: the device says no record-count: unknown-property"* ]]
    run "$bacpipes" trend 1001 nonsense "${net[@]}"
    [ "$status" -eq 64 ]
    run "$bacpipes" trend 1001 tl,1 --since yesterday "${net[@]}"
    [ "$status" -eq 64 ]
    [[ "$output" == *"--since yesterday is neither a time"* ]]
}

@test "a clock is shown, and set" {
    simulate --start 2026-03-01T12:07:00Z
    run "$bacpipes" time 1001 "${net[@]}"
    echo "$output"
    [[ "$output" == "2026-03-01 12:07:"*" on the device's clock, "*" behind of this machine's local time: "* ]]
    run env TZ=Asia/Tokyo "$bacpipes" time 1001 --set "${net[@]}"
    echo "$output"
    [[ "$output" == *" on the device's clock, as here: "*"+09:00" ]]
    run env TZ=UTC "$bacpipes" time 1001 "${net[@]}"
    echo "$output"
    # Where the request is late on a busy machine, the device's clock is by that behind.
    [[ "$output" == *" 9 h ahead of this machine's local time: "*"+00:00" || "$output" == *" 8 h 59 min ahead of this machine's local time: "*"+00:00" ]]
    run env TZ=Asia/Tokyo "$bacpipes" time 1001 --set --utc --json "${net[@]}"
    python3 -c 'import json, sys; d = json.loads(sys.argv[1]); assert abs(d["from_utc_s"]) < 60, d' "$output"
}

@test "several objects are written by one request, up to the first that is refused" {
    simulate --points 120
    run "$bacpipes" write --direct 1004 av,1 24 av,2 19.5 --priority 8 "${net[@]}"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c 'wrote .* to slot 8' <<<"$output")" -eq 2 ]
    run "$bacpipes" write --direct 1004 av,1 25 ai,1 19.5 av,2 20 --priority 8 "${net[@]}"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ "$output" == *"write-access-denied"* && "$output" == *"analog-value,1 "*"wrote 25 to slot 8"* && "$output" == *"analog-value,2 "*"did not keep 20 in slot 8"* ]]
    # Nothing is written where one of the values cannot be.
    run "$bacpipes" write --direct 1004 av,1 26 av,2 hello --priority 8 "${net[@]}"
    [ "$status" -eq 64 ]
    run "$bacpipes" read 1004 av,1 present-value --json "${net[@]}"
    [[ "$output" == *25* && "$output" != *26* ]]
    run "$bacpipes" write --direct 1004 av,1 24 av,2 "${net[@]}"
    [ "$status" -eq 64 ]
    [[ "$output" == *"av,2 has no value"* ]]
    run "$bacpipes" write --direct 1004 av,1 null av,2 null --priority 8 --json "${net[@]}"
    python3 -c 'import json, sys; d = json.loads(sys.argv[1]); assert len(d) == 2 and all(one["held"] and one["holding_slot"] is None for one in d), d' "$output"
}

@test "who has an object is found by its name and by its identifier" {
    simulate --points 120
    run "$bacpipes" discover --has VAV-1-01/ZN-T --wait 2s "${net[@]}"
    echo "$output"
    [ "${#lines[@]}" -eq 2 ]
    [[ "${lines[1]}" == *"1004  127.66.0.4:$port  analog-input,1  VAV-1-01/ZN-T" ]]
    run "$bacpipes" discover --has ai,1 --high 1002 --wait 2s --json "${net[@]}"
    [ "$(grep -c '"object": "analog-input,1"' <<<"$output")" -eq 2 ]
    run "$bacpipes" discover --has nobody --wait 2s "${net[@]}"
    [ "$status" -eq 1 ]
    [ "$output" = "Nobody says that it has nobody." ]
}
