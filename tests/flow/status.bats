#!/usr/bin/env bats
# bacpipes status: how a site is, whichever of its parts is down, and the exit code for it. BUILD names the build folder (default: build).

setup() {
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-status.XXXXXX)
    chmod 755 "$folder"
    data=$folder/data
    up=
}

teardown() {
    [ -z "$up" ] || { kill -CONT $(children) 2>/dev/null; kill -INT "$up" 2>/dev/null; wait "$up"; } || true
    rm -rf "$folder"
}

children() { pgrep -P "$up"; }

# status CODE WORDS...: the tool ends with the code, and a line has each of the words.
status_is() {
    local code=0 words
    "$bacpipes" status --data "$data" >"$folder/said" 2>&1 || code=$?
    [ "$code" = "$1" ] || return 1
    for words in "${@:2}"; do
        grep -Eq "$words" "$folder/said" || return 1
    done
}

until_status() {
    local until=$((SECONDS + 180)) # what was killed again and again is started again after a while
    until status_is "$@"; do
        [ $SECONDS -lt $until ] || { echo "not within 180 s: $*"; cat "$folder/said"; return 1; }
        sleep 0.2
    done
}

begin() {
    "$bacpipes" up --simulate --no-past --data "$data" --points 60 --set poll.interval=2s >"$folder/out" 2>&1 3>&- &
    up=$!
    local until=$((SECONDS + 120))
    until grep -q ' stored, newest' "$folder/out"; do
        [ $SECONDS -lt $until ] && kill -0 $up || { cat "$folder/out"; return 1; }
        sleep 0.1
    done
}

@test "all is well, and of each part that is down it says what to do" {
    begin
    until_status 0 '^up +ok .*process '$up '^database +ok +PostgreSQL' '^broker +ok' '^collect +ok +runs, last heard' '^ingest +ok' '^devices +ok +[0-9]+ online, 60 points' \
        '^newest +ok' '^history +ok' '^clock +ok' '^disk +ok'
    local until=$((SECONDS + 120)) # it was well a moment ago
    until "$bacpipes" status --data "$data" --json >"$folder/json"; do [ $SECONDS -lt $until ] || { cat "$folder/json"; return 1; }; done
    /usr/bin/python3 - "$folder/json" <<'END'
import json, sys
status = json.load(open(sys.argv[1]))
assert status["state"] == "ok" and status["code"] == 0 and status["site"] == "demo", status
assert all(thing["state"] == "ok" for thing in status["things"]), status
assert status["figures"]["points"] == 60 and status["figures"]["newest_reading_age_s"] < 60, status
END
    # Again and again, each time as it is then.
    "$bacpipes" status --data "$data" --watch 200ms >"$folder/watched" 3>&- &
    local watch=$!
    until [ "$(grep -c '^database ' "$folder/watched")" -ge 2 ]; do kill -0 $watch; sleep 0.1; done
    kill $watch
    # The collector is killed as often as it is started.
    for _ in $(seq 300); do
        pkill -KILL -P "$up" -x collect || pkill -KILL -P "$up" -f '^collect collect' || true
        if status_is 2 '^collect +broken +does not run: `bacpipes up` starts it, and log/collect.log' '^ingest +ok'; then break; fi
        sleep 0.1
    done
    cat "$folder/said"
    grep -Eq '^collect +broken' "$folder/said"
    until_status 0 '^collect +ok'
    # The database is stopped, and what the broker keeps is told nevertheless.
    for _ in $(seq 300); do
        kill -KILL "$(head -n 1 "$data/postgresql/postmaster.pid")" 2>/dev/null || true
        if status_is 2 '^database +broken +does not answer; `up` starts it again, and log/postgresql.log' '^collect +ok'; then break; fi
        sleep 0.1
    done
    cat "$folder/said"
    grep -Eq '^database +broken' "$folder/said"
    until_status 0 '^database +ok'
    # The broker.
    mosquitto=$(pgrep -P "$up" mosquitto)
    kill -STOP "$mosquitto"
    until_status 2 '^broker +broken' '^collect +unknown +says how it is at the broker' '^newest '
    kill -CONT "$mosquitto"
    until_status 0 '^broker +ok'
}

@test "nobody runs it, there is no such folder, it is another's, and the command line is wrong" {
    status_is 3 '^up +unknown .*is not there: --data names the folder'
    mkdir "$data"
    status_is 3 "^up +unknown +$data is no site's folder"
    rmdir "$data"
    begin
    if [ "$(id -u)" = 0 ]; then
        code=0
        setpriv --reuid=65534 --clear-groups "$bacpipes" status --data "$data" >"$folder/said" 2>&1 || code=$?
        cat "$folder/said"
        [ "$code" = 3 ]
        grep -q 'alone to read: be that user or root' "$folder/said"
        # Who has the folder needs nobody's rights.
        local until=$((SECONDS + 120)) # its parts have only just begun
        until setpriv --reuid="$(stat -c %u "$data")" --clear-groups "$bacpipes" status --data "$data" >"$folder/said"; do [ $SECONDS -lt $until ] || { cat "$folder/said"; return 1; }; sleep 0.2; done
        # Nor does root read for him what is root's.
        (umask 077 && echo secret >"$folder/roots")
        mv "$data/secrets/mqtt_reader" "$folder/reader"
        ln -s "$folder/roots" "$data/secrets/mqtt_reader"
        until_status 2 '^broker +broken .*mqtt_reader.*ermission denied'
        cat "$folder/said"
        rm "$data/secrets/mqtt_reader"
        mv "$folder/reader" "$data/secrets/mqtt_reader"
    fi
    kill -INT "$up"
    wait "$up"
    up=
    status_is 3 "^up +unknown +nobody runs the site in $data: bacpipes up --data $data"
    code=0
    "$bacpipes" status --wach 2>"$folder/said" || code=$?
    [ "$code" = 64 ]
}
