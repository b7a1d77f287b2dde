# Two subnets of network namespaces with veth pairs, a bridge and an IP router between them, for bats files that load this.
#
#   yard 10.9.1.0/24: bridge in the router's namespace, with the simulated site (site) and a station beside it (near)
#   far  10.9.2.0/24: a station behind the IP router, which carries no broadcasts

make_subnets() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export root BACPIPES="$(realpath "${BUILD:-$root/build}")/apps/bacpipes" BACPIPES_CONFIG=/dev/null
    export tag=bp$BASHPID
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

drop_subnets() {
    [ -n "${HAS_NAMESPACES:-}" ] || return 0
    for name in r site near far; do ip netns del "$tag-$name"; done
}

begin_test() {
    [ -n "${HAS_NAMESPACES:-}" ] || skip "NOT TESTED: network namespaces cannot be made here"
    pids=()
}

end_test() {
    [ -z "${HAS_NAMESPACES:-}" ] || ip -n "$tag-r" link set to-site up
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
}

in_ns() {
    local name=$1
    shift
    ip netns exec "$tag-$name" "$@"
}

# simulate NAMESPACE ADDRESS OPTION...: a site there
simulate() {
    local name=$1 address=$2 log=$BATS_TEST_TMPDIR/sim.$2
    shift 2
    begin_server "$log" ip netns exec "$tag-$name" "$BACPIPES" sim --address "$address" --points 60 --without-flaws "$@"
    pids+=($!)
}
# The site's own, of which there are $devices.
site() {
    simulate site 10.9.1.1 "$@"
    devices=$(sed -n 's/.*ready: \([0-9]*\) devices.*/\1/p' "$BATS_TEST_TMPDIR/sim.10.9.1.1")
}

