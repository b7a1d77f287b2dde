#!/usr/bin/env bats
# The tools that command and edit, beside the database of a central: which site is meant, and what is told of one that is elsewhere. Nobody fetches
# here what is asked; from_afar.bats has both ends.

bats_require_minimum_version 1.5.0

setup_file() {
    local root=$BATS_TEST_DIRNAME/../..
    BACPIPES=$(realpath "${BUILD:-$root/build}/apps/bacpipes")
    export BACPIPES
    # It ends, and takes its server with it, when its command does.
    "$root/tests/with-postgres" sh -c 'export -p >"$0.new"; mv "$0.new" "$0"; exec tail -f /dev/null' "$BATS_FILE_TMPDIR/env" 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/pid"
    until [ -f "$BATS_FILE_TMPDIR/env" ]; do
        kill -0 "$(cat "$BATS_FILE_TMPDIR/pid")"
        sleep 0.05
    done
    eval "$(grep -E '^export PG' "$BATS_FILE_TMPDIR/env")"
    BACPIPES_CONFIG=/dev/null BACPIPES_DATABASE_HOST=$PGHOST BACPIPES_DATABASE_PORT=$PGPORT "$BACPIPES" migrate >/dev/null
    psql -qXtA -v ON_ERROR_STOP=1 <<'SQL' >/dev/null
insert into site (site_id, name) values ('central', 'Central');
insert into site (site_id, name, is_remote) values ('macau', 'Macau', true);
insert into device (site_id, device_id, address, instance, name) values ('macau', 1, '10.1.2.9', 1001, 'AHU-1'), ('macau', 2, '10.1.2.10', 1002, 'AHU-2');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, units, min_value, max_value, commandable, writable) values
    ('macau', 1, 1, 'analog-value', 1, 'SP', 'degrees-celsius', 10, 30, true, true);
insert into remote_site (site_id, number, state) values ('macau', 1, 'joined');
SQL
}

teardown_file() {
    kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

setup() {
    eval "$(grep -E '^export PG' "$BATS_FILE_TMPDIR/env")"
    unset BACPIPES_CONFIG BACPIPES_DATA
    export TZ=UTC BACPIPES_CONFIG=/dev/null BACPIPES_SITE=central
    export BACPIPES_DATABASE_HOST=$PGHOST BACPIPES_DATABASE_PORT=$PGPORT
}

try() {
    run --separate-stderr "$BACPIPES" "$@"
}

sql() {
    psql -qXtA -v ON_ERROR_STOP=1 -c "$1"
}

@test "the only site that a central has is meant, and of several the sentence says which there are" {
    try write SP 21 --dry-run
    [ "$status" -eq 0 ]
    [[ "$output" == "AHU-1/SP: the gate lets it pass; nothing is written." ]]
    sql "insert into site (site_id, name, is_remote) values ('klcc', 'KLCC', true)"
    local tool
    for tool in "write SP 21" "release SP" "commands" "overrides" "control" "points set --all --enable"; do
        # shellcheck disable=SC2086
        try $tool
        [ "$status" -eq 64 ]
        [[ "$stderr" == *"of which site? --site says it; this central has: klcc, macau" ]]
        # shellcheck disable=SC2086
        try $tool --site nowhere
        [ "$status" -eq 1 ]
        [[ "$stderr" == *'the database has no site "nowhere", it has: central, klcc, macau' ]]
    done
    sql "delete from site where site_id = 'klcc'"
}

@test "a command waits for its site, is shown so, and is taken back before the site has it" {
    try write SP 45 --site macau
    [ "$status" -eq 77 ]
    [[ "$output" == "AHU-1/SP takes 10 to 30 degrees-celsius: 45 is above." ]]
    try write SP 21 --site macau --no-wait
    [ "$status" -eq 0 ]
    [[ "${lines[0]}" == "AHU-1/SP: waiting for the site." ]]
    [[ "${lines[1]}" == *"bacpipes commands --site macau --id "*"takes it back." ]]
    local id
    id=$(sql "select id from write_commands where status = 'pending'")
    try commands --site macau --status pending
    [ "$status" -eq 0 ]
    [[ "$output" == *"waiting for the site, until "* ]]
    sql "update write_commands set handed_over_at = '2026-11-27 10:00Z' where id = '$id'"
    try commands --site macau --id "$id" --json
    [ "$(jq -r '.[0] | .step, .origin, .handed_over_at, .ended_told_at' <<<"$output" | paste -sd' ')" = "handed over at 2026-11-27 10:00:00 UTC, no answer yet central 2026-11-27T10:00:00.000Z null" ]
    try commands --site macau --cancel "$id"
    [ "$status" -eq 0 ]
    [[ "$output" == "AHU-1/SP: it was handed over at 2026-11-27 10:00:00 UTC: the site is asked to take it back." ]]
    [ "$(sql "select string_agg(kind, ' ' order by number) from downlink")" = "command command_cancel" ]
    try write SP 22 --site macau --no-wait --json
    id=$(jq -r .id <<<"$output")
    [ "$(jq -r .step <<<"$output")" = "waiting for the site" ]
    try commands --site macau --cancel "$id" --reason mistake
    [ "$status" -eq 0 ]
    [[ "$output" == "AHU-1/SP: cancelled by "*": mistake." ]]
    # A wait for a site can be left: nobody fetches it.
    "$BACPIPES" write SP 23 --site macau >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$! until=$((SECONDS + 60))
    until [ "$(sql "select count(*) from write_commands where value = 23 and status = 'pending'")" = 1 ]; do [ $SECONDS -lt $until ]; done
    kill -INT $pid
    status=0
    wait $pid || status=$?
    [ "$status" -eq 69 ]
    grep -q "waiting for the site" "$BATS_TEST_TMPDIR/out"
}

@test "an edit of a site elsewhere is asked of it, and changes nothing here" {
    "$BACPIPES" points set --site macau --max 28 --point SP >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local pid=$! until=$((SECONDS + 60)) id
    until id=$(sql "select id from change where what = 'points'") && [ -n "$id" ]; do [ $SECONDS -lt $until ]; done
    [ "$(sql "select request from change")" = '{"points": [{"id": 1, "set": {"write_max": 28}, "expect": {"write_max": null}}]}' ]
    [ "$(sql "select write_max is null from point")" = t ]
    sql "update change set ended_at = now(), outcome = 'refused', text = 'not here'"
    status=0
    wait $pid || status=$?
    [ "$status" -eq 77 ]
    grep -q "1 of 1 point to be changed" "$BATS_TEST_TMPDIR/out"
    grep -q "Site macau: the site refuses: not here." "$BATS_TEST_TMPDIR/out"
    "$BACPIPES" control stop --site macau >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    pid=$!
    until id=$(sql "select id from change where what = 'setting'") && [ -n "$id" ]; do [ $SECONDS -lt $until ]; done
    sql "update change set ended_at = now(), outcome = 'changed' where what = 'setting'"
    status=0
    wait $pid || status=$?
    [ "$status" -eq 0 ]
    grep -q "Site macau: it is so now." "$BATS_TEST_TMPDIR/out"
    "$BACPIPES" device replace AHU-1 --by AHU-2 --site macau --yes --json >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    pid=$!
    until id=$(sql "select id from change where what = 'device'") && [ -n "$id" ]; do [ $SECONDS -lt $until ]; done
    kill -INT $pid
    status=0
    wait $pid || status=$?
    [ "$status" -eq 69 ]
    [ "$(jq -r '.changed, .change.outcome, .change.change_id' "$BATS_TEST_TMPDIR/out" | paste -sd' ')" = "false null $id" ]
    try rule add --site macau --type analog-input --enable --interval 30s
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"this is the central of site macau, which keeps its rules itself: say it there" ]]
    # Past the tools, too.
    run sql "set session authorization bacpipes_owner; update point set writable = false"
    [ "$status" -ne 0 ]
    [[ "$output" == *'site "macau" keeps its own table point: what is here is a copy'* ]]
}

@test "what waits for its site is listed, and taken back by how its id begins" {
    local id
    tool() { run --separate-stderr "$BACPIPES" "$@"; }
    # Nobody comes for what the tests before have asked.
    psql -qXc "set session_replication_role = replica; update write_commands set status = 'cancelled', completed_at = now() where status = 'pending'; delete from change; delete from downlink"
    tool sites --waiting
    [ "$status" -eq 1 ] && [ "$stderr" = "Nothing waits for its site." ] || { echo "$output $stderr"; psql -qXtAc 'select * from waiting'; false; }
    psql -qXtA <<'SQL' >/dev/null
begin; set local bacpipes.person = 'anna'; select change_ask('macau', 'setting', '{"name": "poll.interval", "value": "30s", "expect": null}'); commit;
select change_ask('macau', 'points', '{"points": [{"id": 1, "expect": {"description": ""}, "set": {"description": "Lobby"}}, {"id": 9, "expect": {}, "set": {"enabled": false}}]}');
select change_ask('macau', 'device', '{"replace": 1, "by": 2}');
insert into job (site_id, kind, request, asked_by, expires_at) values ('macau', 'read-slots', '{"points": [1]}', 'otto', now() + interval '1 min');
SQL
    tool write SP 21 --site macau --for 1h --no-wait
    tool sites --waiting --json
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(jq -r '.[] | "\(.kind) \(.what) \(.state)"' <<<"$output")" = "change poll.interval = 30s waiting for the site
change AHU-1/SP and 1 more: description = Lobby waiting for the site
change device AHU-1 makes way for device 2 waiting for the site
job read-slots AHU-1/SP waiting for the site
command AHU-1/SP = 21 waiting for the site" ]
    [ "$(jq -r '.[0] | .site_id, .asked_by, .handed_over_at' <<<"$output" | paste -sd,)" = "macau,anna,null" ]
    for kind in change job command; do
        id=$(jq -r --arg kind "$kind" 'map(select(.kind == $kind))[0].id' <<<"$output")
        run "$BACPIPES" sites --take-back "${id:0:8}" --site macau --reason 'it was wrong'
        echo "$output"
        [ "$status" -eq 0 ]
        [[ "$output" == *", of site macau: cancelled." ]]
        tool sites --waiting --json
        [ "$(jq -r --arg id "$id" '[.[] | select(.id == $id)] | length' <<<"$output")" = 0 ]
    done
    # What the site has got is not taken back.
    psql -qXc "update change set given_at = now() where ended_at is null"
    id=$(jq -r '.[0].id' <<<"$output")
    tool sites --take-back "$id"
    [ "$status" -ne 0 ]
    [[ "$stderr" == *"it was handed over at "*"undo it when it is carried out"* ]]
    run script -qec "stty cols 100; '$BACPIPES' sites --waiting" /dev/null </dev/null
    output=${output//$'\r'/}
    echo "$output"
    [ "$(wc -L <<<"$output")" -le 100 ]
    [[ "$output" == *"handed over"* ]]
    tool sites --take-back 00000000-0000-4000-8000-000000000000
    [ "$status" -eq 1 ]
    [[ "$stderr" == *'nothing that waits has the id 00000000-0000-4000-8000-000000000000: it has ended, or was taken back'* ]]
    tool sites --take-back 00000000
    [ "$status" -eq 1 ]
    [[ "$stderr" == *'`bacpipes sites --waiting` lists what does'* ]]
    tool sites --take-back xyz
    [ "$status" -eq 64 ]
    tool sites --site macau
    [ "$status" -eq 64 ]
    psql -qXc "update change set ended_at = now(), outcome = 'failed' where ended_at is null"
}

@test "sites fit a line of 100 columns where names are short, with who is invited or shut out as such, and all that is known in --json" {
    psql -qX <<'SQL'
insert into site (site_id, name, is_remote) values ('taipa', 'Taipa', true), ('coloane', 'Coloane', true);
insert into remote_site (site_id, number, state) values ('taipa', 2, 'invited'), ('coloane', 3, 'revoked');
insert into site_invitation (site_id, serial, until) values ('taipa', 'f2', '2030-01-01Z');
SQL
    run --separate-stderr "$BACPIPES" sites
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(wc -L <<<"$output")" -le 100 ]
    [[ "$output" == *taipa*invited* && "$output" == *coloane*revoked* && "$output" == *macau*never* ]]
    run --separate-stderr "$BACPIPES" sites --json
    [ "$(jq -r '.[] | select(.site_id == "taipa") | .state, .invited_until, .joined_at' <<<"$output" | paste -sd,)" = "invited,2030-01-01T00:00:00.000000Z,null" ] || { echo "$output"; false; }
    psql -qXc "delete from remote_site where number > 1; delete from site_invitation; delete from site where site_id in ('taipa', 'coloane')"
}
