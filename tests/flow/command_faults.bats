#!/usr/bin/env bats
# shellcheck disable=SC1091,SC2154,SC2034 # what is in command.bash
# Commands where something is wrong: refused ones, and devices that are silent, refuse, ignore, delay, hide and lose writes,
# restart, are held by somebody else, or are another device than before; the broker or the database away in the middle. Each
# test counts at the device what came. BUILD names the build folder (default: build).

setup_file() {
    source "$BATS_TEST_DIRNAME/command.bash"
    begin_servers
}

teardown_file() {
    source "$BATS_TEST_DIRNAME/command.bash"
    end_servers
}

setup() {
    source "$BATS_TEST_DIRNAME/command.bash"
    begin_site
    # The air handler's supply air temperature wanted, and its supply fan's speed.
    point=$(point 1001 analog-value,1)
    fan=$(point 1001 analog-output,1)
}

teardown() { end_site; }

# released_in_time DEVICE OBJECT: the hold of slot 8 has ended, by one Null, and the slot is empty.
released_in_time() {
    until_sql "count(*) = 0 from hold"
    [ "$(slot "$1" "$2" 8)" = null ]
    [ "$(writes "$1" "$2" | grep -c '^8 null$')" -eq 1 ]
}

@test "what the gate refuses says which rule and what would be right, and reaches no device" {
    sensor=$(point 1001 analog-input,1)
    occupied=$(point 1001 binary-value,1)
    far=$(point 1002 analog-value,1)
    later="now() + interval"
    q "update point set write_min = 12, write_max = 25 where point_id = $point"
    q "update device set enabled = false where instance = 1002"
    refused() { # RULE ID...
        [ "$(q "select status || ' ' || rule from write_commands where id = '$2'")" = "refused $1" ] || { q "select * from write_commands where id = '$2'"; return 1; }
        [ -n "$(q "select error_message from write_commands where id = '$2' and verdict is null and completed_at is not null")" ]
    }
    refused below-min "$(ask "$point" 11)"
    refused above-max "$(ask "$point" 26)"
    refused above-max "$(ask "$fan" 101)"
    refused not-a-number "$(ask "$point" "'NaN'")"
    refused unknown-state "$(ask "$occupied" 7)"
    refused read-only-type "$(ask "$sensor" 20)"
    refused priority "$(ask "$point" 20 priority=17)"
    refused reserved-priority "$(ask "$point" 20 priority=6)"
    refused reserved-priority "$(ask "$point" 20 priority=1)"
    refused expired "$(ask "$point" 20 "expires_at=now() - interval '1 s'")"
    refused expires-at "$(ask "$point" 20 "expires_at=$later '2 days'")"
    refused execute-at "$(ask "$point" 20 "execute_at=$later '2 years'")"
    refused must-release "$(ask "$point" 20 "release_after='0'")"
    refused hold-too-long "$(ask "$point" 20 "release_after='11 years'")"
    refused device-disabled "$(ask "$far" 8)"
    q "update point set writable = false where point_id = $fan"
    refused not-writable "$(ask "$fan" 20)"
    q "update command_source set highest_priority = 10 where name = 'sql'"
    refused priority "$(ask "$point" 20)"
    q "update command_source set highest_priority = 1, is_automatic = true where name = 'sql'"
    refused must-release "$(ask "$point" 20)"
    q "update command_source set is_automatic = false, enabled = false where name = 'sql'"
    refused source-disabled "$(ask "$point" 20)"
    q "update command_source set enabled = true, rate_per_minute = 1 where name = 'sql'"
    ask "$point" 20 "execute_at=$later '1 hour'"
    refused rate "$(ask "$point" 20)"
    q "update command_source set rate_per_minute = 1000 where name = 'sql'; insert into setting (site_id, name, value) values ('demo', 'control.point_rate', '1')"
    refused point-rate "$(ask "$point" 20)"
    q "delete from setting where name = 'control.point_rate'"
    for mode in stop freeze; do
        q "insert into setting (site_id, name, value) values ('demo', 'control.mode', '$mode') on conflict (site_id, name) do update set value = excluded.value"
        refused "$([ $mode = stop ] && echo stopped || echo frozen)" "$(ask "$point" 20)"
    done
    run q "insert into write_commands (site_id, point_id, command_type, value, created_by) values ('demo', 4711, 'write_value', 1, 'test')"
    [ "$status" -ne 0 ]
    is_said "$output" '*there is no point 4711 in site "demo"*'
    sleep 2
    [ "$(writes | wc -l)" -eq 0 ]
    chain_is_whole
}

@test "a command is held, shows, and ends by itself with one Null" {
    is_said "$(ended "$(ask "$point" 21.5 "release_after='15 s'")")" "completed held: *21.5*" # so that it is seen before it ends
    [ "$(slot 1001 analog-value,1 8)" = 21.5 ]
    released_in_time 1001 analog-value,1
    came 2 1001 analog-value,1
    chain_is_whole
}

@test "a higher slot holds another value: outranked, and who holds what; our hold ends all the same" {
    faults "1001:holds=5@18.5"
    is_said "$(ended "$(ask "$point" 21 "release_after='3 s'")")" "failed outranked: *21*8*slot 5 holds 18.5*"
    released_in_time 1001 analog-value,1
    [ "$(slot 1001 analog-value,1 5)" = 18.5 ]
    came 2 1001 analog-value,1
}

@test "a silent device: nothing is sent, and the next command is carried out when it is back" {
    faults "1001:silent"
    is_said "$(ended "$(ask "$point" 21)")" "failed not-sent: *"
    came 0 1001 analog-value,1
    faults ""
    held() { [[ "$(ended "$(ask "$point" 22)")" == "completed held: "* ]]; } # once it is known to be back
    until_true held
    came 1 1001 analog-value,1
}

@test "a device that refuses: its words, and nothing is held" {
    for why in write-access-denied value-out-of-range; do
        faults "1001:refuses-writes=$why"
        is_said "$(ended "$(ask "$point" 21 "release_after='2 s'")")" "failed refused: *$why*"
    done
    [ "$(q "select count(*) from hold")" -eq 0 ]
    came 2 1001 analog-value,1
}

@test "a device that acknowledges and ignores: one write, and it is told that it is not there" {
    faults "1001:ignores-writes"
    is_said "$(ended "$(ask "$point" 21)")" "failed not-shown: *"
    came 1 1001 analog-value,1
}

@test "a device that takes over late: waited for, and beyond that not shown, and its hold ends all the same" {
    faults "1001:late-writes=700ms"
    is_said "$(ended "$(ask "$point" 21)")" "completed held: *"
    came 1 1001 analog-value,1
    faults "1001:late-writes=4s"
    is_said "$(ended "$(ask "$point" 23 "release_after='6 s'")")" "failed not-shown: *"
    has_come() { writes 1001 analog-value,1 | grep -q ' 23$'; } # and the end of the hold, where nobody looked for long
    until_true has_come
    faults ""
    until_sql "count(*) = 0 from hold where release_at is not null"
    [ "$(slot 1001 analog-value,1 8)" != 23 ]
    [ "$(writes 1001 analog-value,1 | grep -c ' 23$')" -eq 1 ]
}

@test "a device that takes over and says nothing is written to once, and a read finds that it is there" {
    faults "1001:mute-writes"
    is_said "$(ended "$(ask "$point" 21 "release_after='20 s'")")" "completed held: *"
    came 1 1001 analog-value,1
    faults ""
    released_in_time 1001 analog-value,1
}

@test "a write that is lost is not written again" {
    faults "1001:drops-writes"
    is_said "$(ended "$(ask "$point" 21 "release_after='4 s'")")" "failed @(unknown|not-shown): *"
    came 1 1001 analog-value,1
    faults ""
    until_sql "count(*) = 0 from hold"
    [ "$(writes 1001 analog-value,1 | grep -c ' 21$')" -eq 1 ]
    [ "$(slot 1001 analog-value,1 8)" = null ]
}

@test "a device that hides its writes: the slot has it, the value does not" {
    faults "1001:hides-writes"
    is_said "$(ended "$(ask "$fan" 97 "release_after='3 s'")")" "failed not-shown: *"
    released_in_time 1001 analog-output,1
}

@test "a device that restarts at the write is written to once, and let go of when it is back" {
    faults "1001:restarts-at-writes=8s"
    id=$(ask "$point" 21 "release_after='4 s'")
    until_true came 1 1001 analog-value,1
    faults ""
    is_said "$(ended "$id")" "@(completed held|failed unknown): *"
    released_in_time 1001 analog-value,1
    [ "$(writes 1001 analog-value,1 | grep -c ' 21$')" -eq 1 ]
}

@test "two devices swap addresses between polls: neither is written to" {
    q "insert into setting (site_id, name, value) values ('demo', 'poll.interval', '1h') on conflict (site_id, name) do update set value = excluded.value"
    is_said "$(ended "$(ask "$fan" 21)")" "completed held: *"
    other=$(point 1002 analog-output,1)
    faults "1001:swaps=1002"
    one=$(ask "$fan" 33)
    two=$(ask "$other" 34)
    is_said "$(ended "$one")" "failed not-sent: *"
    is_said "$(ended "$two")" "failed not-sent: *"
    came 1
    faults ""
    is_said "$(ended "$(ask "$fan" 22)")" "completed held: *"
    [ "$(writes 1001 analog-output,1 | tail -1)" = "8 22" ]
    [ "$(slot 1001 analog-output,1 8)" = 22 ]
}

@test "the broker is away: commands go on" {
    "$MQTT_CTL" stop
    id=$(ask "$point" 21 "release_after='2 s'")
    is_said "$(ended "$id")" "completed held: *"
    released_in_time 1001 analog-value,1
    "$MQTT_CTL" start 3>&-
}

@test "the database is away from the datagram on: one write, a hold that ends in time, and both are recorded later" {
    faults "1001:late-answers=700ms"
    id=$(ask "$point" 21 "release_after='5 s'")
    until_true came 1 1001 analog-value,1 # before it, nothing would be written
    "$PG_CTL" stop -m immediate
    faults ""
    until_true came 2 1001 analog-value,1 # the value, and its Null while nobody can be asked
    [ "$(writes 1001 analog-value,1 | tail -1)" = "8 null" ]
    [ "$(slot 1001 analog-value,1 8)" = null ]
    "$PG_CTL" start 3>&-
    until_sql "true"
    is_said "$(ended "$id")" "@(completed held|failed unknown): *"
    until_sql "count(*) = 0 from hold"
    came 2 1001 analog-value,1
    chain_is_whole
}

@test "who takes the slot over keeps it: it is no longer ours when the hold ends" {
    is_said "$(ended "$(ask "$point" 21 "release_after='15 s'")")" "completed held: *"
    "$BACPIPES" write --direct "127.66.0.1:$PORT" analog-value,1 19 --priority 8 --address 127.0.0.1 --port $((PORT + 2))
    until_sql "count(*) = 0 from hold"
    sleep 1
    [ "$(slot 1001 analog-value,1 8)" = 19 ]
    [ "$(writes 1001 analog-value,1 | grep -c null)" -eq 0 ]
}

@test "an independent stack's device is commanded, refuses, and is let go of" {
    [ -n "$(command -v node)" ] && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || skip "NOT TESTED: Node.js 20 or newer is not here"
    [ -d "$root/tests/peers/node_modules" ] || npm --prefix "$root/tests/peers" ci --ignore-scripts --no-audit --no-fund >/dev/null
    end collect
    begin peer node "$root/tests/peers/device.mjs" "127.77.0.1:$PORT" 77 4 2
    until_true grep -q ready "$LOGS/peer"
    MORE_DEVICES="127.77.0.1:$PORT" begin_collect
    until_sql "count(*) = 1 from point_latest join point using (site_id, point_id) where object_type = 'analog-output' and name = 'AO/1'"
    point=$(point 77 analog-output,1)
    is_said "$(ended "$(ask "$point" 21.5 "release_after='3 s'")")" "completed held: *"
    until_sql "count(*) = 0 from hold"
    is_said "$(ended "$(ask "$point" 20 priority=12)")" "completed held: *"
    is_said "$(ended "$(ask "$point" null priority=12)")" "completed held: *"
    [ "$(grep ^write "$LOGS/peer")" = "$(printf '%s\n' 'write 1 8 21.5' 'write 1 8 null' 'write 1 12 20' 'write 1 12 null')" ]
}
