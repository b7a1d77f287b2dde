#!/usr/bin/env bats
# bacpipes sync over a bad line: late, lossy, slow, cut, and cut so that nobody is told. Site and central are in network namespaces of
# their own, with packets between them (tests/relay/wire.c), so that TCP itself is what is tried. Root makes those: else it is skipped.
# shellcheck disable=SC2034,SC2154
bats_require_minimum_version 1.5.0
export CENTRAL_ADDRESS=10.77.1.2
load wire
load link

setup_file() { [ "$(id -u)" != 0 ] || make_link_templates; }

setup() {
    [ "$(id -u)" = 0 ] || skip "only root makes network namespaces"
    export WIRES=$BATS_TEST_TMPDIR
    BUILD=${BUILD:-$BATS_TEST_DIRNAME/../../build}
    make_room site
    make_room central
    lay_wire line site central
    ROOM_SITE=site ROOM_CENTRAL=central
    begin_link
}

teardown() {
    [ "$(id -u)" = 0 ] || return 0
    end_link
    end_rooms
}

# Every 100 ms, in the background: $appending
append_on() {
    (while :; do append 3; sleep 0.1; done) >/dev/null 2>&1 3>&- &
    appending=$!
}
append_no_more() {
    kill "$appending"
    wait "$appending" 2>/dev/null || true
}

@test "200 ms there and back, every twentieth packet lost, some late or twice" {
    wire line delay 100 jitter 20 loss 5 reorder 5 copy 2
    append 800
    begin_sync
    append_on
    until_central "(select count(*) > 800 from uplink)"
    append_no_more
    expect_equal
    until_site "(select entries = 0 from link_backlog('s1'))"
}

@test "128 kbit/s: what is new waits behind what was before, and all comes" {
    wire line delay 50 rate 128
    at_site "do \$\$ begin for n in 1..40 loop perform journal_append('s1', 'readings', (select string_agg(sha256((n * 100 + i)::text::bytea), '') from generate_series(1, 100) i)); end loop; end \$\$"
    begin_sync
    append 3
    expect_equal
}

@test "what it costs is counted as the line has it" {
    wire line delay 10
    append 300
    begin_sync
    expect_equal
    end_sync TERM
    read -r _ up _ _ _ down _ <<<"$(wire line count | tr '\n' ' ')"
    read -r sent received <<<"$(at_site "select sum(sent) || ' ' || sum(received) from link_octets")"
    echo "# sync counted $sent octets up and $received down, the line $up and $down" >&3
    [ "$sent" -gt $((up * 9 / 10)) ]
    [ "$sent" -lt $((up * 11 / 10)) ]
    [ "$received" -gt $((down * 3 / 4)) ]
    [ "$received" -lt $((down * 11 / 10)) ]
}

@test "cut for a while, again and again: it goes on where it was" {
    begin_sync
    append_on
    for round in 1 2 3; do
        until_central "(select count(*) > $((round * 10)) from uplink)"
        wire line cut
        sleep 2
        wire line mend
    done
    append_no_more
    expect_equal
}

@test "central dies and comes back while the line is cut: a half-open connection is given up" {
    begin_sync
    append 10
    expect_equal
    wire line cut
    append 10
    stop_database central kill
    start_database central
    wire line mend
    append 10
    expect_equal
    # And the other way round: what the site left open at central does not hinder it.
    wire line cut
    append 5
    end_sync KILL
    wire line mend
    begin_sync
    expect_equal
    append 5
    expect_equal
}
