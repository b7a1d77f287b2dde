#!/usr/bin/env bats
# Commands from a row in a table to the device and back: what an INSERT becomes. BUILD names the build folder (default: build).

load command

setup_file() { begin_servers; }
teardown_file() { end_servers; }
setup() { begin_site; }
teardown() { end_site; }

@test "an INSERT reaches the device, is read back, and holds until it is released" {
    id=$(ask "$(point 1002 analog-value,1)" 7.5)
    is_said "$(ended "$id")" "completed held: 7.5* holds at 8"
    [ "$(slot 1002 analog-value,1 8)" = 7.5 ]
    came 1 1002 analog-value,1
    [ "$(q "select value_before is not null and slots ->> '8' = '7.5' and held_by = 8 and shown_value = 7.5 and executed_at <= completed_at from write_commands where id = '$id'")" = t ]

    id=$(ask "$(point 1002 analog-value,1)" null)
    is_said "$(ended "$id")" "completed held: slot 8 is empty, *"
    [ "$(slot 1002 analog-value,1 8)" = null ]
    came 2 1002 analog-value,1
    until_true chain_is_whole
}

@test "what the device refuses, what outranks it, and what is not there any more are told in sentences" {
    here=$(point 1002 analog-value,1)
    q "update point set max_value = 1000 where point_id = $here" >/dev/null
    id=$(ask "$here" 900)
    is_said "$(ended "$id")" "failed refused: the device refused it: value-out-of-range * it says that it takes 4 to 20; slot 8 is empty, *"
    [ "$(slot 1002 analog-value,1 8)" = null ]

    id=$(ask "$here" 6 priority=5)
    is_said "$(ended "$id")" "completed held: 6* holds at 5"
    id=$(ask "$here" 9)
    is_said "$(ended "$id")" "failed outranked: commanded 9* at 8, slot 5 holds 6*"
    [ "$(slot 1002 analog-value,1 8)" = 9 ]
    [ "$(q "select held_by || ' ' || held_value from write_commands where id = '$id'")" = "5 6" ]

    q "update point set object_instance = 777 where point_id = $here" >/dev/null
    id=$(ask "$here" 8)
    is_said "$(ended "$id")" "failed not-sent: the device has no analog-value 777 any more: nothing was written"
    came 3 1002 analog-value,1
    until_true chain_is_whole
}

@test "a burst is carried out in order, each once, and shares commits" {
    here=$(point 1002 analog-value,1)
    q "update setting set value = '6000' where name = 'control.point_rate'; insert into setting (site_id, name, value) values ('demo', 'control.point_rate', '6000') on conflict do nothing" >/dev/null
    q "insert into write_commands (site_id, point_id, command_type, value, created_by) select 'demo', $here, 'write_value', 5 + i / 10.0, 'test' from generate_series(1, 40) as i" >/dev/null
    until_sql "count(*) = 40 from write_commands where status = 'completed'"
    came 40 1002 analog-value,1
    [ "$(writes 1002 analog-value,1 | awk '{ printf "%.1f\n", $2 }')" = "$(seq 40 | awk '{ printf "%.1f\n", 5 + $1 / 10 }')" ]
    until_true chain_is_whole
}
