#!/usr/bin/env bats
# bacpipes up as root: whoever owns the data folder, or may write on the way there, gains nothing of root's.
# One data folder serves all tests: what a test puts there it takes away. BUILD names the build folder (default: build).

setup_file() {
    [ "$(id -u)" = 0 ] || return 0
    BACPIPES=$(realpath "${BUILD:-build}")/apps/bacpipes
    SERVICE=postgres
    ! getent passwd bacpipes >/dev/null || SERVICE=bacpipes
    FOLDER=$(mktemp -d /tmp/bacpipes-root.XXXXXX)
    export BACPIPES SERVICE FOLDER
    unset BACPIPES_CONFIG BACPIPES_DATA
    chmod 755 "$FOLDER"
    cp "$BACPIPES" "$FOLDER/bacpipes" # where everybody can go
    run_up --data "$FOLDER/data"
    [ "$status" -eq 0 ]
}

teardown_file() {
    [ -z "${FOLDER:-}" ] || rm -rf "$FOLDER"
}

setup() {
    [ "$(id -u)" = 0 ] || skip "NOT TESTED: needs root"
    up=
    data=$FOLDER/data
    mkdir -m 700 "$FOLDER/roots" "$FOLDER/roots/folder"
    echo "data = \"$FOLDER/roots/made\"" >"$FOLDER/roots/secret"
    chmod 600 "$FOLDER/roots/secret"
    before=$(look)
}

teardown() {
    [ -z "$up" ] || { kill -INT "$up" 2>/dev/null; wait "$up"; } || true
    [ -z "${FOLDER:-}" ] || rm -rf "$FOLDER/roots"
}

# Root's own, as it is: names, owners, modes, contents.
look() {
    find "$FOLDER/roots" -printf '%P %u %m %y %s\n' | sort
    cat "$FOLDER/roots/secret"
}

as() {
    local user=$1
    shift
    setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@"
}

# Starts up as root, or as a user with a program that this one can reach, and stops it once all is up; then $status and
# $output are as after `run`.
run_up() {
    run_program "$BACPIPES" up --simulate --no-past --points 30 "$@"
}
run_up_as() {
    local user=$1
    shift
    run_program setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$FOLDER/bacpipes" up --simulate --no-past --points 30 "$@"
}
run_program() {
    : >"$FOLDER/out" # or what the one before said would be taken for this one's
    "$@" >"$FOLDER/out" 2>&1 3>&- &
    up=$!
    status=0
    until grep -q ' readings/s, ' "$FOLDER/out" || ! is_running "$up"; do sleep 0.1; done
    kill -INT "$up" 2>/dev/null || true
    wait "$up" || status=$?
    up=
    output=$(cat "$FOLDER/out")
    echo "$output"
}
is_running() {
    ! grep -qs '^State:.Z' "/proc/$1/status" && [ -e "/proc/$1" ]
}

# trap_up WHERE TARGET: the service user has WHERE lead to TARGET, and up starts.
trap_up() {
    echo "--- $1 -> $2"
    as "$SERVICE" sh -c '[ ! -e "$1" ] || mv "$1" "$1.aside"; ln -s "$2" "$1"' - "$data/$1" "$2"
    run_up --data "$data"
    rm -f "$data/$1"
    [ ! -e "$data/$1.aside" ] || mv "$data/$1.aside" "$data/$1"
    [ "$(look)" = "$before" ]
}

refused() {
    [ "$status" -eq 78 ]
    [[ "$output" != *"everything is stopped"* ]]
    [ "$(look)" = "$before" ]
}

@test "links in the data folder lead root nowhere" {
    for folder in spool mosquitto run log secrets; do
        trap_up $folder "$FOLDER/roots/folder"
        [ "$status" -ne 0 ]
        [[ "$output" == *"$data/$folder"* ]]
    done
    trap_up lock "$FOLDER/roots/secret"
    refused
    [[ "$output" == *"$data/lock is a link"* ]]
    trap_up bacpipes.conf "$FOLDER/roots/secret"
    refused
    [[ "$output" == *"$data/bacpipes.conf: cannot be read (it is a link"* ]]
    trap_up log/collect.log "$FOLDER/roots/secret"
    [ "$status" -eq 78 ]
    [[ "$output" == *"log/collect.log is a link"* ]]
}

@test "drafts that are links are not written through, and hold nobody up" {
    ln -s "$FOLDER/roots/folder/made" "$data/bacpipes.conf.new"
    ln -s "$FOLDER/roots/folder/made" "$data/secrets/mqtt_reader.new"
    rm "$data/secrets/mqtt_reader"
    chown -h "$SERVICE" "$data/bacpipes.conf.new" "$data/secrets/mqtt_reader.new"
    run_up --data "$data"
    [ "$status" -eq 0 ]
    [ "$(look)" = "$before" ]
    [ "$(stat -c %U "$data/secrets/mqtt_reader")" = "$SERVICE" ]
}

@test "the settings file in a data folder names no other folder" {
    mkdir "$FOLDER/roots/checkout"
    ln -s "$data" "$FOLDER/roots/checkout/var"
    before=$(look)
    cp -p "$data/bacpipes.conf" "$FOLDER/aside"
    printf 'data = "%s"\n' "$FOLDER/roots/folder/new/folder" >"$data/bacpipes.conf"
    cd "$FOLDER/roots/checkout"
    run_up
    cp -p "$FOLDER/aside" "$data/bacpipes.conf"
    # var is root's link in a folder of root's, so it is followed.
    [ "$status" -eq 0 ]
    [[ "$output" == *"working in $data as user $SERVICE"* ]]
    [ "$(look)" = "$before" ]
}

@test "neither up nor what it starts keeps any of root's rights" {
    (cd / && exec "$BACPIPES" up --simulate --no-past --points 30 --data "$data" >"$FOLDER/out" 2>&1 3>&-) &
    up=$!
    for _ in $(seq 900); do
        grep -q ' stored, newest' "$FOLDER/out" && break
        kill -0 "$up"
        sleep 0.1
    done
    cat "$FOLDER/out"
    # PostgreSQL, Mosquitto, sim, ingest, collect, web; each is itself once its words are no longer those of `up`.
    started() {
        local pid
        children=$(pgrep -P "$up")
        [ "$(wc -l <<<"$children")" -eq 6 ] || return
        for pid in $children; do ! cmp -s "/proc/$pid/cmdline" "/proc/$up/cmdline" || return; done
    }
    for _ in $(seq 900); do ! started || break; sleep 0.1; done
    started
    uid=$(id -u "$SERVICE") gid=$(id -g "$SERVICE")
    for pid in $up $children; do
        grep -E '^(Name|Uid|Gid|Groups|Cap)' "/proc/$pid/status"
        grep -qP "^Uid:\t$uid\t$uid\t$uid\t$uid$" "/proc/$pid/status"
        grep -qP "^Gid:\t$gid\t$gid\t$gid\t$gid$" "/proc/$pid/status"
        grep -qP '^Groups:\s*$' "/proc/$pid/status"
        [ "$(grep -cP '^Cap(Inh|Prm|Eff|Amb):\t0{16}$' "/proc/$pid/status")" -eq 4 ]
        [ "$pid" = "$up" ] || tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "HOME=$(getent passwd "$SERVICE" | cut -d: -f6)"
        [ "$pid" = "$up" ] || tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "USER=$SERVICE"
    done
    # What is in the folder is all the user's, even what earlier starts had root make.
    [ -z "$(find "$data" ! -user "$SERVICE")" ]
}

@test "a lock that an earlier version had root make is made anew, but not while it is held" {
    rm -f "$data/lock"
    install -m 644 /dev/null "$data/lock"
    printf 4711 >"$data/lock"
    exec 8<"$data/lock"
    flock -x 8
    run_up --data "$data"
    [ "$status" -eq 75 ]
    [[ "$output" == *"lock is held by a process that is no"* && "$output" != *"everything is stopped"* ]]
    exec 8<&-
    run_up --data "$data"
    [ "$status" -eq 0 ]
    [ "$(stat -c %U "$data/lock")" = "$SERVICE" ]
}

@test "a data folder that is somebody's link is not followed" {
    install -d -o "$SERVICE" "$FOLDER/service"
    as "$SERVICE" ln -s "$FOLDER/roots/folder" "$FOLDER/service/data"
    run_up --data "$FOLDER/service/data"
    refused
    [[ "$output" == *"$FOLDER/service/data is a link that $SERVICE can change"* ]]
    # Nor is a link of root's where others can put another one.
    ln -sfn "$data" "$FOLDER/service/data"
    run_up --data "$FOLDER/service/data"
    refused
    # Nor one on the way.
    as "$SERVICE" ln -sfn "$FOLDER/roots" "$FOLDER/service/way"
    run_up --data "$FOLDER/service/way/folder"
    refused
    # What is missing in the user's own folder is made by the user.
    run_up --data "$FOLDER/service/one/two"
    [ "$status" -eq 0 ]
    [ "$(stat -c %U "$FOLDER/service/one" "$FOLDER/service/one/two" | sort -u)" = "$SERVICE" ]
    rm -rf "$FOLDER/service"
}

@test "where others may write on the way, nothing is begun" {
    install -d -m 777 "$FOLDER/open"
    run_up --data "$FOLDER/open/data"
    refused
    [[ "$output" == *"$FOLDER/open may be written to by others"*"chmod go-w $FOLDER/open"* ]]
    [ -z "$(ls -A "$FOLDER/open")" ]
    install -d -o nobody "$FOLDER/nobodys" "$FOLDER/nobodys/data"
    run_up --data "$FOLDER/nobodys/new"
    refused
    [[ "$output" == *"$FOLDER/nobodys belongs to nobody, who could"* ]]
    [ "$(ls -A "$FOLDER/nobodys")" = data ]
    rm -rf "$FOLDER/open" "$FOLDER/nobodys"
}

@test "root's own folder is given to the user when it is empty, and left alone when not" {
    mkdir "$FOLDER/full"
    touch "$FOLDER/full/file"
    run_up --data "$FOLDER/full"
    refused
    [[ "$output" == *"root's and not empty"*"choose another folder with --data"* && "$output" != *chown* ]]
    [ "$(stat -c %U "$FOLDER/full")" = root ]
    [ "$(ls -A "$FOLDER/full")" = file ]
    rm "$FOLDER/full/file"
    mkdir -m 700 "$FOLDER/full/lost+found" # of a new disk
    run_up --data "$FOLDER/full"
    [ "$status" -eq 0 ]
    [ "$(stat -c %U "$FOLDER/full")" = "$SERVICE" ]
    rm -rf "$FOLDER/full"
}

@test "nobody is told to give a folder of the system away, and paths are written as they are" {
    for folder in / /etc; do
        run_up --data "$folder"
        refused
        [[ "$output" == *"$folder is root's and not empty"*"choose another folder"* && "$output" != *chown* ]]
    done
    run as nobody "$FOLDER/bacpipes" up --simulate --no-past --data /nosuch/folder
    echo "$output"
    [ "$status" -eq 69 ] || [ "$status" -eq 78 ]
    [[ "$output" == *"/nosuch cannot be made"* && "$output" != *"//"* ]]
}

@test "root on an ordinary user's folder is refused, and it works for that user as before" {
    install -d -o nobody "$FOLDER/nobody"
    run_up_as nobody --data "$FOLDER/nobody/data"
    [ "$status" -eq 0 ]
    owners=$(find "$FOLDER/nobody" -printf '%P %u %m\n' | sort)
    run_up --data "$FOLDER/nobody/data"
    refused
    [[ "$output" == *"$FOLDER/nobody/data is nobody's: run it as nobody (sudo -u nobody"*"--data"* ]]
    [ "$(find "$FOLDER/nobody" -printf '%P %u %m\n' | sort)" = "$owners" ]
    run_up_as nobody --data "$FOLDER/nobody/data"
    [ "$status" -eq 0 ]
    rm -rf "$FOLDER/nobody"
}

@test "an ordinary user on root's folder is refused, and told to be root" {
    owners=$(find "$data" -printf '%P %u %m\n' | sort)
    run as nobody "$FOLDER/bacpipes" up --data "$data"
    echo "$output"
    refused
    [[ "$output" == *"$data/bacpipes.conf: it is $SERVICE's alone to read"*"root (sudo)"*"--data"* ]]
    run as nobody "$FOLDER/bacpipes" up --data "$data" --config /dev/null
    echo "$output"
    refused
    [[ "$output" == *"$data is $SERVICE's"*"run it as root (sudo ...)"* ]]
    run as nobody "$FOLDER/bacpipes" points --data "$data"
    echo "$output"
    [ "$status" -eq 78 ]
    [[ "$output" == *"$data/bacpipes.conf: it is $SERVICE's alone to read"*"root (sudo)"*"--data"* ]]
    [ "$(find "$data" -printf '%P %u %m\n' | sort)" = "$owners" ]
}

@test "a place that the user cannot reach is refused, and nothing is left there" {
    run_up --data "$FOLDER/roots/folder/data"
    refused
    [[ "$output" == *"cannot come into"*"/var/lib/bacpipes"* ]]
}

@test "a deep folder's sockets are where nobody can be first, and nowhere else once somebody was" {
    deep="$FOLDER/$(printf 'a-long-name-%.0s' 1 2 3 4 5 6 7 8 9)"
    run_up --data "$deep"
    [ "$status" -eq 0 ]
    sockets=$(cat "$deep/run.folder")
    grep -q "^database.host = \"$sockets\"$" "$deep/bacpipes.conf" # so that tools find it
    [ "$(stat -c '%U %a' "$sockets")" = "$SERVICE 700" ]
    # The next start has the same; but not when it is another's, may be written to by others, is a link, or lies elsewhere.
    run_up --data "$deep"
    [ "$(cat "$deep/run.folder")" = "$sockets" ]
    chmod 777 "$sockets"
    run_up --data "$deep"
    second=$(cat "$deep/run.folder")
    [ "$second" != "$sockets" ]
    [[ "$output" == *"$sockets is not what it was"* ]]
    [ "$(stat -c %a "$sockets")" = 777 ]
    rm -rf "$sockets" "$second"
    ln -s "$FOLDER/roots/folder" "$second"
    run_up --data "$deep"
    third=$(cat "$deep/run.folder")
    rm "$second"
    [ "$third" != "$second" ]
    [ "$(look)" = "$before" ]
    rm -rf "$third"
    echo "$FOLDER/roots/folder" >"$deep/run.folder"
    run_up --data "$deep"
    [ "$(look)" = "$before" ]
    rm -rf "$(cat "$deep/run.folder")" "$deep"
}

@test "an ordinary user's own links are followed, as everywhere" {
    install -d -o nobody "$FOLDER/nobody" "$FOLDER/nobody/disk"
    as nobody ln -s disk "$FOLDER/nobody/link"
    run_up_as nobody --data "$FOLDER/nobody/link/../link/data"
    [ "$status" -eq 0 ]
    [ "$(stat -c %U "$FOLDER/nobody/disk/data/postgresql")" = nobody ]
    as nobody ln -s loop "$FOLDER/nobody/loop"
    run as nobody "$FOLDER/bacpipes" up --data "$FOLDER/nobody/loop/data"
    echo "$output"
    refused
    [[ "$output" == *"more than 16 links"* ]]
    rm -rf "$FOLDER/nobody"
}
