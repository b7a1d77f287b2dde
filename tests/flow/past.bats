#!/usr/bin/env bats
# The past of a simulated site: laid while everything runs, the newest first, once whoever is killed, without a seam, and nowhere
# else. BUILD names the build folder (default: build).

load ready

setup() {
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-past.XXXXXX)
    chmod 755 "$folder"
    data=$folder/data
    up=
}

teardown() {
    [ -z "$up" ] || { kill -TERM "$up" 2>/dev/null; wait "$up"; } || true
    rm -rf "$folder"
}

until_true() {
    local until=$((SECONDS + $2))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within $2 s: $1"; tail -n 20 "$folder/out" "$data/log/past.log" "$data/log/sim.log"; return 1; }
        sleep 0.3
    done
}

sql() {
    PGHOST=$data/run PGPORT=$(cat "$data/postgresql.port") PGUSER=bacpipes PGDATABASE=bacpipes psql -qAtX -v ON_ERROR_STOP=1 -c "$1"
}

begin() {
    : >"$folder/out"
    "$bacpipes" up --simulate --data "$data" --points 60 "$@" >"$folder/out" 2>&1 3>&- &
    up=$!
    until_true "grep -q ' stored, newest' $folder/out" 120
}

finish() {
    kill -INT "$up"
    wait "$up"
    up=
}

share_is() { [ "$(sql "select share $1 from past_progress" 2>/dev/null)" = t ]; }

pid_of() {
    local pid
    for pid in $(cat /proc/"$up"/task/*/children); do
        case $(tr '\0' ' ' <"/proc/$pid/cmdline") in
        "$1 "* | *"/$1 "*) echo "$pid"; return ;;
        esac
    done
    return 1
}
kill_part() { kill -KILL "$(pid_of "$1")"; }

# What is there once all of it is laid, whatever happened meanwhile.
all_is_laid() {
    echo "# spans of the year, of 30 days and of the day, of each of 60 points"
    [ "$(sql "select count(*), min(c), max(c) from (select count(*) as c from sensor_readings_hourly join past using (site_id) where time < bucket_hour(until) group by point_id) as n")" = "60|8760|8760" ]
    [ "$(sql "select count(*), min(c) = max(c), max(c) = max(all_of_them) from (select count(*) as c, max(extract(epoch from bucket_5min(until) - fine_goal)::bigint / 300) as all_of_them
                from sensor_readings_5min join past using (site_id) where time >= fine_goal and time < bucket_5min(until) group by point_id) as n")" = "60|t|t" ]
    [ "$(sql "select count(distinct point_id) from sensor_readings join past using (site_id) where time < until")" = 60 ]
    echo "# no gap is left where laid readings end and polled ones begin"
    [ "$(sql "select count(*) from (select time - lag(time) over (partition by point_id order by time) as gap, time, until from sensor_readings, past) as gaps
               where gap > interval '31 seconds' and time < until + interval '20 seconds'")" = 0 ]
    echo "# counters never fall"
    [ "$(sql "select count(*) from (select min, lag(max) over (partition by point_id order by time) as before from sensor_readings_hourly join point using (site_id, point_id)
               where name in ('METER/KWH', 'METER/GAS-KWH', 'AHU-1/SF-HRS')) as hour where min < before")" = 0 ]
    [ "$(sql "select count(*) from (select value, lag(value) over (partition by point_id order by time) as before from sensor_readings join point using (site_id, point_id)
               where name in ('METER/KWH', 'METER/GAS-KWH', 'AHU-1/SF-HRS')) as reading where value < before")" = 0 ]
    [ "$(sql "select max(max) - min(min) > 1000 from sensor_readings_hourly join point using (site_id, point_id) where name = 'METER/KWH'")" = t ]
}

@test "the demo has a year behind it, as the database itself would have made it, and marks it" {
    begin
    echo "# a site of the operator's in the same database is not touched"
    sql "insert into site (site_id, name) values ('real', 'Real'); insert into device (site_id, device_id, address, instance) values ('real', 1, '10.0.0.1', 1001);
         insert into point (site_id, point_id, device_id, object_type, object_instance, name) select 'real', 1, 1, 'analog-input', 1, 'AHU-1/SAT';
         insert into sensor_readings_hourly (site_id, point_id, time, count, bad) values ('real', 1, bucket_hour(now() - interval '40 days'), 7, 0)"
    grep -Eq 'past laid [0-9]+ %' "$folder/out"
    until_true "share_is '> 0'" 90
    until_true "share_is '= 1'" 500
    all_is_laid
    [ "$(sql "select count(*), sum(count) from sensor_readings_hourly where site_id = 'real'")" = "1|7" ]
    [ "$(sql "select count(*) from sensor_readings where site_id = 'real'")" = 0 ]

    echo "# numbers are those that are polled: 15.8, and not the 15.800000190734863 of a float"
    [ "$(sql "select count(*) from sensor_readings where site_id = 'demo' and length(value::text) > 12")" = 0 ]
    [ "$(sql "select count(*) from sensor_readings_5min where site_id = 'demo' and length(last::text) > 12")" = 0 ]

    [ "$(sql "select count(*) from point where site_id = 'demo' and tags ? 'point'")" = 60 ]
    [ "$(sql "select count(*) from uplink_record where kind = 'point' and convert_from(body, 'UTF8')::jsonb #>> '{who,person}' = 'simulation'")" = 60 ] # of the record's hundreds, none is a person's
    [ "$(sql "select tags->>'kind' from point where name = 'AHU-1/SAT' and site_id = 'demo'")" = Number ]

    echo "# rollups of the day are those of its readings, and hours those of their 5 minutes"
    [ "$(sql "select count(*) from past, (select point_id, bucket_5min(time) as time, min(value), max(value), sum(value), count(*), max(time) as last_at from sensor_readings where site_id = 'demo' group by 1, 2) as plain
                join sensor_readings_5min as laid using (point_id, time)
               where laid.site_id = 'demo' and time >= readings_goal and time < bucket_5min(until)
                 and (laid.min, laid.max, laid.count, laid.last_at) is distinct from (plain.min, plain.max, plain.count::integer, plain.last_at)")" = 0 ]
    [ "$(sql "select count(*) from past, (select point_id, bucket_hour(time) as time, min(min), max(max), sum(sum), sum(count) as count from sensor_readings_5min where site_id = 'demo' group by 1, 2) as plain
                join sensor_readings_hourly as laid using (point_id, time)
               where laid.site_id = 'demo' and time >= fine_goal and time < bucket_hour(until)
                 and ((laid.min, laid.max, laid.count) is distinct from (plain.min, plain.max, plain.count::integer) or abs(laid.sum - plain.sum) > 1e-6 * (1 + abs(plain.sum)))")" = 0 ]

    echo "# where stretches of the simulation join, and where it joins what is polled, hours do not step further than elsewhere"
    [ "$(sql "with hour as materialized (select name, time, sum / count - lag(sum / count) over (partition by point_id order by time) as step
                              from sensor_readings_hourly join point using (site_id, point_id) where site_id = 'demo' and name in ('VAV-1-01/ZN-T', 'VAV-1-02/ZN-T', 'WEATHER/OAT')),
                   edge as materialized (select bucket_hour(until) - n * interval '1 hour' as time from past, generate_series(-1, 1) as n
                            union select bucket_hour(until) - interval '24 hours' - n * interval '5 days' from past, generate_series(0, 5) as n
                            union select fine_goal - n * interval '36 days' from past, generate_series(0, 9) as n),
                   usual as (select name, max(abs(step)) as most from hour left join edge using (time) where edge.time is null group by name)
              select count(*) >= 45, count(*) filter (where abs(step) > most) from hour join edge using (time) join usual using (name)")" = "t|0" ]

    echo "# who looks is told"
    "$bacpipes" status --data "$data" | grep -q 'building  ok .*is simulated: .*so is its past, from 20'
    "$bacpipes" status --data "$data" --json | grep -q '"simulated": true'
    "$bacpipes" points --data "$data" --site demo 2>&1 >/dev/null | grep -q 'is simulated: nobody measured'
    "$bacpipes" history --data "$data" --site demo METER/KW --since 300d | head -1 | grep -q simulated
    "$bacpipes" history --data "$data" --site demo METER/KW --since 2d --csv 2>&1 >/dev/null | grep -q "is simulated: nobody measured"
    [ "$("$bacpipes" history --data "$data" --site demo METER/KW --since 300d --every 24h --csv | wc -l)" -ge 300 ]
    "$bacpipes" ede export --data "$data" --site demo 2>/dev/null | grep -q 'PROJECT_NAME;demo (simulated)'
    "$bacpipes" points --data "$data" --site demo --find METER/KWH --json | grep -q '"simulated": true'

    echo "# a second start lays nothing, and goes on where it was"
    rows=$(sql "select rows from past")
    finish
    begin
    until_true "grep -q 'is laid already' $data/log/past.log" 90
    grep -q 'going on from' "$data/log/sim.log"
    sleep 20
    [ "$(sql "select rows from past")" = "$rows" ]
    [ "$(sql "select count(*) from (select value, lag(value) over (partition by point_id order by time) as before from sensor_readings join point using (site_id, point_id)
               where name in ('METER/KWH', 'METER/GAS-KWH', 'AHU-1/SF-HRS')) as reading where value < before")" = 0 ]
    finish
}

@test "whoever is killed while it is laid, all of it is there in the end, and once" {
    begin
    until_true "share_is '> 0.02'" 120
    kill_part past
    until_true "pid_of past >/dev/null" 90
    until_true "share_is '> 0.15'" 200
    kill_part sim
    until_true "share_is '> 0.25'" 200
    kill -KILL "$(head -1 "$data/postgresql/postmaster.pid")"
    until_true "share_is '> 0.35'" 300
    kill -KILL "$up"
    wait "$up" || true
    sleep 2
    begin
    until_true "share_is '= 1'" 500
    all_is_laid
    finish
}

@test "a demo without a past begins now, and gets none later; a site that is not simulated has none" {
    begin --no-past
    "$bacpipes" status --data "$data" | grep -q 'building  ok .*is simulated: .*it has no past'
    [ "$(sql 'select count(*) from past')" = 0 ]
    ! grep -q 'past laid' "$folder/out" || false
    run "$bacpipes" past --data "$data"
    [ "$status" -eq 1 ]
    [[ "$output" == *"site demo has no past to lay"* ]]
    finish
    echo "# and it stays the building that it was, whatever size is asked for"
    begin --points 80
    grep -q 'the site has a history of its own' "$folder/out"
    grep -q 'the building in this folder has points 60, and keeps that' "$folder/out"
    [ "$(sql 'select count(*) from past')" = 0 ]
    [ "$(sql 'select count(*) from point')" = 60 ]
    finish
    echo "# who means a site of his own is told whose folder this is"
    "$bacpipes" up --data "$data" --for 3s >"$folder/out" 2>&1 || true # 70: nothing answers
    grep -q "this folder is of a simulated building: its site is marked so" "$folder/out"
}

@test "sim --state: what was written stays, registers go on, and a state that is of no use is left" {
    port=$((20000 + RANDOM % 20000))
    start() {
        begin_server "$folder/out" "$bacpipes" sim --points 60 --port "$port" --since "$(date -u -d '-2 days' +%FT%TZ)" --state "$folder/state" "$@"
        up=$!
    }
    ask() { "$bacpipes" "$1" --set bacnet.address=127.0.0.1 --set "bacnet.port=$port" "${@:2}"; }
    start
    ask write --direct 1001 av,1 14 --priority 8
    kill -TERM "$up"; wait "$up"
    start
    grep -q 'going on from' "$folder/out"
    ask read 1001 av,1 priority-array | grep -F 'priority-array[8]' | grep -q 14
    kill -KILL "$up"; wait "$up" || true
    for wrong in damaged cut other; do
        cp "$folder/state" "$folder/kept"
        case $wrong in
        damaged) printf 'x' | dd of="$folder/state" bs=1 seek=9000 conv=notrunc 2>/dev/null; why='it is damaged' ;;
        cut) truncate -s 3000 "$folder/state"; why='it is damaged' ;;
        other) why='it is of another building' ;;
        esac
        start $([ $wrong != other ] || echo --seed 2)
        grep -q "is left: $why; the building begins anew" "$folder/out"
        kill -TERM "$up"; wait "$up"
        cp "$folder/kept" "$folder/state"
    done
    up=
}
