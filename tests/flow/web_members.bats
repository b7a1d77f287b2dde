#!/usr/bin/env bats
# From a central's web to a building elsewhere and back: two sites that have joined, a point of one found, charted, written and seen verified.
# BUILD names the build folder (default: build).

load ready
load central
load web

setup_file() {
    local port=$((20000 + BASHPID % 20000))
    export at=http://127.0.0.1:$port CENTRAL_PORT=$((port + 20000)) MEMBERS='' folder data bacpipes up
    begin_central --set web.listen="127.0.0.1:$port"
    begin_member macau
    begin_member klcc
    up="${members[*]}" bacpipes=$BACPIPES folder=$MEMBERS data=$MEMBERS/central
    export BACPIPES_DATA=$data
    person ed admin
    log_in ed
}

teardown_file() {
    local pid
    for pid in $up; do kill -INT "$pid" 2>/dev/null || true; done
    for pid in $up; do while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done; done
    [ -n "${KEEP:-}" ] || rm -rf "$MEMBERS"
}

# wait_for PATH FILTER: asks until the filter says true
wait_for() {
    local until=$((SECONDS + 90))
    until as ed GET "$1" | head -n -1 | jq -e "$2" >/dev/null; do
        [ $SECONDS -lt $until ] || { as ed GET "$1"; return 1; }
        sleep 0.2
    done
}

@test "a point of another building is found, charted, written from central and read back there" {
    local point command value
    wait_for '/points?search=SAT-C&site=klcc&writable=true' '.total > 0'
    run as ed GET '/points?search=AHU-1/SAT-C&site=klcc&writable=true&limit=1'
    point=$(told '.items[0].id')
    wait_for "/sites/klcc/values?points=$point" '.items[0].value != null'
    wait_for "/sites/klcc/readings?points=$point&kind=raw" '(.series[0].at | length) > 3'
    run as ed POST /sites/klcc/commands "{\"point\": $point, \"value\": 17.5, \"release_after_s\": 600, \"reason\": \"from afar\"}"
    expect 202
    command=$(told .id)
    wait_for "/sites/klcc/commands/$command" '.status == "completed" and .verdict == "held" and .handed_over_at != null and .shown_value == 17.5'
    wait_for "/sites/klcc/values?points=$point" '.items[0].value == 17.5'
    wait_for /sites '([.items[] | select(.is_remote) | "\(.id) \(.link.link)"] | sort | join(",")) == "klcc online,macau online"'
}

@test "devices of another building are as they are there" {
    wait_for /sites/macau '.devices.total > 0 and .devices.online == .devices.total'
    at_member macau "update device_status set state = 'offline', reason = 'no answer' where device_id = 1"
    wait_for /sites/macau '.devices.offline == 1 and .devices.online == .devices.total - 1'
    wait_for /sites/macau/devices/1 '.state == "offline" and .reason == "no answer"'
}

@test "an edit of another building's point is shown when the site has said so" {
    local version
    run as ed GET /sites/macau/points/1
    version=$(told .version)
    run as ed PATCH /sites/macau/points/1 '{"description": "From afar"}' -H "If-Match: \"$version\""
    expect 202
    wait_for "/sites/macau/changes/$(told .waiting.id)" '.state == "changed"'
    wait_for /sites/macau/points/1 '.description == "From afar"'
}
