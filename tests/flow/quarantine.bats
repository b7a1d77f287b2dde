#!/usr/bin/env bats
# bacpipes quarantine, beside a PostgreSQL of their own. BUILD is the build's folder (default: build).

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
}

teardown_file() {
    kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

setup() {
    eval "$(grep -E '^export PG' "$BATS_FILE_TMPDIR/env")"
    folder=$(mktemp -d)
    cd "$folder"
    unset BACPIPES_CONFIG BACPIPES_DATA
    export TZ=UTC
    export BACPIPES_DATABASE_HOST=$PGHOST BACPIPES_DATABASE_PORT=$PGPORT
}

teardown() {
    rm -rf "$folder"
}

bacpipes() {
    "$BACPIPES" "$@"
}

# As `run`, with standard output and error apart.
try() {
    run --separate-stderr bacpipes quarantine "$@"
}

sql() {
    psql -qXtA -v ON_ERROR_STOP=1 "$@"
}

# aside REASON READINGS [SECONDS]: an entry of that time (default: of when today began), whose number is printed
aside() {
    sql -v reason="$1" -v readings="$2" -v at="${3:-$(($(date +%s) / 86400 * 86400))}" <<'SQL'
insert into ingest_quarantine (site_id, reason, run, n, readings, payload)
select 'macau', :'reason', '0123456789abcdef', 7, jsonb_array_length(('[' || :'readings' || ']')::jsonb),
       format('{"v":1,"run":"0123456789abcdef","n":7,"oldest":1,"device":1,"at":%s,"readings":[%s]}',
              :at::bigint * 1000000, :'readings')
returning id;
SQL
}

fill() {
    sql -c 'set client_min_messages = warning' -c 'drop schema if exists access, journal, sync cascade' -c 'drop schema public cascade' -c 'create schema public'
    bacpipes migrate >/dev/null
    sql <<'SQL'
insert into site values ('macau', 'Macau');
insert into device (site_id, device_id, address, instance, name) values ('macau', 1, '10.1.2.9', 1001, 'AHU-1');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, units) values
    ('macau', 41, 1, 'analog-input', 1, 'AHU-1/SAT', 'degrees-celsius');
SQL
    export BACPIPES_SITE=macau
}

@test "what was put aside is listed with the reason, and shown whole" {
    fill
    try list
    [ "$status" -eq 0 ]
    [ "$output" = "Nothing is put aside." ]
    aside "no such point" "[42,0,21.5]"
    sql -c "insert into ingest_quarantine (site_id, reason, payload) values ('macau', 'no JSON: °C', 'garbage')"
    try list
    [[ ${lines[0]} == "id  received "*"run "*" n  readings  octets  reason" ]]
    [[ ${lines[1]} == " 1  20"*"+00:00  0123456789abcdef  7         1 "*"  no such point" ]]
    [[ ${lines[2]} == " 2  20"*"no JSON: °C" ]]
    [[ ${lines[3]} == "2 entries, "*" MB in all." ]]
    try list --reason JSON --json
    [[ $(jq -c '[.entries, .dropped, (.list | length), .list[0].id, .list[0].readings]' <<<"$output") == "[2,0,1,2,null]" ]]
    try show 1
    [[ $output == *"batch     7 of run 0123456789abcdef"*"reason    no such point"*'"readings":[[42,0,21.5]]}'* ]]
    try show 1 --json
    [ "$(jq -r .payload <<<"$output" | jq -c .readings)" = "[[42,0,21.5]]" ]
    try show 3
    [ "$status" -eq 1 ]
    [[ $stderr == *"there is no entry 3"* ]]
    try show x
    [ "$status" -eq 64 ]
}

@test "entries are put back when their cause is gone, and what is still refused stays" {
    fill
    aside "no such point" "[42,0,21.5],[41,0,3]"
    aside "odd" "[41,0,3],[41,1,4.5]"
    try retry --all --dry-run
    [ "$status" -eq 1 ]
    [[ ${lines[1]} == " 1       1              0        1  no such point" ]]
    [[ ${lines[2]} == "Of 2 entries: 3 readings would be stored, 0 there already, 1 would be refused." ]]
    [ "$(sql -c 'select count(*) from sensor_readings')" = 0 ]
    try retry --reason odd
    [ "$status" -eq 0 ]
    [ "$output" = "Of 1 entry: 2 readings stored, 0 there already, 0 still refused." ]
    try retry 1
    [ "$status" -eq 1 ]
    [[ $output == *"Of 1 entry: 0 readings stored, 1 there already, 1 still refused." ]]
    sql -c "insert into point (site_id, point_id, device_id, object_type, object_instance) values ('macau', 42, 1, 'analog-input', 2)"
    try retry --all --json
    [ "$status" -eq 0 ]
    [ "$(jq -c '[.dry_run, .stored, .present, .refused, .entries[0].id]' <<<"$output")" = "[false,1,0,0,1]" ]
    [ "$(sql -c 'select count(*) from sensor_readings')" = 3 ]
    [ "$(sql -c 'select count(*) from ingest_quarantine')" = 0 ]
    try retry --all
    [ "$status" -eq 0 ]
}

@test "the limits are those of table setting" {
    fill
    aside "ahead of the clock" "[41,3600000000,1]" "$(date +%s)" # in an hour
    try retry --all
    [ "$status" -eq 1 ]
    [[ $output == *"ahead of the clock (readings.future_max)"* ]]
    sql -c "insert into setting (site_id, name, value) values ('macau', 'readings.future_max', '1d')"
    try retry 1
    [ "$status" -eq 0 ]
}

@test "entries are dropped only when they are named" {
    fill
    for i in 1 2 3; do aside "because" "[41,$i,1]"; done
    for part in retry drop; do
        try $part
        [ "$status" -eq 64 ]
        [[ $stderr == *"one of ID..., --all and --reason TEXT"* ]]
        try $part 1 --all
        [ "$status" -eq 64 ]
        try $part 1 7
        [ "$status" -eq 1 ]
        [[ $stderr == *"1 of these entries"* ]]
    done
    try drop --all --dry-run
    [ "$output" = "3 entries would be dropped." ]
    try drop 2
    [ "$output" = "1 entry with 1 reading dropped." ]
    try drop --reason nothing
    [ "$output" = "0 entries with 0 readings dropped." ]
    try drop --all --json
    [ "$(jq -c '[.dry_run, .entries, .readings]' <<<"$output")" = "[false,2,2]" ]
    [ "$(sql -c 'select count(*) from ingest_quarantine')" = 0 ]
}

@test "what it can do is told, with examples" {
    for words in --help "list --help" "show --help" "retry --help" "drop --help"; do
        read -ra arguments <<<"$words"
        try "${arguments[@]}"
        [ "$status" -eq 0 ]
        [[ $output == *"bacpipes quarantine "* ]]
    done
    try lits
    [ "$status" -eq 64 ]
    [[ $stderr == *'no part "lits"'* ]]
    BACPIPES_DATABASE_HOST= BACPIPES_DATABASE_PORT=1 try list --data ./nothing
    [ "$status" -eq 69 ]
}
