#!/usr/bin/env bats
# shellcheck disable=SC1091,SC2154,SC2015,SC2034
# The bad line that other tests are tried over is bad as it says, and no worse: counted in both directions.
# BUILD names the build folder (default: build).

setup() {
    load wire
    [ -c /dev/net/tun ] && [ "$(id -u)" = 0 ] || skip "NOT TESTED: no /dev/net/tun, or not root"
    WIRES=$BATS_TEST_TMPDIR WIRE_SEED=7
    make_room a
    make_room b
    lay_wire line a b
}

teardown() { [ -z "${rooms[a]:-}" ] || end_rooms; }

# Datagrams from a to b: datagrams COUNT prints how many came, in which order the first of each, and the median of ms.
datagrams() {
    rm -f "$WIRES/bound" "$WIRES/sent"
    in_room b timeout 120 python3 - "10.77.1.2" "$WIRES" >"$WIRES/came" 3>&- <<'PY' &
import os, socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 7))
s.settimeout(3)
open(sys.argv[2] + "/bound", "w").close()
came, late = [], []
while True:
    all_sent = os.path.exists(sys.argv[2] + "/sent")
    try:
        text = s.recv(2000).split()
        came.append(int(text[0])); late.append(time.clock_gettime(time.CLOCK_MONOTONIC) - float(text[1]))
    except TimeoutError:
        if all_sent:
            break
first = list(dict.fromkeys(came))
print("came", len(came)); print("different", len(first)); print("disordered", sum(a > b for a, b in zip(first, first[1:])))
print("ms", int(1000 * sorted(late)[len(late) // 2]) if late else -1)
PY
    local reader=$!
    until [ -e "$WIRES/bound" ]; do kill -0 $reader; sleep 0.05; done
    in_room a python3 - "10.77.1.2" "$1" 3>&- <<'PY'
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(int(sys.argv[2])):
    s.sendto(b"%d %f" % (i, time.clock_gettime(time.CLOCK_MONOTONIC)), (sys.argv[1], 7))
    time.sleep(0.002)
PY
    : >"$WIRES/sent"
    wait $reader
}
told() { awk -v name="$1" '$1 == name { print $2 }' "$WIRES/came"; }

@test "a good line carries everything in order, and counts it" {
    datagrams 200
    [ "$(told came)" = 200 ]
    [ "$(told disordered)" = 0 ]
    wire line count
    [ "$(wire line count | awk '$1 == "packets_ab" { print $2 }')" -ge 200 ]
}

@test "a bad one delays, loses, doubles and reorders as it was told" {
    wire line delay 50 loss 20 copy 10 reorder 30
    datagrams 400
    cat "$WIRES/came"
    [ "$(told ms)" -ge 50 ]
    [ "$(told different)" -gt 260 ]
    [ "$(told different)" -lt 380 ]
    [ "$(told came)" -gt "$(told different)" ]
    [ "$(told disordered)" -gt 20 ]
}

@test "one that is cut carries nothing, and tells nobody; mended it goes on" {
    wire line cut
    datagrams 50
    [ "$(told came)" = 0 ]
    wire line mend
    datagrams 50
    [ "$(told came)" = 50 ]
}
