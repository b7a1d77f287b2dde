#!/usr/bin/env bats
# What a site that has joined a central writes for it: each row of sensor_readings is in a frame of the journal, once, whoever dies
# meanwhile. The frames are read in the order of the journal, as central does. BUILD names the build folder (default: build).

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    BUILD=$(realpath "${BUILD:-$root/build}")
    bacpipes=$BUILD/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-frames.XXXXXX)
    chmod 755 "$folder"
    data=$folder/data
    "$bacpipes" up --simulate --no-past --data "$data" --points 200 >"$folder/out" 2>&1 3>&- &
    up=$!
    until_true "grep -q ' stored, newest' $folder/out" 90
    sql "insert into setting (site_id, name, value) values ('demo', 'poll.interval', '1s'), ('demo', 'spool.after', '1s'), ('demo', 'sync.flush', '1s'), ('demo', 'ingest.flush', '300ms')"
    sql "update device set poll_interval_ms = 1000"
}

teardown() {
    kill -INT "$up" 2>/dev/null && wait "$up" || true
    rm -rf "$folder"
}

until_true() {
    local until=$((SECONDS + $2))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within $2 s: $1"; tail -20 "$folder/out" "$data/log/ingest.log"; return 1; }
        sleep 0.2
    done
}

sql() {
    PGHOST=$data/run PGPORT=$(cat "$data/postgresql.port") PGUSER=bacpipes PGDATABASE=bacpipes psql -qAtX -v ON_ERROR_STOP=1 -c "$1"
}

pid_of() {
    local pid
    for pid in $(cat /proc/"$up"/task/*/children); do
        case $(tr '\0' ' ' <"/proc/$pid/cmdline") in
        "$1 "* | *"/$1 "*) echo "$pid"; return ;;
        esac
    done
    return 1
}
kill_part() {
    until_true "part=\$(pid_of $1) && kill -KILL \$part" 90
}

join() { sql "insert into central_link (site_id, number, host, port) values ('demo', 1, 'central.invalid', 54320)"; }

# All that was there before the join is framed, and nothing is due.
all_is_framed() { until_true '[ "$(sql "select is_laid and not exists (select from frame_due) from central_link" 2>/dev/null)" = t ]' 90; }

# Rows of the table and of the frames at one moment, in the same form. Readings go on.
snapshot() {
    all_is_framed
    PGHOST=$data/run PGPORT=$(cat "$data/postgresql.port") PGUSER=bacpipes PGDATABASE=bacpipes psql -qAtX -v ON_ERROR_STOP=1 \
        -c "begin isolation level repeatable read" -c "\\o $folder/unsorted" \
        -c "select point_id || ',' || (extract(epoch from time) * 1000000)::bigint || ',' || coalesce(encode(float8send(value), 'hex'), '') || ',' || quality || ',' || coalesce(reason, '') || ','
             || coalesce(units, '') || ',' || coalesce(device_id::text, '') || ',' || coalesce(object_type, '') || ',' || coalesce(object_instance::text, '') from sensor_readings" \
        -c "\\o $folder/frames" -c "select encode(u.body, 'hex') from uplink u where kind = 'readings' order by u.seq" \
        -c "\\o $folder/due" -c "select count(*) from frame_due"
}
compare() {
    # Whoever comes back from being killed may find something that is due a moment later.
    until_true 'snapshot && [ "$(cat "$folder/due")" = 0 ]' 90
    sort "$folder/unsorted" >"$folder/rows"
    "$BUILD/tests/flow/read_frames" <"$folder/frames" >"$folder/unsorted"
    sort "$folder/unsorted" >"$folder/framed"
    echo "# $(wc -l <"$folder/rows") readings in $(wc -l <"$folder/frames") frames, $(($(wc -c <"$folder/frames") / 2)) octets" >&3
    diff "$folder/rows" "$folder/framed" >"$folder/differences" || { wc -l "$folder/differences"; head -n 20 "$folder/differences"; tail -n 30 "$data/log/ingest.log"; return 1; }
    [ "$(sql "select count(*) from uplink where kind = 'readings' and digest <> sha256(body)")" -eq 0 ]
}

@test "who has joined no central makes no frames; with the join all that is there is framed, once, whoever dies" {
    # Two days that it has read before, with odd values and a point that is no more.
    sql "select readings_ensure_days(now() - interval '2 days', now());
         insert into sensor_readings (time, site_id, point_id, value, quality, reason, units, device_id, object_type, object_instance)
         select now() - i * interval '6 seconds' - p * interval '1 microsecond', 'demo', case p when 10 then 4000 else p end, case when i % 97 = 0 then null when i % 89 = 0 then 'nan' else 20 + (i % 13) / 10.0 end,
                case when i % 97 = 0 then 'bad' else 'good' end, case when i % 97 = 0 then 'timeout' end, 'percent', 1, 'analog-input', p from generate_series(20, 25000) i, generate_series(1, 10) p"
    [ "$(sql "select count(*) from uplink where kind = 'readings'")" -eq 0 ]
    echo "# RANDOM=${BACPIPES_SEED:=$RANDOM}" >&3
    RANDOM=$BACPIPES_SEED
    join
    for victim in ingest postgres ingest mosquitto postgres ingest; do
        sleep $((1 + RANDOM % 3)).$((RANDOM % 10))
        kill_part $victim
    done
    compare
    [ "$(wc -l <"$folder/rows")" -gt 250000 ]
    [ "$(sql "select count(*) from uplink where kind = 'readings' and not frame_is_key(body)")" -gt 20 ]
}

@test "repeats, and what is put back from quarantine, are framed as they are stored" {
    join
    until_true '[ "$(sql "select count(*) from uplink where kind = '"'readings'"'")" -gt 2 ]' 90
    # Its positions are lost: all that is on its way comes again, beside the table.
    kill -STOP "$(pid_of ingest)"
    sleep 2
    sql "delete from ingest_position"
    kill_part ingest
    # A point that is not known yet.
    until_true '[ -n "$(sql "select 1 from ingest_position")" ]' 90
    sql "insert into ingest_quarantine (site_id, reason, readings, payload)
         select 'demo', 'no such point', 2, jsonb_build_object('v', 1, 'device', 1, 'at', (extract(epoch from now()) * 1000000)::bigint, 'readings', '[[1, 0, 7.25], [2, 1000, null, 2, \"timeout\"]]'::jsonb)"
    sql "select quarantine_put_back(id, now(), '7 days', '1 minute', false) from ingest_quarantine"
    compare
    grep -q 7.25 <(sql "select value from sensor_readings where point_id = 1")
}

@test "another entry on its way to central takes the readings along, at once" {
    join
    sql "update setting set value = '60s' where name = 'sync.flush'"
    until_true '[ "$(sql "select is_laid from central_link")" = t ]' 90
    local before
    frames() { sql "select count(*) from uplink where kind = 'readings'"; }
    quiet() { # once the setting is read
        local before
        before=$(frames)
        sleep 3
        [ "$(frames)" -le $((before + 1)) ]
    }
    until_true quiet 90
    before=$(sql "select count(*) from uplink where kind = 'readings'")
    sql "select alarm_raise('demo', 'test', 'warning', 'a test')"
    until_true '[ "$(sql "select count(*) from uplink where kind = '"'readings'"'")" -gt '"$before"' ]' 40 # and not in 60
}
