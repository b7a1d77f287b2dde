# shellcheck shell=bash
# What the tests of the web share: a small demo with its web server, people in it, and curl in their names. A test file loads it
# and has
#     setup() { begin_site; }
#     teardown() { end_site; }
# Then $at is the address, $data the data folder, $site the site's name, $bacpipes the program.

# begin_site [OPTION of up]...
begin_site() {
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-web.XXXXXX)
    chmod 755 "$folder"
    data=$folder/data site=demo up=''
    local port=$((20000 + (BASHPID * 7 + BATS_TEST_NUMBER * 131) % 20000))
    at=http://127.0.0.1:$port
    "$bacpipes" up --simulate --no-past --points 60 --data "$data" --set web.listen=127.0.0.1:$port "$@" >"$folder/out" 2>&1 3>&- &
    up=$!
    until grep -q ' stored, newest' "$folder/out"; do
        kill -0 "$up" || { cat "$folder/out"; return 1; }
        sleep 0.1
    done
    export BACPIPES_DATA=$data
    # All of its devices are found: readings of the first come before the last is.
    local points=60
    while [ $# -gt 0 ]; do
        [ "$1" != --points ] || points=$2
        shift
    done
    until [ "$(sql 'select count(*) from point' 2>/dev/null)" -ge "$points" ] 2>/dev/null; do
        kill -0 "$up" || { cat "$folder/out"; return 1; }
        sleep 0.1
    done
    until curl --silent --fail --max-time 5 "$at/api/v1/ready" >"$folder/ready"; do
        kill -0 "$up" || { cat "$folder/out"; return 1; }
        sleep 0.1
    done
}

end_site() {
    [ -z "$up" ] || { kill -INT "$up" 2>/dev/null; wait "$up"; } || true
    rm -rf "$folder"
}

# sql STATEMENT: as who owns the database
sql() {
    psql -qAtX -v ON_ERROR_STOP=1 -h "$data/run" -p "$(cat "$data/postgresql.port")" -U bacpipes bacpipes -c "$1"
}

# A password that each of them has, and that is fit for none by its name.
password="correct horse battery staple"

# person NAME ROLE [SITE]: a user with that password
person() {
    install -m 600 /dev/null "$folder/password"
    echo "$password" >"$folder/password"
    "$bacpipes" user add "$1" --role "$2" ${3:+--site "$3"} --password-file "$folder/password" >>"$folder/people"
}

# log_in NAME [ARGUMENT of curl]...: cookies in $folder/NAME.jar, and what changes have to bring in $folder/NAME.csrf
log_in() {
    local name=$1
    shift
    curl --silent --max-time 60 -c "$folder/$name.jar" -H 'Content-Type: application/json' "$@" \
        -d "$(jq -n --arg name "$name" --arg password "$password" '{$name, $password}')" "$at/api/v1/session" >"$folder/$name.session"
    jq -er .csrf "$folder/$name.session" >"$folder/$name.csrf" || { cat "$folder/$name.session"; return 1; }
}

# as NAME METHOD PATH [BODY] [ARGUMENT of curl]...: prints the body, and the status in the last line. NAME "nobody" has no
# session; "token:TOKEN" brings that. PATH is below /api/v1 unless it begins with /api. BODY is JSON, or "".
as() {
    local name=$1 method=$2 path=$3 body=${4:-}
    shift $(($# > 3 ? 4 : 3))
    local say=(--silent --max-time 60 -X "$method")
    case $name in
    nobody) ;;
    token:*) say+=(-H "Authorization: Bearer ${name#token:}") ;;
    *) say+=(-b "$folder/$name.jar" -H "X-CSRF-Token: $(cat "$folder/$name.csrf")") ;;
    esac
    [ -z "$body" ] || say+=(-H 'Content-Type: application/json' -d "$body")
    [ "$method" != HEAD ] || say+=(--head)
    [[ $path == /api/* ]] || path=/api/v1$path
    curl "${say[@]}" --write-out '\n%{http_code}\n' "$@" "$at$path"
}

# expect STATUS [TYPE of problem]: of $output, as `run as ...` leaves it
expect() {
    [ "$(tail -1 <<<"$output")" = "$1" ] || { echo "$output"; return 1; }
    [ -z "${2:-}" ] || [ "$(head -1 <<<"$output" | jq -r .type)" = "/api/docs#$2" ] || { echo "$output"; return 1; }
}

# told FILTER: of the JSON in $output
told() {
    head -n -1 <<<"$output" | jq -r "$1"
}
