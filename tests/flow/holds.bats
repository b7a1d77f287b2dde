#!/usr/bin/env bats
# Holds end by themselves, whatever dies, stops or is away when their time is over: the simulated devices count what is written to them.
# BUILD names the build folder (default: build).

load command

setup_file() { begin_servers; }
teardown_file() { end_servers; }
setup() {
    begin_site
    value=$(point 1002 analog-value,1)
}
teardown() { end_site; }

# held SLOT: the point's hold there
held() { q "select count(*) from hold where point_id = $value and priority = ${1:-8}"; }
# The end of a hold is over, whoever let go of it or not.
until_over() { until_sql "clock_timestamp() > release_at + interval '500 ms' from hold where point_id = $value"; }
is_released() { [ "$(slot 1002 analog-value,1 "${1:-8}")" = null ]; }
# event COMMAND EVENT
has_event() { [ "$(q "select count(*) from audit where kind = 'command_event' and body ->> 'id' = '$1' and body ->> 'event' = '$2'")" = 1 ]; }

# shellcheck disable=SC2086 # a command line
database_away() { (cd / && $PG_CTL stop -m immediate >/dev/null); }
# shellcheck disable=SC2086
database_back() { (cd / && $PG_CTL start >/dev/null); }

# hold FOR [VALUE] [SLOT]: prints the command's id, which holds
hold() {
    local id
    id=$(ask "$value" "${2:-14.5}" "release_after='$1'" "priority=${3:-8}")
    until_sql "completed_at is not null from write_commands where id = '$id'" >&2
    echo "$id"
}

@test "a hold ends by itself: one Null, on record, and the radar's table says so" {
    id=$(hold 15s) # so that what is held is seen in its slot before it ends
    [ "$(held)" = 1 ]
    until_true has_event "$id" released
    [ "$(q "select count(*) from overrides where point_id = $value and priority = 8")" = 0 ] # from that moment on
    is_released
    [ "$(held)" = 0 ]
    came 2 1002 analog-value,1
    [ "$(writes 1002 analog-value,1 | tail -1)" = "8 null" ]
    chain_is_whole
}

@test "what somebody else wrote to the slot is left, and said" {
    id=$(hold 15s)
    faults "1002:holds=8@15.5"
    until_true has_event "$id" left
    came 1 1002 analog-value,1
    [ "$(slot 1002 analog-value,1 8)" = 15.5 ]
    grep -q 'slot 8 shows 15.5, which is not ours: it is left as it is' "$LOGS/collect"
}

@test "a newer command that took the slot replaces the timer, one that was refused does not" {
    hold 1h >/dev/null
    id=$(hold 3s 15)
    until_true has_event "$id" released
    is_released
    first=$(hold 5s 14)
    faults "1002:refuses-writes=write-access-denied"
    second=$(ask "$value" 16 "release_after='1h'")
    until_sql "status = 'failed' from write_commands where id = '$second'"
    faults ""
    until_true has_event "$first" released
    is_released
}

@test "two holds on one point end apart" {
    first=$(hold 4s 14.5 8)
    second=$(hold 20s 13.5 9)
    until_true has_event "$first" released
    is_released 8
    [ "$(slot 1002 analog-value,1 9)" = 13.5 ]
    until_true has_event "$second" released
    is_released 9
    [ "$(writes 1002 analog-value,1 | grep -c null)" = 2 ]
}

@test "the collector is killed during the hold, and a torn end of its file does not matter" {
    id=$(hold 9s)
    end collect KILL
    printf '0123456789abcdef {"k":"hold","poi' >>"$BACPIPES_DATA/control/holds"
    begin_collect
    until_true has_event "$id" released
    is_released
    came 2 1002 analog-value,1
    grep -q 'its last 33 octets are torn' "$LOGS/collect"
    # And one whose time is over while there is no collector.
    id=$(hold 12s)
    end collect KILL
    until_over
    [ "$(slot 1002 analog-value,1 8)" = 14.5 ]
    begin_collect
    until_true has_event "$id" released
    is_released
    came 4 1002 analog-value,1
}

@test "with the database away a hold ends in time, and is recorded later" {
    id=$(hold 5s)
    database_away
    until_true is_released
    came 2 1002 analog-value,1
    database_back
    until_true has_event "$id" released
    [ "$(held)" = 0 ]
    # The event outlives the collector, too.
    id=$(hold 5s)
    database_away
    until_true is_released
    end collect KILL
    database_back
    begin_collect
    until_true has_event "$id" released
    [ "$(held)" = 0 ]
    came 4 1002 analog-value,1
    chain_is_whole
}

@test "a hold that ends before the database has heard of its command leaves no row behind" {
    faults "1002:late-answers=700ms"
    id=$(ask "$value" 14.5 "release_after='8s'")
    until_true came 1 1002 analog-value,1 # before it, nothing would be written
    database_away
    until_true grep -q '"k":"hold"' "$BACPIPES_DATA/control/holds"
    until_true is_released
    faults ""
    database_back
    until_sql "completed_at is not null from write_commands where id = '$id'"
    until_true has_event "$id" released
    [ "$(held)" = 0 ]
    # And where that went wrong all the same, the row is taken up within a minute or so.
    q "insert into hold (site_id, point_id, priority, command_id, value, began_at, release_at, source, created_by) values ('demo', $value, 8, '$id', 14.5, now() - interval '1 h', now() - interval '1 min', 'sql', 'test')"
    PATIENCE=150 until_sql "count(*) = 0 from hold where point_id = $value"
}

@test "with the device away it is released when that is back" {
    id=$(hold 12s)
    faults "1002:silent"
    until_sql "tries > 0 from hold where point_id = $value"
    sleep 3
    faults ""
    until_true has_event "$id" released
    is_released
    [ "$(writes 1002 analog-value,1 | grep -c null)" = 1 ]
}

@test "a device that takes Null over and says nothing gets no second one" {
    id=$(hold 3s)
    faults "1002:mute-writes"
    until_true has_event "$id" released
    is_released
    [ "$(writes 1002 analog-value,1 | grep -c null)" = 1 ]
}

@test "where devices have swapped their addresses the right one is released, wherever it is" {
    id=$(hold 4s)
    faults "1002:swaps=1003"
    until_true has_event "$id" released
    came 2 1002 analog-value,1
    [ "$(writes 1003 | wc -l)" = 0 ]
}

@test "a collector that is stopped over the end releases when it goes on" {
    id=$(hold 12s)
    kill -STOP "${pids[collect]}"
    until_over
    [ "$(slot 1002 analog-value,1 8)" = 14.5 ]
    kill -CONT "${pids[collect]}"
    until_true has_event "$id" released
    is_released
    came 2 1002 analog-value,1
}

@test "frozen nothing is released, stopped it is" {
    id=$(hold 15s)
    q "insert into setting (site_id, name, value) values ('demo', 'control.mode', 'freeze')"
    until_over
    sleep 1 # for whoever would let go
    [ "$(slot 1002 analog-value,1 8)" = 14.5 ]
    q "update setting set value = 'stop' where name = 'control.mode'"
    until_true has_event "$id" released
    is_released
}

@test "where the file cannot be written nothing is written to a device, and later commands work again" {
    hold 1h >/dev/null
    mv "$BACPIPES_DATA/control" "$BACPIPES_DATA/control.away"
    id=$(ask "$value" 16 "release_after='1h'")
    [[ $(ended "$id") == "failed not-sent:"* ]]
    came 1 1002 analog-value,1
    mv "$BACPIPES_DATA/control.away" "$BACPIPES_DATA/control"
    until_true grep -q 'can be written again' "$LOGS/collect"
    id=$(ask "$value" 16 "release_after='1h'")
    [[ $(ended "$id") == "completed held:"* ]]
    came 2 1002 analog-value,1
}

@test "a file that is lost, or a database that was put back, is a new life: nothing from before is carried out" {
    id=$(hold 25s)
    waits=$(ask "$value" 18 "execute_at=now() + interval '10 s'" "release_after='1h'")
    end collect KILL
    rm "$BACPIPES_DATA/control/holds"
    until_sql "clock_timestamp() > execute_at from write_commands where id = '$waits'"
    begin_collect
    until_sql "status = 'failed' and verdict = 'unknown' from write_commands where id = '$waits'"
    grep -q 'the file of commands is gone' "$LOGS/collect"
    [ "$(q "select count(distinct epoch) from audit")" = 2 ]
    [ "$(writes 1002 analog-value,1 | grep -vc null)" = 1 ]
    until_true has_event "$id" released # of the table alone
    is_released
    came 2 1002 analog-value,1
    # The file is of a later life than the database.
    cp "$BACPIPES_DATA/control/holds" "$BATS_TEST_TMPDIR/before"
    id=$(hold 10s)
    end collect KILL
    q "begin; set session_replication_role = replica; delete from uplink where seq > (select seq - 5 from journal_head); update journal_head set (seq, record_seq, digest) = (select seq, seq, digest from uplink u where u.epoch = journal_head.epoch order by seq desc limit 1); delete from hold; commit"
    begin_collect
    until_true grep -q 'the database is not as it was left' "$LOGS/collect"
    until_true is_released
    [ "$(q "select count(distinct epoch) from audit")" = 3 ]
    [ "$(writes 1002 analog-value,1 | grep -c null)" = 2 ]
}
