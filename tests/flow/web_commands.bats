#!/usr/bin/env bats
# Commands in the web, to a simulated building: written, read back and let go; what stands in the way, and what is not allowed;
# jobs, settings, and the record of it all. BUILD names the build folder (default: build).

load ready
load web

# One demo for all of them, and a point of its own for each.
setup_file() {
    begin_site --points 120
    person olga operator
    person emil engineer
    person vera viewer
    log_in olga
    log_in emil
    log_in vera
    sql "update point set writable = true where commandable" >/dev/null
    export root bacpipes folder data site at up password BACPIPES_DATA PATH
}

setup() {
    # an analog value that can be commanded, with room for 21 and 22
    read -r point instance object < <(sql "select p.point_id || ' ' || d.instance || ' ' || p.object_type || ',' || p.object_instance from point p join device d using (site_id, device_id)
        where p.commandable and p.object_type = 'analog-value' and p.units = 'degrees-celsius' and coalesce(p.min_value <= 20, true) and coalesce(p.max_value >= 23, true) order by p.point_id offset $BATS_TEST_NUMBER - 1 limit 1")
    commands=/sites/demo/commands
}

teardown() {
    [ -n "${BATS_TEST_COMPLETED:-}" ] || { tail -40 "$folder/out"; sql "select number, status, verdict, error_message from write_commands order by number desc limit 5"; }
}

teardown_file() {
    end_site
}

# until_told FILTER NAME PATH: asks until it is true, for two minutes
until_told() {
    local until=$((SECONDS + 120))
    while run as "$2" GET "$3"; [ "$(told "$1" 2>/dev/null)" != true ]; do
        [ $SECONDS -lt $until ] || { echo "not within two minutes: $1 of $3"; echo "$output"; return 1; }
        sleep 0.1
    done
}

# ask NAME BODY [ARGUMENT of curl]...: a command; its id is in $id
ask() {
    run as "$1" POST $commands "$2" "${@:3}"
    expect 202
    id=$(told .id)
}

@test "a value is written, seen in its slot, and let go, under the name of who asked" {
    ask olga "{\"point\": $point, \"value\": 21, \"release_after_s\": 3600, \"reason\": \"a cold day\"}"
    [ "$(told '.created_by + " " + .source + " " + .command_type')" = "olga web write_value" ]
    until_told '.status == "completed" and .verdict == "held"' vera "$commands/$id"
    [ "$(told '.shown_value == 21 and .held_by == 8 and (.release_at | endswith("Z")) and (.text | contains("holds at 8"))')" = true ]
    until_told '.slots | length == 16 and .[7].value == 21 and .[7].is_ours and .[7].by == "olga" and .[7].reason == "a cold day"' vera "/sites/demo/points/$point/slots"
    # What is held stands there before anybody has read it back.
    until_told '.in_effect == 8 and .has_array and (.read_at // "" | endswith("Z"))' vera "/sites/demo/points/$point/slots"
    until_told ".total == 1 and .items[0].point == $point and .items[0].is_ours and .items[0].is_holding and .items[0].by == \"olga\"" vera /sites/demo/overrides

    run as olga POST /sites/demo/overrides/release "{\"items\": [{\"point\": $point, \"priority\": 8}, {\"point\": 999999, \"priority\": 8}, {\"point\": $point, \"priority\": 5}], \"reason\": \"done\"}" -H 'Idempotency-Key: all'
    expect 202
    [ "$(told '[.items[] | .problem == null] | tostring')" = "[true,false,false]" ]
    [ "$(told '.items[2].rule')" = role-priority ]
    id=$(told '.items[0].command')
    until_told '.status == "completed" and .verdict == "held"' vera "$commands/$id"
    until_told '.total == 0' vera /sites/demo/overrides
    run as olga POST /sites/demo/overrides/release "{\"items\": [{\"point\": $point, \"priority\": 8}], \"reason\": \"done\"}" -H 'Idempotency-Key: all'
    [ "$(told '.items[0].command')" = "$id" ]

    # who it was is in the record, not the server's account
    [ "$(sql "select string_agg(distinct body #>> '{who,person}' || ' ' || (body #>> '{who,role}') || ' ' || (body #>> '{who,address}'), ', ') from audit where kind = 'command'")" = "olga bacpipes_web 127.0.0.1" ]
    run as vera GET "$commands?point=$point&person=olga&limit=1"
    [ "$(told '(.items | length) == 1 and .next != null')" = true ]
    run as vera GET "$commands?point=$point&person=olga&limit=1&after=$(told .next)"
    [ "$(told '.items[0].value == 21 and .next == null')" = true ]
    run as vera GET "$commands?status=pending,executing"
    [ "$(told '.items | length')" = 0 ]
}

@test "what stands in the way is said before, and what became of it after" {
    "$bacpipes" write --direct "$instance" "$object" 22 --priority 5 --data "$data" >/dev/null
    run as olga POST /sites/demo/jobs "{\"kind\": \"read-slots\", \"points\": [$point]}"
    expect 202
    job=$(told .id)
    until_told '.status == "completed" and .progress == 1 and .result[0].slots["5"] == 22 and .result[0].value == 22' vera "/sites/demo/jobs/$job"
    run as olga POST "$commands?dry_run=true" "{\"point\": $point, \"value\": 21, \"release_after_s\": 60}"
    expect 200
    [ "$(told '.allowed and .value == 21 and .priority == 8 and (.in_the_way | length) == 1 and .in_the_way[0].priority == 5 and .in_the_way[0].value == 22 and (.in_the_way[0].is_ours | not)')" = true ]
    [ "$(sql "select count(*) from write_commands where point_id = $point")" = 0 ]
    ask olga "{\"point\": $point, \"value\": 21, \"release_after_s\": 60}"
    until_told '.status == "failed" and .verdict == "outranked" and .held_by == 5 and .held_value == 22' vera "$commands/$id"
    run as vera GET /sites/demo/overrides
    [ "$(told '[.items[] | select(.priority == 5)][0] | (.is_ours | not) and .is_holding')" = true ]
    run as vera POST /sites/demo/jobs "{\"kind\": \"read-point\", \"points\": [$point]}"
    job=$(told .id)
    until_told '.status == "completed" and ([.result[0].properties[] | select(.name == "priority-array")] | length) == 1' vera "/sites/demo/jobs/$job"
}

@test "devices are looked for, and the network looked at, by whom that is given" {
    local job
    run as olga POST /sites/demo/jobs '{"kind": "discover"}'
    expect 403 not-allowed
    run as olga POST /sites/demo/jobs '{"kind": "doctor"}'
    expect 403 not-allowed
    run as emil POST /sites/demo/jobs '{"kind": "discover", "low": 5, "high": 1}'
    [[ "$(tail -1 <<<"$output")" =~ ^(400|422)$ ]]
    run as emil POST /sites/demo/jobs '{"kind": "discover", "low": 0, "high": 4194302}'
    expect 202
    job=$(told .id)
    [ "$(told '.request | "\(.low) \(.high)"')" = "0 4194302" ]
    run as emil POST /sites/demo/jobs '{"kind": "discover"}'
    expect 409 conflict
    until_told '.status == "completed" and .result.answered >= 1 and .result.new == 0 and .result.failed == 0' vera "/sites/demo/jobs/$job"
    run as emil POST /sites/demo/jobs '{"kind": "doctor"}'
    expect 202
    job=$(told .id)
    until_told '.status == "completed" and (.result.findings | length) > 0 and .result.findings[0].grade' vera "/sites/demo/jobs/$job"
}

@test "jobs are listed, those under way and those that ended, to who may ask for them" {
    local kind needs first second
    while IFS='|' read -r kind needs; do
        run as vera GET "/sites/demo/jobs?kind=$kind"
        if [ "$needs" = view ]; then expect 200; else expect 403 not-allowed; fi
        run as emil GET "/sites/demo/jobs?kind=$kind"
        expect 200
    done < <(sql "select kind, needs from job_kind")
    for query in kind=dance kind= open=perhaps limit=0 limit=1001 after=x nonsense=1; do
        run as emil GET "/sites/demo/jobs?$query"
        expect 400 bad-request
    done
    run as emil POST /sites/demo/jobs '{"kind": "discover", "low": 0, "high": 4194302}'
    expect 202
    first=$(told .id)
    run as emil GET '/sites/demo/jobs?kind=discover&open=true'
    [ "$(told '.items | length == 1 and (.[0] | has("result") | not)')" = true ]
    [ "$(told '.items[0].id')" = "$first" ]
    [ "$(told '.items[0].request | "\(.low) \(.high)"')" = "0 4194302" ]
    until_told '.ended_at != null' emil "/sites/demo/jobs/$first"
    run as emil GET '/sites/demo/jobs?kind=discover&open=true'
    [ "$(told '.items | length')" = 0 ]
    run as emil POST /sites/demo/jobs "{\"kind\": \"read-slots\", \"points\": [$point]}"
    second=$(told .id)
    until_told '.ended_at != null' emil "/sites/demo/jobs/$second"

    # the newest first, page by page, each once, with those of other kinds between
    run as emil GET '/sites/demo/jobs?open=false&limit=1'
    [ "$(told '.items[0].id')" = "$second" ]
    run as emil GET "/sites/demo/jobs?open=false&limit=1&after=$(told .next)"
    [ "$(told '.items[0].id')" = "$first" ]
    run as emil GET '/sites/demo/jobs?limit=1000'
    [ "$(told '.next')" = null ]
    [ "$(told '.items | map(.id) | length == (unique | length)')" = true ]
    [ "$(told '.items | map(.created_at) | . == (sort | reverse)')" = true ]
    run as vera GET '/sites/demo/jobs?limit=1000'
    [ "$(told '.items | map(.kind) | unique | join(",")')" = read-slots ] || [ "$(told '.items | map(.kind) | unique | join(",")')" = read-point,read-slots ]
}

@test "the gate's words, the role's limits, and what would be allowed" {
    run as olga POST $commands "{\"point\": $point, \"value\": 1e9, \"release_after_s\": 60}"
    expect 422 refused
    [ "$(told '(.rule == "above-max" or .rule == "out-of-range") and (.detail | contains("is above"))')" = true ]
    run as olga POST "$commands?dry_run=true" "{\"point\": $point, \"value\": 1e9, \"release_after_s\": 60}"
    expect 200
    [ "$(told '.allowed')" = false ]
    run as olga POST $commands "{\"point\": $point, \"state\": \"warm\", \"release_after_s\": 60}"
    expect 422 refused
    run as olga POST $commands "{\"point\": $point, \"value\": 21}"
    expect 403 not-allowed
    [ "$(told '.rule == "role-must-release" and .right == "command_freely" and (.detail | contains("at most 24 h"))')" = true ]
    run as olga POST $commands "{\"point\": $point, \"value\": 21, \"release_after_s\": 60, \"priority\": 5}"
    expect 403 not-allowed
    run as vera POST $commands "{\"point\": $point, \"value\": 21, \"release_after_s\": 60}"
    expect 403 not-allowed
    run as vera POST /sites/demo/overrides/release "{\"items\": [{\"point\": $point, \"priority\": 8}]}"
    expect 403 not-allowed
    run as nobody POST $commands "{\"point\": $point, \"value\": 21, \"release_after_s\": 60}"
    expect 401 not-logged-in
    run as olga POST $commands '{"point": 999999, "value": 21, "release_after_s": 60}'
    expect 404 not-found
    run as olga POST /sites/elsewhere/commands "{\"point\": $point, \"value\": 21, \"release_after_s\": 60}"
    expect 404 not-found
    "$bacpipes" control stop --data "$data" >/dev/null
    run as emil POST $commands "{\"point\": $point, \"value\": 21}"
    expect 422 refused
    [ "$(told .rule)" = stopped ]
    "$bacpipes" control normal --data "$data" >/dev/null
    ask emil "{\"point\": $point, \"value\": 21}"
    until_told '.verdict == "held" and .release_at == null' vera "$commands/$id"
    ask olga "{\"point\": $point, \"value\": null}"
    until_told '.verdict == "held" and .command_type == "release_priority"' vera "$commands/$id"
}

@test "the same key is the same command, for one person, also from many at once" {
    body="{\"point\": $point, \"value\": 21, \"release_after_s\": 600}"
    for i in 1 2 3 4 5 6; do as olga POST $commands "$body" -H 'Idempotency-Key: once' >"$folder/once.$i" & done
    wait
    [ "$(for i in 1 2 3 4 5 6; do head -1 "$folder/once.$i" | jq -r .id; done | sort -u | wc -l)" = 1 ]
    [ "$(sql "select count(*) from write_commands where point_id = $point")" = 1 ]
    run as olga POST $commands "{\"point\": $point, \"value\": 22, \"release_after_s\": 600}" -H 'Idempotency-Key: once'
    expect 409 conflict
    run as emil POST $commands "$body" -H 'Idempotency-Key: once'
    expect 202
    [ "$(told .created_by)" = emil ]
    run as olga POST $commands "$body" -H 'Idempotency-Key: with a blank'
    expect 400 bad-request
    run as olga POST $commands "$body" -H "Idempotency-Key: $(head -c 151 /dev/zero | tr '\0' x)"
    expect 400 bad-request
    # two at once, of different values: each is carried out, and the one that was last (which need not have the higher number) stands
    as olga POST $commands "{\"point\": $point, \"value\": 21.5, \"release_after_s\": 600}" >/dev/null &
    as emil POST $commands "{\"point\": $point, \"value\": 22.5, \"release_after_s\": 600}" >/dev/null &
    wait
    until_told '[.items[].status] | all(. == "completed")' vera "$commands?point=$point"
    [ "$(sql "select value = (select value from write_commands where point_id = $point order by executed_at desc limit 1) from hold where point_id = $point")" = t ]
}

@test "the plan's address is another door to the same" {
    run as olga POST /api/bacnet/write "{\"point\": $point, \"value\": 21, \"release_after_s\": 600}"
    expect 202
    id=$(told .id)
    until_told '.verdict == "held"' vera "$commands/$id"
    run as olga POST /api/bacnet/write "{\"site\": \"demo\", \"point\": $point, \"value\": null}"
    expect 202
    run as olga POST /api/bacnet/write "{\"site\": \"elsewhere\", \"point\": $point, \"value\": 1}"
    expect 404 not-found
    run as vera POST /api/bacnet/write "{\"point\": $point, \"value\": 1}"
    expect 403 not-allowed
}

@test "what is no command gets a sentence, and does nothing" {
    local body before
    before=$(sql "select count(*) from write_commands where status <> 'refused'")
    while IFS= read -r body; do
        run as olga POST $commands "$body"
        [[ "$(tail -1 <<<"$output")" =~ ^(400|404|413|422)$ ]] || { echo "$body: $output"; return 1; }
        [ "$(told '.detail | length > 5')" = true ]
    done <<EOT
{}
[]
"x"
null
{"point": $point}
{"point": "$point", "value": 21, "release_after_s": 60}
{"point": 0, "value": 21, "release_after_s": 60}
{"point": -1, "value": 21, "release_after_s": 60}
{"point": 1.5, "value": 21, "release_after_s": 60}
{"point": 99999999999999999999, "value": 21, "release_after_s": 60}
{"point": $point, "value": "21", "release_after_s": 60}
{"point": $point, "value": true, "release_after_s": 60}
{"point": $point, "value": [21], "release_after_s": 60}
{"point": $point, "value": 21, "state": "on", "release_after_s": 60}
{"point": $point, "value": 1e400, "release_after_s": 60}
{"point": $point, "value": 21, "release_after_s": 0}
{"point": $point, "value": 21, "release_after_s": -5}
{"point": $point, "value": 21, "release_after_s": "60"}
{"point": $point, "value": 21, "release_after_s": 60, "priority": 0}
{"point": $point, "value": 21, "release_after_s": 60, "priority": 17}
{"point": $point, "value": 21, "release_after_s": 60, "priority": 8.5}
{"point": $point, "value": 21, "release_after_s": 60, "execute_at": "tomorrow"}
{"point": $point, "value": 21, "release_after_s": 60, "expires_at": "2020-01-01T00:00:00Z"}
{"point": $point, "value": 21, "release_after_s": 60, "created_by": "anna"}
{"point": $point, "value": 21, "release_after_s": 60, "site_id": "demo"}
{"point": $point, "value": 21, "release_after_s": 60, "restore": "yes"}
{"point": $point, "value": 21, "release_after_s": 60, "reason": 5}
{"point": $point, "value": 21, "release_after_s": 60, "reason": "a\u0000b"}
{"point": $point, "value": 21, "release_after_s": 60, "reason": "$(head -c 1001 /dev/zero | tr '\0' x)"}
{"point": $point, "state": "'; drop table write_commands; --", "release_after_s": 60}
{"point": $point, "value": 21, "release_after_s": 60
EOT
    [ "$(sql "select count(*) from write_commands where status <> 'refused'")" = "$before" ]
    for path in "$commands/1" "$commands/%27" "$commands/00000000-0000-4000-8000-000000000000" "/sites/demo/jobs/9" "/sites/demo/points/999999/slots" "/sites/demo/points/99999999999/slots"; do
        run as olga GET "$path"
        expect 404 not-found
    done
    for query in status=gone limit=0 limit=1001 point=x after=x nonsense=1; do
        run as olga GET "$commands?$query"
        expect 400 bad-request
    done
    for body in '{"items": []}' '{"items": [{"point": 1}]}' '{"items": [5]}' '{"items": [{"point": 1, "priority": 8, "value": 3}]}' '{"itmes": []}'; do
        run as olga POST /sites/demo/overrides/release "$body"
        expect 400 bad-request
    done
    for body in '{"kind": "dance"}' '{"kind": "read-slots"}' '{"kind": "read-slots", "points": ["x"]}' '{"kind": "read-slots", "points": [999999]}' '{"kind": 5}' '{"kind": "discover", "device": "x"}' '{"kind": "discover", "low": 1}'; do
        run as emil POST /sites/demo/jobs "$body"
        [[ "$(tail -1 <<<"$output")" =~ ^(400|422)$ ]] || { echo "$body: $output"; return 1; }
    done
    run as olga GET "$commands/$(uuidgen)"
    expect 404 not-found
}

@test "what is pending is taken back; collector and database go away and come back meanwhile" {
    run as olga POST $commands "{\"point\": $point, \"value\": 21, \"release_after_s\": 600, \"execute_at\": \"$(date -u -d '+10 min' +%FT%TZ)\"}"
    expect 202
    id=$(told .id)
    run as vera DELETE "$commands/$id"
    expect 403
    run as olga DELETE "$commands/$id"
    expect 200
    [ "$(told '.status == "cancelled" and (.text | contains("olga"))')" = true ]
    run as olga DELETE "$commands/$id"
    expect 409 conflict

    kill -STOP "$(pgrep -P "$up" -f ' collect|^collect')"
    ask olga "{\"point\": $point, \"value\": 21, \"release_after_s\": 600}"
    run as vera GET "$commands/$id"
    [ "$(told .status)" = pending ]
    kill -CONT "$(pgrep -P "$up" -f ' collect|^collect')"
    until_told '.verdict == "held"' vera "$commands/$id"

    kill -QUIT "$(head -1 "$data/postgresql/postmaster.pid")"
    run as olga POST $commands "{\"point\": $point, \"value\": 22, \"release_after_s\": 600}" -H 'Idempotency-Key: through-the-storm'
    [[ "$(tail -1 <<<"$output")" =~ ^(202|503)$ ]]
    local until=$((SECONDS + 120))
    until run as olga POST $commands "{\"point\": $point, \"value\": 22, \"release_after_s\": 600}" -H 'Idempotency-Key: through-the-storm' && [ "$(tail -1 <<<"$output")" = 202 ]; do
        [ $SECONDS -lt $until ] || { echo "$output"; return 1; }
        sleep 0.3
    done
    id=$(told .id)
    until_told '.status == "completed" and .verdict == "held"' vera "$commands/$id"
    [ "$(sql "select count(*) from write_commands where idempotency_key like '%:through-the-storm'")" = 1 ]
}

@test "settings are read with their meaning, and changed by who may, by the version that was seen" {
    run as vera GET /sites/demo/settings
    expect 200
    [ "$(told '[.items[] | select(.name == "poll.interval")][0] | .editable and (.meaning | length > 10) and .kind == "duration" and (.least | length > 0)')" = true ]
    [ "$(told '[.items[] | select(.editable | not)] | length')" = 0 ]
    run as emil GET /sites/demo/settings
    [ "$(told '[.items[] | select(.editable | not)] | length > 5')" = true ]
    [ "$(told '[.items[] | select(.name == "control.mode")][0].choices | tostring')" = '["normal","stop","freeze"]' ] || true
    version=$(told '.items[] | select(.name == "control.operator_hold") | .version')
    run as vera PUT /sites/demo/settings/control.operator_hold '{"value": "2h"}' -H "If-Match: \"$version\""
    expect 403 not-allowed
    run as emil PUT /sites/demo/settings/control.operator_hold '{"value": "2h"}'
    expect 428 version-needed
    run as emil PUT /sites/demo/settings/control.operator_hold '{"value": "2h"}' -H "If-Match: \"$version\""
    expect 200
    [ "$(told '.value == "2h" and .from == "site" and .updated_by == "emil"')" = true ]
    run as emil PUT /sites/demo/settings/control.operator_hold '{"value": "3h"}' -H "If-Match: \"$version\""
    expect 412 changed
    [ "$(told .current.value)" = 2h ]
    run as olga POST $commands "{\"point\": $point, \"value\": 21, \"release_after_s\": 7201}"
    expect 403 not-allowed
    run as emil PUT /sites/demo/settings/control.operator_hold '{"value": "soon"}' -H "If-Match: *"
    expect 422 invalid
    run as emil PUT /sites/demo/settings/control.operatr_hold '{"value": "2h"}' -H "If-Match: *"
    expect 404 not-found
    [ "$(told '.detail | contains("did you mean control.operator_hold?")')" = true ]
    run as emil PUT /sites/demo/settings/database.host '{"value": "x"}' -H "If-Match: *"
    expect 422 invalid
    run as emil DELETE /sites/demo/settings/control.operator_hold '' -H "If-Match: *"
    expect 200
    [ "$(told '.value == "24h" and .from == "default" and .version == "0"')" = true ]
    [ "$(sql "select string_agg((body ->> 'op') || ' ' || (body #>> '{who,person}'), ', ' order by seq) from audit where kind = 'setting' and body ->> 'key' = 'control.operator_hold'")" = "insert emil, delete emil" ]
}

@test "the record is read by who may, filtered, as a table, and proven" {
    ask olga "{\"point\": $point, \"value\": 21, \"release_after_s\": 600, \"reason\": \"=cold\"}"
    until_told '.verdict == "held"' vera "$commands/$id"
    run as vera GET /sites/demo/audit
    expect 403 not-allowed
    run as olga GET "/sites/demo/audit?kind=command,command_event&point=$point"
    expect 200
    [ "$(told '(.items | length) >= 3 and .next == null and (.items | map(.at) | . == (sort | reverse))')" = true ]
    [ "$(told "[.items[] | select(.kind == \"command\")][0] | .person == \"olga\" and .point == $point and .source == \"web\" and .address == \"127.0.0.1\" and .command == \"$id\" and (.text | contains(\"21\"))")" = true ]
    run as olga GET "/sites/demo/audit?person=olga&limit=1"
    [ "$(told '(.items | length) == 1 and .next != null')" = true ]
    run as olga GET "/sites/demo/audit?person=olga&limit=1&after=$(told .next)"
    [ "$(told '.items | length')" = 1 ]
    run as olga GET "/sites/demo/audit?kind=user"
    [ "$(told '[.items[].kind] | unique | tostring')" = '["user"]' ]
    for query in kind=Users after=x from=yesterday limit=0 more=1; do
        run as olga GET "/sites/demo/audit?$query"
        expect 400 bad-request
    done
    run as olga GET "/sites/demo/audit.csv?kind=command"
    expect 200
    [ "$(head -1 <<<"$output")" = "at,epoch,seq,kind,person,source,address,point,text" ]
    grep -q ',command,olga,web,127.0.0.1,' <<<"$output"
    until_told 'has("is_whole") and .is_whole and .entries > 5 and .findings_count == 0 and .is_compared_outside' olga /sites/demo/audit/proof
    # who changes what was done is found out
    sql "set session_replication_role = replica; update uplink set body = convert_to(replace(convert_from(body, 'UTF8'), 'olga', 'vera'), 'UTF8') where kind = 'command'" >/dev/null
    run as olga POST /sites/demo/jobs '{"kind": "prove-audit"}'
    expect 202
    job=$(told .id)
    until_told '.status == "completed" and (.result.is_whole | not) and (.result.findings | length) >= 1' olga "/sites/demo/jobs/$job"
}
