# shellcheck shell=bash disable=SC1091,SC2153,SC2154
# Sites that send to a central over TLS, for benches: source bench/sites.bash SITES, which starts the script anew beside a PostgreSQL that so many sites find room in.
#   begin_sites COUNT POINTS        an empty central, with what these sites have told of themselves, and `bacpipes central` at work
#   send COUNT POINTS SECONDS BACKLOG   they send (bench/sessions.c); returns when all are connected
#   watch FILE WHERE                how old what waits is, until nobody sends; p99 FILE FROM
#   pss_mb, cpu_s                   what PostgreSQL and central have of memory, and have had of processors
if [ -z "${PG_CTL:-}" ]; then
    export PG_SYNCHRONOUS_COMMIT=on PG_FULL_PAGE_WRITES=on PG_SETTINGS="shared_buffers = 512MB
max_wal_size = 4GB
max_connections = $(($1 + 100))"
    export PG_PORT=$((20000 + RANDOM % 10000)) # TCP, which others have, too
    exec tests/with-postgres "$0" "${arguments[@]}"
fi
build=${BUILD:-build}
# shellcheck source=tests/flow/certificates.bash
source tests/flow/certificates.bash
export BACPIPES_CONFIG=/dev/null BACPIPES_DATABASE_HOST=$PGHOST BACPIPES_DATABASE_PORT=$PGPORT BACPIPES_SITE=central
data=$(mktemp -d)
central='' sender=''
cleanup() {
    local pid
    for pid in $sender $central; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$data"
}
trap cleanup EXIT
q() { psql -qAtX -v ON_ERROR_STOP=1 "$@"; }

# TLS; one certificate stands for every site
make_authority "$data"
make_certificate "$data" server 127.0.0.1 30 IP:127.0.0.1
make_certificate "$data" site bench 30
cp "$data/"{ca.crt,server.crt,server.key} "$PGDATA"
[ "$(id -u)" != 0 ] || chown postgres "$PGDATA/"{ca.crt,server.crt,server.key}
cat >>"$PGDATA/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
ssl = on
ssl_ca_file = 'ca.crt'
ssl_cert_file = 'server.crt'
ssl_key_file = 'server.key'
ssl_min_protocol_version = 'TLSv1.3'
CONF
for number in $(seq "$1"); do echo "bench bench site_$number"; done >>"$PGDATA/pg_ident.conf"
printf 'local all all trust\nhostssl bacpipes +bacpipes_sites all cert map=bench\n' >"$PGDATA/pg_hba.conf"
$PG_CTL restart -m fast
"$build/apps/bacpipes" migrate >/dev/null

# Nothing is there but what they are
begin_sites() {
    stop_central
    q -d postgres -c "drop database bacpipes with (force)" -c "create database bacpipes"
    "$build/apps/bacpipes" migrate >/dev/null
    q -c "create extension if not exists sslinfo schema sync" -c "select readings_ensure_days(now() - interval '2 days', now() + interval '1 day')" >/dev/null
    "$build/bench/central_feed" state "$1" "$2" 0 0 0 >&2
    q -c "update remote_site set serials = array['$(serial_of "$data/site.crt")']" -c "do \$\$ begin for n in 1..$1 loop
        if to_regrole('site_' || n) is null then execute format('create role %I login connection limit 3 in role bacpipes_sites', 'site_' || n); end if; end loop; end \$\$"
    "$build/apps/bacpipes" central --data "$data" --set central.floor=0 >>"$data/log" 2>&1 &
    central=$!
    until [ "$(q -c "select count(*) from uplink_cursor c join uplink_applied a using (site_id, epoch) where c.received_seq > a.applied_seq")" = 0 ] &&
        [ "$(q -c "select count(*) > 2 from journal_partitions('frames')")" = t ]; do sleep 0.2; done
}
stop_central() {
    [ -z "$central" ] || { kill "$central" && wait "$central"; } || true
    central=
}
send() {
    : >"$data/sent"
    "$build/bench/central_sessions" "$1" "$2" "$3" "$4" 127.0.0.1 "$PGPORT" "$data" >"$data/sent" &
    sender=$!
    until grep -q ready "$data/sent"; do
        kill -0 "$sender" || exit 1
        sleep 0.1
    done
}
# Twice a second; behind the second in which that was
watch() {
    local lag began=$SECONDS
    : >"$1"
    while :; do
        lag=$(q -c "select coalesce(extract(epoch from clock_timestamp() - min(u.received_at)), 0) from uplink_cursor c join uplink_applied a using (site_id, epoch)
            join lateral (select received_at from uplink where uplink.site_id = c.site_id and uplink.epoch = c.epoch and seq = a.applied_seq + 1) as u on true where c.received_seq > a.applied_seq and $2")
        echo "$((SECONDS - began)) $lag" >>"$1"
        [ "$lag" != 0 ] || kill -0 "$sender" 2>/dev/null || break
        sleep 0.5
    done
}
# Of what was from second FROM on
p99() { awk -v from="$2" '$1 >= from { print $2 }' "$1" | sort -n | awk '{ all[NR] = $1 } END { printf "%.2f", all[int((NR - 1) * 0.99) + 1] }'; }
pss_mb() {
    local pid server
    server=$(head -1 "$PGDATA/postmaster.pid")
    for pid in "$central" "$server" $(pgrep -P "$server"); do grep '^Pss:' "/proc/$pid/smaps_rollup" 2>/dev/null || true; done | awk '{ sum += $2 } END { printf "%.0f", sum / 1024 }'
}
# Of processes that are there, and of those that PostgreSQL has waited for.
cpu_s() {
    local pid server
    server=$(head -1 "$PGDATA/postmaster.pid")
    { awk '{ print $14 + $15 + $16 + $17 }' "/proc/$server/stat"
      for pid in "$central" $(pgrep -P "$server"); do awk '{ print $14 + $15 }' "/proc/$pid/stat" 2>/dev/null || true; done; } | awk -v hertz="$(getconf CLK_TCK)" '{ sum += $1 } END { printf "%.2f", sum / hertz }'
}
