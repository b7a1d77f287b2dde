#!/usr/bin/env bats
# BACnet across real subnets: network namespaces with veth pairs, a bridge and an IP router between them.
# BUILD names the build folder (default: build).
#
#   yard 10.9.1.0/24: bridge in the router's namespace, with the simulated site (site) and a station beside it (near)
#   far  10.9.2.0/24: a station behind the IP router, which carries no broadcasts

setup_file() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export root BACPIPES="$(realpath "${BUILD:-$root/build}")/apps/bacpipes" BACPIPES_CONFIG=/dev/null
    export tag=bp$((BASHPID % 10000))
    if [ "$(id -u)" = 0 ] && ip netns add "$tag-r" 2>/dev/null; then
        export HAS_NAMESPACES=yes
        for name in site near far; do
            ip netns add "$tag-$name"
            ip -n "$tag-r" link add "to-$name" type veth peer name eth0 netns "$tag-$name"
            ip -n "$tag-$name" link set lo up
            ip -n "$tag-$name" link set eth0 up
            ip -n "$tag-r" link set "to-$name" up
        done
        ip -n "$tag-r" link set lo up
        ip -n "$tag-r" link add yard type bridge
        ip -n "$tag-r" link set yard up
        ip -n "$tag-r" link set to-site master yard
        ip -n "$tag-r" link set to-near master yard
        ip -n "$tag-r" addr add 10.9.1.254/24 dev yard
        ip -n "$tag-r" addr add 10.9.2.254/24 dev to-far
        ip netns exec "$tag-r" sysctl -qw net.ipv4.ip_forward=1
        for i in 1 2 3 4; do ip -n "$tag-site" addr add 10.9.1.$i/24 broadcast + dev eth0; done
        ip -n "$tag-near" addr add 10.9.1.50/24 broadcast + dev eth0
        ip -n "$tag-far" addr add 10.9.2.50/24 broadcast + dev eth0
        ip -n "$tag-site" route add default via 10.9.1.254
        ip -n "$tag-near" route add default via 10.9.1.254
        ip -n "$tag-far" route add default via 10.9.2.254
    fi
}

teardown_file() {
    [ -n "${HAS_NAMESPACES:-}" ] || return 0
    for name in r site near far; do ip netns del "$tag-$name"; done
}

setup() {
    [ -n "${HAS_NAMESPACES:-}" ] || skip "NOT TESTED: network namespaces cannot be made here"
    pids=()
}

teardown() {
    [ -z "${HAS_NAMESPACES:-}" ] || ip -n "$tag-r" link set to-site up
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
}

in_ns() {
    local name=$1
    shift
    ip netns exec "$tag-$name" "$@"
}

site() {
    ip netns exec "$tag-site" "$BACPIPES" sim --address 10.9.1.1 --points 60 --without-flaws "$@" >"$BATS_TEST_TMPDIR/sim" 2>&1 3>&- &
    pids+=($!)
    for _ in $(seq 100); do
        grep -q ready "$BATS_TEST_TMPDIR/sim" && return
        sleep 0.1
    done
    cat "$BATS_TEST_TMPDIR/sim"
    return 1
}

@test "devices of the subnet answer a broadcast" {
    site
    run in_ns near "$BACPIPES" discover --address 10.9.1.50 --wait 1s
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c '10\.9\.1\.[1-4]' <<<"$output")" -eq 4 ]
}

@test "an IP router carries no broadcasts: nobody is found from the far subnet, but by address" {
    site
    run in_ns far "$BACPIPES" discover --address 10.9.2.50 --wait 1s
    [ "$status" -eq 1 ]
    run in_ns far "$BACPIPES" discover --address 10.9.2.50 --wait 1s --target 10.9.1.2
    [ "$status" -eq 0 ]
    [[ "$output" == *1002* ]]
}

@test "registered with a BBMD, the far subnet finds all of them" {
    site --bbmd none
    run in_ns far "$BACPIPES" discover --address 10.9.2.50 --wait 2s --bbmd 10.9.1.1
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c '10\.9\.1\.[1-4]' <<<"$output")" -eq 4 ]
}

@test "a BBMD that is none is told" {
    site
    run in_ns far "$BACPIPES" discover --address 10.9.2.50 --wait 1s --bbmd 10.9.1.2
    echo "$output"
    [ "$status" -ne 0 ]
    [[ "$output" == *"the BBMD 10.9.1.2 does not answer the registration as a foreign device"* ]]
}

@test "stations behind a BACnet router are found by broadcast and read, through IP and BACnet router alike" {
    site --network 2001 --trunk 20
    run in_ns near "$BACPIPES" discover --address 10.9.1.50 --wait 2s
    echo "$output"
    [ "$(grep -c '10\.9\.1\.1/2001:000[1-4]' <<<"$output")" -eq 4 ]
    run in_ns far "$BACPIPES" read 10.9.1.1/2001:0002 device,1002 object-name --address 10.9.2.50
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "a pulled cable is told as silence, and is no matter once it is back" {
    site
    ip -n "$tag-r" link set to-site down
    run in_ns near "$BACPIPES" read 10.9.1.1 device,1001 object-name --address 10.9.1.50 --timeout 300ms
    echo "$output"
    [ "$status" -eq 69 ]
    ip -n "$tag-r" link set to-site up
    sleep 1
    run in_ns near "$BACPIPES" read 10.9.1.1 device,1001 object-name --address 10.9.1.50
    [ "$status" -eq 0 ]
}
