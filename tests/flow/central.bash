# A central and sites that have joined it: real `bacpipes up --central` and `up --simulate`. Load it with: load central
# shellcheck shell=bash disable=SC2154
#   begin_central [OPTION of up]...            data in $MEMBERS/central
#   begin_member NAME [OPTION of up]...        data in $MEMBERS/NAME; it has joined when this returns. Begun again, it goes on
#   end_member NAME [SIGNAL], end_central [SIGNAL], end_all (in teardown: shows the logs of a test that failed)
#   at_central SQL, at_member NAME SQL         as who owns the database
#   until_central SQL, until_member NAME SQL   waits until "select SQL" is true, two minutes at most, or $PATIENCE seconds
#   part_of NAME ROLE                          the process: `part_of macau sync`, `part_of central web`
# With rooms of wire.bash: ROOM=x before begin_central or begin_member has it run there, and CENTRAL_ADDRESS, set before both,
# is where the members find it. MEMBER_WITH: what `up` is run by (env VARIABLE=...). POINTS: of a member (default 60). Polls every 2 s, has no past.

declare -gA members=() member_rooms=()
declare -ga MEMBER_WITH=()
CENTRAL_PORT=${CENTRAL_PORT:-54320}

# In setup, or by itself where it is not there.
members_folder() {
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    BACPIPES=$(realpath "${BUILD:-$root/build}/apps/bacpipes")
    unset BACPIPES_CONFIG BACPIPES_DATA BACPIPES_SITE
    [ -n "${MEMBERS:-}" ] || MEMBERS=$(mktemp -d /tmp/bacpipes-members.XXXXXX)
    chmod 755 "$MEMBERS"
}

# As whom all runs: the data folders are theirs.
as_members() {
    if [ "$(id -u)" = 0 ]; then
        local user=postgres
        ! getent passwd bacpipes >/dev/null || user=bacpipes
        setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@"
    else
        "$@"
    fi
}

# sql_in NAME SQL
sql_in() {
    psql -qAtX -v ON_ERROR_STOP=1 -h "$(cat "$MEMBERS/$1/run.folder" 2>/dev/null || echo "$MEMBERS/$1/run")" -p "$(cat "$MEMBERS/$1/postgresql.port")" -U bacpipes bacpipes -c "$2"
}
at_central() { sql_in central "$1"; }
at_member() { sql_in "$1" "$2"; }

# until_in NAME SQL
until_in() {
    local until=$((SECONDS + ${PATIENCE:-120}))
    until [ "$(sql_in "$1" "select $2" 2>/dev/null)" = t ]; do
        [ $SECONDS -lt $until ] || { echo "not within ${PATIENCE:-120} s at $1: $2"; sql_in "$1" "select $2" || true; return 1; }
        sleep 0.1
    done
}
until_central() { until_in central "$1"; }
until_member() { until_in "$1" "$2"; }

# run_up NAME OPTION...: in the background, until everything of it was started.
run_up() {
    local name=$1 room=() until=$((SECONDS + 120))
    shift
    [ -z "${member_rooms[$name]:-}" ] || room=(nsenter "--net=$(room_net "${member_rooms[$name]}")")
    rm -f "$MEMBERS/$name/ready"
    "${room[@]}" "${MEMBER_WITH[@]}" "$BACPIPES" up --data "$MEMBERS/$name" "$@" >>"$MEMBERS/$name.out" 2>&1 3>&- &
    members[$name]=$!
    until [ -f "$MEMBERS/$name/ready" ]; do
        kill -0 "${members[$name]}" 2>/dev/null && [ $SECONDS -lt $until ] || { echo "$name does not get ready"; tail -20 "$MEMBERS/$name.out"; return 1; }
        sleep 0.05
    done
}

begin_central() {
    [ -d "${MEMBERS:-}" ] && [ -n "${BACPIPES:-}" ] || members_folder
    [ -z "${ROOM:-}" ] || member_rooms[central]=$ROOM
    has_command site || certify_by_hand
    run_up central --central --set "central.listen=${CENTRAL_ADDRESS:-127.0.0.1}:$CENTRAL_PORT" --set central.sites=20 --set database.memory=32MB "$@"
}

begin_member() {
    local name=$1 join=()
    shift
    [ -z "${ROOM:-}" ] || member_rooms[$name]=$ROOM
    if [ ! -e "$MEMBERS/$name/link" ] && has_command site; then
        as_members "$BACPIPES" site add "$name" --data "$MEMBERS/central" --output "$MEMBERS/central/$name.join" >>"$MEMBERS/$name.out" 2>&1 || { cat "$MEMBERS/$name.out"; return 1; }
        join=(--join "$MEMBERS/central/$name.join")
    fi
    # Members have the loopback in common where they have no rooms: each its own ports.
    run_up "$name" --simulate --no-past --site "$name" --points "${POINTS:-60}" --set database.memory=32MB --set poll.interval=2s --set "web.listen=127.0.0.1:$((8081 + ${#members[@]}))" "${join[@]}" "$@" || return
    has_command site || [ -e "$MEMBERS/$name/link" ] || join_by_hand "$name"
    until_member "$name" "count(*) > 0 from central_link" && until_central "exists (select from remote_site where site_id = '$name' and state = 'joined')"
}

# part_of NAME ROLE
part_of() {
    local pid
    for pid in $(pgrep -P "${members[$1]}"); do
        [ "$(tr '\0' '\n' <"/proc/$pid/cmdline" | head -1 | sed 's|.*/||')" = "$2" ] && echo "$pid" && return
    done
    return 1
}

end_member() {
    [ -n "${members[$1]:-}" ] || return 0
    kill -"${2:-INT}" "${members[$1]}" 2>/dev/null || true
    wait "${members[$1]}" 2>/dev/null || true
    unset "members[$1]"
}
end_central() { end_member central "$@"; }

end_all() {
    local name
    for name in "${!members[@]}"; do [ "$name" = central ] || kill -INT "${members[$name]}" 2>/dev/null || true; done
    for name in "${!members[@]}"; do [ "$name" = central ] || end_member "$name"; done
    end_central
    [ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$MEMBERS"/*.out "$MEMBERS"/*/log/{sync,central,ingest,join,postgresql}.log 2>/dev/null || true
    for name in "$MEMBERS"/*/run.folder; do [ ! -e "$name" ] || rm -rf "$(cat "$name")"; done
    rm -rf "$MEMBERS"
    unset MEMBERS
}

# ---- by hand, where this program has no command for it ----

has_command() { "$BACPIPES" "$1" --help >/dev/null 2>&1; }

certify_by_hand() {
    load certificates
    local folder=$MEMBERS/central/central
    [ ! -d "$folder" ] || return 0
    mkdir -p "$folder" "$MEMBERS/authority"
    make_authority "$MEMBERS/authority"
    make_certificate "$MEMBERS/authority" server "${CENTRAL_ADDRESS:-127.0.0.1}" 700 "IP:${CENTRAL_ADDRESS:-127.0.0.1}"
    cp "$MEMBERS/authority/"{ca.crt,server.crt,server.key} "$folder"
    cat >"$folder/postgresql.conf" <<CONF
ssl = on
ssl_ca_file = '$folder/ca.crt'
ssl_cert_file = '$folder/server.crt'
ssl_key_file = '$folder/server.key'
ssl_min_protocol_version = 'TLSv1.3'
CONF
    echo "hostssl bacpipes +bacpipes_sites all cert" >"$folder/pg_hba.conf"
    [ "$(id -u)" != 0 ] || chown -R "$(as_members id -un)": "$MEMBERS/central"
}

join_by_hand() {
    local number
    number=$(at_central "select coalesce(max(number), 0) + 1 from remote_site")
    make_link "$MEMBERS/link.$1" "$1" "$number" "${CENTRAL_ADDRESS:-127.0.0.1}" "$CENTRAL_PORT" "$MEMBERS/authority"
    at_central "insert into site (site_id, name, is_remote) values ('$1', '$1', true)"
    at_central "insert into remote_site (site_id, number, state, serials, joined_at) values ('$1', $number, 'joined', array['$(serial_of "$MEMBERS/link.$1/link/site.crt")'], now())"
    at_central "create role site_$number login connection limit 3 in role bacpipes_sites"
    at_member "$1" "insert into central_link (site_id, number, host, port) values ('$1', $number, '${CENTRAL_ADDRESS:-127.0.0.1}', $CENTRAL_PORT)"
    [ "$(id -u)" != 0 ] || chown -R "$(as_members id -un)": "$MEMBERS/link.$1/link"
    mv "$MEMBERS/link.$1/link" "$MEMBERS/$1/link"
}
