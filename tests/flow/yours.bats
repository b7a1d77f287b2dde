#!/usr/bin/env bats
# bacpipes up with a database, a broker or both that somebody else runs. BUILD names the build folder (default: build).

setup() {
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export BACPIPES
    BACPIPES=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    export FOLDER
    FOLDER=$(mktemp -d /tmp/bacpipes-yours.XXXXXX)
    chmod 755 "$FOLDER"
    export DATA=$FOLDER/data SCRIPT=$FOLDER/script
    cat >"$SCRIPT" <<'END'
set -eEuo pipefail
up=
q() { psql -qAtX -c "$1"; }
finish() {
    [ -z "$up" ] || { kill -INT "$up" 2>/dev/null; wait "$up"; } || true
    cat "$FOLDER/out"
}
trap finish EXIT
until_true() {
    local until=$((SECONDS + 120))
    until eval "$1"; do
        [ $SECONDS -lt $until ] && { [ -z "$up" ] || kill -0 "$up"; } || { echo "not within 120 s: $1"; return 1; }
        sleep 0.1
    done
}
begin() {
    : >"$FOLDER/out"
    "$BACPIPES" up --simulate --no-past --data "$DATA" --points 60 --set poll.interval=1s "$@" >"$FOLDER/out" 2>&1 3>&- & up=$!
    until_true 'grep -q " stored, newest" "$FOLDER/out"'
}
end() {
    kill -INT "$up"
    wait "$up"
    up=
}
# runs PROGRAM: whether `up` has one.
runs() { pgrep -P "$up" "$1" >/dev/null; }
well() { "$BACPIPES" status --data "$DATA" >"$FOLDER/status" || { cat "$FOLDER/status"; return 1; }; }
END
}

teardown() {
    rm -rf "$FOLDER"
}

@test "with a database of one's own no PostgreSQL is started, and the next start goes on with it" {
    cat >>"$SCRIPT" <<'END'
begin --set "database.host=$PGHOST" --set "database.port=$PGPORT"
grep -q "the database is yours, bacpipes at $PGHOST, port $PGPORT: no PostgreSQL is started" "$FOLDER/out"
runs mosquitto
if runs postgres || [ -e "$DATA/postgresql" ]; then false; fi
until_true well
grep -q '^broker *ok' "$FOLDER/status"
end
count=$(q 'select count(*) from sensor_readings')
[ "$count" -gt 0 ]
begin
if runs postgres || [ -e "$DATA/postgresql" ]; then false; fi
end
[ "$(q 'select count(*) from sensor_readings')" -gt "$count" ]
END
    run timeout 600 "$root/tests/with-postgres" bash "$SCRIPT"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "with a broker of one's own no Mosquitto is started, from the next start on" {
    cat >>"$SCRIPT" <<'END'
begin
runs mosquitto
psql -qX -h "$DATA/run" -p "$(cat "$DATA/postgresql.port")" -U bacpipes \
    -c "update mqtt_config set host = '$MQTT_HOST', port = $MQTT_PORT" bacpipes
# At once it is the roles' broker, which `up` runs beside its own.
until_true '[ -n "$(timeout 5 mosquitto_sub -h "$MQTT_HOST" -p "$MQTT_PORT" -t bacpipes/demo/collect/status -C 1)" ]'
end
begin
grep -q "the broker is yours, at $MQTT_HOST, port $MQTT_PORT: no Mosquitto is started" "$FOLDER/out"
runs postgres
if runs mosquitto; then false; fi
until_true well
grep -q "^broker *ok *answers at $MQTT_HOST port $MQTT_PORT" "$FOLDER/status"
end
END
    run timeout 600 "$root/tests/with-mosquitto" bash "$SCRIPT"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "with both, nothing but our own roles is started" {
    cat >>"$SCRIPT" <<'END'
"$BACPIPES" migrate --set "database.host=$PGHOST" --set "database.port=$PGPORT" >/dev/null
q "insert into site (site_id, name) values ('demo', 'demo')"
q "insert into mqtt_config (site_id, host, port) values ('demo', '$MQTT_HOST', $MQTT_PORT)"
begin --set "database.host=$PGHOST" --set "database.port=$PGPORT"
if runs mosquitto || runs postgres; then false; fi
until_true well
grep -q '^up *ok' "$FOLDER/status"
end
[ "$(q 'select count(*) > 0 from sensor_readings')" = t ]
END
    run timeout 600 "$root/tests/with-postgres" "$root/tests/with-mosquitto" bash "$SCRIPT"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "a database of one's own that does not answer is told with where it was looked for" {
    run timeout 100 "$BACPIPES" up --simulate --no-past --data "$DATA" --set database.host=127.0.0.1 --set database.port=9 --for 5s
    echo "$output"
    [ "$status" -ne 0 ]
    [[ "$output" == *"your database does not answer yet: "*"onnection refused"* ]]
    [[ "$output" == *"no reading was stored, as not everything was up in that time"* ]]
    [ ! -e "$DATA/postgresql" ]
}
