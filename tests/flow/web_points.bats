#!/usr/bin/env bats
# Points over the API: found, exported, edited, changed in bulk and undone; views; what is wrong told. One demo for all tests, which leave
# the points they do not name as they are. BUILD names the build folder (default: build).

load ready
load web

setup_file() {
    begin_site
    export root bacpipes folder data site at up
    person ed engineer
    person eva engineer
    person ola operator
    person vi viewer
    for name in ed eva ola vi; do log_in $name; done
    # What somebody may have written into a device, and an object that is no more.
    sql "update point set description = '=cmd|'' /C calc''!A0', name = E'+evil \"name\", <b>&amp;\\u202e x' where point_id = (select max(point_id) from point);
         update point set description = '大堂溫度 Außenluft' where point_id = 5;
         update point set tags = '{\"temp\": \"m:\", \"dis\": \"Lobby\"}' where point_id in (5, 6)"
    wait_for '/sites/demo/points?search=evil' '.total == 1'
}

teardown_file() {
    end_site
}

# wait_for PATH FILTER: asks until the filter says true
wait_for() {
    local until=$((SECONDS + 120))
    until as ed GET "$1" | head -n -1 | jq -e "$2" >/dev/null; do
        [ $SECONDS -lt $until ] || { as ed GET "$1"; return 1; }
        sleep 0.1
    done
}

get() {
    run as ed GET "$@"
    expect 200
}

# version POINT
version() {
    as ed GET "/sites/demo/points/$1" | head -n -1 | jq -r .version
}

@test "the site, its devices and its points are there" {
    get /sites
    [ "$(told '.items | length')" = 1 ]
    get /sites/demo
    [ "$(told '.id, .is_simulated, .mode, (.points.total == '"$(sql 'select count(*) from point')"')')" = $'demo\ntrue\nnormal\ntrue' ]
    get /sites/demo/devices
    [ "$(told '.items | length')" = "$(sql 'select count(*) from device')" ]
    [ "$(told '[.items[].points.total] | add')" = "$(sql 'select count(*) from point')" ]
    device=$(told '.items[0].id')
    get "/sites/demo/devices/$device"
    [ "$(told .id)" = "$device" ]
    [ "$(told .state)" = online ] || wait_for "/sites/demo/devices/$device" '.state == "online"'
    get '/sites/demo/points?limit=1000'
    [ "$(told '.items | length')" = "$(sql 'select count(*) from point')" ]
    [ "$(told .next)" = null ]
    get /sites/demo/points/5
    [ "$(told '.id, .description, .version | tostring')" = "5
大堂溫度 Außenluft
$(sql 'select version from point where point_id = 5')" ]
    grep -qi "^etag: \"$(told .version)\"" <(curl -si -b "$folder/ed.jar" "$at/api/v1/sites/demo/points/5")
}

@test "what is not there, and what cannot be asked, is told" {
    run as nobody GET /sites/demo/points
    expect 401 not-logged-in
    for path in /sites/nowhere/points /sites/demo/points/99999 /sites/demo/points/0 /sites/demo/points/x /sites/demo/devices/999 \
        /sites/../points "/sites/demo/points/%2e%2e%2f%2e%2e%2fetc%2fpasswd" "/sites/demo%27%3B--/points"; do
        run as ed GET "$path" '' --path-as-is
        expect 404
    done
    while read -r query says; do
        run as ed GET "/sites/demo/points?$query"
        expect 400 bad-request
        [[ "$(told .detail)" == *"$says"* ]] || { echo "$query: $output"; return 1; }
    done <<'END'
limit=0 from 1 to 1000
limit=1001 from 1 to 1000
limit=ten from 1 to 1000
skip=-1 from 0 to
skip=5&after=00 either
sort=colour name, path, device
sort=--name name, path, device
quality=fine good, uncertain, bad, none
device=AHU numbers
device=1,2,x numbers
enabled=perhaps true or false
after=zz as it was given
after=%27%20or%201=1 as it was given
serch=x search
limit=5&limit=6 twice
END
    run as ed GET "/sites/demo/points?search=$(printf 'x%.0s' {1..900})"
    expect 400 bad-request
    run as ed GET "/sites/demo/points?search=$(printf 'x+%.0s' {1..20})"
    expect 400 bad-request
    get "/sites/demo/points?search=%27%3B%20drop%20table%20point%3B--"
    [ "$(told .total)" = 0 ]
    get "/sites/demo/points?search=%25&type=%25"
    [ "$(told .total)" = 0 ]
}

@test "points are found by any letters, narrowed, sorted and paged" {
    get "/sites/demo/points?search=%E5%A4%A7%E5%A0%82"
    [ "$(told '.total, .items[0].id')" = $'1\n5' ]
    get "/sites/demo/points?search=AUSSENLUFT%20%E6%BA%AB"
    [ "$(told .total)" = 1 ]
    get '/sites/demo/points?type=analog-input,analog-value&limit=1'
    [ "$(told .total)" = "$(sql "select count(*) from point where object_type in ('analog-input', 'analog-value')")" ]
    get '/sites/demo/points?writable=true&limit=1'
    [ "$(told .total)" = "$(sql "select count(*) from point where writable")" ]
    get '/sites/demo/points?tag=temp&limit=1'
    [ "$(told .total)" = "$(sql "select count(*) from point where tags ? 'temp'")" ]
    [ "$(told .total)" -ge 2 ]
    get '/sites/demo/points?search=lobby'
    [ "$(told .total)" = 2 ]
    # Every page once, by cursor and by place.
    all=$(sql 'select count(*) from point')
    for sort in name -name value -at type; do
        after='' ids=''
        while :; do
            get "/sites/demo/points?sort=$sort&limit=17&after=$after"
            [ "$(told .total)" = "$all" ]
            ids+=$(told '.items[].id')$'\n'
            after=$(told '.next // ""')
            [ -n "$after" ] || break
        done
        [ "$(sort -un <<<"$ids" | grep -c .)" = "$all" ] || [ "$sort" = value ] || [ "$sort" = -at ] # which change between pages
    done
    get '/sites/demo/points?sort=name&limit=3&skip=20'
    three=$(told '[.items[].id] | join(",")')
    get '/sites/demo/points?sort=name&limit=23'
    [ "$(told '[.items[20:][].id] | join(",")')" = "$three" ]
    run as ed GET "/sites/demo/points?sort=-name&after=$(told .next)"
    expect 400 bad-request
    # Who has it already is not sent it again.
    etag=$(curl -si -b "$folder/ed.jar" "$at/api/v1/sites/demo/devices" | sed -n 's/^etag: \(.*\)\r$/\1/Ip')
    [ -n "$etag" ]
    run as ed GET /sites/demo/devices '' -H "If-None-Match: W/$etag"
    expect 304
    run as ed GET /sites/demo/devices '' -H 'If-None-Match: "0000000000000000"'
    expect 200
}

@test "a CSV has all that is found, and carries out nothing" {
    run as ed GET "/sites/demo/points.csv"
    expect 200
    head -n -1 <<<"$output" | python3 -c '
import csv, sys
rows = list(csv.DictReader(sys.stdin))
assert len(rows) == int(sys.argv[1]), len(rows)
for row in rows:
    for cell in row.values():
        assert cell is not None and not cell.startswith(("=", "+", "@")), row
        assert not cell.startswith("-") or cell[1:2].isdigit(), row
evil = [row for row in rows if "evil" in row["name"]][0]
assert evil["description"].startswith("\x27="), evil
assert evil["name"].startswith("\x27+evil \"name\", <b>"), evil
' "$(sql 'select count(*) from point')"
    grep -qi '^content-type: text/csv; charset=utf-8' <(curl -si -b "$folder/ed.jar" "$at/api/v1/sites/demo/points.csv?search=none")
    run as ed GET "/sites/demo/points.csv?type=binary-input&sort=-name"
    expect 200
    [ "$(head -n -1 <<<"$output" | tail -n +2 | grep -c .)" = "$(sql "select count(*) from point where object_type = 'binary-input'")" ]
    run as ed GET "/sites/demo/points.csv?sort=colour"
    expect 400 bad-request
    run as ed HEAD "/sites/demo/points.csv"
    expect 200
}

@test "hostile names are text in JSON, too" {
    get '/sites/demo/points?search=evil'
    [ "$(told '.items[0].name')" = "$(sql 'select name from point where point_id = (select max(point_id) from point)')" ]
    [ "$(told '.items[0].description')" = "=cmd|' /C calc'!A0" ]
}

@test "a point is changed by the version that was seen, and two people do not overwrite each other" {
    seen=$(version 1)
    run as ed PATCH /sites/demo/points/1 '{"description": "of Ed"}'
    expect 428 version-needed
    run as ed PATCH /sites/demo/points/1 '{"description": "of Ed"}' -H "If-Match: \"$seen\""
    expect 200
    [ "$(told .description)" = "of Ed" ]
    now=$(told .version)
    [ "$now" -gt "$seen" ]
    run as eva PATCH /sites/demo/points/1 '{"description": "of Eva", "writable": true}' -H "If-Match: \"$seen\""
    expect 412 changed
    [ "$(told .version)" = "$now" ]
    [[ "$(told .detail)" == *"it has version $now now"* ]]
    get /sites/demo/points/1
    [ "$(told .description)" = "of Ed" ]
    run as eva PATCH /sites/demo/points/1 '{"description": "of Eva"}' -H "If-Match: \"$now\""
    expect 200
    get '/sites/demo/points?search=of+eva' # who asks next finds it
    [ "$(told '.total, .items[0].id')" = $'1\n1' ]
    for tag in '"7x"' 7 '""' 'W/"1"' '"99999999999999999999"'; do
        run as eva PATCH /sites/demo/points/1 '{"description": "x"}' -H "If-Match: $tag"
        expect 412 changed
    done
    [ "$(sql "select string_agg((convert_from(body, 'UTF8')::jsonb #>> '{who,person}') || ': ' || (convert_from(body, 'UTF8')::jsonb #>> '{old,description}') || ' > ' || (convert_from(body, 'UTF8')::jsonb #>> '{new,description}'), '; ' order by seq)
                from uplink_record where kind = 'point' and convert_from(body, 'UTF8')::jsonb ->> 'key' = '1' and convert_from(body, 'UTF8')::jsonb -> 'new' ? 'description' and convert_from(body, 'UTF8')::jsonb ->> 'op' = 'update'" | sed 's/^[^;]*> of Ed/> of Ed/')" = "> of Ed; eva: of Ed > of Eva" ]
}

@test "who may not, and what cannot be, changes nothing" {
    seen=$(version 2)
    before=$(sql 'select point from point where point_id = 2')
    for name in vi ola; do
        run as $name PATCH /sites/demo/points/2 '{"description": "x"}' -H "If-Match: \"$seen\""
        expect 403 not-allowed
        run as $name POST /sites/demo/points/changes "{\"points\": [{\"id\": 2, \"version\": \"$seen\", \"set\": {\"enabled\": false}}]}"
        expect 403 not-allowed
        run as $name POST /sites/demo/points/changes/1/undo
        expect 403 not-allowed
    done
    while read -r code body; do
        run as ed PATCH /sites/demo/points/2 "$body" -H "If-Match: \"$seen\""
        expect "$code"
        [ -n "$(told .detail)" ]
    done <<'END'
422 {"name": ""}
422 {"name": "a\u0007b"}
422 {"name": 5}
422 {"poll_interval_s": 0.1}
422 {"poll_interval_s": 1e9}
422 {"write_min": 10, "write_max": 5}
422 {"units": "°C"}
422 {"tags": {"a b": 1}}
422 {"tags": []}
422 {"enabled": "yes"}
400 {"colour": "red"}
400 {"point_id": 7}
400 {}
400 []
400 {"name": "a\u0000b"}
400 {"name": "a", "name": "b"}
400 {"name":
END
    run as ed PATCH /sites/demo/points/99999 '{"description": "x"}' -H 'If-Match: *'
    expect 404 not-found
    run as ed PATCH /sites/demo/points/9999999999 '{"description": "x"}' -H 'If-Match: *'
    expect 404 not-found
    [ "$(sql 'select point from point where point_id = 2')" = "$before" ]
}

@test "what people call a point stays when its device is read out anew, and null gives back the device's name" {
    own=$(sql 'select name from point where point_id = 3')
    run as ed PATCH /sites/demo/points/3 '{"name": "Of people'"'"'; --"}' -H 'If-Match: *'
    expect 200
    [ "$(told '.name, .device_says.name')" = "Of people'; --
$own" ]
    run as ed PATCH /sites/demo/points/3 '{"name": null}' -H 'If-Match: *'
    expect 200
    [ "$(told '.name, (.device_says | length)')" = "$own
0" ]
}

@test "many points are changed together, or none, tried first, and undone" {
    ids='10 11 12'
    body() { # SET [DRY]
        for id in $ids; do echo "{\"id\": $id, \"version\": \"$(version "$id")\", \"set\": $1}"; done | jq -s "{points: ., dry_run: ${2:-false}}"
    }
    run as ed POST /sites/demo/points/changes "$(body '{"poll_interval_s": 90, "tags": {"tried": "m:"}}' true)"
    expect 200
    [ "$(told '.change, (.items | length), .items[0].after.poll_interval_s')" = $'null\n3\n90' ]
    [ "$(sql 'select count(*) from point where poll_interval_ms = 90000')" = 0 ]
    run as ed POST /sites/demo/points/changes "$(body '{"poll_interval_s": 90, "tags": {"tried": "m:"}}')"
    expect 200
    change=$(told .change)
    [ "$(sql 'select count(*) from point where poll_interval_ms = 90000')" = 3 ]
    wait_for '/sites/demo/points?tag=tried' '.total == 3'
    # One that was not seen as it is: none is changed, and it says which.
    wrong=$(body '{"enabled": false}' | jq '.points[1].version = "1"')
    run as ed POST /sites/demo/points/changes "$wrong"
    expect 422
    [ "$(told '.change, ([.items[] | select(.problem)] | length), .items[1].id')" = $'null\n1\n11' ]
    [ "$(sql 'select count(*) from point where not enabled and point_id in (10, 11, 12)')" = 0 ]
    # Somebody changes one since: undo says which, and does nothing.
    run as eva PATCH /sites/demo/points/11 '{"poll_interval_s": 30}' -H 'If-Match: *'
    expect 200
    run as ed POST "/sites/demo/points/changes/$change/undo"
    expect 422
    [ "$(told '[.items[] | select(.problem) | .id] | tostring')" = "[11]" ]
    [ "$(sql 'select count(*) from point where poll_interval_ms = 90000')" = 2 ]
    run as eva PATCH /sites/demo/points/11 '{"poll_interval_s": 90}' -H 'If-Match: *'
    expect 200
    run as ed POST "/sites/demo/points/changes/$change/undo"
    expect 200
    [ "$(sql 'select count(*) from point where poll_interval_ms = 90000')" = 0 ]
    run as ed POST "/sites/demo/points/changes/$change/undo"
    expect 422 invalid
    run as ed POST "/sites/demo/points/changes/999999/undo"
    expect 404 not-found
    wait_for '/sites/demo/points?tag=tried' '.total == 0'
    # Decimals, which no double has, are known again; and a poll interval may be one.
    run as ed PATCH /sites/demo/points/9 '{"write_min": 0.1, "write_max": 99.3}' -H 'If-Match: *'
    expect 200
    run as ed POST "/sites/demo/points/changes/$(sql 'select max(change_id) from point_change')/undo"
    expect 200
    for seconds in 1.1 7.7 30.1; do
        run as ed PATCH /sites/demo/points/9 "{\"poll_interval_s\": $seconds, \"write_max\": 0.30000000000000004}" -H 'If-Match: *'
        expect 200
        [ "$(sql 'select poll_interval_ms / 1000.0 = '"$seconds"' from point where point_id = 9')" = t ]
        run as ed POST "/sites/demo/points/changes/$(sql 'select max(change_id) from point_change')/undo"
        expect 200
    done
}

@test "what is no change of many is told with its place" {
    while read -r says body; do
        run as ed POST /sites/demo/points/changes "$body"
        expect 400 bad-request
        [[ "$(told .detail)" == *"$says"* ]] || { echo "$body: $output"; return 1; }
    done <<'END'
points {"points": []}
points {"points": {}}
points {}
points[0] {"points": [5]}
points[1] {"points": [{"id": 1, "version": "1", "set": {"enabled": true}}, {"id": "x", "version": "1", "set": {"enabled": true}}]}
points[0] {"points": [{"id": 1, "set": {"enabled": true}}]}
points[0] {"points": [{"id": 1, "version": 1, "set": {"enabled": true}}]}
points[0] {"points": [{"id": 1, "version": "1", "set": {}}]}
points[0] {"points": [{"id": 1, "version": "1", "set": {"enbled": true}}]}
points[0] {"points": [{"id": 3000000000, "version": "1", "set": {"enabled": true}}]}
dry_run {"points": [{"id": 1, "version": "1", "set": {"enabled": true}}], "dry_run": "no"}
END
    run as ed POST /sites/demo/points/changes '{"points": [{"id": 1, "version": "1", "set": {"enabled": true}}, {"id": 1, "version": "1", "set": {"enabled": true}}]}'
    expect 422 invalid
    jq -nc '{points: [range(1; 10002) | {id: ., version: "1", set: {enabled: true}}]}' >"$folder/many"
    run as ed POST /sites/demo/points/changes "@$folder/many"
    expect 400 bad-request
}

@test "views are one's own, or shared by who may edit points" {
    run as vi POST /sites/demo/views '{"name": "Mine", "screen": "points", "query": "search=sat&sort=-value"}'
    expect 201
    mine=$(told .id)
    run as vi POST /sites/demo/views '{"name": "Mine", "screen": "points", "query": ""}'
    expect 409 conflict
    run as vi POST /sites/demo/views '{"name": "All", "screen": "points", "query": "", "shared": true}'
    expect 403 not-allowed
    run as ed POST /sites/demo/views '{"name": "<All>", "screen": "points", "query": "", "shared": true}'
    expect 201
    shared=$(told .id)
    run as vi GET /sites/demo/views
    expect 200
    [ "$(told '[.items[] | [.name, .owner, .is_mine]] | tostring')" = '[["<All>","ed",false],["Mine","vi",true]]' ]
    run as ed GET "/sites/demo/views"
    [ "$(told '.items | length')" = 1 ]
    run as vi PUT "/sites/demo/views/$shared" '{"name": "x", "screen": "points", "query": ""}'
    expect 403 not-allowed
    run as ed PUT "/sites/demo/views/$mine" '{"name": "x", "screen": "points", "query": ""}'
    expect 404 not-found
    run as vi PUT "/sites/demo/views/$mine" '{"name": "Renamed", "screen": "points", "query": "a=1"}' -H 'If-Match: "7"'
    expect 412 changed
    run as vi PUT "/sites/demo/views/$mine" '{"name": "Renamed", "screen": "points", "query": "a=1"}' -H 'If-Match: "1"'
    expect 200
    [ "$(told .version)" = 2 ]
    run as vi POST /sites/demo/views '{"name": "x", "screen": "../points", "query": ""}'
    expect 422 invalid
    run as vi POST /sites/demo/views '{"screen": "points", "query": ""}'
    expect 400 bad-request
    run as vi DELETE "/sites/demo/views/$shared"
    expect 403 not-allowed
    run as vi DELETE "/sites/demo/views/$mine"
    expect 204
    run as vi DELETE "/sites/demo/views/$mine"
    expect 404 not-found
    run as ed DELETE "/sites/demo/views/$shared"
    expect 204
}

@test "what comes and goes in the database is in the answers" {
    sql "insert into point (site_id, point_id, device_id, object_type, object_instance, name) select site_id, 7001, min(device_id), 'analog-input', 7001, 'COMES-AND-GOES' from device group by site_id"
    wait_for '/sites/demo/points?search=comes-and-goes' '.total == 1'
    sql "update device set name = 'RENAMED' where device_id = (select device_id from point where point_id = 7001)"
    wait_for '/sites/demo/points?search=renamed%2Fcomes' '.total == 1'
    sql "delete from point where point_id = 7001"
    wait_for '/sites/demo/points?search=comes-and-goes' '.total == 0'
    run as ed GET /sites/demo/points/7001
    expect 404 not-found
}

@test "ten thousand points are changed at once, and found so" {
    sql "insert into point (site_id, point_id, device_id, object_type, object_instance, name, enabled) select site_id, 100000 + i, min(device_id), 'analog-value', 100000 + i, 'BULK-' || i, false from device, generate_series(1, 10000) as i group by site_id, i"
    wait_for '/sites/demo/points?search=bulk&limit=1' '.total == 10000'
    jq -nc '{points: [range(1; 10001) | {id: (100000 + .), version: "1", set: {description: "All of them"}}]}' >"$folder/many"
    run as ed POST /sites/demo/points/changes "@$folder/many"
    expect 200
    [ "$(told '.items | length')" = 10000 ]
    change=$(told .change)
    wait_for '/sites/demo/points?search=all+of+them&limit=1' '.total == 10000'
    run as ed GET '/sites/demo/points.csv?search=bulk'
    expect 200
    [ "$(head -n -1 <<<"$output" | grep -c ',All of them,')" = 10000 ]
    # Whoever leaves in the middle costs nothing; a slow one gets all of it.
    timeout 0.05 curl -s -b "$folder/ed.jar" "$at/api/v1/sites/demo/points.csv" >/dev/null || true
    [ "$(curl -s --max-time 120 --limit-rate 800k -b "$folder/ed.jar" "$at/api/v1/sites/demo/points.csv?search=bulk" | grep -c BULK-)" = 10000 ]
    run as ed POST "/sites/demo/points/changes/$change/undo"
    expect 200
    wait_for '/sites/demo/points?search=all+of+them&limit=1' '.total == 0'
    sql "delete from point where point_id > 100000"
    wait_for '/sites/demo/points?search=bulk&limit=1' '.total == 0'
}

@test "while the database is away points are found as they were, and no edit is taken" {
    sql "alter role bacpipes_web nologin; select pg_terminate_backend(pid) from pg_stat_activity where usename = 'bacpipes_web'" >/dev/null
    run as ed PATCH /sites/demo/points/1 '{"description": "x"}' -H 'If-Match: *'
    expect 503 database-away
    get '/sites/demo/points?search=lobby'
    [ "$(told .total)" = 2 ]
    sql "update point set description = 'Meanwhile' where point_id = 6"
    sql "alter role bacpipes_web login"
    wait_for '/sites/demo/points?search=meanwhile' '.total == 1'
}
