#!/usr/bin/env bats
# What points were, by /api/v1: readings as they came and as spans, tables, the building at a glance. BUILD names the build folder
# (default: build).

load ready
load web

# One small demo for all of these, since none of them changes what another looks at.
setup_file() {
    # What is put there is of a certain day, which is long ago one day: nothing is forgotten.
    begin_site --set retention.readings=3650d --set retention.5min=3650d --set retention.hourly=3650d
    person alice viewer
    person olga operator
    log_in alice
    log_in olga
    put_readings
    export root bacpipes folder data site up at password BACPIPES_DATA PATH
}

teardown_file() {
    end_site
}

# Points beside those of the building, with readings that are known: 9001 every 15 s from 10 to 12 o'clock of 20 November 2026 with a pause from 10:30 to 10:45
# and some that are not good, 9002 a fan that goes on and off every 10 minutes, 9003 every 5 minutes, 9004 has rollups by the hour alone.
put_readings() {
    sql "
    insert into point (site_id, point_id, device_id, object_type, object_instance, name, units, states, enabled)
    select 'demo', id, (select min(device_id) from device), kind, id, name, units, states, false
      from (values (9001, 'analog-input', '=1+1', 'degrees-celsius', '{}'::text[]), (9002, 'binary-input', 'FAN-S', '', '{off,on}'), (9003, 'analog-input', 'SLOW', 'percent', '{}'),
                   (9004, 'analog-input', 'OLD', 'kilowatts', '{}')) as v (id, kind, name, units, states);
    select readings_ensure_days('2026-11-20 00:00Z', '2026-11-20 23:00Z');
    insert into sensor_readings (time, site_id, point_id, value, quality, units, reason)
    select at, 'demo', 9001, case when n = 7 then null else 20 + n % 10 end, case n when 7 then 'bad' when 8 then 'uncertain' else 'good' end, 'degrees-celsius', case n when 7 then 'timeout' when 8 then 'out-of-service' end
      from generate_series(0, 479) as n, lateral (select timestamptz '2026-11-20 10:00Z' + n * interval '15 s' as at) as t where at < '2026-11-20 10:30Z' or at >= '2026-11-20 10:45Z';
    insert into sensor_readings (time, site_id, point_id, value, quality)
    select '2026-11-20 10:00Z'::timestamptz + n * interval '15 s', 'demo', 9002, n / 40 % 2, 'good' from generate_series(0, 479) as n;
    insert into sensor_readings (time, site_id, point_id, value, quality) select '2026-11-20 10:00Z'::timestamptz + n * interval '5 min', 'demo', 9003, n, 'good' from generate_series(0, 23) as n;
    select rollup_5min('demo', at, id) from generate_series(timestamptz '2026-11-20 10:00Z', '2026-11-20 11:55Z', '5 min') as at, unnest('{9001, 9002, 9003}'::int[]) as id;
    select rollup_hourly('demo', at, id) from generate_series(timestamptz '2026-11-20 10:00Z', '2026-11-20 11:00Z', '1 hour') as at, unnest('{9001, 9002, 9003}'::int[]) as id;
    insert into sensor_readings_hourly (site_id, point_id, time, min, max, sum, count, bad, last, last_at)
    select 'demo', 9004, at, 1, 3, 480, 240, 0, 2, at + interval '59 min' from generate_series(timestamptz '2025-11-20 00:00Z', '2026-11-20 00:00Z', '1 hour') as at" >/dev/null
    until [ "$(as alice GET "/sites/demo/points/9004" | tail -1)" = 200 ]; do sleep 0.2; done
}

from="from=2026-11-20T10:00:00Z" to="to=2026-11-20T12:00:00Z"

@test "readings come as they were, with quality, reasons and gaps" {
    run as alice GET "/sites/demo/readings?points=9001&$from&$to&width=500"
    expect 200
    [ "$(told '.series[0] | .kind, .source, .every_s, .steps, .units' | paste -sd' ')" = "raw raw null false degrees-celsius" ]
    [ "$(told '.series[0] | (.at | length), (.value | length), (.quality | length)' | paste -sd' ')" = "420 420 420" ]
    [ "$(told '.series[0].at[0]')" = "$(date -u -d 2026-11-20T10:00:00Z +%s)000" ]
    [ "$(told '.series[0].value[:9]' | jq -c .)" = "[20,21,22,23,24,25,26,null,28]" ]
    [ "$(told '.series[0].quality[:10]' | jq -c .)" = "[0,0,0,0,0,0,0,2,1,0]" ]
    [ "$(told '.series[0].reasons' | jq -c .)" = '{"7":"timeout","8":"out-of-service"}' ]
    [ "$(told '.series[0].gaps | map(map(. / 1000 | todate)) | flatten | join(" ")')" = "2026-11-20T10:29:45Z 2026-11-20T10:45:00Z" ]
    [ "$(told .next)" = null ]
}

@test "more than a chart has room for comes in spans, with all that was in them" {
    run as alice GET "/sites/demo/readings?points=9001,9002&$from&$to&width=50"
    expect 200
    [ "$(told '.series[] | .kind, .source, .every_s' | paste -sd' ')" = "spans raw 300 spans raw 300" ]
    [ "$(told '[.series[0] | .at, .min, .mean, .max, .count, .bad | length] | unique | length')" = 1 ]
    # 10:00 to 10:05: 20 readings from 20 to 29, one of which (27) is bad and does not count
    [ "$(told '.series[0] | .min[0], .max[0], .count[0], .bad[0]' | paste -sd' ')" = "20 29 19 1" ]
    [ "$(told '.series[0].mean[0] * 19 | round')" = $((20 * 24 + 10 - 27)) ]
    [ "$(told '.series[0].gaps | length')" = 1 ]
    [ "$(told '.series[0].last')" = null ]
    # The fan: its last state in each span, and a mean that says how much of it it ran
    [ "$(told '.series[1].steps')" = true ]
    [ "$(told '.series[1].last[:6]' | jq -c .)" = "[0,0,1,1,0,0]" ]
    [ "$(told '.series[1].at | length')" -le 50 ]
}

@test "months are made of rollups, and what reaches further back is taken where the finer does not" {
    run as alice GET "/sites/demo/readings?points=9001&from=2026-11-01T00:00:00Z&to=2026-11-21T00:00:00Z"
    expect 200
    [ "$(told '.series[0] | .source, .every_s' | paste -sd' ')" = "5min 3600" ]
    [ "$(told '.series[0].count | add')" = 419 ]
    run as alice GET "/sites/demo/readings?points=9001&from=2025-11-21T00:00:00Z&to=2026-11-21T00:00:00Z"
    [ "$(told '.series[0] | .source, .every_s' | paste -sd' ')" = "hourly 43200" ]
    [ "$(told '.series[0].count | add')" = 419 ]
    # A day of a point of which only hours are left, beside one that has all
    run as alice GET "/sites/demo/readings?points=9004,9001&from=2026-11-19T12:00:00Z&to=2026-11-20T12:00:00Z"
    [ "$(told '.series[] | .source, .every_s' | paste -sd' ')" = "hourly 3600 raw null" ]
    run as alice GET "/sites/demo/readings?points=9003&$from&$to&kind=hourly"
    [ "$(told '.series[0] | .kind, .source, .every_s, (.min | tostring), (.max | tostring), (.mean | tostring)' | paste -sd' ')" = "spans hourly 3600 [0,12] [11,23] [5.5,17.5]" ]
}

@test "raw readings come page by page, and of all points together none is missing and none twice" {
    local after='' pages=0 path
    : >"$BATS_TEST_TMPDIR/all"
    while
        path="/sites/demo/readings?points=9001,9003,9002&$from&$to&kind=raw&limit=70&markers=false$after"
        run as alice GET "$path"
        expect 200
        told '.series[] | .point as $point | .at[] | "\($point) \(.)"' >>"$BATS_TEST_TMPDIR/all"
        pages=$((pages + 1))
        [ "$(told .next)" != null ]
    do
        # All series of a page end where the page ends
        [ "$(told '(.to | sub("\\.[0-9]+"; "") | fromdate * 1000) as $to | [.series[].at[] | . < $to] | all')" = true ]
        after="&after=$(told .next)"
        [ "$pages" -lt 30 ]
    done
    [ "$pages" -ge 7 ]
    sql "select point_id || ' ' || extract(epoch from time)::bigint * 1000 from sensor_readings where point_id between 9001 and 9003" | sort >"$BATS_TEST_TMPDIR/is"
    diff <(sort "$BATS_TEST_TMPDIR/all") "$BATS_TEST_TMPDIR/is"
}

@test "a reading is found in an empty year, whatever lies in between" {
    run as alice GET "/sites/demo/readings?points=9003&from=2020-01-01T00:00:00Z&$to&kind=raw"
    expect 200
    local rest='' count
    count=$(told '.series[0].at | length')
    [ "$(told .next)" = null ] || {
        rest="&after=$(told .next)"
        run as alice GET "/sites/demo/readings?points=9003&from=2020-01-01T00:00:00Z&$to&kind=raw$rest"
        count=$((count + $(told '.series[0].at | length')))
    }
    [ "$count" = 24 ]
}

@test "what is asked for wrongly is told, with what would be right" {
    local case wanted type said
    while IFS='|' read -r case wanted type said; do
        run as alice GET "/sites/demo/$case"
        expect "$wanted" "$type" || { echo "$case"; return 1; }
        [[ $(told .detail) == *"$said"* ]] || { echo "$case: $output"; return 1; }
    done <<'END'
readings|400|bad-request|points=41,42
readings?points=|400|bad-request|points
readings?points=x|400|bad-request|points
readings?points=1,,2|400|bad-request|points
readings?points=9001,9001|400|bad-request|twice
readings?points=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21|400|bad-request|20
readings?points=77777|404|not-found|77777
readings?points=9001'%20or%201=1|400|bad-request|points
readings?points=9001&kind=best|400|bad-request|auto, raw, 5min or hourly
readings?points=9001&from=yesterday|400|bad-request|from
readings?points=9001&from=2026-11-20T10:00:00Z&to=2026-11-20T10:00:00Z|400|bad-request|before
readings?points=9001&from=1990-01-01T00:00:00Z|400|bad-request|11 years
readings?points=9001&width=49|400|bad-request|50
readings?points=9001&kind=raw&limit=10001|400|bad-request|10000
readings?points=9001&kind=raw&after=soon|400|bad-request|next
readings?points=9001&kind=raw&after=1|400|bad-request|next
readings?points=9001&color=red|400|bad-request|color
readings.csv?points=9001&kind=auto|400|bad-request|raw, 5min or hourly
summary?at=now|400|bad-request|at
END
    run as nobody GET "/sites/demo/readings?points=9001"
    expect 401 not-logged-in
    run as alice GET "/sites/other/readings?points=9001"
    expect 404 not-found
}

@test "a table has every reading, and nothing that a spreadsheet would carry out" {
    curl -s -b "$folder/alice.jar" -D "$BATS_TEST_TMPDIR/head" "$at/api/v1/sites/demo/readings.csv?points=9001,9002&$from&$to" >"$BATS_TEST_TMPDIR/csv"
    grep -qi '^content-type: text/csv' "$BATS_TEST_TMPDIR/head"
    grep -qi '^content-disposition: attachment' "$BATS_TEST_TMPDIR/head"
    [ "$(head -1 "$BATS_TEST_TMPDIR/csv")" = "time,point,device,value,text,units,quality,reason" ]
    [ "$(wc -l <"$BATS_TEST_TMPDIR/csv")" = $((1 + 420 + 480)) ]
    grep -qE "^2026-11-20T10:01:45Z,[^,]*=1\+1,[^,]*,,,degrees-celsius,bad,timeout$" "$BATS_TEST_TMPDIR/csv"
    grep -qE '^2026-11-20T10:10:00Z,[^,]*FAN-S,[^,]*,1,on,,good,$' "$BATS_TEST_TMPDIR/csv"
    ! grep -qE '(^|,)[=+@]' "$BATS_TEST_TMPDIR/csv" || false
    sql "update point set name = '=1+1' where point_id = 9001; update device set name = '=cmd()' where device_id = (select min(device_id) from device)" >/dev/null
    until curl -s -b "$folder/alice.jar" "$at/api/v1/sites/demo/readings.csv?points=9001&$from&$to" | grep -qF "'=cmd()"; do sleep 0.2; done
    curl -s -b "$folder/alice.jar" "$at/api/v1/sites/demo/readings.csv?points=9003&kind=hourly&$from&$to" >"$BATS_TEST_TMPDIR/csv"
    [ "$(cut -d, -f1,4- "$BATS_TEST_TMPDIR/csv" | paste -sd' ')" = "time,min,mean,max,last,count,bad,units 2026-11-20T10:00:00Z,0,5.5,11,,12,0,percent 2026-11-20T11:00:00Z,12,17.5,23,,12,0,percent" ]
}

web_rss_kb() {
    local pid
    for pid in $(pgrep -f "apps/bacpipes web.*$folder" || pgrep -P "$up" -f "bacpipes.* web"); do
        awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"
    done | sort -n | tail -1
}

@test "a client that reads slowly holds up nobody, and what is not read is nowhere" {
    sql "insert into sensor_readings (time, site_id, point_id, value, quality) select '2026-11-20 00:00Z'::timestamptz + n * interval '100 ms', 'demo', 9004, n, 'good' from generate_series(0, 599999) as n" >/dev/null
    local before after slow
    before=$(web_rss_kb)
    curl -s -b "$folder/alice.jar" --limit-rate 20k "$at/api/v1/sites/demo/readings.csv?points=9004&from=2026-11-20T00:00:00Z&$to" -o "$BATS_TEST_TMPDIR/slow" 3>&- &
    slow=$!
    until [ -s "$BATS_TEST_TMPDIR/slow" ]; do sleep 0.1; done
    for _ in 1 2 3 4 5; do
        run as olga GET "/sites/demo/readings?points=9001,9002&$from&$to"
        expect 200
    done
    after=$(web_rss_kb)
    # No statement is under way for it, so that no day that is to be dropped waits for it
    local until=$((SECONDS + 60)) # what others ask for is soon told
    until [ "$(sql "select count(*) from pg_stat_activity where usename = 'bacpipes_web' and state <> 'idle'")" = 0 ]; do [ $SECONDS -lt $until ]; sleep 0.2; done
    kill -0 "$slow"
    kill "$slow"
    wait "$slow" || true
    [ $((after - before)) -lt 8000 ]
    curl -s -b "$folder/alice.jar" "$at/api/v1/sites/demo/readings.csv?points=9004&from=2026-11-20T00:00:00Z&$to" | cut -d, -f4 | tail -n +2 | awk '$1 != NR - 1 { print "line " NR ": " $1; exit 1 } END { exit NR != 432000 }'
}

@test "commands stand beside readings" {
    local point
    point=$(sql "select point_id from point where name like '%CLG-SP' or name like '%SAT-C' order by 1 limit 1")
    sql "update point set writable = true where point_id = $point" >/dev/null
    until [ "$(as alice GET "/sites/demo/points/$point" | head -1 | jq .writable)" = true ]; do sleep 0.2; done
    "$bacpipes" write "$point" 22.5 --priority 9 --for 10min --reason "a test" >/dev/null || true
    run as alice GET "/sites/demo/readings?points=$point"
    expect 200
    [ "$(told '.markers[0] | .kind, .point, .priority, .value' | paste -sd' ')" = "command $point 9 22.5" ]
    [[ $(told '.markers[0].text') == "22.5 °C at 9 by "*": a test" ]]
    run as alice GET "/sites/demo/readings?points=$point&markers=false"
    [ "$(told '.markers | length')" = 0 ]
}

@test "the building at a glance says how it is, and with what" {
    run as alice GET /sites/demo/summary
    expect 200
    [ "$(told .site)" = demo ]
    [[ $(told .state) =~ ^(well|attention)$ ]] || { told .; return 1; }
    [ "$(told '.counts.points > 50 and .counts.devices > 3')" = true ]
    [ "$(told .roles.collect)" = online ]
    [ "$(told '.zones | length')" -ge 1 ]
    [ "$(told '.zones[0] | .name | length > 0')" = true ]
    [ "$(told '[.zones[] | .distance // 0 | fabs] | . == (sort | reverse)')" = true ]
    [ "$(told '.weather.temperature.unit_symbol')" = "°C" ]
    [ "$(told '.energy.from')" = meter ]
    [ "$(told '.energy.power.unit_symbol')" = kW ]
    # What is known of it came by no reading that is made up: there is no yesterday yet, or else this test began in it.
    [ "$(told '.energy.yesterday_kwh')" = null ] ||
        [ "$(sql "select min(r.time) < date_trunc('day', now(), s.timezone) from sensor_readings r join site s using (site_id) where r.point_id < 9000")" = t ]
}

@test "where the database is away the rest is told, and that it is" {
    local postgres
    postgres=$(head -1 "$data/postgresql/postmaster.pid")
    kill -STOP "$postgres"
    pkill -STOP -P "$postgres" || true
    run as alice GET /sites/demo/summary
    pkill -CONT -P "$postgres" || true
    kill -CONT "$postgres"
    expect 200
    [ "$(told .state)" = trouble ]
    [ "$(told '[.troubles[].kind] | index("database") != null')" = true ]
    [ "$(told '.zones | length')" -ge 1 ]
}
