#!/usr/bin/env bats
# Commands from a central to a site whose clock is an hour off, and to one whose database is put back: none late, none refused for a wrong clock, none twice.

bats_require_minimum_version 1.5.0
load central

setup_file() {
    load central
    begin_central
    export MEMBERS BACPIPES
    declare -p members member_rooms | sed 's|^declare -A|declare -gA|' >"$MEMBERS/members"
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
    declare -p members member_rooms | sed 's|^declare -A|declare -gA|' >"$MEMBERS/members"
}

# is_commanded NAME: one point of it may be written, and central knows.
is_commanded() {
    until_member "$1" "exists (select from point where commandable and object_type in ('analog-value', 'analog-output'))"
    point=$(at_member "$1" "select min(point_id) from point where commandable and object_type in ('analog-value', 'analog-output')")
    at_member "$1" "update point set writable = true where point_id = $point"
    until_central "exists (select from point where site_id = '$1' and point_id = $point and writable)"
    value=$(at_member "$1" "select coalesce(min_value, (select smallest from unit_range u where u.units = p.units), 1) + 1 from point p where point_id = $point")
}

central_tool() {
    run --separate-stderr as_members "$BACPIPES" "$@" --data "$MEMBERS/central"
}

# asks SITE OPTION...: without waiting; its id.
asks() {
    local site=$1
    shift
    central_tool write "$point" "$value" --site "$site" --no-wait --json "$@"
    echo "$output $stderr"
    [ "$status" -eq 0 ] && id=$(jq -r .id <<<"$output")
}

@test "where the site's clock is an hour behind a command is carried out in time, and not later" {
    echo -3600 >"$MEMBERS/ahead"
    chmod 644 "$MEMBERS/ahead"
    # PostgreSQL and all programs of the site: what they count by that nobody sets is right.
    CLOCK_SHIM=$MEMBERS/ahead ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 LD_PRELOAD=${BACPIPES%/apps/bacpipes}/tests/flow/libclock_shim.so POINTS=60 begin_member klcc
    [ "$(at_member klcc "select clock_timestamp() < '$(date -uIs)'::timestamptz - interval '50 min'")" = t ]
    is_commanded klcc
    asks klcc --expires 5min
    until_central "exists (select from write_commands where id = '$id' and verdict = 'held' and ended_told_at is not null)"
    # What the site has, and nobody there takes up until its life is over.
    stopped=$(part_of klcc collect)
    kill -STOP "$stopped"
    asks klcc --expires 15s # it is to arrive before
    until_central "exists (select from write_commands where id = '$id' and arrived_at is not null)"
    until_central "exists (select from write_commands where id = '$id' and expires_at < clock_timestamp())"
    kill -CONT "$stopped"
    stopped=
    until_central "exists (select from write_commands where id = '$id' and ended_told_at is not null)"
    [ "$(at_central "select status from write_commands where id = '$id'")" = expired ]
    end_member klcc
}

@test "a site that is put back carries nothing out again, and central says what is not known" {
    POINTS=60 begin_member macau
    is_commanded macau
    until_central "(select min(applied_seq) > 0 from uplink_applied)"
    end_member macau
    cp -a "$MEMBERS/macau" "$MEMBERS/macau.then"
    begin_member macau
    local done_then waits
    asks macau
    done_then=$id
    until_central "exists (select from write_commands where id = '$done_then' and verdict = 'held' and ended_told_at is not null)"
    asks macau --at +1h
    waits=$id
    until_central "exists (select from write_commands where id = '$waits' and arrived_at is not null)"
    end_member macau
    # Its database alone: what is outside it stays, as after a restore.
    local database
    database=$(dirname "$(find "$MEMBERS/macau" -name PG_VERSION -maxdepth 3 | head -1)")
    rm -rf "$database"
    cp -a "${database/macau/macau.then}" "$database"
    begin_member macau
    until_central "exists (select from write_commands where id = '$waits' and (status, verdict) = ('failed', 'unknown'))"
    [[ "$(at_central "select error_message from write_commands where id = '$waits'")" == "handed over at "*"and it is not given again" ]]
    [ "$(at_central "select status || ' ' || verdict from write_commands where id = '$done_then'")" = "completed held" ]
    # What is asked now comes behind all that might come again.
    asks macau --priority 16
    until_central "exists (select from write_commands where id = '$id' and ended_told_at is not null)"
    [ "$(at_member macau "select count(*) from write_commands where id in ('$done_then', '$waits')")" = 0 ]
}
