#!/usr/bin/env bats
# What points are now, to who asks, who listens to events and who has a screen: all of it, at once, and no more than each may see.
# BUILD names the build folder (default: build).

bats_require_minimum_version 1.5.0
load ready
load web

# One demo for all of them, with as many points as are to change each second.
setup_file() {
    begin_site --points 600
    export root bacpipes folder data site at up password BACPIPES_DATA PATH
    person anna engineer
}

setup() {
    token=$("$bacpipes" user token anna --name "test $BATS_TEST_NUMBER" --json | jq -r .token)
    port=${at##*:}
    # Until each point was heard.
    until curl --silent --max-time 20 -H "Authorization: Bearer $token" "$at/api/v1/sites/demo/values?points=1,2,3" |
        jq -e '[.items[].at | select(. != null)] | length == 3' >/dev/null; do
        kill -0 "$up"
        sleep 0.2
    done
    here=$folder/$BATS_TEST_NUMBER
    mkdir "$here"
    clients=()
}

teardown() {
    [ -z "${collect:-}" ] || kill -CONT "$collect"
    for client in "${clients[@]}"; do kill "$client" 2>/dev/null || true; done
}

teardown_file() {
    end_site
}

# events FILE [ARGUMENT of curl]...: of points 1 to 3, in the background
events() {
    local file=$1
    shift
    curl --silent --no-buffer -H "Authorization: Bearer $token" "$@" "$at/api/v1/sites/demo/values/stream?points=1,2,3" >"$file" 3>&- &
    clients+=($!)
}

# screen NAME [HEADER]...: a WebSocket, which is told by `say NAME TEXT` and heard in $folder/NAME
screen() {
    local name=$1
    shift
    mkfifo "$here/$name.in"
    "$root/tests/flow/live_client.py" "$port" "$@" <"$here/$name.in" >"$here/$name" 3>&- &
    clients+=($!)
    exec {pipe}>"$here/$name.in"
    printf -v "pipe_$name" %s "$pipe"
}

say() {
    local pipe=pipe_$1
    echo "$2" >&"${!pipe}"
}

# heard FILE PATTERN [SECONDS]: it has, or will within so long
heard() {
    local until=$((SECONDS + ${3:-60}))
    until grep -q -- "$2" "$1"; do
        [ $SECONDS -lt $until ] || { tail -5 "$1"; return 1; }
        sleep 0.1
    done
}

# change POINT VALUE [SECONDS AHEAD]: as the collector tells it; later than what is read
change() {
    mosquitto_pub --unix "$data/run/mosquitto.sock" -u collect -P "$(cat "$data/secrets/mqtt_collect")" -t "bacpipes/demo/points/1/counter,$1/state" \
        -m "{\"v\":1,\"point\":$1,\"value\":$2,\"quality\":\"good\",\"at\":\"$(date -u -d "+${3:-1200} seconds" +%FT%T.000Z)\"}"
}

@test "values are told as they are now, to who may see them" {
    run as "token:$token" GET "/sites/demo/values?points=3,1,3"
    expect 200
    [ "$(told '[.items[].point] | join(",")')" = 1,3 ]
    [ "$(told '.items[0] | keys_unsorted | join(",")')" = point,value,text,quality,reason,at ]
    change 1 4711.5
    until run as "token:$token" GET "/sites/demo/values?points=1" && [ "$(told '.items[0].value')" = 4711.5 ]; do sleep 0.1; done
    run as "token:$token" GET "/sites/demo/values?points=1,999999"
    expect 404 not-found
    run as "token:$token" GET "/sites/demo/values"
    expect 400 bad-request
    run as "token:$token" GET "/sites/demo/values?points=1;drop"
    expect 400 bad-request
    run as "token:$token" GET "/sites/demo/values?points=$(seq -s, 1 1001)"
    expect 400 bad-request
    run as "token:$token" GET "/sites/elsewhere/values?points=1"
    expect 404 not-found
    run as nobody GET "/sites/demo/values?points=1"
    expect 401 not-logged-in
    run as nobody GET "/sites/demo/values/stream?points=1"
    expect 401 not-logged-in
}

@test "who listens hears all at once and then what changes, and who comes back what changed meanwhile" {
    events "$here/first"
    heard "$here/first" '"point":3'
    change 2 17
    heard "$here/first" '"point":2,"value":17,'
    kill "${clients[0]}"
    cursor=$(sed -n 's/^id: //p' "$here/first" | tail -1)
    change 3 18
    until as "token:$token" GET "/sites/demo/values?points=3" | grep -q '"value":18,'; do sleep 0.1; done
    events "$here/second" -H "Last-Event-ID: $cursor"
    heard "$here/second" '"point":3,"value":18,'
    run ! grep -q '"point":2,"value":17,' "$here/second"
    run ! grep -q resync "$here/second"
    # Of another run nothing is known.
    events "$here/third" -H "Last-Event-ID: 0000000000000000-1"
    heard "$here/third" '"point":2,"value":17,'
    grep -q '^event: resync' "$here/third"
    heard "$here/third" '^:' # the line stays open
}

@test "a screen watches what it shows, is told how the programs are, and what is wrong with what it says" {
    screen anna "Authorization: Bearer $token"
    heard "$here/anna" '{"site":"demo","roles":{.*"collect":"online".*},"database":true,"broker":true}'
    say anna '{"watch":1,"site":"demo","points":[1,2]}'
    heard "$here/anna" '{"watch":1,"values":\[\[1,.*\],\[2,.*\]\],"cursor":".*"}'
    change 2 17
    heard "$here/anna" '{"watch":1,"values":\[\[2,17,"good",[0-9]*\]\]'
    say anna '{"watch":1,"site":"demo","points":[3]}'
    heard "$here/anna" '{"watch":1,"values":\[\[3,'
    change 2 18
    change 3 19
    heard "$here/anna" '\[3,19,"good"'
    run ! grep -q '\[2,18,' "$here/anna"
    say anna '{"unwatch":1}'
    say anna 'nonsense'
    heard "$here/anna" '{"problem":"no JSON object'
    say anna '{"watch":2,"site":"elsewhere","points":[1]}'
    heard "$here/anna" '{"problem":"watch 2: there is no site'
    sql "insert into setting (site_id, name, value) values ('demo', 'poll.interval', '7s')"
    heard "$here/anna" '{"changed":\[.*"settings".*\],"site":"demo"}'
    # What others ask for is news to who looks: notices name the site.
    sql "select pg_notify('bacpipes_job', 'elsewhere'), pg_notify('bacpipes_job', 'demo')"
    heard "$here/anna" '{"changed":\["jobs"\],"site":"demo"}'
    sql "select pg_notify('bacpipes_command_end', 'demo')"
    heard "$here/anna" '{"changed":\["commands","overrides".*\],"site":"demo"}'
    # Nobody else: no session, another page's.
    screen nobody
    heard "$here/nobody" 'closed 4401'
    screen foreign "Authorization: Bearer $token" "Origin: http://evil.example"
    heard "$here/foreign" 'refused 403'
}

@test "whose session or token has ended hears no more within 5 s" {
    log_in anna
    screen anna "Cookie: $(awk '$6 ~ /bacpipes/ { printf "%s%s=%s", n++ ? "; " : "", $6, $7 }' "$folder/anna.jar")" "Origin: $at"
    say anna '{"watch":1,"site":"demo","points":[1]}'
    heard "$here/anna" '"watch":1'
    events "$here/script"
    heard "$here/script" '"point":3'
    run as anna DELETE /session
    expect 204
    heard "$here/anna" 'closed 4401' # a loaded machine gets more
    kill -0 "${clients[1]}" # the token is another matter
    sql "select access_token_remove(token_id) from access.token"
    until ! kill -0 "${clients[1]}" 2>/dev/null; do sleep 0.1; done
}

@test "values live on while the broker is away, and come again with it; SQL has them, too" {
    change 1 1001
    until [ "$(sql "select value from current_values where point_id = 1")" = 1001 ]; do sleep 0.2; done
    screen anna "Authorization: Bearer $token"
    heard "$here/anna" '"broker":true'
    pkill -INT -F "$data/run/mosquitto.pid" 2>/dev/null || kill "$(pgrep -P "$up" -x mosquitto)"
    heard "$here/anna" '"broker":false'
    run as "token:$token" GET "/sites/demo/values?points=1"
    expect 200
    [ "$(told '.items[0].value')" = 1001 ]
    until [ "$(grep -c '"broker":true' "$here/anna")" -gt 1 ]; do kill -0 "$up"; sleep 0.2; done
    change 1 1002
    until as "token:$token" GET "/sites/demo/values?points=1" | grep -q '"value":1002,'; do sleep 0.1; done
}

@test "who reads slowly is told all values of each watch once there is room, and not for ever" {
    local points number
    points=$(seq -s, 1 600)
    screen slow "Authorization: Bearer $token"
    # Ten times more than waits for anybody, and than sockets hold.
    for number in $(seq 32){,,,,,,,,,,}; do say slow "{\"watch\":$number,\"site\":\"demo\",\"points\":[$points]}"; done
    say slow "sleep 3"
    say slow '{"watch":33,"site":"demo","points":[1]}'
    heard "$here/slow" '"problem":"watch 33: '
    # The last of each number, and all of it but for changes: those that follow are few.
    for number in $(seq 32); do heard "$here/slow" "^{\"watch\":$number,\"values\":\[\[1,.*\[600,.*\"cursor\""; done
    sleep 5
    [ "$(grep -c resync "$here/slow")" -le 2 ]
    [ "$(stat -c %s "$here/slow")" -lt 40000000 ]
    change 7 4711
    for number in $(seq 32); do heard "$here/slow" "^{\"watch\":$number,.*\[7,4711,"; done
}

@test "a thousand streams hear each of 500 changes a second, in the memory of a few, and slow ones cost them nothing" {
    # Points whose values no test before has set.
    ids=$(sql "select string_agg(point_id::text, ',' order by point_id) from (select point_id from point where point_id > 10 order by point_id limit 500) as few")
    web=$(pgrep -P "$up" -f '(^|/)web ' | head -1)
    [ -n "$web" ]
    rss() { awk '/^VmRSS/ { print $2 }' "/proc/$web/status"; }
    mkfifo "$here/on"
    "$(dirname "$bacpipes")/../bench/streams" events "$port" "$token" /api/v1/sites/demo/values/stream "$ids" 100 1000 20 120 \
        <"$here/on" >"$here/count" 2>"$here/open" 3>&- &
    reader=$!
    exec {on}>"$here/on"
    heard "$here/open" open 60
    # Nobody else says anything of these points meanwhile.
    collect=$(pgrep -P "$up" -f '(^|/)collect ' | head -1)
    kill -STOP "$collect"
    python3 "$root/bench/streams_publish.py" "$ids" 20 0 |
        mosquitto_pub --unix "$data/run/mosquitto.sock" -u collect -P "$(cat "$data/secrets/mqtt_collect")" -t bacpipes/demo/points/1/counter,1/state -l &
    publisher=$!
    sleep 8
    early=$(rss)
    wait $publisher
    late=$(rss)
    run as "token:$token" GET "/sites/demo/values?points=1" "" --max-time 5 # and everybody else is served
    expect 200
    # More than 1,024 streams are too many for one person; 1,020 are there.
    for one in 1 2 3 4; do events "$here/more.$one"; heard "$here/more.$one" '"point":3'; done
    run as "token:$token" GET "/sites/demo/values/stream?points=1" "" --max-time 5
    expect 429 too-many-requests
    for client in "${clients[@]}"; do kill "$client"; done # they have inherited the pipe, whose end the reader waits for
    exec {on}>&-
    wait $reader
    kill -CONT "$collect" # not before the last stream is closed: what it says is older than what was published here
    cat "$here/count"
    count() { awk -v name="$1" '$1 == name { print $2 }' "$here/count"; }
    [ "$(count streams)" = 1020 ]
    [ "$(count closed)" = 0 ]
    [ "$(count resyncs)" = 0 ]
    [ "$(count backwards)" = 0 ]
    [ "$(count behind)" = 0 ]
    # A machine that hangs for a second makes one change of two: what is lost then was over before it could be told.
    [ "$(count skipped)" -lt $(($(count values) / 50)) ]
    [ $((late - early)) -lt 8192 ]
    [ "$late" -lt 122880 ]
}

@test "of more WebSockets than a person needs the oldest is closed, and those in use go on" {
    screen oldest "Authorization: Bearer $token"
    heard "$here/oldest" '"roles"' 60
    python3 - "$port" "$token" 64 >"$here/many" 3>&- <<'PY' &
import base64, os, socket, sys, time
port, token, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
open_ones = []
for _ in range(count):
    one = socket.create_connection(("127.0.0.1", port), timeout=60)
    one.sendall((f"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\nAuthorization: Bearer {token}\r\n\r\n").encode())
    data = b""
    while b'"roles"' not in data:
        got = one.recv(65536)
        assert got, data
        data += got
    open_ones.append(one)
print("open", flush=True)
time.sleep(120)
PY
    clients+=($!)
    heard "$here/many" open 60
    heard "$here/oldest" 'closed 4429' 60
    screen next "Authorization: Bearer $token"
    heard "$here/next" '"roles"' 60
}
