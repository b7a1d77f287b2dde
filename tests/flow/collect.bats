#!/usr/bin/env bats
# bacpipes collect with ingest, a real broker and a real database: right values, changes by SQL that act at once, and nothing lost
# when a device, the disk, the database or the collector itself is away. Devices are of an independent stack (tests/peers).
# Each test has servers of its own. BUILD names the build folder (default: build).

setup_file() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export PG_SYNCHRONOUS_COMMIT=on # what was committed outlives a killed server
    export root BACPIPES="$(realpath "${BUILD:-$root/build}")/apps/bacpipes" BACPIPES_CONFIG=/dev/null BACPIPES_SITE=demo
    if command -v node >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]; then
        [ -d "$root/tests/peers/node_modules" ] || npm --prefix "$root/tests/peers" ci --ignore-scripts --no-audit --no-fund >/dev/null
        export HAS_NODE=yes
    fi
}

setup() {
    [ -n "${HAS_NODE:-}" ] || skip "NOT TESTED: Node.js 20 or newer is not here"
    export SCRIPT="$BATS_TEST_TMPDIR/script" PORT=$((40000 + (BASHPID * 7 + BATS_TEST_NUMBER * 131) % 5000))
    export BACPIPES_DATA="$BATS_TEST_TMPDIR/data"
    mkdir "$BACPIPES_DATA"
    cat >"$SCRIPT" <<'EOS'
set -eu
export BACPIPES_DATABASE_HOST=$PGHOST
declare -A pids=()
trap '[ ${#pids[@]} -eq 0 ] || kill -KILL "${pids[@]}" 2>/dev/null || true' EXIT
"$BACPIPES" migrate >/dev/null
q() { psql -qAtX -c "$1"; }
# Waits until a command succeeds, for 90 s at most.
until_true() {
    local until=$((SECONDS + 90))
    until "$@" 2>/dev/null; do
        [ $SECONDS -lt $until ] || { echo "not within 90 s: $*" >&2; q "select * from points" >&2; return 1; }
        sleep 0.1
    done
}
# Waits until the query says "t".
is_true() { [ "$(q "select $1")" = t ]; }
until_sql() { until_true is_true "$1"; }
says() { grep -q "$1" "$SCRIPT.$2.log"; }
# begin NAME COMMAND...: in the background, its log in $SCRIPT.NAME.log
begin() {
    local name=$1
    shift
    "$@" >>"$SCRIPT.$name.log" 2>&1 & pids[$name]=$!
}
# end NAME SIGNAL
end() {
    kill -"$2" "${pids[$1]}"
    wait "${pids[$1]}" 2>/dev/null || true
    unset "pids[$1]"
}
runs() { kill -0 "${pids[$1]}"; }
# begin_device INSTANCE: 5 analog inputs with i * 10 + 0.5, 5 binary values
begin_device() {
    : >"$SCRIPT.device$1.log"
    begin "device$1" node "$root/tests/peers/device.mjs" "127.77.0.$1:$PORT" "$1" 10
    until_true says ready "device$1"
}
collect=("$BACPIPES" collect --set bacnet.address=127.0.0.1 --set bacnet.broadcast=127.255.255.255 --set bacnet.port=$((PORT + 1))
    --set "discovery.targets=127.77.0.1:$PORT 127.77.0.2:$PORT" --set bacnet.timeout=1s --set bacnet.retries=2
    --set poll.backoff_max=1s --set poll.interval=1s --set spool.after=1s)
begin_collect() { begin collect "${collect[@]}"; }
begin_ingest() { begin ingest "$BACPIPES" ingest --set ingest.flush=200ms; }
# Waits for that many batches to be published from now on: polling goes on.
batches_come() { mosquitto_sub -p "$MQTT_PORT" -t bacpipes/demo/readings -C "$1" -W 60; }
# Whether the collector's next status has nothing waiting, and its count of readings, with $1 others, is that of the table.
all_is_stored() {
    local status
    status=$(mosquitto_sub -p "$MQTT_PORT" -t bacpipes/demo/collect/status -R -C 1 -W 60)
    [[ $status == *'"queue_batches":0,'* && $status == *'"spool_octets":0,'* ]] || return 1
    readings=$(sed -n 's/.*"readings":\([0-9]*\).*/\1/p' <<<"$status")
    [ "$(q "select count(*) from sensor_readings")" -eq $((readings + ${1:-0})) ]
}
# Whether something lies in the spool.
spooled() { [ "$(find "$BACPIPES_DATA/spool" -name '*.spool' -size +0 | wc -l)" -gt 0 ]; }
# Whether so many batches lie there.
spooled_batches() { [ "$(cat "$BACPIPES_DATA"/spool/*.spool | grep -ao '"readings":' | wc -l)" -ge "$1" ]; }
# How often a point of device $1, object $2, was read.
count_of() { echo "(select count(*) from sensor_readings join device using (site_id, device_id) where instance = $1 and object_type || ',' || object_instance = '$2')"; }
stop_polling() {
    q "insert into setting (site_id, name, value) values ('demo', 'poll.interval', '1h') on conflict (site_id, name) do update set value = excluded.value"
}
nothing_is_refused() {
    [ "$(q "select coalesce(sum(skipped), 0) from ingest_position")" -eq 0 ]
    [ "$(q "select count(*) from ingest_quarantine")" -eq 0 ]
}
psql -qX <<SQL
insert into site (site_id, name) values ('demo', 'Demo');
insert into mqtt_config (site_id, host, port) values ('demo', '$MQTT_HOST', $MQTT_PORT);
SQL
EOS
}

# The servers and the rest of the script, from standard input.
servers() {
    cat >>"$SCRIPT"
    run "$root/tests/with-postgres" "$root/tests/with-mosquitto" bash "$SCRIPT"
    echo "$output"
    tail -n 40 "$SCRIPT".*.log
    [ "$status" -eq 0 ]
}

@test "an independent stack's devices are found, and the right values reach the database" {
    servers <<'EOS'
begin_device 1; begin_device 2
begin_collect; begin_ingest
until_sql "count(*) = 20 from point_latest where quality = 'good'"
[ "$(q "select count(*) from point_latest join point using (site_id, point_id)
         where value is distinct from case object_type when 'analog-input' then object_instance * 10 + 0.5 else object_instance % 2 end")" -eq 0 ]
[ "$(q "select string_agg(instance || ' ' || name || ' ' || address, ', ' order by instance) from device")" = \
    "1 independent-device 127.77.0.1:$PORT, 2 independent-device 127.77.0.2:$PORT" ]
[ "$(q "select distinct object_type || ' ' || units || ' ' || name from point where object_instance = 3 order by 1" | paste -sd,)" = \
    "analog-input degrees-celsius AI/3,binary-value  BV/3" ]
until_sql "$(count_of 1 analog-input,3) >= 3 and $(count_of 2 analog-input,3) >= 3"
[ "$(mosquitto_sub -p "$MQTT_PORT" -t 'bacpipes/demo/points/+/analog-input,3/state' -C 1 -W 60 | grep -c '"value":30.5,"quality":"good"')" -eq 1 ]
EOS
}

@test "interval, enabled and settings changed by plain SQL act within seconds, without a restart" {
    servers <<'EOS'
begin_device 1; begin_device 2
begin_collect; begin_ingest
until_sql "count(*) = 20 from point_latest where quality = 'good'"
# The newest reading of an object is older, or younger, than 4 s; old ones of others show that it is not all that stands still.
age() { echo "(select now() - max(time) from sensor_readings join device using (site_id, device_id) where instance = $1 and object_type || ',' || object_instance = '$2')"; }
still="> interval '4 s'" lively="< interval '3 s'"

q "update point set poll_interval_ms = 3600000 where object_type = 'analog-input' and object_instance = 1"
until_sql "$(age 1 analog-input,1) $still and $(age 1 analog-input,2) $lively"
q "update point set poll_interval_ms = 1000 where object_type = 'analog-input' and object_instance = 1"
until_sql "$(age 1 analog-input,1) $lively"

q "update point set enabled = false where object_type = 'analog-input' and object_instance = 2"
until_sql "$(age 1 analog-input,2) $still and $(age 1 analog-input,1) $lively"
q "update point set enabled = true"
until_sql "$(age 1 analog-input,2) $lively"

q "update device set enabled = false where instance = 1"
until_sql "$(age 1 analog-input,3) $still and $(age 2 analog-input,3) $lively"
q "update device set enabled = true"
until_sql "$(age 1 analog-input,3) $lively"

q "insert into setting (site_id, name, value) values ('demo', 'poll.interval', '1h')"
until_sql "$(age 1 analog-input,3) $still and $(age 2 analog-input,3) $still and $(age 1 analog-input,1) $lively"
q "update setting set value = '1s' where name = 'poll.interval'"
until_sql "$(age 1 analog-input,3) $lively and $(age 2 analog-input,3) $lively"
runs collect
[ "$(q "select count(*) from ingest_position")" -eq 1 ]
[ "$(q "select count(*) from sensor_readings where quality <> 'good'")" -eq 0 ]
EOS
}

@test "a device that stops has bad readings with the reason, others go on, and good ones come back" {
    servers <<'EOS'
begin_device 1; begin_device 2
begin_collect; begin_ingest
until_sql "count(*) = 20 from point_latest where quality = 'good'"
end device1 KILL
stopped=$(date +%s.%N)
of_device() { echo "point_latest join point using (site_id, point_id) join device using (site_id, device_id) where instance = $1"; }
until_sql "count(*) = 10 from $(of_device 1) and quality = 'bad' and point_latest.reason = 'timeout' and value is null"
until_sql "state = 'offline' and device_status.reason <> '' from device_status join device using (site_id, device_id) where instance = 1"
until_true says 'device 1 .* stopped answering' collect
# The other goes on all the while: no bad reading, and none left out for long.
until_sql "count(*) >= 40 from sensor_readings join device using (site_id, device_id) where instance = 2 and time > to_timestamp($stopped)"
[ "$(q "select count(*) from sensor_readings join device using (site_id, device_id) where instance = 2 and quality <> 'good'")" -eq 0 ]
begin_device 1
until_sql "count(*) = 10 from $(of_device 1) and quality = 'good'"
until_sql "state = 'online' from device_status join device using (site_id, device_id) where instance = 1"
[ "$(q "select count(*) from device")" -eq 2 ]
stop_polling
until_true all_is_stored
nothing_is_refused
EOS
}

@test "a full disk is said, polling goes on, and all is delivered when there is room again" {
    unshare -rm true 2>/dev/null || skip "NOT TESTED: no namespaces to mount a small disk in"
    servers <<'EOS'
begin_device 1
mkdir "$BACPIPES_DATA/spool"
begin collect unshare -rm sh -c 'mount -t tmpfs -o size=2M tmpfs "$0/spool" && exec "$@"' "$BACPIPES_DATA" "${collect[@]}"
spool=/proc/${pids[collect]}/root$BACPIPES_DATA/spool
begin_ingest
until_sql "count(*) = 10 from point_latest where quality = 'good'"
end ingest KILL
until_true test -e "$spool/lock"
dd if=/dev/zero of="$spool/full" bs=64k 2>/dev/null || true
until_true says 'the spool cannot be written, batches wait in memory: .*No space left' collect
batches_come 6 >/dev/null
runs collect
rm "$spool/full"
until_true says 'the spool can be written again' collect
[ "$(grep -c 'spool cannot be written' "$SCRIPT.collect.log")" -eq 1 ]
begin_ingest
stop_polling
until_true all_is_stored
nothing_is_refused
EOS
}

@test "the database is away while nobody stores: what was polled meanwhile is all there afterwards" {
    servers <<'EOS'
begin_device 1
begin_collect; begin_ingest
until_sql "count(*) = 10 from point_latest where quality = 'good'"
end ingest TERM
$PG_CTL stop -m immediate
gone=$(date +%s.%N)
until_true says 'polling goes on with what is known' collect
batches_come 6 >/dev/null
until_true spooled
back=$(date +%s.%N)
$PG_CTL start
begin_ingest
stop_polling
until_true all_is_stored
nothing_is_refused
[ "$(q "select count(*) from sensor_readings where time between to_timestamp($gone) and to_timestamp($back)")" -ge 50 ]
EOS
}

@test "a collector that is started again goes on with the same points, and its last run is not lost" {
    servers <<'EOS'
begin_device 1
begin_collect; begin_ingest
until_sql "count(*) = 10 from point_latest where quality = 'good'"
before=$(q "select string_agg(point_id || ' ' || device_id || ' ' || object_type || object_instance, ',' order by point_id) from point")
end ingest TERM
first=$(q "select run from ingest_position")
last=$(batches_come 5 | sed -n '$s/.*"n":\([0-9]*\).*/\1/p')
end collect TERM
waiting=$(sed -n 's/.* \([0-9]*\) batches wait in the spool for the next run.*/\1/p' "$SCRIPT.collect.log")
[ "$waiting" -ge 5 ]
begin_collect
until_true says "$waiting batches of earlier runs wait in the spool" collect
begin_ingest
until_sql "count(*) = 2 from ingest_position"
until_sql "stored >= $last from ingest_position where run = '$first'"
stop_polling
first_readings=$(q "select 10 * stored from ingest_position where run = '$first'") # of each of 10 points a batch
until_true all_is_stored "$first_readings"
nothing_is_refused
[ "$before" = "$(q "select string_agg(point_id || ' ' || device_id || ' ' || object_type || object_instance, ',' order by point_id) from point")" ]
EOS
}

@test "a device whose points are all disabled or deleted is left alone, and can be read out anew" {
    servers <<'EOS'
begin_device 1
begin_collect; begin_ingest
until_sql "count(*) = 10 from point_latest where quality = 'good'"
q "update point set enabled = false"
until_sql "max(time) < now() - interval '3 s' from sensor_readings"
q "update point set enabled = true"
until_sql "max(time) > now() - interval '2 s' from sensor_readings"
q "insert into setting (site_id, name, value) values ('demo', 'discovery.enabled', 'false')"
q "delete from point"
# Nothing is stored any more, and nothing put aside as being of no point, beyond what was on its way.
until_sql "max(time) < now() - interval '4 s' and coalesce((select max(received_at) from ingest_quarantine), '-infinity') < now() - interval '4 s' from sensor_readings"
q "update setting set value = 'true' where name = 'discovery.enabled'"
end collect TERM
begin_collect
until_sql "count(*) = 10 from point_latest where quality = 'good' and time > now() - interval '3 s'"
EOS
}

@test "a collector that starts while the database is away polls what the last one knew, and nothing of that is lost" {
    servers <<'EOS'
begin_device 1
begin_collect; begin_ingest
until_sql "count(*) = 10 from point_latest where quality = 'good'"
q "insert into setting (site_id, name, value) values ('demo', 'poll.trunk_rate', '77')"
until_true grep -q poll.trunk_rate "$BACPIPES_DATA/plan"
end ingest TERM; end collect TERM
$PG_CTL stop -m immediate
gone=$(date +%s.%N)
: >"$SCRIPT.collect.log"
begin_collect
until_true says 'the database does not answer: polling what was known at 2' collect
until_true says 'ready: 10 points of site demo are known' collect
until_true spooled_batches 6
end collect KILL # and another, which has nothing but the plan and the spool
begin_collect
until_true spooled_batches 12
back=$(date +%s.%N)
$PG_CTL start
begin_ingest
until_sql "count(*) = 10 from point_latest where quality = 'good' and time > to_timestamp($back)"
stop_polling
drained() { [[ $(mosquitto_sub -p "$MQTT_PORT" -t bacpipes/demo/collect/status -R -C 1 -W 60) == *'"queue_batches":0,'*'"spool_octets":0,'* ]]; }
until_true drained
nothing_is_refused
[ "$(q "select count(*) from point")" -eq 10 ]
# Each point was read some 6 times by each of the two.
while read -r reads; do [ "$reads" -ge 8 ]; done < <(q "select count(*) from sensor_readings where time between to_timestamp($gone) and to_timestamp($back) group by point_id")
[ "$(q "select count(distinct point_id) from sensor_readings where time between to_timestamp($gone) and to_timestamp($back)")" -eq 10 ]
EOS
}

@test "what was read of points that the database does not know any more when it is back goes aside, and to no other point" {
    servers <<'EOS'
begin_device 1
begin_collect; begin_ingest
until_sql "count(*) = 10 from point_latest where quality = 'good'"
until_true test -s "$BACPIPES_DATA/plan"
end ingest TERM; end collect TERM
# The database is put back to when it knew half of the points, and their numbers.
q "delete from sensor_readings; delete from point where point_id > 5; update site set last_point_id = 5"
$PG_CTL stop
begin_collect
until_true says 'ready: 10 points of site demo are known' collect
until_true spooled_batches 4
$PG_CTL start
until_true says 'has 5 points less' collect
back=$(date +%s.%N)
begin_ingest
until_sql "count(*) > 0 from ingest_quarantine where reason like 'no such point%'"
until_sql "count(distinct point_id) = 5 from sensor_readings where point_id <= 5 and time > to_timestamp($back)"
[ "$(q "select count(*) from sensor_readings join point using (site_id, point_id) where time < to_timestamp($back) and point_id > 5")" -eq 0 ]
EOS
}

@test "subscriptions are cancelled when the collector ends, and made again when it is back" {
    servers <<'EOS'
begin sim "$BACPIPES" sim --address 127.77.0.1 --port "$PORT" --points 30 --without-flaws
until_true says ready sim
begin_collect; begin_ingest
until_sql "count(*) >= 30 from point_latest"
q "update device set cov = true"
status() { mosquitto_sub -p "$MQTT_PORT" -t bacpipes/demo/collect/status -C 1 -W 60 "$@"; }
counter() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }
points=$(q "select count(*) from point")
subscribed() { [ "$(status -R | counter cov_subscribed)" -ge "$points" ]; }
until_true subscribed
end collect TERM
[ "$(status | counter cov_cancelled)" -eq "$points" ] # the last one, which is kept
begin_collect
until_true subscribed
# A simulator that is gone is not waited for.
end sim KILL
before=$SECONDS
end collect TERM
[ $((SECONDS - before)) -le 20 ]
EOS
}

@test "our own device answers for all that it says it has" {
    servers <<'EOS'
begin_collect
until_true says 'on the BACnet network' collect
net=(--address 127.0.0.1 --broadcast 127.255.255.255 --port $((PORT + 2)))
own=127.0.0.1:$((PORT + 1))
"$BACPIPES" read "$own" device,4194000 'property-list[0]' "${net[@]}" | grep -qw 19
all=$("$BACPIPES" read "$own" device,4194000 all "${net[@]}")
echo "$all"
[[ $all == *"BacPipes demo"* && $all == *"segmented-both"* && $all != *unknown* ]]
EOS
}
