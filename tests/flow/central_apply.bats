#!/usr/bin/env bats
# bacpipes central on a real database: what sites have sent becomes rows, each entry once, whatever dies meanwhile, and what cannot be
# applied holds nothing up. Each test has a server of its own. BUILD names the build folder (default: build).

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    BUILD_FOLDER=$(realpath "${BUILD:-$root/build}")
    export root BACPIPES=$BUILD_FOLDER/apps/bacpipes FEED=$BUILD_FOLDER/bench/central_feed BACPIPES_CONFIG=/dev/null BACPIPES_SITE=central
    export SCRIPT="$BATS_TEST_TMPDIR/script" DATA="$BATS_TEST_TMPDIR/data" PG_SYNCHRONOUS_COMMIT=on
    mkdir -p "$DATA"
    cat >"$SCRIPT" <<'END'
set -eu
export BACPIPES_DATABASE_HOST=$PGHOST
central=
trap '[ -z "$central" ] || kill -9 $central 2>/dev/null || true' EXIT
"$BACPIPES" migrate >/dev/null
q() { psql -qAtX -v ON_ERROR_STOP=1 -c "$1"; }
# Waits until the query says what is expected, for two minutes at most.
until_is() {
    local until=$((SECONDS + 120))
    until [ "$(q "$1" 2>/dev/null)" = "$2" ]; do
        [ $SECONDS -lt $until ] || { echo "$1: $(q "$1"), expected $2" >&2; return 1; }
        sleep 0.1
    done
}
until_log() { # what is said of something in the database is said when that is committed
    local until=$((SECONDS + 120))
    until grep -q "$1" "$SCRIPT.log"; do
        [ $SECONDS -lt $until ] || { echo "the log does not say: $1" >&2; return 1; }
        sleep 0.1
    done
}
start_central() { # [OPTION]...
    "$BACPIPES" central --data "$DATA" --set central.floor=0 "$@" >>"$SCRIPT.log" 2>&1 & central=$!
}
end_central() { kill "$central"; wait "$central"; central=; }
until_applied() { until_is "select count(*) from uplink_cursor c join uplink_applied a using (site_id, epoch) where c.received_seq > a.applied_seq" 0; }
# Rows that are not what the site sent (bench/central.c says what that is), beside how many there are.
wrong="select count(*) filter (where value is distinct from ((point_id * 7 + (extract(epoch from time)::bigint % 86400) / 45 * 3 + substr(site_id, 5)::int) % 1000) / 10.0), count(*) from sensor_readings"
END
}

run_script() {
    cat >>"$SCRIPT"
    run timeout 600 "$root/tests/with-postgres" bash "$SCRIPT"
    echo "$output"
    [ "$status" = 0 ] || tail -20 "$SCRIPT.log"
    [ "$status" = 0 ]
}

@test "one site whose rows somebody holds keeps nobody else from being tried again" {
    run_script <<'END'
"$FEED" fill 3 2 20 1 0
start_central
until_applied
first=$(q "select min(site_id) from remote_site")
q "insert into downlink_head (site_id, epoch) select site_id, 1 from remote_site on conflict do nothing"
psql -qAtX -c "begin; select from downlink_head where site_id = '$first' for update; select pg_sleep(600)" & holder=$!
until_is "select count(*) > 0 from pg_stat_activity where query like '%pg_sleep(600)%' and wait_event = 'PgSleep'" t
q "insert into uplink_quarantine (site_id, epoch, seq, kind, reason, wants_retry) select site_id, 7, min(seq), 'readings', 'x', true from uplink where kind = 'readings' group by site_id"
until_is "select string_agg(distinct site_id, ',') from uplink_quarantine where wants_retry" "$first"
kill -0 $holder
kill $holder
q "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'"
until_is "select count(*) from uplink_quarantine where wants_retry" 0
end_central
END
}

@test "20 sites side by side: each row is there, with rollups to make, values of now, and what is expected" {
    run_script <<'END'
"$FEED" fill 20 50 30 4 0
start_central
until_applied
[ "$(q "$wrong")" = "0|120000" ]
until_is "select count(*) from current_value" 1000
[ "$(q "select sum(good), sum(count) from site_hour")" = "120000|120000" ]
[ "$(q "select count(*) from rollup_dirty where bucket < now() - interval '1 day'")" = 0 ]
[ "$(q "select count(*), min(points), max(per_hour) from site_rate")" = "20|50|12000" ]
q "update remote_site set seen_at = now()" # they call: online is who did so within a minute
[ "$(q "select count(*) from sites where link = 'online' and points = 50")" = 20 ]
[ "$("$BACPIPES" sites --json | jq length)" = 20 ]
"$BACPIPES" sites | grep -q 'feed7 .*Feed 7 .*online'
[ "$(q "select count(*) from uplink_quarantine")" = 0 ]
end_central
grep -q 'stopping' "$SCRIPT.log"
END
}

@test "it is killed at any moment, and so is the database: each row is there once" {
    run_script <<'END'
start_central
until_is "select count(*) > 2 from journal_partitions('frames')" t # of today, as at every central
seed=${SEED:-$RANDOM}; echo "seed $seed"; RANDOM=$seed
"$FEED" fill 12 40 120 2 40 & feed=$!
kills=0
while kill -0 $feed 2>/dev/null || [ $kills -lt 6 ]; do
    sleep 0.$((RANDOM % 9 + 1))
    kill -9 $central; wait $central 2>/dev/null || true
    kills=$((kills + 1))
    start_central
done
wait $feed
echo "killed $kills times"
until_applied
[ "$(q "$wrong")" = "0|115200" ]
[ "$(q "select sum(good) from site_hour")" = 115200 ]
$PG_CTL stop -m immediate; $PG_CTL start
until_is "select count(*) from central_status where seen_at > now() - interval '10 s'" 1
[ "$(q "$wrong")" = "0|115200" ]
until_is "select count(*) from current_value" 480 # the table was emptied by the crash
[ "$(q "select count(*) from uplink_quarantine")" = 0 ]
END
}

@test "where the database answers late, what was applied meanwhile is not applied again" {
    run_script <<'END'
"$FEED" fill 3 10 20 1 0
# Who asks where sites stand sees how they stood when he asked, and hears it a moment later; meanwhile a portion that was under way is committed.
q "create schema late; grant usage on schema late to public;
   create view late.uplink_cursor as select * from uplink_cursor where (select pg_sleep(0.3)) is not null; grant select on late.uplink_cursor to public;
   create function late.apply() returns trigger language plpgsql as 'begin perform pg_sleep(0.15); return new; end';
   create trigger late before update on uplink_applied for each row execute function late.apply();
   alter database bacpipes set search_path = late, public; update uplink_cursor set received_seq = received_seq - 15"
start_central
export PGOPTIONS="-c search_path=public" # of these from now on
until_applied
for _ in $(seq 15); do q "update uplink_cursor set received_seq = received_seq + 1"; done
until_applied
[ "$(q "$wrong")" = "0|600" ]
if grep 'cannot be applied' "$SCRIPT.log"; then exit 1; fi
END
}

@test "a frame that is damaged, a kind that is newer and a record that cannot be: they stand aside, the rest goes on, and they are tried again" {
    run_script <<'END'
"$FEED" fill 2 10 10 2 0
last=$(q "select received_seq from uplink_cursor where site_id = 'feed1'")
# In the middle of what feed1 sent: 6 frames more follow what is wrong.
q "begin; create temporary table later as select * from uplink where site_id = 'feed1' and seq > $((last - 6));
   delete from uplink where site_id = 'feed1' and seq > $((last - 6));
   insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at) values
   ('feed1', 7, $((last - 5)), 'readings', now(), '\x01ffffffffffffffffffffffff0203', sha256('x'), now()),
   ('feed1', 7, $((last - 4)), 'weather', now(), '{\"v\": 1}', sha256('x'), now()),
   ('feed1', 7, $((last - 3)), 'point', now(), '{\"v\": 1, \"table\": \"point\", \"op\": \"insert\", \"key\": 99, \"new\": {\"point_id\": 99, \"device_id\": 7, \"object_type\": \"analog-input\", \"object_instance\": 99, \"property\": \"present-value\"}}', sha256('x'), now()),
   ('feed1', 7, $((last - 2)), 'readings', now(), '', sha256(''), now());
   insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at) select site_id, epoch, seq + 4, kind, at, body, digest, now() from later;
   update uplink_cursor set received_seq = received_seq + 4 where site_id = 'feed1'; commit"
start_central
until_applied
until_is "$wrong" "0|400"
q "select seq, kind, is_newer, reason from uplink_quarantine"
[ "$(q "select string_agg(kind || ' ' || is_newer, ', ' order by seq) from uplink_quarantine")" = "readings false, weather true, point false" ]
[ "$(q "select given_up from uplink_applied where site_id = 'feed1'")" = 1 ]
[ "$(q "select count(*) from alarm where site_id = 'central' and key = 'uplink.quarantine.feed1' and returned_at is null")" = 1 ]
[ "$("$BACPIPES" central aside feed1 --json | jq -c 'map(.kind)')" = '["readings","weather","point"]' ]
"$BACPIPES" central aside | grep -q 'knows no entries of kind "weather"'
[ "$(q "select put_aside from sites where site_id = 'feed1'")" = 3 ]
q "insert into device (site_id, device_id, address, instance) values ('feed1', 7, '10.0.0.7', 7)"
"$BACPIPES" central retry feed1 | grep -q '3 entries are tried again'
until_is "select device_id from point where site_id = 'feed1' and point_id = 99" 7
until_is "select string_agg(kind, ', ' order by seq) from uplink_quarantine where not wants_retry" "readings, weather"
until_is "select count(*) from uplink_quarantine where wants_retry" 0
# A frame of which nothing is wrong by now: its rows come, and those that were there stay as they are.
q "delete from sensor_readings where site_id = 'feed2' and time >= (select max(time) - interval '20 s' from sensor_readings where site_id = 'feed2')"
[ "$(q "$wrong")" = "0|380" ]
q "insert into uplink_quarantine (site_id, epoch, seq, kind, reason) select 'feed2', 7, max(seq), 'readings', 'a former central could not read it' from uplink where site_id = 'feed2'"
"$BACPIPES" central retry feed2
until_is "select count(*) from uplink_quarantine where site_id = 'feed2'" 0
[ "$(q "$wrong")" = "0|400" ]
END
}

@test "readings that come again, in another life of the site, are there once" {
    run_script <<'END'
"$FEED" fill 3 20 10 2 0
start_central
until_applied
q "begin; insert into uplink_cursor (site_id, epoch, life, previous, first_seq, received_seq, record_seq, record_digest) values ('feed2', 9, 2, 7, 1, 0, 0, sha256('x'));
   insert into uplink_applied (site_id, epoch, applied_seq) values ('feed2', 9, 0);
   insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
   select site_id, 9, row_number() over (order by seq), kind, at, body, digest, now() from uplink where site_id = 'feed2' and kind = 'readings';
   update uplink_cursor set received_seq = 10 where site_id = 'feed2' and epoch = 9; commit"
until_applied
[ "$(q "$wrong")" = "0|1200" ]
[ "$(q "select sum(count) from site_hour where site_id = 'feed2'")" = 400 ]
[ "$(q "select count(*) from uplink_quarantine")" = 0 ]
END
}

@test "readings of a point that another goes on with are the other's, also when they come again" {
    run_script <<'END'
"$FEED" fill 1 4 10 2 0
start_central
until_applied
last=$(q "select received_seq from uplink_cursor")
q "begin; insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
     values ('feed1', 7, $((last + 1)), 'point', now(), '{\"v\": 1, \"table\": \"point\", \"op\": \"succeed\", \"key\": 2, \"successor\": 1}', sha256('x'), now()),
            ('feed1', 7, $((last + 2)), 'point', now(), '{\"v\": 1, \"table\": \"point\", \"op\": \"delete\", \"key\": 2}', sha256('x'), now());
   update uplink_cursor set received_seq = received_seq + 2; commit"
until_applied
before=$(q "select array_agg(array[n, rows] order by n) from (select point_id, count(*) from sensor_readings group by 1) as p (n, rows)")
[ "$(q "select count(*) from sensor_readings where point_id = 2")" = 0 ]
hours=$(q "select sum(count) from site_hour")
q "begin; insert into uplink_cursor (site_id, epoch, life, previous, first_seq, received_seq, record_seq, record_digest) values ('feed1', 9, 2, 7, 1, 0, 0, sha256('x'));
   insert into uplink_applied (site_id, epoch, applied_seq) values ('feed1', 9, 0);
   insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
   select site_id, 9, row_number() over (order by seq), kind, at, body, digest, now() from uplink where site_id = 'feed1' and kind = 'readings';
   update uplink_cursor set received_seq = (select max(seq) from uplink where epoch = 9) where epoch = 9; commit"
until_applied
[ "$(q "select array_agg(array[n, rows] order by n) from (select point_id, count(*) from sensor_readings group by 1) as p (n, rows)")" = "$before" ]
[ "$(q "select sum(count) from site_hour")" = "$hours" ]
[ "$(q "select count(*) from uplink_quarantine")" = 0 ]
END
}

@test "a record that takes more of the database than it has stands aside, and holds nobody up" {
    run_script <<'END'
"$FEED" fill 2 4 10 2 0
# What fails as if there were no memory, for one entry of feed1.
q "create function refuse_much() returns trigger language plpgsql as 'begin raise out_of_memory using message = ''out of memory''; end';
   create trigger refuse_much before insert on setting for each row when (new.name = 'much') execute function refuse_much()"
send() { # SITE KIND BODY
    q "begin; insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at) select '$1', 7, received_seq + 1, '$2', now(), '$3', sha256('x'), now() from uplink_cursor where site_id = '$1';
       update uplink_cursor set received_seq = received_seq + 1 where site_id = '$1'; commit"
}
send feed1 setting '{"v": 1, "table": "setting", "op": "insert", "key": "much", "new": {"name": "much", "value": "x", "updated_at": "2026-11-27T10:00:00Z", "updated_by": "anna"}}'
send feed1 checkpoint '{"v": 1}'
start_central --set central.workers=2 # it makes this month's partition first, and moves there what is here
until_is "select to_regclass('journal.record_' || to_char(now() at time zone 'UTC', 'YYYY_MM')) is not null" t
for i in $(seq 900); do # the other site goes on meanwhile
    send feed2 checkpoint '{"v": 1}'
    [ "$(q "select count(*) from uplink_quarantine where site_id = 'feed1'")" = 0 ] || break
    sleep 0.2
done
until_applied
[ "$(q "select reason from uplink_quarantine where site_id = 'feed1'")" = "out of memory" ]
[ "$(q "select count(*) from sensor_readings where site_id = 'feed1'")" = 80 ]
[ "$(q "select count(*) from uplink_quarantine where site_id = 'feed2'")" = 0 ]
END
}

@test "one site whose entries take long holds the others up for a moment, and has a quarter of the time of one connection" {
    run_script <<'END'
"$FEED" fill 4 4 10 2 0
# Each of feed1's settings takes 4 s, whoever applies it.
q "create function take_long() returns trigger language plpgsql as 'begin perform pg_sleep(4); return new; end';
   create trigger take_long before insert on setting for each row when (new.name like 'slow%') execute function take_long()"
start_central --set central.workers=1
until_is "select to_regclass('journal.record_' || to_char(now() at time zone 'UTC', 'YYYY_MM')) is not null" t
until_applied
send() { # SITE KIND BODY
    q "begin; insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at) select '$1', 7, received_seq + 1, '$2', now(), '$3', sha256('x'), now() from uplink_cursor where site_id = '$1';
       update uplink_cursor set received_seq = received_seq + 1 where site_id = '$1'; commit"
}
waits="select c.received_seq - a.applied_seq from uplink_cursor c join uplink_applied a using (site_id, epoch) where site_id ="
now_ms() { date +%s%3N; }
(while :; do send feed4 checkpoint '{"v": 1}'; done) 3>&- & others=$!
trap 'kill $others 2>/dev/null || true; [ -z "$central" ] || kill -9 $central 2>/dev/null || true' EXIT
began=$(now_ms) longest=0 rounds=0 left=3 said=
for n in 1 2 3; do
    send feed1 setting "{\"v\": 1, \"table\": \"setting\", \"op\": \"insert\", \"key\": \"slow$n\", \"new\": {\"name\": \"slow$n\", \"value\": \"x\", \"updated_at\": \"2026-11-27T10:00:00Z\", \"updated_by\": \"anna\"}}"
done
while [ "$left" != 0 ]; do
    since=$(now_ms)
    [ $((since - began)) -lt 400000 ]
    send feed2 checkpoint '{"v": 1}'; send feed3 checkpoint '{"v": 1}'
    until_is "$waits 'feed2'" 0; until_is "$waits 'feed3'" 0
    now=$(now_ms) rounds=$((rounds + 1))
    [ $((now - since)) -le $longest ] || longest=$((now - since))
    before=$left left=$(q "$waits 'feed1'")
    if [ "$before" = 3 ] && [ "$left" -lt 3 ]; then first=$now after=$left; fi
    [ "$left" = 0 ] || said=$(q "select wait_why from sites where site_id = 'feed1' and '$said' = '' union all select '$said' limit 1")
done
kill $others
echo "longest $longest ms of $((now - began)) in $rounds rounds, $((now - first)) ms for the last $after"
[ $((longest * 3)) -lt $((now - began)) ]
[ $after -gt 0 ] # they came in fewer at once
[ $((now - first)) -gt $((after * 4000 * 3)) ] # and rest three times as long as they take
[ "$said" = 'what it sent takes long to apply: others go first' ]
[ "$(q "select string_agg(name, ' ' order by name) from setting where site_id = 'feed1' and name like 'slow%'")" = 'slow1 slow2 slow3' ]
[ "$(q "select count(*) from uplink_quarantine")" = 0 ]
[ "$(q "$wrong")" = "0|320" ]
[ "$(grep -c 'what it sent takes long' "$SCRIPT.log")" = 1 ]
grep -q 'site feed1: what it sent takes long to apply' "$SCRIPT.log"
until_is "select (counters ->> 'transactions_slow')::integer >= 1 and counters ->> 'slow_sites' = '[\"feed1\"]' from central_status" t
"$BACPIPES" sites --json | jq -e '.[] | select(.site_id == "feed1" or .site == "feed1") | .wait_why | startswith("what it sent takes long")'
END
}

@test "a site that tells thousands of points is not one whose entries take long: few of them come at once" {
    run_script <<'END'
"$FEED" fill 2 4 10 2 0
start_central --set central.workers=1
until_applied
q "create table taken (entries bigint);
   create function note_taken() returns trigger language plpgsql security definer set search_path = public as 'begin insert into taken values (new.applied_seq - old.applied_seq); return null; end';
   create trigger note_taken after update on uplink_applied for each row when (new.site_id = 'feed1' and new.applied_seq > old.applied_seq) execute function note_taken()"
q "begin;
   insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
   select 'feed1', 7, c.received_seq + part - 9, 'point', now(), convert_to(jsonb_build_object('v', 1, 'table', 'point', 'op', 'state', 'rows', (
       select jsonb_agg(jsonb_build_object('point_id', part * 100 + n, 'device_id', d.device_id, 'object_type', 'analog-value', 'object_instance', part * 100 + n, 'property', 'present-value',
           'name', 'T' || n, 'description', 'Temperature of room ' || n, 'units', 'degrees-celsius', 'states', '[]'::jsonb, 'commandable', false, 'writable', false, 'enabled', true, 'tags', '{}'::jsonb,
           'created_at', now(), 'updated_at', now())) from generate_series(1, 100) as n))::text, 'UTF8'), sha256('x'), now()
     from uplink_cursor c, generate_series(10, 73) as part, (select min(device_id) as device_id from device where site_id = 'feed1') as d where c.site_id = 'feed1';
   update uplink_cursor set received_seq = received_seq + 64 where site_id = 'feed1'; commit"
until_applied
[ "$(q "select count(*) from point where site_id = 'feed1' and point_id >= 1000")" = 6400 ]
[ "$(q "select max(entries) <= 10 and sum(entries) = 64 from taken")" = t ]
[ "$(q "select count(*) from uplink_quarantine")" = 0 ]
until_is "select counters ->> 'entries_waiting' = '0' and (counters ->> 'transactions')::integer > 6 from central_status" t
q "select counters from central_status"
[ "$(q "select counters ->> 'transactions_slow' || ' ' || (counters ->> 'slow_sites') from central_status")" = '0 []' ]
if grep 'takes long' "$SCRIPT.log"; then exit 1; fi
END
}

@test "what is rolled back for taking long is there once, in fewer entries at once, also where central is killed meanwhile" {
    run_script <<'END'
"$FEED" fill 3 20 30 2 0
# Many of feed1's readings at once take 6 s, and few no time.
q "create function take_long() returns trigger language plpgsql as 'begin perform pg_sleep(6); return new; end';
   create trigger take_long before insert on site_hour for each row when (new.site_id = 'feed1' and new.count > 150) execute function take_long()"
start_central --set central.workers=1
until_is "select count(distinct site_id) from sensor_readings where site_id <> 'feed1'" 2
until_is "select (counters ->> 'transactions_slow')::integer > 1 from central_status" t
kill -9 $central; wait $central 2>/dev/null || true
start_central --set central.workers=1
until_applied
[ "$(q "$wrong")" = "0|3600" ]
[ "$(q "select sum(good), sum(count) from site_hour")" = "3600|3600" ]
[ "$(q "select count(*) from uplink_quarantine")" = 0 ]
[ "$(grep -c 'site feed1: what it sent takes long' "$SCRIPT.log")" -ge 1 ]
if grep 'site feed[23]: what it sent takes long\|somebody else' "$SCRIPT.log"; then exit 1; fi
END
}

@test "many frames that are tried again hold up nothing else of their site" {
    run_script <<'END'
"$FEED" fill 1 2 6000 1 0
q "insert into uplink_quarantine (site_id, epoch, seq, kind, reason, is_newer, wants_retry) select site_id, 7, seq, 'readings', 'newer', true, true from uplink where kind = 'readings'"
# How many wait still whenever something else of the site is applied: whoever asks afterwards may come too late.
q "create table left_over (number serial, many bigint);
   create function note_left_over() returns trigger language plpgsql security definer set search_path = public as 'begin insert into left_over (many) select count(*) from uplink_quarantine; return null; end';
   create trigger note_left_over after update on uplink_applied for each row when (new.applied_seq > old.applied_seq) execute function note_left_over()"
start_central
until_is "select count(*) < 6000 from uplink_quarantine" t
q "begin; insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at) select site_id, 7, received_seq + 1, 'checkpoint', now(), '{}', sha256('x'), now() from uplink_cursor;
   update uplink_cursor set received_seq = received_seq + 1; commit"
until_applied
[ "$(q "select many > 0 from left_over order by number desc limit 1")" = t ]
[ "$(q "select count(*) from uplink_quarantine where not wants_retry")" = 0 ]
END
}

# Puts settings of feed1 aside, by their names, and a good frame of feed2: as if a former central had not known them.
aside_script() {
    cat >>"$SCRIPT" <<'END'
"$FEED" fill 2 4 10 2 0
start_central
until_applied
end_central
set_aside() { # NAME...
    for name in "$@"; do
        q "begin; insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at) select 'feed1', 7, received_seq + 1, 'setting', now(), convert_to(jsonb_build_object('v', 1, 'table', 'setting', 'op', 'insert', 'key', '$name',
             'new', jsonb_build_object('name', '$name', 'value', 'x', 'updated_at', now(), 'updated_by', 'anna'))::text, 'UTF8'), sha256('x'), now() from uplink_cursor where site_id = 'feed1';
           insert into uplink_quarantine (site_id, epoch, seq, kind, reason) select 'feed1', 7, received_seq + 1, 'setting', 'x' from uplink_cursor where site_id = 'feed1';
           update uplink_cursor set received_seq = received_seq + 1 where site_id = 'feed1'; update uplink_applied set applied_seq = applied_seq + 1 where site_id = 'feed1'; commit"
    done
}
set_frame_aside() { q "insert into uplink_quarantine (site_id, epoch, seq, kind, reason) select 'feed2', 7, max(seq), 'readings', 'x' from uplink where site_id = 'feed2' and kind = 'readings'"; }
settings="select string_agg(name, ' ' order by name) from setting where site_id = 'feed1' and name like 'x%'"
END
}

@test "what takes too long is tried for half a minute where somebody asks for it, and keeps nobody else from being tried" {
    aside_script
    run_script <<'END'
q "create function take_long() returns trigger language plpgsql as 'begin perform pg_sleep(3600); return new; end';
   create trigger take_long before insert on setting for each row when (new.name = 'xa') execute function take_long()"
set_aside xa xb
start_central
until_is "select reason || ': ' || wants_retry from uplink_quarantine where site_id = 'feed1'" 'it takes too long to apply, each time: false'
until_is "$settings" xb
set_frame_aside
q "begin; insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at) select 'feed1', 7, received_seq + 1, 'checkpoint', now(), '{}', sha256('x'), now() from uplink_cursor where site_id = 'feed1';
   update uplink_cursor set received_seq = received_seq + 1 where site_id = 'feed1'; commit"
until_applied # its site goes on
[ "$(q "select count(*) from alarm where key = 'uplink.quarantine.feed1' and returned_at is null")" = 1 ]
end_central
# A start tries what can be, and not that.
start_central
until_is "select count(*) from uplink_quarantine where site_id = 'feed2'" 0
[ "$(q "select concat_ws(' ', wants_retry, tries) from uplink_quarantine")" = 'f 1' ]
code=0
"$BACPIPES" central retry >"$DATA/said" || code=$?
[ $code = 1 ]
grep -q '^1 entries take too long to apply: `bacpipes central retry SITE`' "$DATA/said"
# Somebody asks for it, and it goes by now.
q "drop trigger take_long on setting"
"$BACPIPES" central retry feed1 | grep -q '1 entries are tried again'
until_is "select count(*) from uplink_quarantine" 0
[ "$(q "$settings")" = 'xa xb' ]
[ "$(q "select count(*) from alarm where key = 'uplink.quarantine.feed1' and returned_at is null")" = 0 ]
[ "$(q "$wrong")" = "0|160" ]
end_central
END
}

@test "what fails by what may pass is tried again five times, and then the others of its site are" {
    aside_script
    run_script <<'END'
q "create function refuse_much() returns trigger language plpgsql as 'begin raise out_of_memory using message = ''out of memory''; end';
   create trigger refuse_much before insert on setting for each row when (new.name = 'xb') execute function refuse_much()"
set_aside xa xb xc
set_frame_aside
start_central
until_is "select count(*) from uplink_quarantine where site_id = 'feed2'" 0
until_is "$settings" 'xa xc'
until_is "select string_agg(concat_ws(' ', reason, wants_retry, tries), ', ') from uplink_quarantine" 'out of memory f 5'
q "drop trigger refuse_much on setting"
"$BACPIPES" central retry | grep -q '1 entries are tried again'
until_is "select count(*) from uplink_quarantine" 0
[ "$(q "$settings")" = 'xa xb xc' ]
[ "$(q "$wrong")" = "0|160" ]
end_central
END
}

@test "what ends the session that tries it, each time, does so five times, and then the others are tried" {
    aside_script
    run_script <<'END'
# As where the system has no memory left: the session of whoever tries it is ended.
q "create sequence ended; grant usage on sequence ended to public;
   create function end_session() returns trigger language plpgsql security definer as 'begin perform nextval(''public.ended''); perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); return new; end';
   create trigger end_session before insert on setting for each row when (new.name = 'xa') execute function end_session()"
set_aside xa xb
start_central
until_is "$settings" xb
[ "$(q "select concat_ws(' ', reason, wants_retry) from uplink_quarantine")" = 'it takes too much: none of 5 tries came to its end f' ]
[ "$(q "select last_value from ended")" = 5 ]
end_central
END
}

@test "another one waits for its turn, and what was given to a site is not given again by a database that was put back" {
    run_script <<'END'
"$FEED" fill 1 5 2 1 0
q "insert into downlink_head (site_id, epoch, seq) values ('feed1', 77, 5)"
start_central
until_applied
for _ in $(seq 1200); do ! grep -q 'feed1 77 5' "$DATA/central/given" 2>/dev/null || break; sleep 0.1; done
grep -q 'feed1 77 5' "$DATA/central/given"
code=0
"$BACPIPES" central --data "$DATA" >"$SCRIPT.other" 2>&1 || code=$?
[ $code = 75 ]
grep -q 'another central works' "$SCRIPT.other"
end_central
q "update downlink_head set seq = 3" # as of an earlier state
start_central
until_is "select epoch <> 77 and seq = 0 from downlink_head" t
until_log 'feed1 was given more than the database knows'
END
}

@test "below the floor, and beyond its quota, a site is told to wait, and nothing is dropped" {
    run_script <<'END'
"$FEED" fill 2 5 2 1 0
start_central --set central.site_quota=1MB
# Today, also where a day ends meanwhile.
until_is "update remote_site set day = (now() at time zone 'UTC')::date, day_octets = 2000000 where site_id = 'feed1';
          select string_agg(site_id || ': ' || wait_why, ', ') from remote_site where wait_until > now()" "feed1: it has sent more than 1024 kB today (central.site_quota)"
until_is "select link from sites where site_id = 'feed1'" waiting
q "insert into setting (site_id, name, value) values ('central', 'central.site_quota', '0')"
until_is "select count(*) from remote_site where wait_until > now()" 0
q "insert into setting (site_id, name, value) values ('central', 'central.floor', '1000TB')" || q "insert into setting (site_id, name, value) values ('central', 'central.floor', '1024GB')"
until_is "select count(*) from remote_site where wait_until > now() and wait_why = 'central''s disk is nearly full'" 2
[ "$(q "select count(*) from alarm where key = 'central.disk' and returned_at is null")" = 1 ]
[ "$(q "select is_low from central_status")" = t ]
q "delete from setting where name = 'central.floor'"
until_is "select count(*) from remote_site where wait_until > now()" 0
until_is "select count(*) from alarm where key = 'central.disk' and returned_at is null" 0
until_applied
[ "$(q "select count(*) from sensor_readings")" = 20 ]
END
}

@test "a session of a site that does what no site does is ended, and an alarm says so" {
    run_script <<'END'
"$FEED" fill 1 5 2 1 0
q "create role site_1 login in role bacpipes_sites"
start_central
until_applied
(echo 'notify site_2;'; exec sleep 90) 2>/dev/null 3>&- | psql -qX -U site_1 >"$SCRIPT.session" 2>&1 3>&- &
until_is "select count(*) from alarm where key = 'site.session.site_1' and returned_at is null" 1
until_log 'ended a session: site_1'
q "update alarm set raised_at = now() - interval '2 hours' where key = 'site.session.site_1'" # it was seen
until_is "select count(*) from alarm where key = 'site.session.site_1' and returned_at is null" 0
# One that says something else each time, before anybody looks
q "create role site_2 login in role bacpipes_sites"
(for _ in $(seq 180); do echo 'notify site_1; select 1;'; sleep 0.5; done) | psql -qX -U site_2 >"$SCRIPT.session" 2>&1 &
until_is "select count(*) from alarm where key = 'site.session.site_2' and returned_at is null" 1
END
}

@test "what a session of a site holds is in nobody's way but its own: what others sent is applied, and the site's own when it has let go" {
    run_script <<'END'
"$FEED" state 4 10 0 0 0
# The login of feed1, which nobody ends: the guard looks at members of bacpipes_sites alone
q "create or replace function link_serial() returns text language sql as 'select ''a1''::text'; create role site_1 login; grant usage on schema sync to site_1; grant execute on all functions in schema sync to site_1"
q "update remote_site set serials = '{a1}' where site_id = 'feed1'"
hello="select sync.hello(1, '{\"site\": \"feed1\", \"now\": \"2026-01-01T00:00:00Z\", \"epochs\": []}') #>> '{down,epoch}'"
psql -qAtX -U site_1 -v ON_ERROR_STOP=1 -c "$hello" >/dev/null
start_central
until_applied
end_central
q "create table asked as select gen_random_uuid() as id" >/dev/null
q "insert into change (id, site_id, what, request, asked_by) select id, 'feed1', 'points', '{\"undo\": 1}', 'anna' from asked; select downlink_append('feed1', 'change', jsonb_build_object('v', 1, 'id', id)) from asked" >/dev/null
# Of each site two records, and feed1's are about what its session holds
send_records() { # FROM
    q "insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
       select c.site_id, 7, c.received_seq + n, case n when 1 then 'audit' else 'setting' end, now(),
              convert_to((case n when 1 then jsonb_build_object('v', 1, 'event', 'change_ended', 'id', (select id from asked), 'what', 'points', 'outcome', 'changed')
                                 else '{\"v\": 1, \"table\": \"setting\", \"op\": \"state\", \"complete\": true, \"rows\": []}'::jsonb end)::text, 'UTF8'), sha256('x'), now()
         from uplink_cursor c, generate_series(1, 2) as n where c.epoch = 7 and c.site_id >= '$1';
       update uplink_cursor set received_seq = received_seq + 2 where epoch = 7 and site_id >= '$1'"
}
send_records feed1
cat >"$DATA/hold" <<SQL
set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0;
begin;
$hello;
select sync.begin_epoch(8, 7, 1, decode(repeat('00', 32), 'hex'));
$hello as epoch \\gset
select count(*) as given from sync.fetch(:epoch, 0) \\gset
select sync.append(7, 1, '{}', '{}', '{}', '{}', '{"unsent_entries": 3}');
select sync.renew('a request');
select 'holds ' || :given;
SQL
mkfifo "$DATA/wait"
exec 5<>"$DATA/wait"
psql -qAtX -v ON_ERROR_STOP=1 -U site_1 -f "$DATA/hold" -f "$DATA/wait" >"$DATA/held" 2>&1 & holder=$!
until grep -q '^holds 1' "$DATA/held"; do kill -0 $holder || { cat "$DATA/held" >&2; exit 1; }; sleep 0.05; done
behind="select string_agg(site_id, ' ' order by site_id) from uplink_cursor c join uplink_applied a using (site_id, epoch) where c.received_seq > a.applied_seq"
holds="select count(*) from pg_stat_activity where usename = 'site_1' and state = 'idle in transaction'"
start_central --set central.workers=1
until_is "$behind" feed1
send_records feed2 # and so it goes on
until_is "$behind" feed1
until_is "select (counters ->> 'transactions_held')::integer > 0 and seen_at > backend_start from central_status, pg_stat_activity where usename = 'site_1'" t
[ "$("$BACPIPES" sites --json | jq length)" = 4 ]
[ "$(q "select coalesce(ended_at::text, 'open') from change")" = open ]
[ "$(q "$holds")" = 1 ]
[ "$(q "select count(*) from uplink_quarantine")" = 0 ]
# It waits for them no more when they are gone, and nothing of it was lost
echo '\q' >&5
wait $holder
until_applied
[ "$(q "select outcome from change")" = changed ]
[ "$(q "select count(*) from uplink_quarantine")" = 0 ]
[ "$(q "select count(*) from uplink_applied where state_at is not null")" = 4 ]
until_log 'a session of site "feed1" holds what it was given; what it sent waits'
END
}

@test "a session of a site that takes too much memory is ended, and its login shut; another's is not" {
    run_script <<'END'
"$FEED" state 2 1 0 0 0
q "create role site_1 login in role bacpipes_sites; create role site_2 login in role bacpipes_sites"
mkfifo "$DATA/wait1" "$DATA/wait2"
exec 5<>"$DATA/wait1" 6<>"$DATA/wait2"
psql -qAtX -U site_2 -c "select 'there'" -f "$DATA/wait2" >"$DATA/small" 2>&1 & small=$!
start_central
until_applied
# Some 400 MB, which a cursor keeps
psql -qAtX -U site_1 -c "begin" -c "declare large cursor for select array_length(array_agg(i), 1) from (select generate_series(1, 30000000) as i) as s" -c "fetch large" -f "$DATA/wait1" >"$DATA/large" 2>&1 & large=$!
until_is "select shut_why from site_strike where number = 1" 'it takes too much memory'
until_is "select count(*) from pg_stat_activity where usename = 'site_1'" 0
until_is "select rolcanlogin from pg_roles where rolname = 'site_1'" f
[ "$(q "select count(*) from alarm where site_id = 'central' and key = 'site.session.site_1' and returned_at is null")" = 1 ]
[ "$(q "select count(*) from pg_stat_activity where usename = 'site_2'")" = 1 ]
[ "$(q "select count(*) from site_strike where number = 2")" = 0 ]
kill $large $small 2>/dev/null || true
until_log 'ended a session: .*site_1: it takes too much memory'
END
}
