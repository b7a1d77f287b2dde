# A site's database and central's, of PostgreSQL alone and with a link between them: for tests of `bacpipes sync` by itself. Load it with: load link
# shellcheck shell=bash disable=SC2154
#   make_link_templates            in setup_file: both databases, joined as site s1, number 1; in $BATS_FILE_TMPDIR
#   begin_link                     in setup: fresh ones in $here, running. ROOM_SITE, ROOM_CENTRAL and CENTRAL_ADDRESS: see wire.bash
#   end_link                       in teardown
#   start_database NAME, stop_database NAME [MODE]     site or central; MODE is pg_ctl's, or kill (all of it, at once)
#   at_site SQL, at_central SQL, until_site SQL, until_central SQL (two minutes at most, or $PATIENCE seconds)
#   begin_sync [OPTION]...         in the background: $sync; end_sync SIGNAL
#   append N                       N frames and a record into the site's journal, one after the other
#   expect_equal                   waits until central has all that the site has, once and with equal digests

link_bin=$(for found in /usr/lib/postgresql/*/bin; do echo "$found"; done | sort -V | tail -1)
CENTRAL_ADDRESS=${CENTRAL_ADDRESS:-127.0.0.1}
CENTRAL_PORT=${CENTRAL_PORT:-54329}

as_postgres() {
    if [ "$(id -u)" = 0 ]; then (cd / && setpriv --reuid=postgres --regid=postgres --init-groups "$@"); else "$@"; fi
}

# In a room where there are any.
in_place() {
    local room=$1
    shift
    if [ -n "$room" ]; then in_room "$room" "$@"; else "$@"; fi
}

start_database() {
    local room=$ROOM_SITE
    [ "$1" = site ] || room=$ROOM_CENTRAL
    touch "$here/$1.log"
    [ "$(id -u)" != 0 ] || chown postgres "$here/$1.log"
    local as=()
    [ "$(id -u)" != 0 ] || as=(setpriv --reuid=postgres --regid=postgres --init-groups)
    in_place "$room" "${as[@]}" \
        "$link_bin/pg_ctl" -D "$here/$1" -l "$here/$1.log" -w -t 60 start >/dev/null 3>&- || { tail -20 "$here/$1.log"; return 1; }
}

stop_database() {
    local pid
    if [ "${2:-}" = kill ]; then # postmaster and all of its, as the kernel does when memory is short
        pid=$(head -1 "$here/$1/postmaster.pid")
        kill -9 "$pid" $(pgrep -P "$pid") 2>/dev/null || true
        while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
        rm -f "$here/$1/postmaster.pid"
    else
        (cd / && as_postgres "$link_bin/pg_ctl" -D "$here/$1" -w -t 60 stop -m "${2:-fast}" >/dev/null 2>&1) || true
    fi
}

sql_at() { psql -qAtX -v ON_ERROR_STOP=1 -h "$here/$1.run" -p "$CENTRAL_PORT" -U bacpipes bacpipes -c "$2"; }
at_site() { sql_at site "$1"; }
at_central() { sql_at central "$1"; }

until_at() {
    local until=$((SECONDS + ${PATIENCE:-120}))
    until [ "$(sql_at "$1" "select $2" 2>/dev/null)" = t ]; do
        [ $SECONDS -lt $until ] || { echo "not within ${PATIENCE:-120} s at $1: $2"; tail -20 "$here/sync.log"; return 1; }
        sleep 0.1
    done
}
until_site() { until_at site "$1"; }
until_central() { until_at central "$1"; }

make_link_templates() {
    local name
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    load certificates
    here=$BATS_FILE_TMPDIR
    chmod 755 "$here" "$BATS_RUN_TMPDIR" "$(dirname "$here")"
    local bacpipes=${BUILD:-$BATS_TEST_DIRNAME/../../build}/apps/bacpipes
    mkdir -p "$here/ca" "$here/data"
    make_authority "$here/ca"
    make_certificate "$here/ca" server "$CENTRAL_ADDRESS" 700 "IP:$CENTRAL_ADDRESS"
    make_link "$here/data" s1 1 "$CENTRAL_ADDRESS" "$CENTRAL_PORT" "$here/ca"
    for name in site central; do
        mkdir "$here/$name" "$here/$name.run"
        [ "$(id -u)" != 0 ] || chown postgres "$here/$name" "$here/$name.run"
        as_postgres "$link_bin/initdb" --no-sync --auth=trust --encoding=UTF8 --locale=C.UTF-8 --username=bacpipes "$here/$name" >/dev/null
        cp "$here/ca/"{ca.crt,server.crt,server.key} "$here/$name"
        [ "$(id -u)" != 0 ] || chown postgres "$here/$name/"{ca.crt,server.crt,server.key}
        cat >>"$here/$name/postgresql.conf" <<CONF
fsync = off
full_page_writes = on
max_wal_size = 512MB
shared_buffers = 16MB
port = $CENTRAL_PORT
unix_socket_permissions = 0777
ssl_min_protocol_version = 'TLSv1.3'
ssl_ca_file = 'ca.crt'
ssl_cert_file = 'server.crt'
ssl_key_file = 'server.key'
CONF
        printf 'local all all trust\nhostssl bacpipes +bacpipes_sites all cert\n' >"$here/$name/pg_hba.conf"
        echo "listen_addresses = '' " >>"$here/$name/postgresql.conf"
        echo "unix_socket_directories = '$here/$name.run'" >>"$here/$name/postgresql.conf"
        ROOM_SITE='' ROOM_CENTRAL='' start_database $name
        psql -qX -h "$here/$name.run" -p "$CENTRAL_PORT" -U bacpipes postgres -c 'create database bacpipes'
        BACPIPES_DATABASE_HOST=$here/$name.run BACPIPES_DATABASE_PORT=$CENTRAL_PORT BACPIPES_CONFIG=/dev/null "$bacpipes" migrate >/dev/null
    done
    at_site "insert into site (site_id, name) values ('s1', 'One'); insert into central_link (site_id, number, host, port) values ('s1', 1, '$CENTRAL_ADDRESS', $CENTRAL_PORT)"
    at_central "insert into site (site_id, name, is_remote) values ('s1', 'One', true); insert into remote_site (site_id, number, state, serials, joined_at) values ('s1', 1, 'joined', array['$(serial_of "$here/data/link/site.crt")'], now());
                create role site_1 login connection limit 3 in role bacpipes_sites"
    at_central "create extension if not exists sslinfo schema sync"
    stop_database site
    stop_database central
}

begin_link() {
    local name
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    bacpipes=${BUILD:-$BATS_TEST_DIRNAME/../../build}/apps/bacpipes
    here=$BATS_TEST_TMPDIR
    chmod 755 "$here" "$BATS_RUN_TMPDIR" "$(dirname "$here")"
    cp -a "$BATS_FILE_TMPDIR/"{site,central,data} "$here"
    for name in site central; do
        mkdir "$here/$name.run"
        [ "$(id -u)" != 0 ] || chown postgres "$here/$name.run"
        echo "unix_socket_directories = '$here/$name.run'" >>"$here/$name/postgresql.conf"
        [ $name = site ] || printf "ssl = on\nlisten_addresses = '%s'\n" "$CENTRAL_ADDRESS" >>"$here/$name/postgresql.conf"
        start_database $name
    done
    sync=
}

begin_sync() {
    local place=(env)
    [ -z "$ROOM_SITE" ] || place=(nsenter --net="/proc/${rooms[$ROOM_SITE]}/ns/net")
    BACPIPES_DATABASE_HOST=$here/site.run BACPIPES_DATABASE_PORT=$CENTRAL_PORT BACPIPES_CONFIG=/dev/null \
        "${place[@]}" "$bacpipes" sync --data "$here/data" --set site=s1 "$@" >>"$here/sync.log" 2>&1 3>&- & # no function: $! is the program
    sync=$!
}

end_sync() {
    [ -n "$sync" ] || return 0
    kill -"$1" "$sync" 2>/dev/null || true
    wait "$sync" 2>/dev/null || true
    sync=
}

end_link() {
    end_sync TERM
    [ -n "${BATS_TEST_COMPLETED:-}" ] || { tail -30 "$here/sync.log"; tail -15 "$here/central.log"; tail -5 "$here/site.log"; }
    stop_database site immediate
    stop_database central immediate
    ! grep -H 'Sanitizer\|Assertion\|runtime error' "$here/sync.log"
}

# Each in a transaction of its own.
append() {
    at_site "do \$\$ begin for n in 1..$1 loop perform journal_append('s1', 'readings', convert_to('frame ' || clock_timestamp() || repeat(' x', 50), 'UTF8')); commit; end loop;
                           perform journal_append('s1', 'audit', '{\"v\": 1, \"event\": \"test\"}'::jsonb); commit; end \$\$"
}

digests() { echo "select count(*) || ' ' || coalesce(md5(string_agg(epoch || ' ' || seq || ' ' || kind || ' ' || encode(digest, 'hex'), ',' order by epoch, seq)), '') from uplink where site_id = 's1' and ${1:-true}"; }

expect_equal() {
    local until=$((SECONDS + ${PATIENCE:-120}))
    until [ "$(at_site "$(digests "${1:-}")" 2>/dev/null)" = "$(at_central "$(digests "${1:-}")" 2>/dev/null)" ] && [ "$(at_site "select count(*) from uplink")" -gt 0 ]; do
        [ $SECONDS -lt $until ] || { echo "they are not equal: $(at_site "$(digests "${1:-}")") at the site, $(at_central "$(digests "${1:-}")") at central"; return 1; }
        sleep 0.2
    done
    [ "$(at_central "select count(*) from (select epoch, seq from uplink where site_id = 's1' group by 1, 2 having count(*) > 1) twice")" = 0 ] || { echo "entries are there twice"; return 1; }
}
