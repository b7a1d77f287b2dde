#!/usr/bin/env bats
# bacpipes ingest between a real broker and a real database: what is stored, refused, skipped and put aside.
# Each test has servers of its own. BUILD names the build folder (default: build).

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export root BACPIPES="$(realpath "${BUILD:-$root/build}")/apps/bacpipes" BACPIPES_CONFIG=/dev/null BACPIPES_SITE=demo
    export PG_SYNCHRONOUS_COMMIT=on # what was committed outlives a killed server
    export SCRIPT="$BATS_TEST_TMPDIR/script"
    cat >"$SCRIPT" <<'EOF'
set -eu
export BACPIPES_DATABASE_HOST=$PGHOST
run=0123456789abcdef now=$(($(date +%s) * 1000000)) ingest=
trap '[ -z "$ingest" ] || kill -9 $ingest 2>/dev/null || true' EXIT
"$BACPIPES" migrate >/dev/null
psql -qX <<SQL
insert into site (site_id, name) values ('demo', 'Demo');
insert into mqtt_config (site_id, host, port) values ('demo', '$MQTT_HOST', $MQTT_PORT);
insert into device (site_id, device_id, address, instance) values ('demo', 1, '10.0.0.1', 1);
insert into point (site_id, point_id, device_id, object_type, object_instance)
    select 'demo', i, 1, 'analog-input', i from generate_series(1, 5) as i;
SQL
q() { psql -qAtX -c "$1"; }
# Waits until the query says what is expected, for 90 s at most.
until_is() {
    for _ in $(seq 900); do
        [ "$(q "$1" 2>/dev/null)" = "$2" ] && return
        sleep 0.1
    done
    echo "$1: $(q "$1"), expected $2" >&2
    return 1
}
is_online() { [[ $(mosquitto_sub -p "$MQTT_PORT" -t bacpipes/demo/ingest/status -C 1 -W 60) == *'"state":"online"'* ]]; }
start_ingest() { # [FLUSH]: returns when it has subscribed: its status, retained, says so, and not the last will of one that was killed
    mosquitto_pub -r -n -p "$MQTT_PORT" -t bacpipes/demo/ingest/status
    "$BACPIPES" ingest --set ingest.flush=${1:-200ms} 2>>"$SCRIPT.log" & ingest=$!
    until is_online; do kill -0 $ingest; sleep 0.1; done
}
publish() { mosquitto_pub -q 1 -p "$MQTT_PORT" -t bacpipes/demo/readings -m "$1"; }
# batch N OLDEST: two readings, one of them bad
batch() { echo "{\"v\":1,\"run\":\"$run\",\"n\":$1,\"oldest\":$2,\"device\":1,\"at\":$((now + $1)),\"readings\":[[1,0,$1.5],[2,0,null,2,\"timeout\"]]}"; }
# Waits until the log says it, for 90 s at most.
until_log() {
    for _ in $(seq 900); do
        ! grep -q "$1" "$SCRIPT.log" || return 0
        sleep 0.1
    done
    echo "the log does not say: $1" >&2
    return 1
}
# Each line of the input is a message.
publish_lines() { mosquitto_pub -q 1 -p "$MQTT_PORT" -t bacpipes/demo/readings -l; }
# publish_until QUERY ANSWER MESSAGE...: again and again, as a collector does: ingest lets go what comes before it is ready.
publish_until() {
    local until=$((SECONDS + 120)) message
    until [ "$(q "$1" 2>/dev/null)" = "$2" ]; do
        [ $SECONDS -lt $until ] || { echo "$1: $(q "$1"), expected $2" >&2; return 1; }
        for message in "${@:3}"; do publish "$message"; done
        sleep 0.2
    done
}
# Each line of the input is a message, and ingest has all of them at once, however long they take to the broker.
publish_together() {
    kill -STOP $ingest
    publish_lines
    kill -CONT $ingest
}
stored() { q "select stored || ' ' || skipped from ingest_position where run = '$run'"; }
EOF
}

servers() {
    run "$root/tests/with-postgres" "$root/tests/with-mosquitto" bash "$SCRIPT"
    echo "$output"
    cat "$SCRIPT.log" 2>/dev/null || true
    [ "$status" -eq 0 ]
}

@test "batches are stored once, in their turn, with the words that belong to them" {
    cat >>"$SCRIPT" <<'EOF'
start_ingest
publish "$(batch 1 1)"; publish "$(batch 2 1)"; publish "$(batch 2 1)"
publish "$(batch 4 1)" # ahead of its turn
until_is "select count(*) from sensor_readings" 4
[ "$(q "select value, quality, object_type, object_instance, reason is null from sensor_readings where point_id = 1 order by time limit 1")" = "1.5|good|analog-input|1|t" ]
[ "$(q "select value is null, quality, reason from sensor_readings where point_id = 2 order by time limit 1")" = "t|bad|timeout" ]
[ "$(stored)" = "2 0" ]
EOF
    servers
}

@test "a gap is asked for, and what the collector dropped is skipped and counted" {
    cat >>"$SCRIPT" <<'EOF'
start_ingest
publish "$(batch 1 1)"
mosquitto_sub -p "$MQTT_PORT" -t bacpipes/demo/readings/want -C 1 -W 60 >"$SCRIPT.want" & listening=$!
for _ in $(seq 300); do publish "$(batch 4 1)"; sleep 0.2; kill -0 $listening 2>/dev/null || break; done
wait $listening
grep -q '"from":2' "$SCRIPT.want"
publish "$(batch 9 8)"; publish "$(batch 8 8)"; publish "$(batch 9 8)"
until_is "select stored || ' ' || skipped from ingest_position where run = '$run'" "9 6"
EOF
    servers
}

@test "a number that no collector can have ends no run: it is put aside, and the run goes on" {
    cat >>"$SCRIPT" <<'EOF'
start_ingest
publish "$(batch 1 1)"
publish "$(batch 4611686018427387904 4611686018427387904)"
publish "$(batch 2 1)"
until_is "select count(*) from sensor_readings" 4
until_is "select count(*) from ingest_quarantine" 1
[ "$(stored)" = "2 0" ]
q "select reason from ingest_quarantine" | grep -q "too far ahead of 1"
EOF
    servers
}

@test "what cannot be understood is put aside with the reason and holds nobody up" {
    cat >>"$SCRIPT" <<'EOF'
start_ingest
publish 'garbage "'
publish "{\"v\":1,\"run\":\"$run\",\"n\":1,\"oldest\":1,\"device\":1,\"at\":$now,\"readings\":[[1]]}"
of_no_point="{\"v\":1,\"run\":\"$run\",\"n\":2,\"oldest\":1,\"device\":1,\"at\":$now,\"readings\":[[99,0,1]]}"
publish "$of_no_point" # and again, when the points have been read anew
publish_until "select stored || ' ' || skipped from ingest_position where run = '$run'" "2 0" "$of_no_point"
publish "{\"v\":1,\"run\":\"$run\",\"n\":3,\"oldest\":1,\"device\":1,\"at\":$((now + 86400000000)),\"readings\":[[1,0,1]]}"
publish "{\"v\":1,\"run\":\"$run\",\"n\":4,\"oldest\":1,\"device\":1,\"at\":$((now - 8 * 86400000000)),\"readings\":[[1,0,1]]}"
publish_until "select stored || ' ' || skipped from ingest_position where run = '$run'" "5 0" "$(batch 3 1)" "$(batch 4 1)" "$(batch 5 1)"
[ "$(q "select count(*) from ingest_quarantine where reason like 'no JSON%' or reason like 'reading 0%' or reason = 'no such point'")" -ge 3 ]
[ "$(q "select count(*) from sensor_readings where time > now() + interval '1 hour' or time < now() - interval '7 days'")" = 0 ]
EOF
    servers
}

@test "a point whose number is beyond all that are given is not known, and costs no memory" {
    cat >>"$SCRIPT" <<'EOF'
start_ingest
q "insert into point (site_id, point_id, device_id, object_type, object_instance) values ('demo', 2000000000, 1, 'analog-input', 99)"
for n in 1 2 3 4 5 6 7 8 9 10; do
    publish "{\"v\":1,\"run\":\"$run\",\"n\":$n,\"oldest\":$n,\"device\":1,\"at\":$((now + n)),\"readings\":[[1,0,$n],[2000000000,0,$n]]}"
done
until_is "select stored from ingest_position where run = '$run'" 10
[ "$(q "select count(*) from sensor_readings where point_id = 1")" = 10 ]
[ "$(q "select count(*) from sensor_readings where point_id <> 1")" = 0 ]
[ "$(q "select count(distinct reason) from ingest_quarantine")" = 1 ]
[ "$(awk '/^VmPeak/ { print $2 }' /proc/$ingest/status)" -lt 2000000 ]
EOF
    servers
}

@test "killed with SIGKILL and started again it stores nothing twice, even when its positions are lost" {
    cat >>"$SCRIPT" <<'EOF'
start_ingest
publish "$(batch 1 1)"; publish "$(batch 2 1)"
until_is "select count(*) from sensor_readings" 4
kill -9 $ingest; wait $ingest 2>/dev/null || true
start_ingest
publish "$(batch 1 1)"; publish "$(batch 2 1)"; publish "$(batch 3 1)"
until_is "select count(*) from sensor_readings" 6
kill -9 $ingest; wait $ingest 2>/dev/null || true
q "delete from ingest_position"
start_ingest
publish "$(batch 1 1)"; publish "$(batch 2 1)"; publish "$(batch 3 1)"; publish "$(batch 4 1)"
until_is "select stored from ingest_position" 4
[ "$(q "select count(*) from sensor_readings")" = 8 ]
EOF
    servers
}

@test "when the database comes back everything goes on, and SIGTERM stores what is gathered" {
    cat >>"$SCRIPT" <<'EOF'
start_ingest
publish "$(batch 1 1)"
until_is "select stored from ingest_position" 1
$PG_CTL stop -m immediate
publish "$(batch 2 1)"
$PG_CTL start
publish_until "select stored || ' ' || skipped from ingest_position where run = '$run'" "2 0" "$(batch 2 1)"
publish "$(batch 3 1)"
mosquitto_pub -p "$MQTT_PORT" -t other -m x -q 1
kill -TERM $ingest; wait $ingest
ingest=
[ "$(q "select count(*) from sensor_readings")" -ge 4 ]
mosquitto_sub -p "$MQTT_PORT" -t bacpipes/demo/ingest/status -C 1 -W 60 | grep '"state":"offline".*"batches_stored":'
EOF
    servers
}

@test "a new point's readings are stored at once, and a changed setting acts without a restart" {
    cat >>"$SCRIPT" <<'EOF'
start_ingest
q "insert into point (site_id, point_id, device_id, object_type, object_instance, units) values ('demo', 6, 1, 'analog-input', 6, 'percent')"
q "alter table setting disable trigger check_setting; 
   insert into setting (site_id, name, value) values ('demo', 'ingest.flush', '100ms'), ('demo', 'no.such', '1')"
publish "{\"v\":1,\"run\":\"$run\",\"n\":1,\"oldest\":1,\"device\":1,\"at\":$now,\"readings\":[[6,0,1]]}"
until_is "select units from sensor_readings where point_id = 6" percent
grep -q 'table setting: .*no.such' "$SCRIPT.log"
EOF
    servers
}

@test "another broker, set three times while the old one stands still, stops nobody" {
    cat >>"$SCRIPT" <<'EOF'
start_ingest
publish "$(batch 1 1)"
until_is "select count(*) from sensor_readings" 2
# The announcement of the next batch is on its way to a broker that does not read.
mkfifo "$SCRIPT.fifo"
psql -qX <"$SCRIPT.fifo" >/dev/null &
exec 7>"$SCRIPT.fifo"
echo "begin; lock table sensor_readings in exclusive mode;" >&7
until_is "select count(*) > 0 from pg_locks where relation = 'sensor_readings'::regclass and mode = 'ExclusiveLock' and granted" t
publish "$(batch 2 1)"
until_is "select count(*) > 0 from pg_stat_activity where application_name like 'bacpipes ingest%' and wait_event_type = 'Lock'" t
"$MQTT_CTL" pause
exec 7>&-
until_is "select count(*) from sensor_readings" 4
for name in one two three; do
    q "update mqtt_config set username = '$name'"
    q "select pg_sleep(0.05)" >/dev/null
done
"$MQTT_CTL" go_on
publish_until "select count(*) from sensor_readings" 6 "$(batch 3 1)"
kill -0 "$ingest"
q "update mqtt_config set updated_at = now()" # nothing that would be a reason to connect anew
publish "$(batch 4 1)"
until_is "select count(*) from sensor_readings" 8
[ "$(grep -c 'connected to the broker at 127.0.0.1 port' "$SCRIPT.log")" -eq 2 ]
EOF
    servers
}

@test "batches that the database refuses go aside whole, however many, and hold up no others" {
    cat >>"$SCRIPT" <<'EOF'
# Points 1 and 2 of batches with an even number are refused.
q "alter table sensor_readings add constraint odd check (value is null or value::integer % 2 = 1)"
start_ingest
for n in $(seq 40); do echo "{\"v\":1,\"run\":\"$run\",\"n\":$n,\"oldest\":1,\"device\":1,\"at\":$((now + n)),\"readings\":[[1,0,$n],[2,0,null,2,\"timeout\"]]}"; done >"$SCRIPT.batches"
publish_lines <"$SCRIPT.batches"
until_is "select stored || ' ' || skipped from ingest_position where run = '$run'" "40 0"
[ "$(q "select count(*) from sensor_readings")" = 40 ]
[ "$(q "select count(*), count(distinct n), min(readings), bool_and(reason like '%odd%') from ingest_quarantine")" = "20|20|2|t" ]
# As received: the lines themselves.
q "select payload from ingest_quarantine order by n" | diff - <(sed -n 'n;p' "$SCRIPT.batches")
[ "$(grep -c 'went into ingest_quarantine' "$SCRIPT.log")" = 1 ]
# And afterwards they are stored together again.
q "alter table sensor_readings drop constraint odd"
before=$(q "select count(distinct xmin::text) from sensor_readings")
for n in $(seq 41 90); do echo "$(batch $n 1)"; done >"$SCRIPT.batches"
publish_together <"$SCRIPT.batches"
until_is "select stored from ingest_position" 90
[ "$(q "select count(distinct xmin::text) from sensor_readings")" -le $((before + 4)) ]
EOF
    servers
}

@test "what is not the data's fault is tried again, said once, and nothing goes aside for it" {
    cat >>"$SCRIPT" <<'EOF'
q "create table trouble (code text)"
q "grant select on trouble to bacpipes_ingest"
q "insert into trouble values ('40001')"
q 'create function refuse() returns trigger language plpgsql as $$ declare c text; begin
   select code into c from trouble; if found then raise exception using errcode = c, message = $t$no, °C$t$; end if; return new; end $$'
q "create trigger refuse before insert on sensor_readings for each row execute function refuse()"
start_ingest
for n in $(seq 50); do echo "$(batch $n 1)"; done | publish_lines
for code in 40001 57014 42501 55P03 58030 53100 P0001; do
    q "update trouble set code = '$code'"
    sleep 0.5
done
until_log 'does not store readings.*no, °C'
[ "$(stored)" = "" ]
q "truncate trouble"
until_is "select stored || ' ' || skipped from ingest_position where run = '$run'" "50 0"
[ "$(q "select count(*) from sensor_readings")" = 100 ]
[ "$(q "select count(*) from ingest_quarantine")" = 0 ]
[ "$(grep -c 'does not store readings' "$SCRIPT.log")" = 1 ]
[ "$(grep -c 'stores readings again' "$SCRIPT.log")" = 1 ]
# One that passed slows nothing down: what comes together is stored together.
before=$(q "select count(distinct xmin::text) from sensor_readings")
for n in $(seq 51 100); do echo "$(batch $n 1)"; done >"$SCRIPT.batches"
publish_together <"$SCRIPT.batches"
until_is "select stored from ingest_position" 100
[ "$(q "select count(distinct xmin::text) from sensor_readings")" -le $((before + 4)) ]
EOF
    servers
}

@test "a day that somebody drops is made again, and one that cannot be made stops only what needs it" {
    cat >>"$SCRIPT" <<'EOF'
start_ingest
publish "$(batch 1 1)"
until_is "select stored from ingest_position" 1
q "drop table $(q "select min(tableoid::regclass::text) from sensor_readings")"
publish "$(batch 2 1)"
until_is "select stored from ingest_position" 2
[ "$(q "select count(*) from sensor_readings")" = 2 ]
# A day whose rows lie in a default partition cannot be made: they go on lying there.
q "drop table $(q "select min(tableoid::regclass::text) from sensor_readings")"
q "create table sensor_readings_others partition of sensor_readings default"
publish "$(batch 3 1)"; publish "$(batch 4 1)"
until_is "select stored from ingest_position" 4
[ "$(q "select count(*) from sensor_readings")" = 4 ]
[ "$(q "select count(*) from ingest_quarantine")" = 0 ]
EOF
    servers
}

@test "where the quarantine itself refuses nothing is lost: the batch waits with the collector" {
    cat >>"$SCRIPT" <<'EOF'
q "alter table ingest_quarantine add constraint closed check (reason like 'not %')"
q "alter table sensor_readings add constraint odd check (value is null or value < 3)"
start_ingest
publish "$(batch 1 1)"; publish "$(batch 2 1)"; publish "$(batch 3 1)"; publish "$(batch 4 1)"
until_is "select stored from ingest_position" 2
until_log 'does not store readings.*closed'
# What has been mended meanwhile does not go aside any more.
q "alter table sensor_readings drop constraint odd"
until_is "select stored from ingest_position" 4
[ "$(q "select count(*) from ingest_quarantine")" = 0 ]
[ "$(q "select count(*) from sensor_readings")" = 8 ]
EOF
    servers
}

@test "the quarantine keeps to its size: the oldest go, and are counted" {
    cat >>"$SCRIPT" <<'EOF'
q "insert into setting (site_id, name, value) values ('demo', 'quarantine.size', '1MB')"
start_ingest
garbage=$(head -c 15000 /dev/zero | tr '\0' x)
for n in $(seq 100); do echo "$garbage $n"; done | publish_lines
until_is "select entries + dropped from ingest_quarantine_total" 100
[ "$(q "select octets between 1000000 and 1024 * 1024 and octets = (select sum(octets) from ingest_quarantine) and
               entries = (select count(*) from ingest_quarantine) and dropped between 25 and 40 from ingest_quarantine_total")" = t ]
[ "$(q "select payload like '% 100' from ingest_quarantine order by id desc limit 1")" = t ]
publish "$(batch 1 1)"
until_is "select stored from ingest_position" 1
EOF
    servers
}

@test "repeats beside an entry that the quarantine refuses once are stored with their positions" {
    cat >>"$SCRIPT" <<'EOF'
q "insert into ingest_quarantine (site_id, reason, payload) overriding system value values ('demo', 'here first', '')"
q "insert into ingest_quarantine (id, site_id, reason, payload) overriding system value values (2, 'demo', 'here first', '')"
start_ingest
publish "$(batch 1 1)"
until_is "select stored from ingest_position" 1
kill -9 $ingest; wait $ingest 2>/dev/null || true
q "delete from ingest_position" # as after a restore of the readings alone
start_ingest
publish_until "select stored || ' ' || skipped from ingest_position where run = '$run'" "3 0" \
    "$(batch 1 1)" "{\"v\":1,\"run\":\"$run\",\"n\":2,\"oldest\":1,\"device\":1,\"at\":$now,\"readings\":[[99,0,1],[1,77,5]]}" "$(batch 3 1)"
[ "$(q "select count(*) from sensor_readings")" = 5 ]
[ "$(q "select count(*) from ingest_quarantine where reason = 'no such point' and n = 2")" = 1 ]
EOF
    servers
}

@test "spans with new readings are noted for their rollups, and a session that begins anew says so" {
    cat >>"$SCRIPT" <<'EOF'
start_ingest
publish "$(batch 1 1)"
until_is "select stored from ingest_position" 1
[ "$(q "select count(*) from rollup_dirty where bucket = bucket_5min(to_timestamp($now / 1000000))")" = 1 ]
session() { mosquitto_sub -p "$MQTT_PORT" -t bacpipes/demo/readings/stored -C 1 -W 60 | sed 's/.*"session":"\([0-9a-f]*\)".*/\1/'; }
first=$(session)
[ "$(session)" = "$first" ]
$MQTT_CTL stop; $MQTT_CTL start
second=$(session)
[ -n "$second" ]
[ "$second" != "$first" ]
publish_until "select stored from ingest_position" 2 "$(batch 2 1)"
EOF
    servers
}

@test "while the clock and the collector's disagree nothing is stored or put aside, and all of it when they agree" {
    cat >>"$SCRIPT" <<'EOF'
# sent_batch N OFFSET: as a collector sends it whose clock is OFFSET seconds ahead
sent_batch() {
    local at=$((now + $1 + $2 * 1000000))
    echo "{\"v\":1,\"run\":\"$run\",\"n\":$1,\"oldest\":1,\"sent\":$(($(date +%s%6N) + $2 * 1000000)),\"device\":1,\"at\":$at,\"readings\":[[1,0,$1.5],[2,0,null,2,\"timeout\"]]}"
}
start_ingest
publish "$(sent_batch 1 0)"
until_is "select stored from ingest_position" 1
for offset in 3600 -864000; do
    publish "$(sent_batch 2 $offset)"; publish "$(sent_batch 3 $offset)"
    until_log "our clock says"
    publish "$(sent_batch 2 $offset)"
done
[ "$(grep -c 'our clock says' "$SCRIPT.log")" = 1 ]
[ "$(stored)" = "1 0" ]
# One old reading, by both clocks, goes aside as ever.
publish "$(sent_batch 2 0)"
until_is "select stored from ingest_position" 2
publish "{\"v\":1,\"run\":\"$run\",\"n\":3,\"oldest\":1,\"sent\":$(date +%s%6N),\"device\":1,\"at\":$((now - 864000000000)),\"readings\":[[1,0,1],[1,864000000003,3.5]]}"
until_is "select stored from ingest_position" 3
[ "$(q "select count(*) from sensor_readings")" = 5 ]
[ "$(q "select reason || readings from ingest_quarantine")" = "older than readings are kept (retention.readings)1" ]
grep -q "agree again" "$SCRIPT.log"
EOF
    servers
}

@test "a clock that jumps under ingest puts nothing aside, and what came meanwhile is stored when it is right again" {
    cat >>"$SCRIPT" <<'EOF'
export CLOCK_SHIM=$SCRIPT.clock
echo 0 >"$CLOCK_SHIM"
sent_batch() { echo "{\"v\":1,\"run\":\"$run\",\"n\":$1,\"oldest\":1,\"sent\":$(date +%s%6N),\"device\":1,\"at\":$(date +%s%6N),\"readings\":[[1,0,$1.5],[2,0,null,2,\"timeout\"]]}"; }
ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 LD_PRELOAD="${BACPIPES%/apps/bacpipes}/tests/flow/libclock_shim.so" start_ingest
publish "$(sent_batch 1)"
until_is "select stored from ingest_position" 1
for offset in -3600 864000; do
    : >"$SCRIPT.log"
    echo $offset >"$CLOCK_SHIM"
    for n in 2 3 4 2; do publish "$(sent_batch $n)"; done
    [ $offset = 864000 ] || until_log "our clock says"
    mosquitto_pub -p "$MQTT_PORT" -t other -m x -q 1
    [ "$(stored)" = "1 0" ]
done
echo 0 >"$CLOCK_SHIM"
publish_until "select stored from ingest_position" 4 "$(sent_batch 2)" "$(sent_batch 3)" "$(sent_batch 4)"
[ "$(q "select count(*) from sensor_readings")" = 8 ]
[ "$(q "select count(*) from ingest_quarantine")" = 0 ]
until_log "agree again"
EOF
    servers
}

@test "a second ingest for a site is refused before it meets the broker, and the first goes on" {
    cat >>"$SCRIPT" <<'EOF'
start_ingest
publish "$(batch 1 1)"
until_is "select stored from ingest_position" 1
code=0
"$BACPIPES" ingest 2>"$SCRIPT.second" || code=$?
cat "$SCRIPT.second"
[ "$code" = 75 ]
grep -q 'another ingest works for site demo: one is enough' "$SCRIPT.second"
! grep -q 'broker' "$SCRIPT.second" || false
publish "$(batch 2 1)"
until_is "select stored from ingest_position" 2
! grep -q 'broker.*trying again' "$SCRIPT.log" || false
# Of another site it is no business.
BACPIPES_SITE=other "$BACPIPES" ingest 2>"$SCRIPT.other" & other=$!
for _ in $(seq 900); do ! grep -q 'ready' "$SCRIPT.other" || break; sleep 0.1; done
kill $other; wait $other
grep -q 'ready' "$SCRIPT.other"
# Who is started just before another ends has waited for it.
"$BACPIPES" ingest --set ingest.flush=200ms 2>"$SCRIPT.third" & third=$!
until_is "select count(*) from pg_stat_activity where application_name = 'bacpipes ingest'" 2
kill $ingest; wait $ingest
ingest=$third
publish_until "select stored || ' ' || skipped from ingest_position where run = '$run'" "3 0" "$(batch 3 1)"
EOF
    servers
}

@test "after a lost connection ingest waits for its old one to end, away from the broker, and then goes on" {
    cat >>"$SCRIPT" <<'EOF'
start_ingest
publish "$(batch 1 1)"
until_is "select stored from ingest_position" 1
# What holds the lock when it comes back stands for a connection that the server has not missed yet.
mkfifo "$SCRIPT.sql"
psql -qAtX <"$SCRIPT.sql" >"$SCRIPT.held" & holder=$!
exec 7>"$SCRIPT.sql"
echo "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bacpipes ingest'; select pg_advisory_lock(hashtext('bacpipes ingest'), hashtext('demo')), 'held';" >&7
for _ in $(seq 900); do ! grep -q held "$SCRIPT.held" || break; sleep 0.1; done
until_log 'another ingest works for site demo.*waiting'
kill -0 $ingest
q "update mqtt_config set updated_at = now()" # no reason to meet the broker
publish "$(batch 2 1)"
[ "$(stored)" = "1 0" ]
exec 7>&-
wait $holder
publish_until "select stored || ' ' || skipped from ingest_position where run = '$run'" "2 0" "$(batch 2 1)"
EOF
    servers
}

@test "what ingest calls stored outlives a killed server whose default is not to wait for the disk" {
    export PG_SYNCHRONOUS_COMMIT=off
    cat >>"$SCRIPT" <<'EOF'
# Nothing but a commit that waits brings the log to the disk, within the test's time.
q "alter system set wal_writer_delay = '10s'"
q "alter system set wal_writer_flush_after = 0"
q "select pg_reload_conf()" >/dev/null
until_is "show wal_writer_delay" 10s
start_ingest
q checkpoint
for round in 1 2 3; do
    for _ in $(seq 200); do # again and again, as a collector does: ingest lets go what comes before it is ready
        publish "$(batch $round 1)"
        # Retained: the newest at once.
        ! mosquitto_sub -p "$MQTT_PORT" -t bacpipes/demo/readings/stored -C 1 -W 60 | grep -F "\"stored\":$round," || break
    done
    $PG_CTL stop -m immediate
    $PG_CTL start
    until_is "select count(*) from sensor_readings" $((round * 2))
    [ "$(stored)" = "$round 0" ]
    until_is "select count(*) > 0 from pg_locks join pg_stat_activity using (pid) where locktype = 'advisory' and usename = 'bacpipes_ingest'" t
done
EOF
    servers
}

@test "what another ingest has stored meanwhile is not skipped" {
    cat >>"$SCRIPT" <<'EOF'
start_ingest
publish "$(batch 1 1)"
until_is "select stored from ingest_position" 1
q "update ingest_position set stored = 40, skipped = 2"
# The collector has heard of the 40 and forgotten them; 41 and 42 it dropped, then 44 and 45.
publish "$(batch 43 43)"; publish "$(batch 47 46)"; publish "$(batch 46 46)"
until_is "select stored || ' ' || skipped from ingest_position where run = '$run'" "46 6"
mosquitto_sub -p "$MQTT_PORT" -t bacpipes/demo/readings/stored -C 1 -W 60 | grep -q '"stored":46,"skipped":6'
publish "$(batch 47 46)"
until_is "select stored || ' ' || skipped from ingest_position where run = '$run'" "47 6"
# All that it would skip may be there.
q "update ingest_position set stored = 60"
publish "$(batch 61 61)"
until_is "select stored || ' ' || skipped from ingest_position where run = '$run'" "61 6"
EOF
    servers
}

# A controller that took device 1's place, as device 2 with points 11 and 12.
new_controller() {
    cat >>"$SCRIPT" <<'EOF'
q "insert into device (site_id, device_id, address, instance) values ('demo', 2, '10.0.0.2', 2);
   insert into point (site_id, point_id, device_id, object_type, object_instance) values ('demo', 11, 2, 'analog-input', 1), ('demo', 12, 2, 'analog-input', 2)"
of_new() { batch "$@" | sed 's/"device":1/"device":2/; s/\[1,0/[11,0/; s/\[2,0/[12,0/'; }
replace() { "$BACPIPES" device replace id:1 --by id:2 --yes >/dev/null; }
# How many readings the points 1 and 2 have, how many others there are, and how many were put aside.
counted() { q "select count(*) filter (where point_id = 1) || ' ' || count(*) filter (where point_id = 2) || ' ' || count(*) filter (where point_id > 2) from sensor_readings"; }
aside() { q "select count(*) from ingest_quarantine"; }
waits_for_lock="select count(*) from pg_locks where not granted and relation = 'sensor_readings'::regclass"
mkfifo "$SCRIPT.fifo"
psql -qAtX <"$SCRIPT.fifo" >/dev/null & other=$!
exec 7>"$SCRIPT.fifo"
EOF
}

@test "readings that arrive after a device was replaced, or were put aside then, join the history" {
    new_controller
    cat >>"$SCRIPT" <<'EOF'
start_ingest
publish "$(of_new 1 1)"
until_is "select count(*) from sensor_readings where point_id in (11, 12)" 2
kill -9 $ingest; wait $ingest || true
replace
[ "$(counted)" = "1 1 0" ]
start_ingest
for n in 2 3 4; do publish "$(of_new $n 1)"; done
publish "$(batch 5 1)"
until_is "select stored from ingest_position" 5
[ "$(counted) $(aside)" = "5 5 0 0" ]
# The same instant, under the new number and the old one: it is there once, and no error.
publish "$(of_new 6 1)"; publish "$(batch 6 1 | sed 's/"n":6/"n":7/')"
until_is "select stored from ingest_position" 7
[ "$(counted) $(aside)" = "6 6 0 0" ]
q "insert into ingest_quarantine (site_id, reason, run, n, readings, payload) values ('demo', 'no such point', '$run', 8, 2, '$(of_new 8 1)')"
"$BACPIPES" quarantine retry --all >/dev/null
[ "$(counted) $(aside)" = "7 7 0 0" ]
q "select value from readings where point_id = 1 and value = 8.5" | grep -q .
EOF
    servers
}

@test "readings that were gathered when a device was replaced join the history" {
    new_controller
    cat >>"$SCRIPT" <<'EOF'
start_ingest 15s # longer than a slow machine takes until the device is replaced
mosquitto_sub -p "$MQTT_PORT" -t bacpipes/demo/readings/want -C 1 -W 60 >/dev/null & listening=$!
publish "$(of_new 1 1)"; publish "$(of_new 2 1)"
for _ in $(seq 300); do publish "$(of_new 9 1)"; sleep 0.1; kill -0 $listening 2>/dev/null || break; done
wait $listening # so the first two have been taken
replace
[ "$(q "select count(*) from sensor_readings")" = 0 ]
until_is "select stored from ingest_position" 2
[ "$(counted) $(aside)" = "2 2 0 0" ]
EOF
    servers
}

@test "whichever commits first, a device's replacement or its readings: none is left behind" {
    new_controller
    cat >>"$SCRIPT" <<'EOF'
start_ingest
publish "$(of_new 1 1)"
until_is "select stored from ingest_position" 1
# Ingest commits behind the replacement, having learned the points before it.
echo "begin; select device_replace('demo', 1, 2);" >&7
until_is "select count(*) from pg_locks where granted and mode = 'ShareRowExclusiveLock' and relation = 'sensor_readings'::regclass" 1
publish "$(of_new 2 1)"
until_is "$waits_for_lock" 1
echo "commit;" >&7
until_is "select stored from ingest_position" 2
[ "$(counted) $(aside)" = "2 2 0 0" ]
# Another's place: now the readings are stored first, and not committed yet.
q "insert into device (site_id, device_id, address, instance) values ('demo', 2, '10.0.0.3', 3);
   insert into point (site_id, point_id, device_id, object_type, object_instance) values ('demo', 21, 2, 'analog-input', 1)"
echo "begin; insert into sensor_readings (time, site_id, point_id, value, quality) values (now(), 'demo', 21, 7, 'good');" >&7
until_is "select count(*) from pg_locks where granted and mode = 'RowExclusiveLock' and relation = 'sensor_readings'::regclass" 1
replace & replacing=$!
until_is "$waits_for_lock" 1
echo "commit;" >&7
wait $replacing
[ "$(counted) $(aside)" = "3 2 0 0" ]
EOF
    servers
}
