#!/usr/bin/env bats
# Which points are polled: a building is found and nothing of it is read, until somebody chooses; what that would ask of it is told
# before. BUILD names the build folder (default: build).

load ready

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-choose.XXXXXX)
    chmod 755 "$folder"
    data=$folder/data
    port=$((46000 + (BASHPID * 7 + BATS_TEST_NUMBER * 131) % 1000))
    pids=()
}

teardown() {
    [ -z "${up:-}" ] || { kill -INT "$up" 2>/dev/null && wait "$up" || true; }
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$folder"
}

# begin_sim OPTION...: on $port.
begin_sim() {
    begin_server "$folder/sim.${#pids[@]}" "$bacpipes" sim --port "$port" "$@"
    pids+=($!)
}

# run_site TARGETS OPTION...: without a simulation of its own.
run_site() {
    "$bacpipes" up --data "$data" --set site=demo --set bacnet.address=127.0.0.1 --set bacnet.broadcast=127.255.255.255 \
        --set bacnet.port=$((port + 1000)) --set "discovery.targets=$1" "${@:2}" >"$folder/out" 2>&1 3>&- &
    up=$!
    export BACPIPES_DATA=$data
}

until_true() {
    local until=$((SECONDS + $2))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within $2 s: $1"; cat "$folder/out" "$data/log/collect.log"; return 1; }
        sleep 0.2
    done
}

sql() {
    PGHOST=$data/run PGPORT=$(cat "$data/postgresql.port") PGUSER=bacpipes PGDATABASE=bacpipes psql -qAtX -c "$1"
}

# counters NAME...: of the collector's next status.
counters() {
    mosquitto_sub -h 127.0.0.1 -p "$(cat "$data/mosquitto.port")" -u reader -P "$(cat "$data/secrets/mqtt_reader")" \
        -t bacpipes/demo/collect/status -R -C 1 -W 60 | jq -r "[.counters[\"$1\", \"${2:-$1}\"]] | @tsv"
}

# counts POINTS: devices and points of a simulated building, and the first device's points.
counts() {
    "$bacpipes" sim --points "$1" --list --json | jq -r '[length, (map(.objects | length) | add), (.[0].objects | length)] | @tsv'
}

found() {
    [ "$(sql "select count(*) from device join device_status using (site_id, device_id) where state = 'online'" 2>/dev/null)" = "$1" ] &&
        [ "$(sql "select count(*) from point")" = "$2" ]
}

@test "a building is found and left alone; rules choose; what they were said to ask is what the collector asks" {
    command -v jq >/dev/null || skip "NOT TESTED: jq is not here"
    begin_sim --address 127.90.0.1 --points 300 --instance 5001 --network 2001 --trunk 5
    begin_sim --address 127.91.0.1 --points 30 --instance 6001 --quirks no-read-multiple
    run_site "127.90.0.1:$port/2001 127.91.0.1:$port" --set points.enable=none --set poll.interval=2s
    # All of the first building, and the first device of the second.
    read -r devices points _ <<<"$(counts 300)"
    read -r _ _ more <<<"$(counts 30)"
    devices=$((devices + 1)) points=$((points + more))
    until_true "found $devices $points" 90
    [ "$(sql "select count(*) from point where enabled or chosen_at is null")" = 0 ]
    # Devices are known to be there, and nothing is asked of them: at most a probe each in 5 minutes.
    quiet() { # for two statuses, once what finding them takes is over
        local before after
        before=$(counters requests | cut -f1)
        counters requests >/dev/null
        after=$(counters requests | cut -f1)
        [ $((after - before)) -le "$devices" ]
    }
    until_true quiet 120
    [ "$(counters reads points)" = "0	0" ]
    [ "$(sql "select count(*) from sensor_readings")" = 0 ]

    # Before anything was polled.
    run "$bacpipes" rule list
    [ "$status" = 1 ]
    [[ $output == "No rules. "* ]]
    "$bacpipes" rule try | grep -q '^There are no rules, by which nothing is polled'
    run "$bacpipes" rule apply --yes
    [ "$status" = 64 ]
    [[ $output == *"there are no rules"* ]]
    "$bacpipes" rule add --disable --point '*SP*'
    "$bacpipes" rule add --enable --network 2001 --type 'analog-*'
    "$bacpipes" rule add --enable --device 6001
    "$bacpipes" rule try >"$folder/try"
    grep -q '^127.90.0.1:.*/2001 .* 0 -> ' "$folder/try"
    grep -q "Of $points points 0 are polled, and by the rules [0-9]* would be. Nothing is changed" "$folder/try"
    grep -q 'points.enable is none' "$folder/try"
    "$bacpipes" rule apply --json >"$folder/apply.json"
    [ "$(jq -r '.changed, .polled_now' "$folder/apply.json" | xargs)" = "false 0" ]
    [ "$(sql "select count(*) from point where enabled")" = 0 ]
    "$bacpipes" rule apply --yes >/dev/null
    chosen=$(jq .polled_later "$folder/apply.json")
    [ "$(sql "select count(*) from point where enabled")" = "$chosen" ]
    [ "$chosen" -gt 30 ]
    [ "$chosen" -lt "$points" ]

    # One round of each device with a point asks for requests_per_round in all.
    until_true '[ "$(counters points | cut -f1)" = "$chosen" ]' 90
    counters rounds >/dev/null # and it is learned who reads several at once
    until_true '[ "$(sql "select learned ->> '"'read_multiple'"' from device_status join device using (device_id) where instance = 6001")" = false ]' 90
    "$bacpipes" rule try --json >"$folder/try.json"
    read -r requests rounds <<<"$(counters requests rounds)"
    until_true '[ "$(counters rounds | cut -f1)" -ge $((rounds + 100)) ]' 120
    read -r requests2 rounds2 <<<"$(counters requests rounds)"
    devices=$(jq '[.devices[] | select(.polled_now > 0)] | length' "$folder/try.json")
    # All are read every 2 s; of single properties flags are read once a minute.
    awk -v asked=$((requests2 - requests)) -v rounds=$((rounds2 - rounds)) -v devices="$devices" \
        -v said="$(jq .requests_per_second_now "$folder/try.json")" \
        'BEGIN { is = asked / rounds * devices / 2; print "asked " is " a second, said " said; exit !(is > 0.8 * said && is < 1.2 * said) }'
    [ "$(sql "select count(distinct point_id) from sensor_readings")" = "$chosen" ]
    [ "$(sql "select count(*) from sensor_readings join point using (site_id, point_id) where not enabled")" = 0 ]
}

@test "points that are found are chosen by the rules of that time; what is set by hand stays so" {
    begin_sim --address 127.92.0.1 --points 30 --instance 7001
    "$bacpipes" up --data "$data" --set site=demo --set discovery.enabled=false --set bacnet.address=127.0.0.1 \
        --set bacnet.broadcast=127.255.255.255 --set bacnet.port=$((port + 1000)) >"$folder/out" 2>&1 3>&- &
    up=$!
    export BACPIPES_DATA=$data
    until_true '[ "$(sql "select count(*) from site" 2>/dev/null)" = 1 ]' 90
    run "$bacpipes" rule try
    [ "$status" = 1 ]
    [[ $output == *"there are no points yet"*"points.enable = none or rules"* ]]
    "$bacpipes" rule add --enable --point '*AT' --interval 30s
    "$bacpipes" rule add --enable --type ai --position 20
    sql "insert into setting (site_id, name, value) values ('demo', 'points.enable', 'rules'), ('demo', 'discovery.enabled', 'true'), ('demo', 'discovery.targets', '127.92.0.1:$port')"
    read -r _ _ points <<<"$(counts 30)" # of the device that is asked
    until_true '[ "$(sql "select count(*) from point")" = "$points" ]' 90
    [ "$(sql "select bool_and(enabled = (name like '%AT' or object_type = 'analog-input') and poll_interval_ms is not distinct from case when name like '%AT' then 30000 end) from point")" = t ]
    [ "$("$bacpipes" rule list | wc -l)" = 3 ]
    run "$bacpipes" rule add --disable --position 20
    [ "$status" = 64 ]
    [[ $output == *"there is a rule at position 20"* ]]
    for wrong in "--type nonsense" "--subnet 10.1.2.3/8" "--subnet x" "--interval 5" "--interval 10ms" "--disable" "--network 65535" "--device ''" "--point ' '" "--type 'x y*'"; do
        run eval "\"\$bacpipes\" rule add --enable $wrong"
        echo "$wrong: $status $output"
        [ "$status" = 64 ]
    done

    # By hand.
    run "$bacpipes" points set --enable
    [ "$status" = 64 ]
    [[ $output == *"which points"* ]]
    run "$bacpipes" points set --interval 5min --find '*AT' --dry-run
    [[ $output == *"every 30 s -> every 5 min"*"would be changed; nothing is yet." ]]
    [ "$(sql "select count(*) from point where chosen_at is null")" = 0 ]
    "$bacpipes" points set --interval 90s --find '*AT' >/dev/null
    "$bacpipes" points set --writable yes --find '*AT' >/dev/null
    [ "$(sql "select bool_and((chosen_at is null, writable, coalesce(poll_interval_ms, 0) = 90000) = (name like '%AT', name like '%AT', name like '%AT')) from point")" = t ]
    "$bacpipes" points --find '*AT' >"$BATS_TEST_TMPDIR/points"
    grep -E 'every 90 s +(yes|-?[0-9.]+ to [0-9.]+)$' "$BATS_TEST_TMPDIR/points" || { cat "$BATS_TEST_TMPDIR/points"; false; }
    "$bacpipes" rule add --disable --position 1
    "$bacpipes" rule apply --yes | grep -q 'that were set by hand stayed as they are'
    [ "$(sql "select bool_and(enabled = (name like '%AT')) from point")" = t ]
    "$bacpipes" rule apply --by-hand --yes >/dev/null
    [ "$(sql "select count(*) from point where enabled or chosen_at is null")" = 0 ]
    "$bacpipes" rule remove 1
    run "$bacpipes" rule remove 1
    [ "$status" = 1 ]
}
