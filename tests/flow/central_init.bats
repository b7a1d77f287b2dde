#!/usr/bin/env bats
# bacpipes central init with a PostgreSQL of one's own: what it says is left to do is enough for a site to join, without any `bacpipes up`. BUILD is the build's folder
# (default: build).

load certificates

setup_file() {
    local root=$BATS_TEST_DIRNAME/../..
    HERE=$(mktemp -d /tmp/bacpipes-own.XXXXXX) # PostgreSQL may be another user's
    BACPIPES=$(realpath "${BUILD:-$root/build}/apps/bacpipes")
    export HERE BACPIPES
    cd "$HERE" || exit
    chmod 755 .
    mkdir -m 700 central site
    printf '%s\n' 'local all all trust' >hba
    [ "$(id -u)" != 0 ] || chown postgres central site hba
    PG_PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    export PG_PORT PG_SETTINGS="listen_addresses = '127.0.0.1'
hba_file = '$PWD/hba'
include_if_exists = '$PWD/own.conf'
log_min_messages = fatal"
    "$root/tests/with-postgres" sh -c 'export -p >"$0.new"; mv "$0.new" "$0"; exec tail -f /dev/null' "$PWD/env" 3>&- &
    echo $! >pid
    until [ -f env ]; do
        kill -0 "$(cat pid)"
        sleep 0.05
    done
}

teardown_file() {
    kill "$(cat "$HERE/pid")" 2>/dev/null || true
    until [ ! -d "$(dirname "$(sed -n "s/^export PGDATA='\(.*\)'$/\1/p" "$HERE/env")")" ]; do sleep 0.05; done
    rm -rf "$HERE"
}

setup() {
    cd "$HERE" || exit
    eval "$(grep -E '^export PG(HOST|PORT|USER|DATABASE|DATA|_CTL)=' env)"
    export BACPIPES_DATABASE_HOST=$PGHOST BACPIPES_DATABASE_PORT=$PGPORT BACPIPES_CONFIG=/dev/null
}

# As who owns the data folders, which is PostgreSQL's user here.
own() {
    local as=()
    [ "$(id -u)" != 0 ] || as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    "${as[@]}" "$BACPIPES" "$@" --set "central.listen=127.0.0.1:$PGPORT"
}

@test "an own PostgreSQL becomes a central by the lines that central init says" {
    run own central init --data central
    echo "$output"
    [ "$status" = 69 ]
    [[ $output == *"bacpipes migrate"* ]]
    own migrate --data central >/dev/null
    run own central init --data central --name Lisbon
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *"include '"*"/postgresql.conf'"* && $output == *"hostssl bacpipes +bacpipes_sites all cert clientcert=verify-full"* ]]
    grep -o "include '.*'" <<<"$output" | sed 's/include/include =/' >own.conf
    grep -o 'hostssl .*' <<<"$output" >lines
    [ "$(wc -l <lines)" = 2 ]
    cat lines hba >hba.new
    cat hba.new >hba
    $PG_CTL reload
    local until=$((SECONDS + 90))
    until run own central init --data central && [ "$status" = 0 ]; do [ $SECONDS -lt $until ] || { echo "$output"; return 1; }; sleep 0.2; done
    [[ $output == *"lets sites in"* ]]
    [ "$(psql -qAtXc "select name from site where site_id = 'central'")" = Lisbon ]
    local signer
    # Root may start it, too: what it makes is the folder's owner's, and who signs later can go on with it.
    if [ "$(id -u)" = 0 ]; then
        "$BACPIPES" central --data central --set "central.listen=127.0.0.1:$PGPORT" >central.out 2>&1 3>&- &
        signer=$!
        until grep -q ready central.out; do kill -0 "$signer" || { cat central.out; return 1; }; sleep 0.1; done
        own site add taipa --data central --output central/taipa.join
        kill "$signer"
        wait "$signer" || true
        run find central ! -user postgres
        echo "$output"
        [ -z "$output" ]
    fi
    # A site, whose database is beside it, joins; who signs is asked to.
    own site sign --keep-on --data central 3>&- &
    signer=$!
    own site add macau --data central --output central/macau.join
    createdb other
    own migrate --set database.name=other --data site >/dev/null
    psql -qX -d other -c "insert into site (site_id, name) values ('macau', 'macau')"
    own site join central/macau.join --data site --set site=macau --set database.name=other
    run own site renew --data site --set site=macau
    echo "$output"
    pkill -TERM -P "$signer" || kill "$signer" || true
    wait "$signer" || true
    [ "$status" = 0 ]
    [[ $output == *"another certificate"* ]]
    [ "$(jq -r .central site/link/link.json)" = Lisbon ]
}

@test "a setting that holds from PostgreSQL's next start on is left to do, with what starts it" {
    psql -qX -c "alter system set max_connections = 210"
    $PG_CTL reload
    local until=$((SECONDS + 90))
    until [ "$(psql -qAtXc "select pending_restart from pg_settings where name = 'max_connections'")" = t ]; do [ $SECONDS -lt $until ] || return 1; sleep 0.1; done
    run own central init --data central
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *"PostgreSQL's max_connections was set anew"*"pg_ctl restart -D $PGDATA"* && $output != *"lets sites in"* ]]
    psql -qX -c "alter system reset max_connections"
    $PG_CTL reload
    until run own central init --data central && [ "$status" = 0 ]; do [ $SECONDS -lt $until ] || { echo "$output"; return 1; }; sleep 0.2; done
    # Of Debian's clusters it is said by the name that their service has.
    [ "$(psql -qAtXc "$(sed "s|current_setting('config_file')|'/etc/postgresql/17/blue-1/postgresql.conf'|" "$BATS_TEST_DIRNAME/../../sql/queries/link/select_central_state.sql")" | awk -F'|' '{ print $NF }')" = "systemctl restart postgresql@17-blue-1" ]
}

@test "no more sites are invited than PostgreSQL has connections for" {
    local room
    room=$(psql -qAtXc 'select central_room()')
    psql -qX -v ON_ERROR_STOP=1 -c "insert into site (site_id, name, is_remote) select 'more' || n, 'more', true from generate_series(2, $room) n" \
        -c "insert into remote_site (site_id, number, state) select 'more' || n, n + 100, 'joined' from generate_series(2, $room) n"
    run own site add toomany --data central --output central/toomany.join
    psql -qX -v ON_ERROR_STOP=1 -c "delete from remote_site where number > 100"
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *"there is room for $room sites"* && ! -e central/toomany.join ]]
}

@test "what cannot be signed now is signed by site sign, and who asked is told so" {
    run own site sign --data site
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *"there is no authority"* ]]
    [ "$(psql -qAtXc "select count(*) from site_request where ended_at is null")" = 0 ]
    own site revoke macau --yes --data central >revoked 2>&1 3>&- &
    local revoking=$! until=$((SECONDS + 90))
    until [ "$(psql -qAtXc "select state from remote_site where site_id = 'macau'")" = revoked ]; do [ $SECONDS -lt $until ] || return 1; sleep 0.1; done
    run own site sign --data central
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == *"Nothing waits to be signed"* ]]
    wait "$revoking"
    grep -q "is shut out" revoked
    openssl crl -in central/central/sites.crl -noout -text | grep -qi "$(serial_of site/link/site.crt)"
    $PG_CTL reload
    until run own site renew --data site --set site=macau && [[ $output == *"revoked"* || $output == *"not permitted to log in"* ]]; do [ $SECONDS -lt $until ] || { echo "$output"; return 1; }; sleep 0.2; done
    [ "$status" != 0 ]
}
