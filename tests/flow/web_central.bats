#!/usr/bin/env bats
# The web at central: sites elsewhere, found, seen and shown to whom they are for. Their rows are laid by SQL (far.sql): what is tested is what the
# web makes of many. BUILD names the build folder (default: build).

load ready
load central
load web

# Sites 1 to 6 are well, far007 says nothing, far008 is retired, far009 only invited.
setup_file() {
    local port=$((20000 + BASHPID % 20000))
    export at=http://127.0.0.1:$port CENTRAL_PORT=$((port + 20000)) MEMBERS folder data bacpipes root up
    MEMBERS=''
    begin_central --set web.listen="127.0.0.1:$port"
    up=${members[central]} bacpipes=$BACPIPES folder=$MEMBERS data=$MEMBERS/central
    export BACPIPES_DATA=$data
    psql -qX -v ON_ERROR_STOP=1 -v sites=20 -v points=200 -h "$(cat "$data/run.folder" 2>/dev/null || echo "$data/run")" -p "$(cat "$data/postgresql.port")" -U bacpipes bacpipes \
        -f "$BATS_TEST_DIRNAME/far.sql"
    person ed admin
    person uma viewer far002
    person otto operator far003
    person nil viewer far009
    for name in ed uma otto nil; do log_in $name; done
    wait_for ed '/points?limit=1&quality=good,bad' ".total == $(at_central 'select count(*) from current_value')"
}

teardown_file() {
    if kill -INT "$up"; then while kill -0 "$up" 2>/dev/null; do sleep 0.1; done; fi
    rm -rf "$MEMBERS"
}

# wait_for NAME PATH FILTER: asks until the filter says true
wait_for() {
    local until=$((SECONDS + 60))
    until as "$1" GET "$2" | head -n -1 | jq -e "$3" >/dev/null; do
        [ $SECONDS -lt $until ] || { as "$1" GET "$2"; return 1; }
        sleep 0.1
    done
}

get() {
    run as "$@"
    expect 200
}

@test "points of all sites are one list, each once, in any order" {
    local sort after items
    for sort in name -value type; do
        after='' items=''
        while true; do
            get ed GET "/points?search=zn-t&sort=$sort&limit=197${after:+&after=$after}"
            [ "$(told .total)" = 1000 ]
            items+=$(told '.items[] | "\(.site)/\(.id)"')$'\n'
            after=$(told '.next // ""')
            [ -n "$after" ] || break
        done
        [ "$(grep -c . <<<"$items")" = 1000 ]
        [ "$(sort -u <<<"$items" | grep -c .)" = 1000 ]
    done
    get ed GET '/points?search=zn-t&limit=3'
    [ "$(told '[.items[] | "\(.site) \(.path)"] | join(", ")')" = "far001 AHU-2/ZN-T-2, far002 AHU-2/ZN-T-2, far003 AHU-2/ZN-T-2" ] || { echo "$output"; false; }
    get ed GET '/points?site=far002,far004&limit=1'
    [ "$(told .total)" = 400 ]
    get ed GET '/points?sort=-value&limit=2'
    [ "$(told '[.items[] | "\(.site) \(.value.value)"] | join(", ")')" = "far020 29.02, far020 29.02" ] || { echo "$output"; false; }
}

@test "values of a site that somebody looks at are there at once, by a notice or without one" {
    at_central "update current_value set value = 77, at = now() where site_id = 'far001' and point_id = 1; select pg_notify('bacpipes_values', '[\"far001\"]')" >/dev/null
    wait_for ed '/sites/far001/values?points=1' '.items[0].value == 77'
    at_central "update current_value set value = 78, at = now() where site_id = 'far001' and point_id = 1" # and nobody says so
    wait_for ed '/sites/far001/values?points=1' '.items[0].value == 78'
    # Who listens to a stream is told.
    curl -sN -m 200 -b "$folder/ed.jar" "$at/api/v1/sites/far001/values/stream?points=1" >"$folder/stream" &
    local stream=$! until=$((SECONDS + 180))
    until grep -q '"value":78' "$folder/stream"; do [ $SECONDS -lt $until ]; sleep 0.1; done
    at_central "update current_value set value = 79, at = now() where site_id = 'far001' and point_id = 1; select pg_notify('bacpipes_values', 'no JSON'), pg_notify('bacpipes_values', '[7, \"far001\"]')" >/dev/null
    until grep -q '"value":79' "$folder/stream"; do [ $SECONDS -lt $until ]; sleep 0.1; done
    kill "$stream"
}

@test "how a site is goes by when it called, and its own words are not believed too far" {
    at_central "update remote_site set seen_at = now() where state = 'joined' and number % 10 <> 7" # they were laid a while ago
    wait_for ed /sites/far001 '.roles.sync == "online"'
    get ed GET /sites/far001
    [ "$(told '.roles | tojson')" = '{"sync":"online","ingest":"online","collect":"online"}' ]
    get ed GET /sites/far007/summary
    [ "$(told '.troubles[0] | .kind, .name, .reason' | xargs)" = "role sync offline" ]
    [ "$(told '[.troubles[] | select(.kind == "broker")] | length')" = 0 ]
    at_central "update remote_site set health = '{\"roles\": {\"collect\": \"online\", \"<b>\": \"x\", \"ingest\": \"\\\"},\"}}' where site_id = 'far002'; update remote_site set health = '{\"roles\": [1]}' where site_id = 'far003'"
    wait_for ed /sites/far002 '.roles == {"sync": "online", "collect": "online"}'
    wait_for ed /sites/far003 '.roles == {"sync": "online"}'
    get nobody GET /ready
    [ "$(told .broker)" = true ]
}

@test "who may see one site sees nothing of others, by any route" {
    local method path body flags name said
    get uma GET /sites
    [ "$(told '[.items[].id] | join(",")')" = far002 ]
    get uma GET '/points?limit=1000'
    [ "$(told '[.items[].site] | unique | join(",")')" = far002 ]
    [ "$(told .total)" = 200 ]
    get uma GET '/points?site=far001,central'
    [ "$(told .total)" = 0 ]
    # A cursor of another's page says nothing of it either.
    get ed GET '/points?limit=10'
    get uma GET "/points?limit=1000&after=$(told .next)"
    [ "$(told '[.items[].site] | unique | join(",")')" = far002 ]
    # Each operation that is described, at a site that is not theirs, at central itself, and at one that is not there: the same answer.
    while IFS='|' read -r method path flags; do
        for name in far001 $([[ $path != */points ]] || echo central nowhere); do
            body=''
            [[ $flags != *BODY* ]] || body='{"name": "x", "query": "", "screen": "points", "value": 1, "point": 1, "points": [], "items": []}'
            said=$(sed -e "s/{site}/$name/" -e 's/{command}/00000000-0000-4000-8000-000000000000/' -e 's/{name}/poll.interval/' -e 's/{[a-z]*}/1/' <<<"$path")
            run as uma "$method" "$said" "$body"
            expect 404 not-found || { echo "$method $said: $output"; return 1; }
            [ "$(told .detail)" = "there is no site \"$name\": GET /api/v1/sites has those there are" ]
        done
    done < <(sed -n 's/^OPERATION(\([A-Z]*\), "\(\/api\/v1\/sites\/{site}[^"]*\)", [a-z_]*, [A-Z_]*, \(.*\))$/\1|\2|\3/p' "$BATS_TEST_DIRNAME/../../apps/web/operations.def" | grep -v SOCKET)
    run as uma POST /api/bacnet/write '{"site": "far001", "point": 4, "value": 21, "release_after_s": 60}'
    expect 403 not-allowed
    run as otto POST /api/bacnet/write '{"site": "far001", "point": 4, "value": 21, "release_after_s": 60}'
    expect 404 not-found
    # Their own site answers, and what their role does not let them is refused there by name.
    get uma GET '/sites/far002/points?limit=1'
    run as uma POST /sites/far002/commands '{"point": 4, "value": 21, "release_after_s": 60}'
    expect 403 not-allowed
}

@test "the live connection tells nobody of sites that are not theirs" {
    "$root/script/node" modules >/dev/null 2>&1 || skip "NOT TESTED: the interface's tools cannot be fetched"
    "$root/script/node" --input-type=module - "$at" "$(grep -o 'bacpipes[[:space:]].*' "$folder/uma.jar" | tail -1 | awk '{print $2}')" >"$folder/live" 3>&- <<'JS'
const [at, secret] = process.argv.slice(2)
const socket = new WebSocket(`${at.replace('http', 'ws')}/api/v1/live`, { headers: { cookie: `bacpipes=${secret}`, origin: at } })
socket.addEventListener('open', () => {
    for (const [number, site] of ['far001', 'central', 'far002'].entries()) socket.send(JSON.stringify({ watch: number + 1, site, points: [1] }))
})
socket.addEventListener('message', ({ data }) => {
    console.log(String(data))
    if (JSON.parse(String(data)).watch === 3) setTimeout(() => socket.close(), 1000)
})
socket.addEventListener('close', () => process.exit(0))
setTimeout(() => process.exit(1), 120_000)
JS
    [ "$(jq -r 'select(.problem) | .problem' "$folder/live" | wc -l)" = 2 ] || { cat "$folder/live"; false; }
    [ "$(jq -r 'select(.site) | .site' "$folder/live" | sort -u)" = far002 ]
    [ "$(jq -r 'select(.values) | .values[0][0]' "$folder/live")" = 1 ]
}

@test "an edit waits for its site, can be taken back until it is handed over, and says what came of it" {
    local version id
    get ed GET /sites/far001/points/7
    version=$(told .version)
    run as ed PATCH /sites/far001/points/7 '{"description": "Lobby"}' -H "If-Match: \"$version\""
    expect 202
    [ "$(told '.waiting | .state, .what, .created_by, .points[0].path, .points[0].set.description' | paste -sd,)" = "waiting,points,ed,AHU-3/SAT-C-7,Lobby" ] || { echo "$output"; false; }
    id=$(told .waiting.id)
    get ed GET /sites/far001/points/7 # nothing is otherwise before the site says so
    [ "$(told .version)" = "$version" ]
    get ed GET '/sites/far001/changes?open=true'
    [ "$(told '.items[0].id')" = "$id" ]
    run as uma GET "/sites/far002/changes/$id" # another's is none of theirs
    expect 404
    run as ed DELETE "/sites/far001/changes/$id"
    expect 200
    [ "$(told .state)" = cancelled ]
    # Many at once, handed over, and refused by the site.
    run as ed POST /sites/far001/points/changes "{\"points\": [{\"id\": 7, \"version\": \"$version\", \"set\": {\"poll_interval_s\": 30}}, {\"id\": 8, \"version\": \"1\", \"set\": {\"poll_interval_s\": 30}}]}"
    expect 202
    [ "$(told '.change, .waiting.points_total' | paste -sd,)" = null,2 ]
    id=$(told .waiting.id)
    at_central "update change set given_at = now() where id = '$id'"
    run as ed DELETE "/sites/far001/changes/$id"
    expect 409 conflict
    get ed GET "/sites/far001/changes/$id"
    [ "$(told '.state, (.handed_over_at | type)' | paste -sd,)" = handed-over,string ]
    at_central "select uplink_apply_audit('far001', '{\"event\": \"change_ended\", \"id\": \"$id\", \"outcome\": \"refused\", \"text\": \"somebody there does not want it\"}')"
    get ed GET "/sites/far001/changes/$id"
    [ "$(told '.state, .text' | paste -sd,)" = "refused,somebody there does not want it" ]
    get ed GET '/sites/far001/changes?open=true'
    [ "$(told '.items | length')" = 0 ]
    # What cannot be is refused here, at once.
    run as ed PATCH /sites/far001/points/7 '{"poll_interval_s": 0}' -H "If-Match: \"$version\""
    expect 422
    run as ed PATCH /sites/far001/points/7 '{"description": "x"}' -H 'If-Match: "999"'
    expect 412
    run as ed POST /sites/far001/points/changes/12/undo
    expect 202
    [ "$(told '.waiting.undoes')" = 12 ]
    # What stands in central's own file is not the site's.
    get ed GET /sites/far001/settings
    [ "$(told '[.items[] | select(.from == "file" or .name == "data")] | length')" = 0 ]
    get ed GET /sites/central/settings
    [ "$(told '[.items[] | select(.from == "file" and .name == "data")] | length')" = 1 ]
    run as ed PUT /sites/far001/settings/poll.interval '{"value": "20s"}' -H 'If-Match: *'
    expect 202
    [ "$(told '.waiting | .setting, .value' | paste -sd,)" = "poll.interval,20s" ]
    run as ed DELETE "/sites/far001/changes/$(told .waiting.id)"
    expect 200
}

@test "a command and a job wait for their site, and say where they are" {
    local id
    run as otto POST /sites/far003/commands '{"point": 4, "value": 21, "release_after_s": 60}'
    expect 202
    [ "$(told '.status, .step, .handed_over_at' | paste -sd,)" = "pending,waiting for the site,null" ] || { echo "$output"; false; }
    id=$(told .id)
    run as otto DELETE "/sites/far003/commands/$id"
    expect 200
    [ "$(told .status)" = cancelled ]
    run as otto POST /sites/far003/commands '{"point": 4, "value": 22, "release_after_s": 60}'
    expect 202
    id=$(told .id)
    at_central "update write_commands set handed_over_at = now() where id = '$id'"
    get otto GET "/sites/far003/commands/$id"
    [[ $(told .step) == "handed over at "*", no answer yet" ]]
    run as otto DELETE "/sites/far003/commands/$id"
    expect 202
    [[ $(told .step) == "the site was asked at "*" to take it back, no answer yet" ]]
    run as otto POST /sites/far003/jobs '{"kind": "read-slots", "points": [4]}'
    expect 202
    [ "$(told '.status, .handed_over_at' | paste -sd,)" = pending,null ]
    run as otto DELETE "/sites/far003/jobs/$(told .id)"
    expect 204
}

@test "the proof of a site's record counts what that, put back, does not have any more, and finds what was put there" {
    local put_there="insert into uplink_record select site_id, 7, 4, 'audit', at, body, journal_digest(digest, site_id, 7, 4, 'audit', at, body), received_at from uplink_record where site_id = 'far005' and epoch = 7 and seq = 3"
    at_central "do \$\$
        declare
            made  bytea := decode(repeat('00', 32), 'hex');
            body  bytea;
            agreed text;
        begin
            delete from uplink_applied where site_id = 'far005';
            delete from uplink_cursor where site_id = 'far005';
            for life in 7 .. 8 loop
                made := decode(repeat('00', 32), 'hex');
                for n in 1 .. 3 loop
                    body := convert_to(case when n > 1 then '{\"v\": 1}' when life = 7 then '{\"v\": 1, \"reason\": \"new\", \"previous\": null}'
                                            else format('{\"v\": 1, \"reason\": \"restored\", \"previous\": {\"epoch\": 7, \"seq\": 2, \"digest\": \"%s\"}}', agreed) end, 'UTF8');
                    made := journal_digest(made, 'far005', life, n, case n when 1 then 'epoch' else 'audit' end, '2026-01-01Z', body);
                    insert into uplink values ('far005', life, n, case n when 1 then 'epoch' else 'audit' end, '2026-01-01Z', body, made, now());
                    agreed := case when n = 2 then encode(made, 'hex') else agreed end;
                end loop;
                insert into uplink_cursor (site_id, epoch, life, previous, first_seq, received_seq, record_seq, record_digest, received_digest, previous_had, begun_had)
                values ('far005', life, life - 6, case life when 8 then 7 end, 1, 3, 3, made, made, case life when 8 then 3 else 0 end, case life when 8 then 3 else 0 end);
                insert into uplink_applied values ('far005', life, 3);
            end loop;
        end \$\$"
    wait_for ed /sites/far005/audit/proof '.is_whole and .entries == 6 and .epochs == 2 and (.text | contains("1 of them the site, put back to a former state, does not have any more"))'
    at_central "set session_replication_role = replica; $put_there"
    run as ed POST /sites/far005/jobs '{"kind": "prove-audit"}'
    expect 202
    wait_for ed "/sites/far005/jobs/$(told .id)" '.status == "completed" and (.result.findings | map(.text) | any(startswith("it was put there")))'
}

@test "sites are told the worst first, with how they send and what is wrong" {
    at_central "update remote_site set seen_at = now() where state = 'joined' and number % 10 <> 7"
    get ed GET /sites
    [ "$(told .is_central)" = true ]
    [ "$(told '[.items[].id] | .[0:2] | sort | join(",")')" = "far007,far017" ] || { told '.items[] | "\(.id) \(.link)"'; false; }
    [ "$(told '.items[0].link | "\(.state) \(.link) \(.backlog_octets)"')" = "joined silent 4000000" ]
    [ "$(told '[.items[] | select(.link.link == "silent")] | length')" = 2 ]
    [ "$(told '.items[-1] | .id, .is_remote, .link' | paste -sd,)" = "central,false,null" ]
    [ "$(told '[.items[] | select(.link.state == "invited").id] | sort | join(",")')" = "far009,far019" ]
    # Of who has not joined nothing is known, and nothing is wrong; the join file's end is told.
    get ed GET /sites/far009
    [ "$(told '.roles.sync, (.link.invited_until > (now | todate))' | paste -sd,)" = unknown,true ] || { echo "$output"; false; }
    get ed GET /sites/far019
    [ "$(told '.link.invited_until < (now | todate)')" = true ]
    get ed GET /sites/far009/summary
    [ "$(told '.state, .troubles_total' | paste -sd,)" = unknown,0 ] || { echo "$output"; false; }
    get ed GET /sites/far008/summary # retired
    [ "$(told '.state, ([.troubles[] | select(.kind == "role")] | length)' | paste -sd,)" = unknown,0 ] || { echo "$output"; false; }
    get uma GET /sites/far002
    [ "$(told '.link | .state, .link' | paste -sd,)" = "joined,online" ] || { echo "$output"; false; }
}

@test "of equals Building 4 stands before Building 10, in the API and the tool, whatever their ids are" {
    at_central "update remote_site set seen_at = now() where state = 'joined' and number % 10 <> 7"
    at_central "update site set name = 'Building 4' where site_id = 'far014'; update site set name = 'Building 14' where site_id = 'far004'"
    wait_for ed /sites '[.items[] | select(.id == "far001" or .id == "far004" or .id == "far010" or .id == "far014").id] | join(",") == "far001,far014,far010,far004"'
    [ "$("$bacpipes" sites --json | jq -r '[.[].site_id | select(. == "far001" or . == "far004" or . == "far010" or . == "far014")] | join(",")')" = far001,far014,far010,far004 ] ||
        { "$bacpipes" sites; false; }
    at_central "update site set name = 'Building 4' where site_id = 'far004'; update site set name = 'Building 14' where site_id = 'far014'"
}

@test "sites are put into groups, and roles are given there" {
    local user
    run as uma PATCH /sites/far002 '{"groups": ["Mine"]}'
    expect 403 not-allowed
    run as ed PATCH /sites/far001 '{"groups": ["North", " Hotels ", "North"]}'
    expect 204
    run as ed PATCH /sites/far003 '{"groups": ["North"]}'
    expect 204
    run as ed PATCH /sites/far003 '{"groups": ["a, b"]}'
    expect 422
    get ed GET /sites/far001
    [ "$(told '.link.groups | join(",")')" = "Hotels,North" ]
    get ed GET /users
    user=$(told '.items[] | select(.name == "uma") | .id')
    run as ed PUT "/users/$user/grants" '{"site": null, "group": "Nowhere", "role": "viewer"}'
    expect 422
    run as ed PUT "/users/$user/grants" '{"site": null, "group": "North", "role": "viewer"}'
    expect 200
    [ "$(told '[.grants[] | .group // .site] | join(",")')" = "North,far002" ]
    wait_for uma /sites '[.items[].id] == ["far001", "far002", "far003"]'
    # A group that roles are given at outlives its last site; others do not.
    run as ed PATCH /sites/far003 '{"groups": []}'
    expect 204
    wait_for uma /sites '[.items[].id] == ["far001", "far002"]'
    run as ed PATCH /sites/far001 '{"groups": []}'
    expect 204
    wait_for uma /sites '[.items[].id] == ["far002"]'
    [ "$(at_central "select string_agg(name, ',') from access.site_group")" = North ]
    run as ed DELETE "/users/$user/grants?group=North"
    expect 200
    [ "$(told '[.grants[] | .group // .site] | join(",")')" = far002 ]
}

@test "an admin of all sites has join files made, and sites renamed and shut out; nobody else" {
    run as uma POST /sites '{"site": "newone"}'
    expect 403 not-allowed
    run as ed POST /sites '{"site": "Not A Name"}'
    expect 422
    run as ed POST /sites '{"site": "central"}'
    expect 422
    run as ed POST /sites '{"site": "newone", "name": "A new one"}'
    expect 201
    [ "$(told '.file | fromjson | "\(.bacpipes) \(.site_id) \(.name)"')" = "join file newone A new one" ] || { echo "$output"; false; }
    [[ $(told '.file | fromjson | .key') == "-----BEGIN "* ]]
    [ "$(told '[.host, .this_machine_alone, (.file | fromjson | .host)] | join(" ")')" = "127.0.0.1 true 127.0.0.1" ] || { echo "$output"; false; }
    [ "$(at_central "select count(*) from site_invitation where site_id = 'newone' and ended_at is null and serial is not null")" = 1 ]
    [ "$(at_central "select made_by ->> 'person' from site_invitation where site_id = 'newone'")" = ed ] || at_central "select made_by from site_invitation"
    wait_for ed /sites/newone '.link.state == "invited"'
    run as ed POST /sites/newone/invitation
    expect 201
    run as ed PATCH /sites/newone '{"name": "Another name"}'
    expect 204
    wait_for ed /sites/newone '.name == "Another name"'
    run as ed DELETE /sites/newone
    expect 204
    wait_for ed /sites/newone '.link.state == "revoked"'
    run as ed DELETE '/sites/newone?retire=true'
    expect 204
    run as ed POST /sites/newone/invitation
    expect 409 conflict
    run as ed DELETE /sites/central
    expect 409 conflict
    # Who is admin of one site is none of the sites themselves.
    person adam admin far004
    log_in adam
    run as adam DELETE /sites/far004
    expect 403 not-allowed
    [ "$(at_central "select state from remote_site where site_id = 'far004'")" = joined ]
}

# What a central that believed all of it would answer with 500, or with a gigabyte.
@test "a site whose every text is 900 kB, and whose points are as long as can be, has its lists shown, and those of all" {
    local path next items pages web stream until
    [ "$(psql -qAtX -v ON_ERROR_STOP=1 -v points=1000 -h "$(cat "$data/run.folder" 2>/dev/null || echo "$data/run")" -p "$(cat "$data/postgresql.port")" -U bacpipes bacpipes -f "$BATS_TEST_DIRNAME/hostile.sql" | head -1)" = 0 ]
    [ "$(at_central "select count(*) from point where site_id = 'hostile'")" = 1000 ]
    [ "$(at_central "select count(*) from alarm where site_id = 'central' and key = 'uplink.cut.hostile' and returned_at is null")" = 1 ]
    wait_for ed '/points?site=hostile&limit=1' '.total == 1000'
    # All of them, page after page, by way of a file: they are long.
    for path in /points?site=hostile\&limit=1000 /sites/hostile/points?limit=1000; do
        next='' items='' pages=0
        until [ "$next" = null ]; do
            as ed GET "$path${next:+&after=$next}" | head -n -1 >"$folder/page"
            items+=$(jq -r '.items[].id' "$folder/page")$'\n'
            next=$(jq -r .next "$folder/page")
            pages=$((pages + 1))
        done
        [ "$(sort -nu <<<"$items" | grep -c .)" = 1000 ]
        [ "$pages" -gt 1 ] # which is more than by their number
    done
    as ed GET /sites/hostile/points.csv | head -n -1 >"$folder/hostile.csv"
    [ "$(grep -c '^[0-9]*,' "$folder/hostile.csv")" = 1000 ]
    get ed GET '/points?search=hostile+77&limit=10'
    [ "$(told '[.items[].id] | index(77) != null')" = true ]
    get ed GET /sites
    [ "$(told '.items[] | select(.id == "hostile") | .mode')" = unknown ]
    [ ${#output} -lt 100000 ]
    get ed GET /sites/hostile/devices
    [ "$(told '.items | length')" = 11 ]
    [ "$(told '[.items[] | .name, .description, .location, .vendor, .model, .firmware, .reason | length] | max')" = 1000 ]
    for path in summary commands overrides settings audit changes values?points=1,2 points/1 points/1/slots; do
        get ed GET "/sites/hostile/$path"
        [ ${#output} -lt 2000000 ] || { echo "$path: ${#output}"; return 1; }
    done
    get ed GET '/sites/hostile/audit?limit=1000'
    [ "$(told '.items | length')" -gt 100 ]
    as ed GET /sites/hostile/audit.csv | head -n -1 >"$folder/audit.csv"
    [ "$(wc -l <"$folder/audit.csv")" -gt 100 ]
    curl -sN -m 60 -b "$folder/ed.jar" "$at/api/v1/sites/hostile/values/stream?points=1" >"$folder/stream" &
    stream=$! until=$((SECONDS + 50))
    until grep -q '"quality":"bad"' "$folder/stream"; do [ $SECONDS -lt $until ]; sleep 0.1; done
    kill "$stream"
    members[central]=$up # in a process of its own, which knows it no more
    web=$(part_of central web)
    echo "# web: $(grep -E 'VmHWM|VmRSS' "/proc/$web/status" | xargs)"
    [ "$(awk '/VmHWM/ {print $2}' "/proc/$web/status")" -lt 600000 ]
    wait_for otto /sites '[.items[].id] == ["far003"]'
}
