#!/usr/bin/env bats
# Home Assistant's discovery topics, as a real broker retains them. BUILD names the build folder (default: build).
#
# What a message must have is what these pages say:
#   https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery   <prefix>/<component>/[<node_id>/]<object_id>/config, ids of a-z A-Z 0-9 _ -; empty removes
#   https://www.home-assistant.io/integrations/sensor.mqtt/           state_topic required; device wants unique_id; enum has options, and no unit or state_class
#   https://www.home-assistant.io/integrations/binary_sensor.mqtt/    payload_on ON, payload_off OFF unless said otherwise

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-home.XXXXXX)
    chmod 755 "$folder"
    data="$folder/data"
    start
}

teardown() {
    stop
    rm -rf "$folder"
}

start() {
    : >"$folder/out" # what another one said is no sign of this one
    "$bacpipes" up --simulate --no-past --data "$data" --points 60 >"$folder/out" 2>&1 3>&- &
    up=$!
    until_true "grep -q ' stored, newest' '$folder/out'" 90
}

stop() {
    kill -INT "$up" 2>/dev/null && wait "$up" || true
}

until_true() {
    local until=$((SECONDS + $2))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within $2 s: $1"; cat "$folder/out"; return 1; }
        sleep 0.1
    done
}

sql() {
    PGHOST="$data/run" PGPORT=$(cat "$data/postgresql.port") psql -qAtX -U bacpipes -d bacpipes -c "$1"
}

reader() { # TOPIC...: what the broker retains there, a line each: topic and message. COUNT: so many, and they are waited for
    local topic topics=()
    for topic in "$@"; do topics+=(-t "$topic"); done
    mosquitto_sub -h 127.0.0.1 -p "$(cat "$data/mosquitto.port")" -u reader -P "$(cat "$data/secrets/mqtt_reader")" --retained-only ${COUNT:+-C "$COUNT"} -W "$([ -n "${COUNT:-}" ] && echo 60 || echo 2)" -F '%t %p' "${topics[@]}" 2>/dev/null || true
}

configs() {
    reader 'homeassistant/+/+/config' 'homeassistant/+/+/+/config' # to what Home Assistant subscribes
}

choose() {
    sql "insert into setting (site_id, name, value) values ('demo', 'homeassistant.points', '$1') on conflict (site_id, name) do update set value = excluded.value"
}

@test "chosen points are told with all that Home Assistant wants, and withdrawn when they are not chosen or are gone" {
    [ -z "$(configs)" ]
    run choose everything
    [[ $output == *"homeassistant.points = everything is none of the choices: none, tagged or all"* ]]
    choose all
    points=$(sql "select count(*) from point where enabled")
    until_true '[ "$(configs | wc -l)" = "$points" ]' 90
    COUNT=$points configs >"$folder/configs"
    # Who is chosen was read perhaps once, and perhaps not yet.
    until_true "reader 'bacpipes/demo/points/+/+/state' >'$folder/states'; [ \"\$(wc -l <'$folder/states')\" -ge $points ]" 90
    kinds=
    while read -r topic config; do
        [[ $topic =~ ^homeassistant/(sensor|binary_sensor)/([a-zA-Z0-9_-]+)/([a-zA-Z0-9_-]+)/config$ ]]
        jq -e --arg topic "$topic" '
            (.unique_id == "bacpipes_demo_" + ($topic / "/" | .[3])) and (.name | length > 0) and (.device.identifiers[0] | length > 0) and (.device.name | length > 0)
            and (.availability | map(.topic)) == ["bacpipes/demo/collect/status", .state_topic]
            and (if ($topic | test("/binary_sensor/")) then (.value_template | test("ON.*OFF")) and (has("state_class") or has("unit_of_measurement") | not)
                 elif .device_class == "enum" then (.options | length > 0 and length == (unique | length)) and (has("state_class") or has("unit_of_measurement") | not)
                 else .state_class == "measurement" or .state_class == "total_increasing" end)' <<<"$config" >/dev/null || { echo "$topic $config"; return 1; }
        # The template's path is there in what the state's topic retains, and is what the kind of sensor takes.
        state=$(awk -v topic="$(jq -r .state_topic <<<"$config")" '$1 == topic { sub(/^[^ ]* /, ""); print }' "$folder/states")
        jq -e --argjson config "$config" '
            (.quality != "good") or (if $config.device_class == "enum" then ([.text] | inside($config.options)) elif $config.value_template | test("ON") then .value == 0 or .value == 1 else .value | type == "number" end)
            ' <<<"$state" >/dev/null || { echo "$topic $config: $state"; return 1; }
        kinds="$kinds $(jq -r '.device_class // "none"' <<<"$config")"
    done <"$folder/configs"
    [[ $kinds == *temperature* && $kinds == *enum* && $kinds == *none* ]]
    COUNT=1 reader bacpipes/demo/collect/status | sed 's/^[^ ]* //' | jq -e '.state == "online"'

    # Tagged ones alone; another tag; a point that is not polled any more.
    choose tagged
    until_true '[ -z "$(configs)" ]' 90
    sql "update point set tags = '{\"homeAssistant\": \"m:\"}' where point_id in (select point_id from point where enabled order by point_id limit 3)"
    until_true '[ "$(configs | wc -l)" = 3 ]' 90
    sql "update point set enabled = false where point_id = (select min(point_id) from point where tags ? 'homeAssistant')"
    until_true '[ "$(configs | wc -l)" = 2 ]' 90
    sql "update point set name = 'Cafe Macau' where point_id = (select max(point_id) from point where tags ? 'homeAssistant')"
    until_true 'configs | grep -q "\"Cafe Macau\""' 90

    # What changes while the collector is away is seen by its next run: the broker remembers.
    stop
    start
    until_true '[ "$(configs | wc -l)" = 2 ]' 90
    kill -STOP "$(pgrep -P "$up" -f ' collect|^collect')"
    choose none
    kill -KILL "$(pgrep -P "$up" -f ' collect|^collect')"
    until_true '[ -z "$(configs)" ]' 90
}
