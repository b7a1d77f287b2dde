# Sites of a central (central.bash) that have no `bacpipes up`: a data folder, and a database beside central's, in the same PostgreSQL. Load it with: load sites
# shellcheck shell=bash disable=SC2154
#   begin_site NAME                a data folder and a database, as `bacpipes up` would make them
#   join_site NAME                 the same, and it has joined
#   at_site NAME TOOL...           a tool of ours as the site's user; AHEAD=3 has its clock be three days ahead
#   central TOOL...                the same at central
#   db_of NAME SQL                 in the site's database
#   hello NAME                     what central calls it; what is wrong where it does not let it in
# CENTRAL_PORT is what central's PostgreSQL listens at.

until_gone() {
    local until=$((SECONDS + 120))
    while [[ $(ps -o stat= -p "$1") == [!Z]* ]] && [ $SECONDS -lt $until ]; do sleep 0.1; done
}

at_site() {
    local name=$1 clock=()
    shift
    if [ -n "${AHEAD:-}" ]; then
        echo $((AHEAD * 86400)) >"$MEMBERS/ahead"
        clock=(env "CLOCK_SHIM=$MEMBERS/ahead" "ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0" "LD_PRELOAD=${BACPIPES%/apps/bacpipes}/tests/flow/libclock_shim.so")
    fi
    as_members "${clock[@]}" "$BACPIPES" "$@" --data "$MEMBERS/$name" --set "site=$name" --set "database.host=$MEMBERS/central/run" --set "database.port=$CENTRAL_PORT" --set "database.name=db_$name"
}
central() { as_members "$BACPIPES" "$@" --data "$MEMBERS/central"; }
db_of() { psql -qAtX -v ON_ERROR_STOP=1 -h "$MEMBERS/central/run" -p "$CENTRAL_PORT" -U bacpipes "db_$1" -c "$2"; }

data_folder() {
    mkdir -m 700 "$1"
    theirs "$1"
}
theirs() { [ "$(id -u)" != 0 ] || chown -R "$(as_members id -un)": "$@"; }

# The first is copied for the others.
begin_site() {
    data_folder "$MEMBERS/$1"
    if [ ! -f "$MEMBERS/blank" ]; then
        at_central "create database db_blank template template0"
        at_site blank migrate >/dev/null || return
        touch "$MEMBERS/blank"
    fi
    at_central "create database db_$1 template db_blank"
    db_of "$1" "insert into site (site_id, name) values ('$1', '$1')"
}

join_site() {
    begin_site "$1"
    central site add "$1" --output "$MEMBERS/central/$1.join" >/dev/null
    at_site "$1" site join "$MEMBERS/central/$1.join" >/dev/null
}
number_of() { at_central "select number from remote_site where site_id = '$1'"; }
state_of() { at_central "select state from remote_site where site_id = '$1'"; }

# call_with CERTIFICATE KEY USER SQL [AUTHORITY [MORE]]: as that user, by these files.
call_with() {
    as_members env PGCONNECT_TIMEOUT=10 psql -qAtX "host=127.0.0.1 port=$CENTRAL_PORT dbname=bacpipes user=$3 sslmode=verify-full sslrootcert=${5:-$MEMBERS/central/central/ca.crt} sslcert=$1 sslkey=$2 ${6:-}" -c "$4" 2>&1
}
# call_as NAME SQL: as the site does it.
call_as() { call_with "$MEMBERS/$1/link/site.crt" "$MEMBERS/$1/link/site.key" "site_$(number_of "$1")" "$2" "$MEMBERS/$1/link/ca.crt"; }
hello() { call_as "$1" "select sync.hello(1, '{\"site\": \"$1\", \"now\": \"2026-01-01T00:00:00Z\", \"epochs\": []}') ->> 'name'"; }
