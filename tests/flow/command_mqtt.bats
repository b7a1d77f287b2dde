#!/usr/bin/env bats
# Commands by the building's bus: who may ask, where answers go, what asks twice, and what happens when database, broker or
# collector are away. With a real Mosquitto, by TLS. BUILD names the build folder (default: build).

setup_file() {
    export root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    export folder=$(mktemp -d /tmp/bacpipes-bus.XXXXXX)
    chmod 755 "$folder"
    export data="$folder/data" address=127.9.0.2 port=$((20000 + RANDOM % 20000))
    (cd "$folder" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=broker -addext "subjectAltName=IP:$address" -keyout broker.key -out broker.crt 2>/dev/null)
    chmod 644 "$folder/broker.key"
    cd "$folder"
    "$bacpipes" up --simulate --no-past --data "$data" --points 60 --set broker.address=$address --set broker.port=$port \
        --set broker.certificate=broker.crt --set broker.key=broker.key >"$folder/out" 2>&1 3>&- &
    echo $! >"$folder/up"
    until_true "grep -q ' stored, newest' '$folder/out'" 120
    "$bacpipes" account add hvac --writes --data "$data" --json >"$folder/hvac"
    "$bacpipes" account add other --writes --data "$data" --json >"$folder/other"
    "$bacpipes" account add nodered --data "$data" --json >"$folder/nodered"
    for name in hvac other nodered; do jq -r .password "$folder/$name" >"$folder/$name.password"; done
    until_true "as hvac pub -t nothing -n 2>/dev/null && as nodered pub -t nothing -n 2>/dev/null" 90
    sql "update point set writable = true; update command_source set rate_per_minute = 10000 where kind = 'mqtt' and name <> 'mqtt'"
    sql "insert into setting (site_id, name, value) values ('demo', 'control.point_rate', '6000') on conflict (site_id, name) do update set value = excluded.value"
    # A number that people set: a zone's setpoint, which has a priority array and takes all that is asked for here.
    sql "select name from point where object_type = 'analog-value' and commandable and name like '%/CLG-SP' order by name limit 1" >"$folder/point"
}

teardown_file() {
    kill -INT "$(cat "$folder/up")" 2>/dev/null || true
    until_true "! kill -0 $(cat "$folder/up") 2>/dev/null" 60 || true
    rm -rf "$folder"
}

setup() {
    point=$(cat "$folder/point")
    children=
    cd "$folder"
}

teardown() {
    [ -z "$children" ] || { kill $children && wait $children; } 2>/dev/null || true
}

until_true() {
    local until=$((SECONDS + $2))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within $2 s: $1"; tail -n 20 heard "$folder/out" "$data/log/collect.log"; return 1; }
        sleep 0.1
    done
}

sql() {
    psql -qAtX -v ON_ERROR_STOP=1 -h "$data/run" -p "$(cat "$data/postgresql.port")" -U bacpipes -d bacpipes -c "$1"
}

# as NAME pub|sub|rr [ARGUMENT...]
as() {
    local name=$1 what=$2
    shift 2
    "mosquitto_$what" -h $address -p "$port" --cafile "$folder/broker.crt" -u "$name" -P "$(cat "$folder/$name.password")" "$@"
}

# hear NAME TOPIC FILE: from now on
hear() {
    rm -f "$3" "$3.ready" # of a test before
    # Itself, no shell around it: it is to end with the test. It hears when it hears what is retained.
    mosquitto_sub -h $address -p "$port" --cafile "$folder/broker.crt" -u "$1" -P "$(cat "$folder/$1.password")" -V mqttv5 -q 1 -t "$2" -t bacpipes/demo/collect/status -F '%t %p' \
        > >(sed -u -e "/^bacpipes.demo.collect.status /{w $3.ready" -e 'd;}' >"$3" 3>&-) 3>&- &
    children="$children $!"
    until_true "[ -s '$3.ready' ]" 90
}

# ask NAME PAYLOAD [ARGUMENT...]
ask() {
    local name=$1 payload=$2
    shift 2
    as "$name" pub -V mqttv5 -q 1 -t "bacnet/write/command/$name" -m "$payload" "$@"
}

# answers FILE: their payloads, a line each
answers() {
    cut -d' ' -f2- "$1" | jq -c .
}

@test "a command is answered at once and at its end, with what was seen" {
    hear hvac bacnet/write/result/hvac heard
    ask hvac "{\"point\": \"$point\", \"value\": 21.5, \"release_after\": \"10min\", \"reason\": \"warm day\", \"id\": \"first\"}"
    until_true '[ $(answers heard | wc -l) -ge 2 ]' 90
    answers heard
    [ "$(answers heard | sed -n 1p | jq -r '"\(.v) \(.status) \(.idempotency_key) \(.value) \(.priority)"')" = "1 pending first 21.5 8" ]
    [[ $(answers heard | sed -n 1p | jq -r .text) == "accepted: it is carried out by "* ]]
    [ "$(answers heard | sed -n 2p | jq -r '"\(.status) \(.verdict) \(.held_by) \(.shown_value) \(.idempotency_key)"')" = "completed held 8 21.5 first" ]
    [ "$(answers heard | jq -r .id | sort -u | wc -l)" = 1 ]
    [ "$(sql "select source || created_by || reason from write_commands where idempotency_key = 'first'")" = hvachvacwarm\ day ]
}

@test "the examples of docs/protocol.md are commands" {
    hear hvac 'bacnet/write/result/#' heard
    # Its points and key stand for those of the demo.
    sed -n '/^### Commands by MQTT/,/^#\{1,3\} [^C]/p' "$root/docs/protocol.md" | awk '/^```json/{take=1; next} /^```/{take=0; print ""} take' >examples
    sed "s#AHU-1/SAT-C#$point#" examples | awk 'BEGIN{RS=""} NR == 1' >example
    [ -s example ]
    ask hvac "$(cat example)"
    until_true '[ $(answers heard | wc -l) -ge 2 ]' 90
    answers heard
    [ "$(answers heard | sed -n 2p | jq -r .verdict)" = held ]
    # The answers shown have the keys that answers have.
    diff <(awk 'BEGIN{RS=""} NR == 2' examples | jq -S 'keys - ["release_after"]') <(answers heard | sed -n 1p | jq -S 'keys')
    diff <(awk 'BEGIN{RS=""} NR == 3' examples | jq -S 'keys') <(answers heard | sed -n 2p | jq -S 'keys')
}

@test "a user is who the broker says, and hears nobody else's answers" {
    hear other 'bacnet/#' heard
    before=$(sql "select count(*) from write_commands")
    as other pub -V mqttv5 -q 1 -t bacnet/write/command/hvac -m "{\"point\": \"$point\", \"value\": 30}" || true
    as other pub -q 1 -t bacnet/write/command -m "{\"point\": \"$point\", \"value\": 30}"
    as other pub -q 1 -t bacnet/write/command/other/deeper -m "{\"point\": \"$point\", \"value\": 30}"
    as other pub -q 1 -t bacnet/write/result/hvac -m forged
    as nodered pub -q 1 -t bacnet/write/command/nodered -m "{\"point\": \"$point\", \"value\": 30}"
    as nodered pub -q 1 -t bacnet/write/command/hvac -m "{\"point\": \"$point\", \"value\": 30}"
    ask hvac "{\"point\": \"$point\", \"value\": 22, \"release_after\": \"5min\", \"id\": \"fence\"}"
    until_true "[ \"\$(sql \"select status from write_commands where idempotency_key = 'fence'\")\" = completed ]" 90
    [ "$(sql "select count(*) from write_commands")" = $((before + 1)) ]
    [ ! -s heard ]
    grep -q '"hvac"' <(account_list)
}

account_list() {
    "$bacpipes" account list --data "$data" --json
}

@test "the topic without a user is off until somebody turns it on" {
    reader=$(cat "$data/secrets/mqtt_reader")
    mosquitto_sub -V mqttv5 -h 127.0.0.1 -p "$(cat "$data/mosquitto.port")" -u reader -P "$reader" -t bacnet/write/result -F '%t %p' >heard 3>&- &
    children="$children $!"
    # Nobody at this broker may publish there, but the collector's own account says what happens when somebody may.
    printf 'user up\ntopic write bacnet/write/command\n' >>"$data/mosquitto/acl"
    pkill -HUP -P "$(cat "$folder/up")" mosquitto
    plain() { mosquitto_pub -V mqttv5 --unix "$data/run/mosquitto.sock" -u up -P "$(cat "$data/secrets/mqtt_up")" -q 1 -t bacnet/write/command -m "$1"; }
    until_true "plain '{\"point\": \"$point\", \"value\": 21, \"release_after\": 60}'; sleep 0.3; [ -s heard ]" 90
    [ "$(answers heard | tail -n 1 | jq -r '"\(.status) \(.rule)"')" = "refused source-disabled" ]
    sql "update command_source set enabled = true where name = 'mqtt'"
    plain "{\"point\": \"$point\", \"value\": 21, \"release_after\": 60, \"id\": \"plain\"}"
    # Of this one: some of those before may have been judged when the source was on.
    until_true 'answers heard | jq -e "select(.idempotency_key == \"plain\" and .status == \"completed\")" >/dev/null' 90
    [ "$(sql "select source from write_commands where idempotency_key = 'plain'")" = mqtt ]
    sql "update command_source set enabled = false where name = 'mqtt'"
}

@test "a response topic below the user's own is used, with the correlation data; another is not" {
    run as hvac rr -V mqttv5 -q 1 -W 90 -t bacnet/write/command/hvac -e bacnet/write/result/hvac/77 -D publish correlation-data seventy-seven -F '%D %p' -m "{\"point\": \"$point\", \"value\": 21, \"priority\": 6, \"release_after\": 60}"
    [ "$status" -eq 0 ]
    [[ $output == "seventy-seven {"*'"status":"refused"'* ]]
    # Somebody else's topic, one of readings, and one that is none: answered on the usual one, and nowhere else.
    hear hvac 'bacnet/write/result/hvac/#' heard
    mosquitto_sub -h 127.0.0.1 -p "$(cat "$data/mosquitto.port")" -u reader -P "$(cat "$data/secrets/mqtt_reader")" -t 'bacnet/write/result/other/#' -t 'bacnet/write/result/hvac2/#' -t bacpipes/demo/readings/stored -F '%r %t %p' >elsewhere 3>&- &
    children="$children $!"
    until_true '[ -s elsewhere ]' 90
    n=0
    for topic in bacnet/write/result/other bacnet/write/result/hvac2/x bacpipes/demo/readings/stored bacnet/write/result bacnet/write/result/hvac/; do
        ask hvac '{"point": 7}' -D publish response-topic "$topic" -D publish correlation-data "n$n"
        n=$((n + 1))
    done
    until_true "[ \$(answers heard | wc -l) -ge $n ]" 90
    [ "$(cut -d' ' -f1 heard | sort -u)" = bacnet/write/result/hvac ]
    [ "$(answers heard | jq -r .note | sort -u)" = "the response topic was not used: it is none below bacnet/write/result/<user>" ]
    ask hvac '{"point": 7}' -D publish correlation-data "$(printf '%0300d' 1)"
    until_true "answers heard | grep -q 'correlation data of 300 octets are more than 256'" 90
    if grep -v '^1 bacpipes/demo/readings/stored\|^0 bacpipes/demo/readings/stored {"v":1,"session"' elsewhere; then return 1; fi
}

@test "a key that was used is the same command, however often it comes" {
    hear hvac bacnet/write/result/hvac heard
    for i in 1 2 3 4 5; do ask hvac "{\"point\": \"$point\", \"value\": 22.5, \"release_after\": \"5min\", \"idempotency_key\": \"again\"}"; done
    until_true '[ $(answers heard | jq -r "select(.status == \"completed\") | .id" | wc -l) -ge 5 ]' 90
    [ "$(answers heard | jq -r .id | sort -u | wc -l)" = 1 ]
    [ "$(sql "select count(*) from write_commands where idempotency_key = 'again'")" = 1 ]
}

@test "of a list each is judged and answered, and what is not understood says what would be right" {
    hear hvac bacnet/write/result/hvac heard
    ask hvac "[{\"point\": \"$point\", \"value\": 21, \"release_after\": 60}, {\"point\": \"$point\", \"valeu\": 1}, {\"point\": \"nowhere\", \"value\": 1, \"release_after\": 60}, {\"point\": \"$point\", \"value\": 9999, \"release_after\": 60}, {\"point\": \"$point\", \"value\": 21}, {\"site\": \"elsewhere\", \"point\": \"$point\", \"value\": 1}]"
    until_true '[ $(answers heard | wc -l) -ge 7 ]' 90
    answers heard
    text() { answers heard | jq -r "select(.index == $1) | \"\(.status) \(.rule): \(.text)\"" | head -n 1; }
    [[ $(text 0) == "pending null: accepted: "* ]]
    [ "$(text 1)" = 'refused request: there is no "valeu" in a command: did you mean "value"?' ]
    [ "$(text 2)" = 'refused request: nothing was written: there is no point "nowhere"' ]
    [[ $(text 3) == "refused above-max: "* ]]
    [[ $(text 4) == "refused must-release: "* ]]
    [ "$(text 5)" = 'refused request: "site" is "elsewhere", and this is site "demo"' ]
    head -c 70000 /dev/zero | tr '\0' ' ' >large
    as hvac pub -q 1 -t bacnet/write/command/hvac -f large
    until_true "answers heard | grep -q '70000 octets are too many for a message of commands: 65536 at most'" 90
    ask hvac 'on'
    until_true "answers heard | grep -q 'this is no JSON of commands'" 90
}

@test "a retained command is carried out neither now nor at the next connection" {
    hear hvac bacnet/write/result/hvac heard
    before=$(sql "select count(*) from write_commands")
    ask hvac "{\"point\": \"$point\", \"value\": 23, \"release_after\": 60}" -r
    until_true "answers heard | grep -q 'a retained command would come again at each connection'" 90
    grep -q 'a command on bacnet/write/command/hvac is not carried out: .*retain' "$data/log/collect.log"
    pkill -KILL -P "$(cat "$folder/up")" mosquitto
    until_true "as hvac sub -t bacpipes/demo/collect/status -C 1 -W 15 >/dev/null 2>&1" 90
    hear hvac bacnet/write/result/hvac later
    ask hvac "{\"point\": \"$point\", \"value\": 21, \"release_after\": 60, \"id\": \"after restart\"}"
    until_true "answers later | grep -q completed" 90
    [ "$(sql "select count(*) from write_commands")" = $((before + 1)) ]
    as hvac pub -q 1 -t bacnet/write/command/hvac -n -r
}

@test "the broker is away in the middle: the command goes on, and its row has the end" {
    ask hvac "{\"point\": \"$point\", \"value\": 22, \"release_after\": 60, \"id\": \"broker away\"}"
    until_true "[ \"\$(sql \"select count(*) from write_commands where idempotency_key = 'broker away'\")\" = 1 ]" 90
    pkill -KILL -P "$(cat "$folder/up")" mosquitto
    until_true "[ \"\$(sql \"select status from write_commands where idempotency_key = 'broker away'\")\" = completed ]" 90
    until_true "as hvac sub -t bacpipes/demo/collect/status -C 1 -W 15 >/dev/null 2>&1" 90
}

@test "with the database away the answer is at once that nothing was written, and nothing comes later" {
    hear hvac bacnet/write/result/hvac heard
    postgres=$(head -n 1 "$data/postgresql/postmaster.pid")
    before=$(sql "select count(*) from write_commands")
    # It stands still: one that is asked ends within seconds.
    kill -STOP "$postgres" $(pgrep -P "$postgres") || true # one of them may just end
    ask hvac "{\"point\": \"$point\", \"value\": 24, \"release_after\": 60, \"id\": \"stopped\"}"
    until_true "answers heard | grep stopped | grep -q 'nothing was written\|did not say whether'" 90
    kill -CONT "$postgres" $(pgrep -P "$postgres") || true
    answers heard
    # It is gone. `up` starts another after a second: it is held up by its lock.
    kill -KILL "$postgres" $(pgrep -P "$postgres") 2>/dev/null || true
    ask hvac "{\"point\": \"$point\", \"value\": 25, \"release_after\": 60, \"id\": \"gone\"}"
    until_true "answers heard | grep -q '\"gone\"'" 90
    # What was on its way when the connection broke may be there for all that the collector knows.
    said=$(answers heard | grep '"gone"' | head -n 1 | jq -r '"\(.status) \(.text)"')
    echo "$said"
    [[ $said == "unavailable nothing was written: "* || $said == "unknown the database did not say whether "* ]]
    until_true "sql 'select 1' >/dev/null 2>&1" 90
    sleep 3
    [ "$(sql "select count(*) from write_commands where idempotency_key = 'gone'")" = 0 ]
    hear hvac bacnet/write/result/hvac later
    until_true "ask hvac '{\"point\": \"$point\", \"value\": 21, \"release_after\": 60}'; sleep 1; answers later | grep -q completed" 90
}

@test "a collector that stood still carries out nothing that came meanwhile" {
    hear hvac bacnet/write/result/hvac heard
    collect=$(pgrep -P "$(cat "$folder/up")" -f ' collect|^collect')
    kill -STOP "$collect"
    ask hvac "{\"point\": \"$point\", \"value\": 26, \"release_after\": 60, \"id\": \"asleep\"}"
    sleep 8
    kill -CONT "$collect"
    until_true "grep -q 'this process stood still for' '$data/log/collect.log'" 90
    until_true "ask hvac '{\"point\": \"$point\", \"value\": 21, \"release_after\": 60, \"id\": \"awake\"}'; sleep 1; answers heard | grep awake | grep -q completed" 90
    [ "$(sql "select count(*) from write_commands where idempotency_key = 'asleep'")" = 0 ]
}

@test "too much at once is answered busy, and the others are carried out" {
    hear hvac bacnet/write/result/hvac heard
    one="{\"point\": \"$point\", \"value\": 21, \"release_after\": 60, \"execute_at\": \"$(date -u -d '+1 hour' +%FT%TZ)\"}"
    fifty="[$one$(for i in $(seq 49); do printf ',%s' "$one"; done)]"
    for i in 1 2 3 4 5 6; do ask hvac "$fifty"; sleep 0.5; done
    until_true '[ $(answers heard | wc -l) -ge 300 ]' 90
    answers heard | jq -r '"\(.status) \(.text)"' | sed 's/ accepted.*//' | sort | uniq -c
    [ "$(answers heard | jq -r 'select(.status == "unavailable") | .text' | sort -u)" = "nothing was written: busy: too many commands are under way. Ask again when some have ended" ]
    [ "$(answers heard | jq -r 'select(.status == "pending") | .id' | wc -l)" = 250 ]
    # Another user is not held up by it.
    hear other bacnet/write/result/other others
    ask other "{\"point\": \"$point\", \"value\": 21, \"release_after\": 60}"
    until_true 'answers others | grep -q completed' 90
}

@test "an account that is removed is no source any more" {
    "$bacpipes" account remove other --data "$data"
    [ "$(sql "select count(*) from command_source where name = 'other' and enabled")" = 0 ]
    until_true "! as other pub -t nothing -n 2>/dev/null" 90
    run "$bacpipes" account add Pump --writes --data "$data"
    [ "$status" -eq 64 ]
    [[ $output == *"Pump cannot be the name of an account that writes: 1 to 32 of a-z 0-9 _ -"* ]]
    run "$bacpipes" account add tools --writes --data "$data"
    [ "$status" -ne 0 ]
    [[ $output == *'there is a source "tools" already'* ]]
    [ ! -e "$data/secrets/broker/tools" ]
}
