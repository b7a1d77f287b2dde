#!/usr/bin/env bats
# bacpipes doctor in networks with things wrong in them (subnets.bash). BUILD names the build folder (default: build).

load ready
load subnets

setup_file() { make_subnets; }
teardown_file() { drop_subnets; }
setup() { begin_test; }
teardown() { end_test; }

# doctor NAMESPACE ADDRESS OPTION...
doctor() {
    local name=$1 address=$2
    shift 2
    run in_ns "$name" "$BACPIPES" doctor --address "$address" --wait 2s "$@"
    echo "$output"
}

# says GRADE TEXT: a finding says so
says() {
    grep -E "^$1 .*$2" <<<"$output"
}

@test "a network in order: nothing is wrong" {
    site
    doctor near 10.9.1.50
    [ "$status" -eq 0 ]
    says fine "interface +eth0 has 10.9.1.50/24"
    says fine "broadcast +broadcasts go to 10.9.1.255"
    says fine "port +UDP port 47808 is free"
    says fine "devices +$devices devices answer$"
    says fine "router +no router answers"
    says fine "bbmd +nobody who answers is a BBMD"
    [[ "$output" == *"Nothing is wrong"* ]]
}

@test "findings as JSON, for programs" {
    site
    in_ns near "$BACPIPES" doctor --address 10.9.1.50 --wait 2s --json |
        python3 -c 'import json, sys; d = json.load(sys.stdin); assert d["wrong"] == 0 and d["devices"] == int(sys.argv[1]), d; assert all(f["grade"] in ("fine", "note") and f["what"] for f in d["findings"])' "$devices"
}

@test "nobody answers: what may be the reason is said" {
    doctor near 10.9.1.50
    [ "$status" -eq 1 ]
    says WRONG "devices +no device answered"
    [[ "$output" == *"-> are we on the building's network"* ]]
}

@test "an address that is not ours, a wrong broadcast address, an interface without a link" {
    doctor near 10.9.1.51
    [ "$status" -eq 1 ]
    says WRONG "interface +bacnet.address 10.9.1.51 is no address of this machine"
    [[ "$output" == *"eth0 10.9.1.50/24"* ]]
    doctor near 10.9.1.50 --broadcast 10.9.255.255
    says WRONG "broadcast +bacnet.broadcast is 10.9.255.255, but the network of eth0 broadcasts to 10.9.1.255"
    ip -n "$tag-r" link set to-near down
    doctor near 10.9.1.50
    ip -n "$tag-r" link set to-near up
    says WRONG "interface +eth0 .10.9.1.50. has no link"
}

@test "0.0.0.0 with two networks, and with a container program's bridge" {
    ip -n "$tag-near" link add docker0 type bridge
    ip -n "$tag-near" addr add 172.17.0.1/16 dev docker0
    ip -n "$tag-near" link set docker0 up
    doctor near 0.0.0.0
    says fine "interface +eth0 has 10.9.1.50/24" # which broadcasts go to
    says note "interface +bacnet.address is 0.0.0.0 and there are several networks: broadcasts go to that of eth0 alone"
    doctor near 172.17.0.1
    says WRONG "interface +docker0 .172.17.0.1. is a bridge for containers"
    ip -n "$tag-near" link del docker0
    run in_ns near env container=podman "$BACPIPES" doctor --address 10.9.1.50 --wait 2s
    echo "$output"
    says WRONG "container +this is a container on a network of its own .eth0."
    [ "$status" -eq 1 ]
}

@test "a port that is taken is said with its holder; the collector's own is fine" {
    begin_server "$BATS_TEST_TMPDIR/holder" ip netns exec "$tag-near" python3 -c 'import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("10.9.1.50", 47808)); print("ready", flush=True); time.sleep(60)'
    pids+=($!)
    doctor near 10.9.1.50
    [ "$status" -eq 1 ]
    says WRONG "port +UDP port 47808 is taken by python3 .process [0-9]+."
    kill "${pids[0]}"
    wait "${pids[0]}" || true
    simulate near 10.9.1.50 --points 10 # stands for the collector: it is bacpipes
    doctor near 10.9.1.50
    says fine "port +UDP port 47808 is held by BacPipes itself"
    local all
    all=$(sed -nE 's/^fine +devices +([0-9]+) devices? answers?$/\1/p' <<<"$output")
    [ "$all" -ge 1 ]
    # Our own device, on this machine, is none of the building's.
    doctor near 10.9.1.50 --set bacnet.instance=1001 --json
    [ "$(jq .devices <<<"$output")" = $((all - 1)) ]
}

@test "a firewall that lets nothing in" {
    in_ns near nft add table inet filter 2>/dev/null || skip "NOT TESTED: nftables cannot be used here"
    site
    in_ns near nft add chain inet filter input '{ type filter hook input priority 0; policy drop; }'
    doctor near 10.9.1.50
    in_ns near nft add rule inet filter input udp dport 47808 accept
    [ "$status" -eq 1 ]
    says WRONG "firewall +the firewall drops what comes in, and no rule lets UDP port 47808 in"
    says WRONG "devices +no device answered"
    doctor near 10.9.1.50
    # Rules of other ports and of what we asked for do not open it; ranges, named sets and chains do.
    in_ns near nft flush chain inet filter input
    in_ns near nft add rule inet filter input ct state established,related accept
    in_ns near nft add rule inet filter input tcp dport '{ 22, 47808 }' accept
    closed=$(in_ns near "$BACPIPES" doctor --address 10.9.1.50 --wait 200ms || true)
    in_ns near nft add set inet filter ports '{ type inet_service; flags interval; elements = { 5353, 47000-48000 }; }'
    in_ns near nft add chain inet filter building
    in_ns near nft add rule inet filter building udp dport @ports accept
    in_ns near nft add rule inet filter input meta l4proto '{ tcp, udp }' jump building
    opened=$(in_ns near "$BACPIPES" doctor --address 10.9.1.50 --wait 200ms || true)
    in_ns near nft delete table inet filter
    [ "$status" -eq 0 ]
    says fine "firewall"
    grep -q "WRONG *firewall *the firewall drops what comes in" <<<"$closed"
    grep -q "fine *firewall" <<<"$opened"
}

@test "duplicate instances, and one that is ours" {
    site --instance 1001
    simulate near 10.9.1.50 --instance 1003 --points 10
    ip -n "$tag-near" addr add 10.9.1.51/24 broadcast + dev eth0
    doctor near 10.9.1.51 --set bacnet.instance=1002
    ip -n "$tag-near" addr del 10.9.1.51/24 dev eth0
    [ "$status" -eq 1 ]
    says WRONG "devices +instance 1003 is at 10.9.1.3 and at 10.9.1.50"
    says WRONG "devices +the device at 10.9.1.2 has instance 1002, which is ours too"
}

@test "routers: their networks, our number, and one number twice" {
    site --network 2001 --own-network 7
    doctor near 10.9.1.50
    says fine "devices +$devices devices answer, $devices of them behind routers"
    says fine "router +10.9.1.1 leads to network 2001"
    says fine "router +our own network is number 7"
    [ "$status" -eq 0 ]
    simulate site 10.9.1.4 --network 2001 --own-network 8 --instance 2001
    doctor near 10.9.1.50
    [ "$status" -eq 1 ]
    says WRONG "router +network 2001 is behind 10.9.1.[14] and behind 10.9.1.[14]"
    says WRONG "router +10.9.1.[14] says that our own network is number [78], others say [78]"
}

@test "BBMDs: one that does not know the other, one that is away, two on a subnet, and ours" {
    site --bbmd 10.9.2.50,10.9.2.99 --points 20
    simulate far 10.9.2.50 --bbmd none --instance 3001 --points 10
    ip -n "$tag-far" addr add 10.9.2.60/24 broadcast + dev eth0
    doctor near 10.9.1.50
    [ "$status" -eq 1 ]
    says fine "bbmd +10.9.1.1 is a BBMD: 3 in its table"
    says WRONG "bbmd +10.9.1.1 has 10.9.2.50 in its table, but not the other way round"
    says WRONG "bbmd +10.9.1.1 has 10.9.2.99 in its table, which does not answer as a BBMD"
    # As a foreign device all of the yard is seen; the BBMD beside us should not be registered with.
    doctor far 10.9.2.60 --bbmd 10.9.1.1
    says fine "bbmd +10.9.1.1 registers us as a foreign device"
    says WRONG "bbmd +we register as a foreign device, while 10.9.2.50, a BBMD, is on our own subnet"
    simulate near 10.9.1.50 --bbmd none --instance 4001 --points 5
    ip -n "$tag-near" addr add 10.9.1.51/24 broadcast + dev eth0
    doctor near 10.9.1.51
    ip -n "$tag-near" addr del 10.9.1.51/24 dev eth0
    ip -n "$tag-far" addr del 10.9.2.60/24 dev eth0
    says WRONG "bbmd +10.9.1.(1|50) and 10.9.1.(1|50) are both BBMDs of this subnet"
}

@test "a BBMD that does not register us is a finding, and the rest is looked at all the same" {
    site
    doctor near 10.9.1.50 --bbmd 10.9.1.2
    [ "$status" -eq 1 ]
    says WRONG "bbmd +the BBMD 10.9.1.2 refuses the registration as a foreign device"
    says fine "devices +$devices devices answer"
}

@test "--pcap records what crosses the interface, for tshark to read" {
    site
    doctor near 10.9.1.50 --pcap "$BATS_TEST_TMPDIR/site.pcap"
    [ "$status" -eq 0 ]
    says fine "pcap +[0-9]+ datagrams are recorded in"
    command -v tshark >/dev/null || skip "NOT TESTED: tshark is not here"
    [ "$(tshark -r "$BATS_TEST_TMPDIR/site.pcap" -Y 'bacapp.unconfirmed_service == 0' 2>/dev/null | wc -l)" -eq "$devices" ] # I-Am
    [ "$(tshark -r "$BATS_TEST_TMPDIR/site.pcap" -Y '_ws.malformed' 2>/dev/null | wc -l)" -eq 0 ]
    doctor near 10.9.1.50 --pcap /nowhere/site.pcap
    [ "$status" -eq 1 ]
    says WRONG "pcap +nothing is recorded: /nowhere/site.pcap: No such file or directory"
}

@test "without the right to record, that is said, with what to do" {
    site
    run in_ns near setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all "$BACPIPES" doctor --address 10.9.1.50 --wait 2s --pcap /tmp/none.pcap
    echo "$output"
    [ "$status" -eq 1 ]
    says WRONG "pcap +nothing is recorded: .* wants root, or a program with CAP_NET_RAW"
    says note "firewall +its rules are shown to root alone"
}

@test "wrong use is told" {
    doctor near 10.9.1.50 --target nonsense
    [ "$status" -eq 64 ]
    [[ "$output" == *"nonsense"* ]]
    run in_ns near "$BACPIPES" doctor --help
    [[ "$output" == *"--pcap FILE"* ]]
}
