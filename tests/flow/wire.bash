# Rooms (network namespaces) and bad lines between them, for tests of what goes over 4G. Load it with: load wire
# shellcheck shell=bash disable=SC2153
# Needs BUILD and a folder in $WIRES that nobody else uses. WIRE_SEED: of what is lost (default: drawn).

declare -gA rooms=() wire_number=() wire_pid=() wire_end=()

# make_room NAME: a network of its own, with its loopback; a process in it holds it open.
make_room() {
    unshare --net sh -c 'ip link set lo up && exec sleep infinity' >/dev/null 2>&1 3>&- &
    rooms[$1]=$!
    until [ "$(readlink "/proc/${rooms[$1]}/ns/net")" != "$(readlink /proc/$$/ns/net)" ] && grep -q sleep "/proc/${rooms[$1]}/comm" 2>/dev/null; do
        kill -0 "${rooms[$1]}" || return 1
        sleep 0.02
    done
}

# in_room NAME COMMAND...: runs it there. In the background whoever is to have its process says nsenter "--net=$(room_net NAME)".
room_net() { echo "/proc/${rooms[$1]}/ns/net"; }
in_room() {
    local room=$1
    shift
    nsenter "--net=$(room_net "$room")" "$@"
}

# lay_wire NAME A B: between two rooms; A is 10.77.N.1, and B 10.77.N.2, where N is ${wire_number[NAME]}.
lay_wire() {
    local number=$((${#wire_number[@]} + 1)) words
    wire_number[$1]=$number
    mkfifo "$WIRES/$1.words"
    exec {words}<>"$WIRES/$1.words"
    "${BUILD:-build}/tests/relay/wire" "${WIRE_SEED:-$RANDOM}" "$1" "${rooms[$2]}" "10.77.$number.1" "${rooms[$3]}" "10.77.$number.2" \
        <"$WIRES/$1.words" >"$WIRES/$1.said" 2>&1 3>&- &
    wire_pid[$1]=$!
    wire_end[$1]=$words
    until grep -qs ready "$WIRES/$1.said"; do
        kill -0 "${wire_pid[$1]}" || { cat "$WIRES/$1.said"; return 1; }
        sleep 0.02
    done
}

# wire NAME WORD...: see tests/relay/wire.c: `wire macau delay 100 loss 5`, `wire macau cut`. `wire macau count` prints what passed.
wire() {
    local name=$1 at="$WIRES/$1.count"
    shift
    if [ "$1" = count ]; then
        rm -f "$at"
        echo "count $at" >&"${wire_end[$name]}"
        until [ -e "$at" ]; do
            kill -0 "${wire_pid[$name]}" || return 1
            sleep 0.02
        done
        cat "$at"
    else
        echo "$*" >&"${wire_end[$name]}"
    fi
}

# What is still in the rooms is the test's to end, before this.
end_rooms() {
    local name words
    for name in "${!wire_pid[@]}"; do
        kill "${wire_pid[$name]}" 2>/dev/null || true
        words=${wire_end[$name]}
        exec {words}>&-
    done
    for name in "${!rooms[@]}"; do kill "${rooms[$name]}" 2>/dev/null || true; done
    wait "${wire_pid[@]}" "${rooms[@]}" 2>/dev/null || true
}
