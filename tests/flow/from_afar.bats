#!/usr/bin/env bats
# Commands and edits from a central to sites that have joined it, with all of both ends: `up --central` and `up --simulate`.

bats_require_minimum_version 1.5.0
load central

setup_file() {
    load central
    begin_central
    POINTS=60 begin_member macau
    at_member macau "update point set writable = true where commandable and object_type in ('analog-value', 'analog-output')"
    until_central "exists (select from point where site_id = 'macau' and writable)"
    export MEMBERS BACPIPES
    declare -p members member_rooms | sed 's|^declare -A|declare -gA|' >"$MEMBERS/members"
    point=$(at_member macau "select point_id from point where writable order by point_id limit 1")
    value=$(at_member macau "select coalesce(write_min, min_value, (select smallest from unit_range u where u.units = p.units), 1) + 1 from point p where point_id = $point")
    export point value
}

teardown_file() {
    load central
    # shellcheck disable=SC1091
    source "$MEMBERS/members"
    BATS_TEST_COMPLETED=$([ -e "$MEMBERS/failed" ] || echo 1) end_all
}

setup() {
    # shellcheck disable=SC1091
    source "$MEMBERS/members"
}

teardown() {
    [ -z "${stopped:-}" ] || kill -CONT "$stopped" || true
    [ -n "${BATS_TEST_COMPLETED:-}" ] || touch "$MEMBERS/failed"
}

central_tool() {
    run --separate-stderr as_members "$BACPIPES" "$@" --data "$MEMBERS/central"
}

# While `stopped` stands still nothing goes either way.
stop_sync() {
    stopped=$(part_of macau sync)
    kill -STOP "$stopped"
}
go_on() {
    kill -CONT "$stopped"
    stopped=
}

stands() { at_central "select concat_ws(' ', status, verdict) from write_commands where id = '$1'"; }

@test "a command from central is carried out by the site once, and its verdict comes back" {
    central_tool write "$point" "$value" --site macau --for 1h --reason 'from afar' --json
    echo "$output" "$stderr"
    [ "$status" -eq 0 ]
    [ "$(jq -r '.status, .verdict, .step' <<<"$output" | paste -sd' ')" = "completed held answered by the site" ]
    local id
    id=$(jq -r .id <<<"$output")
    [ "$(at_member macau "select concat_ws(' ', source, origin, status, verdict, reason) from write_commands where id = '$id'")" = "central central completed held from afar" ]
    [ "$(at_member macau "select created_by from write_commands where id = '$id'")" = "$(at_central "select created_by from write_commands where id = '$id'")" ]
    [ "$(at_central "select taken_s > 0 and verdict_s >= taken_s and verdict_s < 60 from command_latency where id = '$id'")" = t ]
    until_central "exists (select from hold where site_id = 'macau' and command_id = '$id')"
    central_tool overrides --site macau --ours --json
    [ "$(jq -r '.[0].command_id' <<<"$output")" = "$id" ]
    central_tool release "$point" --site macau
    [ "$status" -eq 0 ]
    until_central "not exists (select from hold where site_id = 'macau')"
}

@test "what the site refuses is told, and what is asked there is seen at central" {
    at_member macau "update command_source set highest_priority = 10 where name = 'central'"
    central_tool write "$point" "$value" --site macau
    at_member macau "update command_source set highest_priority = 8 where name = 'central'"
    [ "$status" -eq 77 ]
    [[ "$output" == *'source "central" may write at priority 10 to 16: 8 is above.' ]]
    local id
    id=$(at_member macau "insert into write_commands (site_id, point_id, command_type, value, priority, created_by, release_after) values ('macau', $point, 'write_value', $value, 16, 'x', '1 s') returning id")
    until_central "exists (select from write_commands where id = '$id' and origin = 'site' and source = 'sql' and verdict is not null)"
}

@test "before it is handed over a command is taken back at once, and never comes; afterwards the site is asked" {
    local id
    stop_sync
    central_tool write "$point" "$value" --site macau --no-wait --json
    id=$(jq -r .id <<<"$output")
    central_tool commands --site macau --cancel "$id"
    [ "$status" -eq 0 ]
    [ "$(stands "$id")" = cancelled ]
    go_on
    central_tool write "$point" "$value" --site macau --at +1h --json
    local later
    later=$(jq -r .id <<<"$output")
    until_central "exists (select from write_commands where id = '$later' and arrived_at is not null)"
    [ "$(at_member macau "select count(*) from write_commands where id = '$id'")" = 0 ]
    central_tool commands --site macau --cancel "$later" --reason 'not any more'
    [ "$status" -eq 0 ]
    [[ "$output" == *"the site is asked to take it back." ]]
    until_central "exists (select from write_commands where id = '$later' and status = 'cancelled' and ended_told_at is not null)"
    [[ "$(at_member macau "select error_message from write_commands where id = '$later'")" == "cancelled by "*": not any more" ]]
}

@test "what expires while the site is away is never carried out, and not told otherwise" {
    local id
    stop_sync
    central_tool write "$point" "$value" --site macau --expires 1s --no-wait --json
    id=$(jq -r .id <<<"$output")
    until_central "exists (select from write_commands where id = '$id' and status = 'expired')"
    go_on
    central_tool write "$point" "$value" --site macau --priority 16 --for 10s
    [ "$status" -eq 0 ] # behind it in line
    [ "$(at_member macau "select count(*) from write_commands where id = '$id'")" = 0 ]
    [[ "$(at_central "select error_message from write_commands where id = '$id'")" == *'before site "macau" fetched it: nothing was written' ]]
}

@test "an edit waits for the site's word, and a job's answer comes back" {
    central_tool points set --site macau --interval 7s --point "$point"
    echo "$output" "$stderr"
    [ "$status" -eq 0 ]
    [[ "$output" == *"Site macau: it is so now." ]]
    until_central "(select poll_interval_ms = 7000 from point where site_id = 'macau' and point_id = $point)"
    [ "$(at_member macau "select poll_interval_ms from point where point_id = $point")" = 7000 ]
    central_tool points set --site macau --writable yes --all
    [ "$status" -eq 77 ]
    [[ "$output" == *"Site macau: the site refuses: central may narrow what is written at this site, and not widen it"* ]]
    local job
    job=$(at_central "select id from job_ask('macau', 'read-point', '{\"points\": [$point]}')")
    until_central "(select status = 'completed' from job where id = '$job')"
    [ "$(at_central "select result::text like '%present-value%' from job where id = '$job'")" = t ]
}

@test "devices are looked for at the site, as central asks" {
    local job devices
    devices=$(at_member macau "select count(*) from device")
    job=$(at_central "select id from job_ask('macau', 'discover', '{}')")
    until_central "(select status = 'completed' from job where id = '$job')"
    [ "$(at_central "select result ->> 'answered' from job where id = '$job'")" = "$devices" ]
    central_tool job discover --site macau --device "$(at_member macau "select min(instance) from device")" --json
    echo "$output" "$stderr"
    [ "$status" -eq 0 ]
    [ "$(jq -r '.status, .result.read_out' <<<"$output" | paste -sd,)" = completed,1 ]
    central_tool job doctor --site macau --json
    [ "$status" -le 1 ]
    [ "$(jq '.result.findings | length > 0' <<<"$output")" = true ]
}

@test "none of this made the site look hostile to central" {
    [ "$(at_central "select count(*) from site_strike")" = 0 ]
}
