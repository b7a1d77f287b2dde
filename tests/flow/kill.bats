#!/usr/bin/env bats
# Whoever dies, nothing that was polled and kept is lost, and nothing is stored twice: ingest, broker, database and collector are
# killed with SIGKILL in turn while readings flow, and then the readings are counted. BUILD names the build folder (default: build).

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-kill.XXXXXX)
    chmod 755 "$folder"
    data=$folder/data
    "$bacpipes" up --simulate --no-past --data "$data" --points 200 >"$folder/out" 2>&1 3>&- &
    up=$!
    until_true "grep -q ' stored, newest' $folder/out" 90
    # Under load: every second.
    sql "insert into setting (site_id, name, value) values ('demo', 'poll.interval', '1s'), ('demo', 'spool.after', '1s')"
    sql "update device set poll_interval_ms = 1000"
    sleep 5
}

teardown() {
    kill -INT "$up" 2>/dev/null && wait "$up" || true
    rm -rf "$folder"
}

until_true() {
    local until=$((SECONDS + $2))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within $2 s: $1"; cat "$folder/out" "$data/log/collect.log"; return 1; }
        sleep 0.2
    done
}

sql() {
    local port
    port=$(cat "$data/postgresql.port")
    PGHOST=$data/run PGPORT=$port PGUSER=bacpipes PGDATABASE=bacpipes psql -qAtX -c "$1"
}


# pid_of NAME: of the process that `up` started under this name.
pid_of() {
    local pid
    for pid in $(cat /proc/"$up"/task/*/children); do
        case $(tr '\0' ' ' <"/proc/$pid/cmdline") in
        "$1 "* | *"/$1 "*) echo "$pid"; return ;;
        esac
    done
    echo "$1 does not run" >&2
    return 1
}
kill_part() { # once it is there
    until_true "part=\$(pid_of $1 2>/dev/null) && kill -KILL \$part" 90
}

# counter NAME: of the collector's status.
counter() {
    mosquitto_sub -h 127.0.0.1 -p "$(cat "$data/mosquitto.port")" -u reader -P "$(cat "$data/secrets/mqtt_reader")" \
        -t bacpipes/demo/collect/status -C 1 -W 60 | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}

@test "ingest, broker and database are killed under load: every reading of the run is stored, once" {
    run=$(sql "select run from ingest_position order by updated_at desc limit 1")
    for victim in ingest mosquitto postgres ingest postgres mosquitto; do
        kill_part $victim
        sleep 4
    done
    # The collector went on all the time: slow it down, and let everything arrive.
    until_true "sql 'select 1' >/dev/null 2>&1" 90
    sql "update device set poll_interval_ms = 3600000"
    # Once a status says that nothing waits, and its figures are those of the tables: nothing is polled any more then.
    collect_status() { mosquitto_sub -h 127.0.0.1 -p "$(cat "$data/mosquitto.port")" -u reader -P "$(cat "$data/secrets/mqtt_reader")" -t bacpipes/demo/collect/status -R -C 1 -W 60; }
    all_is_stored() {
        local counters
        counters=$(collect_status | jq .counters)
        polled=$(jq .readings <<<"$counters") batches=$(jq .batches <<<"$counters")
        [ "$(jq .queue_batches <<<"$counters")" = 0 ] && [ "$(sql "select count(*) from sensor_readings")" = "$polled" ]
    }
    until_true all_is_stored 120 || echo "polled $polled readings, stored are $(sql "select count(*) from sensor_readings")"
    echo "# polled $polled readings in $batches batches" >&3
    [ "$(sql "select count(*) from ingest_position")" -eq 1 ]
    [ "$(sql "select stored || ' ' || skipped from ingest_position where run = '$run'")" = "$batches 0" ]
    [ "$(sql "select count(*) from sensor_readings")" -eq "$polled" ]
    [ "$(sql "select count(*) from ingest_quarantine")" -eq 0 ]
    [ "$polled" -gt 3000 ]
}

@test "the collector is killed while nobody stores: what was spooled is stored by its next run" {
    kill_part mosquitto
    sleep 1
    sql "update mqtt_config set host = '/nowhere'" # nobody listens there: all of it waits
    sleep 14
    kill_part collect
    sleep 4
    spooled=$(find "$data/spool" -name '*.spool' -size +0 | wc -l)
    [ "$spooled" -gt 0 ]
    sql "update mqtt_config set host = '$data/run/mosquitto.sock'"
    until_true '[ "$(sql "select count(*) from ingest_position")" -ge 2 ]' 90
    sql "update device set poll_interval_ms = 3600000"
    until_true '[ "$(counter queue_batches)" = 0 ]' 90
    [ "$(sql "select sum(skipped) from ingest_position")" -eq 0 ]
    # The gap in each point's readings is the collector's pause and what was younger than spool.after, not the outage, once all has come.
    gap_is_small() {
        gap=$(sql "select max(extract(epoch from time - before)) from (select time, lag(time) over (partition by point_id order by time) as before
                     from sensor_readings where time > (select max(time) from sensor_readings) - interval '25 s') as steps")
        awk -v gap="$gap" 'BEGIN { exit !(gap < 14) }'
    }
    until_true gap_is_small 90 || { echo "longest gap $gap s"; false; }
    echo "# longest gap $gap s" >&3
    [ "$(sql "select count(*) from (select point_id, time from sensor_readings group by 1, 2 having count(*) > 1) as twice")" -eq 0 ]
}

@test "numbers published in the collector's name by somebody else end no run, now or at its next start" {
    forge() { # N: a batch without readings, as if all before it had been dropped
        mosquitto_pub -h 127.0.0.1 -p "$(cat "$data/mosquitto.port")" -u collect -P "$(cat "$data/secrets/mqtt_collect")" -q 1 \
            -t bacpipes/demo/readings -m "{\"v\":1,\"run\":\"$run\",\"n\":$1,\"oldest\":$1,\"device\":1,\"at\":1,\"readings\":[]}"
    }
    run=$(sql "select run from ingest_position order by updated_at desc limit 1")
    timeout 400 mosquitto_sub -h 127.0.0.1 -p "$(cat "$data/mosquitto.port")" -u reader -P "$(cat "$data/secrets/mqtt_reader")" \
        -q 1 -t bacpipes/demo/readings >"$folder/published" 3>&- &
    listener=$!
    until_true "[ -s '$folder/published' ]" 90
    forge 999999999
    until_true "grep -q 'somebody else publishes readings in our name' $data/log/collect.log" 90
    until_true '[ "$(sql "select count(*) from ingest_position")" -eq 2 ]' 90
    # What waits when the collector ends is not taken for stored by its next run.
    ingest=$(pid_of ingest)
    kill -STOP "$ingest"
    sleep 3
    kill_part collect
    sleep 3
    kill -CONT "$ingest"
    until_true '[ "$(sql "select count(*) from ingest_position")" -ge 4 ]' 90
    sql "update device set poll_interval_ms = 3600000"
    until_true '[ "$(counter queue_batches)" = 0 ]' 90
    kill $listener || true
    wait $listener || true
    # Each instant of a point that was published is a row, once all has come.
    jq -r 'select(.readings | length > 0) | .at as $at | .readings[] | "\(.[0]),\($at + .[1])"' "$folder/published" | sort -u >"$folder/told"
    echo "# $(wc -l <"$folder/told") readings published" >&3
    [ "$(wc -l <"$folder/told")" -gt 1000 ]
    all_are_rows() {
        sql "select point_id || ',' || (extract(epoch from time) * 1000000)::bigint from sensor_readings" | sort -u >"$folder/rows"
        [ "$(comm -23 "$folder/told" "$folder/rows" | wc -l)" -eq 0 ]
    }
    until_true all_are_rows 90
}
