# A site whose commands are watched from outside, for command_*.bats: PostgreSQL, a broker, simulated devices whose faults are in
# $FAULTS and who log each write in $WRITES, and bacpipes collect and ingest.
# shellcheck shell=bash disable=SC2154

# In setup_file: the servers, which end with teardown_file.
begin_servers() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    BACPIPES=$(realpath "${BUILD:-$root/build}/apps/bacpipes")
    export root BACPIPES PG_SYNCHRONOUS_COMMIT=on # what was committed outlives a killed server
    # shellcheck disable=SC2016 # its own words
    "$root/tests/with-postgres" "$root/tests/with-mosquitto" sh -c 'export -p >"$0.new"; mv "$0.new" "$0"; exec tail -f /dev/null' "$BATS_FILE_TMPDIR/env" 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/pid"
    until [ -f "$BATS_FILE_TMPDIR/env" ]; do
        kill -0 "$(cat "$BATS_FILE_TMPDIR/pid")"
        sleep 0.05
    done
}

end_servers() { kill "$(cat "$BATS_FILE_TMPDIR/pid")"; }

q() { psql -qAtX -v ON_ERROR_STOP=1 -c "$1"; }

# Waits until a command succeeds, for two minutes at most, or $PATIENCE seconds.
until_true() {
    local until=$((SECONDS + ${PATIENCE:-120}))
    until "$@" 2>/dev/null; do
        [ $SECONDS -lt $until ] || { echo "not within ${PATIENCE:-120} s: $*"; q "select number, status, verdict, error_message from write_commands order by number desc limit 5"; return 1; }
        sleep 0.1
    done
}
is_true() { [ "$(q "select $1")" = t ]; }
until_sql() { until_true is_true "$1"; }

declare -gA pids=()
# begin NAME COMMAND...: in the background, its log in $LOGS/NAME
begin() {
    local name=$1
    shift
    "$@" >>"$LOGS/$name" 2>&1 3>&- &
    pids[$name]=$!
}
# end NAME [SIGNAL]
end() {
    kill -"${2:-TERM}" "${pids[$1]}" 2>/dev/null || true
    kill -CONT "${pids[$1]}" 2>/dev/null || true
    wait "${pids[$1]}" 2>/dev/null || true
    unset "pids[$1]"
}

# What runs of the site; each may be ended and begun again.
begin_sim() {
    begin sim "$BACPIPES" sim --port "$PORT" --points "${POINTS:-60}" --without-flaws --faults "@$FAULTS" --write-log "$WRITES"
    until_true grep -q ready "$LOGS/sim"
    DEVICES=$(for i in $(seq "$(sed -n 's/.*ready: \([0-9]*\) devices.*/\1/p' "$LOGS/sim" | tail -1)"); do printf '127.66.0.%d:%d ' "$i" "$PORT"; done)
}
begin_collect() {
    begin collect "$BACPIPES" collect --set bacnet.address=127.0.0.1 --set bacnet.broadcast=127.255.255.255 --set bacnet.port=$((PORT + 1)) \
        --set "discovery.targets=$DEVICES ${MORE_DEVICES:-}" --set bacnet.timeout=1s --set bacnet.retries=2 \
        --set poll.interval=5s --set poll.backoff_max=1s
}
begin_ingest() { begin ingest "$BACPIPES" ingest; }

# In setup: an empty database, the site, and its devices found, all writable.
begin_site() {
    eval "$(grep -E '^declare -x (PG|MQTT)|^export (PG|MQTT)' "$BATS_FILE_TMPDIR/env")"
    export BACPIPES_CONFIG=/dev/null BACPIPES_SITE=demo BACPIPES_DATABASE_HOST=$PGHOST BACPIPES_DATA=$BATS_TEST_TMPDIR/data
    PORT=$((40000 + (BASHPID * 7 + BATS_TEST_NUMBER * 131) % 5000))
    FAULTS=$BATS_TEST_TMPDIR/faults WRITES=$BATS_TEST_TMPDIR/writes LOGS=$BATS_TEST_TMPDIR/logs
    mkdir "$BACPIPES_DATA" "$LOGS"
    : >"$WRITES"
    psql -qX -d postgres -c 'drop database if exists bacpipes with (force)' -c 'create database bacpipes' 2>/dev/null
    "$BACPIPES" migrate >/dev/null
    psql -qX -v ON_ERROR_STOP=1 <<SQL
insert into site (site_id, name) values ('demo', 'Demo');
insert into mqtt_config (site_id, host, port) values ('demo', '$MQTT_HOST', $MQTT_PORT);
insert into setting (site_id, name, value) values ('demo', 'points.writable', 'true'), ('demo', 'control.verify_within', '2s');
update command_source set rate_per_minute = 100000 where name = 'sql';
SQL
    begin_sim
    begin_ingest
    begin_collect
    until_sql "count(*) >= ${POINTS:-60} and bool_and(p.object_type not like 'analog-_%' or l.quality is not null) from point p left join point_latest l using (site_id, point_id)"
}

end_site() {
    local name
    for name in "${!pids[@]}"; do end "$name" KILL; done
    [ -n "${BATS_TEST_COMPLETED:-}" ] || { tail -n 30 "$LOGS"/*; tail -n 20 "$WRITES"; q "select * from write_commands order by number desc limit 3" || true; }
}

# faults TEXT: from the next datagram on
faults() {
    echo "$1" >"$FAULTS.new"
    mv "$FAULTS.new" "$FAULTS"
}

# point INSTANCE OBJECT, as point 1001 analog-output,1
point() { q "select point_id from point join device using (site_id, device_id) where instance = $1 and object_type || ',' || object_instance = '$2'"; }

# ask POINT VALUE [COLUMN=VALUE]...: a command; prints its id. VALUE null: a release.
ask() {
    local columns='' values='' more type=write_value
    for more in "${@:3}"; do
        columns+=", ${more%%=*}"
        values+=", ${more#*=}"
    done
    [ "$2" != null ] || type=release_priority
    q "insert into write_commands (site_id, point_id, command_type, value, created_by $columns) values ('demo', $1, '$type', $2, 'test' $values) returning id"
}

# ended ID: waits for it, and prints "STATUS VERDICT: SENTENCE"
ended() {
    until_sql "completed_at is not null from write_commands where id = '$1'"
    q "select concat_ws(' ', status, verdict) || ': ' || coalesce(error_message, '') from write_commands where id = '$1'"
}

# is_said TEXT PATTERN: the sentence is that
is_said() {
    shopt -s extglob
    # shellcheck disable=SC2053 # it is a pattern
    [[ $1 == $2 ]] || { echo "said: $1"; echo "and not: $2"; return 1; }
}

# writes DEVICE OBJECT: values of the datagrams that came, one a line; of all: writes
writes() {
    jq -r --arg device "${1:-}" --arg object "${2:-}" 'select(($device == "" or .device == ($device | tonumber)) and ($object == "" or .object == $object)) | "\(.priority) \(.value)"' "$WRITES"
}

# came COUNT DEVICE OBJECT
came() {
    local count
    count=$(writes "$2" "$3" | wc -l)
    [ "$count" -eq "$1" ] || { echo "$count writes came, and not $1:"; writes "$2" "$3"; return 1; }
}

# slot DEVICE OBJECT SLOT: what the device has there, asked past the site; "null" for nothing
slot() {
    "$BACPIPES" read "127.66.0.$(($1 - 1000)):$PORT" "$2" "priority-array[$3]" --address 127.0.0.1 --port $((PORT + 2)) --json |
        jq -r '.. | objects | select(has("value")) | .value | if . == null then "null" else tostring end' | head -1
}

# The journal's chain, as docs/protocol.md says it is made.
chain_is_whole() {
    [ "$(q "with r as (select *, row_number() over (partition by site_id order by epoch_at, seq) as n from (select u.*, min(at) over (partition by site_id, epoch) as epoch_at from uplink u where kind not in ('readings', 'health')) as u),
                 c as (select *, case when kind = 'epoch' and seq = min(seq) over (partition by site_id, epoch) then decode(repeat('00', 32), 'hex') else lag(digest) over (partition by site_id, epoch order by seq) end as before from r)
            select count(*) from c where digest is distinct from
                   sha256(before || int8send(epoch) || int8send(seq) || int8send((extract(epoch from at) * 1000000)::bigint) || convert_to(site_id || E'\n' || kind || E'\n', 'UTF8') || body)")" -eq 0 ] &&
        [ "$(q "select count(*) from (select seq - lag(seq) over (partition by site_id, epoch order by seq) as step from uplink) as steps where step <> 1")" -eq 0 ]
}
