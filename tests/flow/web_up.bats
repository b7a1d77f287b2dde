#!/usr/bin/env bats
# The web as a part of a site: `bacpipes up` starts it, says where, keeps it, and ends it first. BUILD names the build folder (default:
# build).

load ready

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-web-up.XXXXXX)
    chmod 755 "$folder"
    data=$folder/data
    port=$((20000 + (BASHPID * 7 + BATS_TEST_NUMBER * 131) % 20000))
    pids=()
}

teardown() {
    [ -z "${up:-}" ] || end_site || true
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$folder"
}

until_true() {
    local until=$((SECONDS + $2))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within $2 s: $1"; cat "$folder/out"; return 1; }
        sleep 0.2
    done
}

begin_site() {
    : >"$folder/out" # what another one said is no sign of this one
    "$bacpipes" up --simulate --no-past --data "$data" --points 60 "$@" >"$folder/out" 2>&1 3>&- &
    up=$!
    until_true "grep -q 'look at values' $folder/out" 90
}
end_site() {
    kill -INT "$up" 2>/dev/null
    wait "$up"
    up=
}

# takes PORT: somebody else has it
takes() {
    begin_server "$folder/taker.$1" python3 -c 'import socket, sys, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(); print("ready", flush=True); time.sleep(600)' "$1"
    pids+=($!)
}

url() { sed -n 's/.* open \(http[^ ]*\)$/\1/p' "$folder/out" | tail -n 1; }
status_of() { curl --silent --max-time 10 --output /dev/null --write-out '%{http_code}' "$@"; }
pid_of() { # of a part
    for child in $(cat /proc/"$up"/task/*/children); do
        case $(tr '\0' ' ' <"/proc/$child/cmdline") in "$1 "*) echo "$child" ;; esac
    done
}

@test "it is open once all is up, to this machine alone, and says so to people, programs and status" {
    mkdir -p "$folder/files/assets"
    echo '<!doctype html><title>BacPipes</title><style nonce="__NONCE__"></style>' >"$folder/files/index.html"
    begin_site --set web.listen=127.0.0.1:$port --set web.files="$folder/files"
    [ "$(url)" = "http://127.0.0.1:$port/" ]
    [ "$(status_of "$(url)api/v1/health")" = 200 ]
    until_true '[ "$(status_of "$(url)api/v1/ready")" = 200 ]' 90
    curl --silent "$(url)" | grep -q '<title>BacPipes</title>'
    # What of this site listens, does so on the loopback.
    for pid in "$up" $(cat /proc/"$up"/task/*/children); do
        for inode in $(find "/proc/$pid/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null | tr -dc '0-9\n'); do
            awk -v inode="$inode" '$4 == "0A" && $10 == inode { print substr($2, 7, 2) }' /proc/net/tcp
        done
    done | sort -u >"$folder/listens"
    [ "$(cat "$folder/listens")" = 7F ]
    run "$bacpipes" status --data "$data"
    echo "$output"
    [[ $output == *"web"*"answers at http://127.0.0.1:$port/"* ]]
    # One that stands still is broken; one that is killed is there again, where it was.
    web=$(pid_of web)
    kill -STOP "$web"
    run "$bacpipes" status --data "$data"
    [ "$status" -eq 2 ]
    [[ $output == *"http://127.0.0.1:$port/ does not answer"* ]]
    kill -KILL "$web"
    until_true '[ "$(status_of "$(url)api/v1/health")" = 200 ]' 90
    grep -q 'web was ended by signal 9; starting it again' "$folder/out"
    # Where nobody sits at a terminal, no link is given, in no log either.
    ! grep -rqi 'link#' "$folder/out" "$data/log" || false
    end_site
    # People first: what they see is not half of it.
    stopped() { grep -h ' stopping' "$data/log/$1.log" | tail -n 1 | cut -d' ' -f1; }
    [[ $(stopped web) < $(stopped collect) ]]
}

@test "a port that another has is left to it; the one that was found is kept, and one that is named comes first" {
    # In a network of its own: port 8080 is anybody's.
    [ "$(id -u)" = 0 ] || skip "NOT TESTED: only root can make a network"
    export bacpipes folder data
    cat >"$folder/script" <<'END'
set -eu
ip link set lo up
python3 -c 'import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("127.0.0.1", 8080)); s.listen(); print("ready", flush=True); time.sleep(600)' >"$folder/taker" &
taker=$!
trap 'kill $taker 2>/dev/null || true' EXIT
until grep -q ready "$folder/taker"; do sleep 0.1; done
say() { "$bacpipes" up --simulate --no-past --points 60 --data "$data" --for "$@" 2>&1 | grep -E ' open |is taken|from now on'; }
say 25s
kill $taker
say 8s
say 8s --set web.listen=127.0.0.1:8090
END
    run timeout 600 unshare --net bash "$folder/script"
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -o 'open .*' <<<"$output" | tr '\n' ' ')" = "open http://127.0.0.1:8081/ open http://127.0.0.1:8081/ open http://127.0.0.1:8090/ " ]
}

@test "whose port somebody takes meanwhile is told the new one" {
    begin_site --set web.listen=127.0.0.1:$port
    [ "$(url)" = "http://127.0.0.1:$port/" ]
    web=$(pid_of web)
    kill -STOP "$up" # it sees the end when the port is taken
    kill -KILL "$web"
    until_true "! grep -q ':$(printf %04X "$port") 00000000:0000 0A' /proc/net/tcp" 90
    takes "$port"
    kill -CONT "$up"
    until_true "grep -q 'the web is at http://127.0.0.1:.* from now on' $folder/out" 90
    now=$(sed -n 's/.*the web is at \(http[^ ]*\) from now on.*/\1/p' "$folder/out")
    [ "$now" != "http://127.0.0.1:$port/" ]
    until_true "[ \"\$(status_of ${now}api/v1/health)\" = 200 ]" 90
    run "$bacpipes" status --data "$data"
    [[ $output == *"answers at $now"* ]]
}

@test "a terminal is given a link for the first administrator, and nobody else is" {
    command -v script >/dev/null || skip "NOT TESTED: there is no script(1) for a terminal"
    : >"$folder/out"
    script --quiet --flush --command "stty cols 300; exec '$bacpipes' up --simulate --no-past --points 60 --data '$data' --set web.listen=127.0.0.1:$port --for 40s" "$folder/out" </dev/null >/dev/null 2>&1 3>&- &
    terminal=$!
    pids+=("$terminal")
    until_true "grep -q '/link#' $folder/out" 90
    link=$(grep -ao "http://127.0.0.1:$port/link#[A-Za-z0-9_-]*" "$folder/out" | head -n 1)
    secret=${link#*#}
    [ ${#secret} -eq 43 ]
    grep -aq 'works once, within 15 minutes' "$folder/out"
    grep -aq "open  *http://127.0.0.1:$port/" "$folder/out"
    # It is kept as a digest, for the administrator, and its secret is nowhere.
    sql() { PGHOST=$data/run PGPORT=$(cat "$data/postgresql.port") PGUSER=bacpipes PGDATABASE=bacpipes psql -qAtX -c "$1"; }
    [ "$(sql "select count(*) from access.users where name = 'admin'")" = 1 ]
    ! grep -raq "$secret" "$data/log" "$data/bacpipes.conf" || false
    # It does what it says, once; then somebody can log in, and the next terminal is shown none.
    choose() { status_of -H 'Content-Type: application/json' -d "{\"secret\": \"$secret\", \"password\": \"correct horse battery staple\"}" "http://127.0.0.1:$port/api/v1/link"; }
    [ "$(choose)" = 200 ]
    [ "$(choose)" = 401 ]
    wait "$terminal"
    script --quiet --flush --command "exec '$bacpipes' up --simulate --no-past --points 60 --data '$data' --for 10s" "$folder/out" </dev/null >/dev/null 2>&1 3>&-
    grep -aq 'open http' "$folder/out"
    ! grep -aq 'link#' "$folder/out" || false
}

@test "a socket instead of a port, nowhere at all, and settings that are wrong" {
    begin_site --set web.listen="$folder/web.sock" --set web.names=bms.example.org || true
    grep -q "the web is at the socket $folder/web.sock" "$folder/out" || grep -q "the site works on without it" "$folder/out"
    end_site
    run "$bacpipes" up --simulate --no-past --data "$data" --points 60 --for 15s --json --set web.listen=
    echo "$output"
    [ "$(tail -n 1 <<<"$output" | jq -c .web)" = '{"url":null,"ready":false}' ]
    [[ $output != *" open "* ]]
    for wrong in web.listen=8080 web.listen=0.0.0.0:8443 web.certificate=/etc/x.crt 'web.names=two_words -'; do
        run "$bacpipes" up --simulate --data "$folder/none" --set "$wrong"
        echo "$output"
        [ "$status" -eq 78 ]
        [[ $output == *"${wrong%%=*}"* ]]
        [ ! -e "$folder/none" ]
    done
}
