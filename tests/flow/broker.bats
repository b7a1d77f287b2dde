#!/usr/bin/env bats
# The broker that `bacpipes up` runs: who may say and hear what, and to whom passwords are told. BUILD names the build folder (default: build).

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-broker.XXXXXX)
    chmod 755 "$folder"
    data="$folder/a data"
    "$bacpipes" up --simulate --no-past --data "$data" --points 60 >"$folder/out" 2>&1 3>&- &
    up=$!
    children=
    until_true "grep -q ' stored, newest' '$folder/out'" 90
}

teardown() {
    [ -z "$children" ] || kill $children 2>/dev/null || true
    kill -INT "$up" 2>/dev/null && wait "$up" || true
    rm -rf "$folder"
}

until_true() {
    local until=$((SECONDS + $2))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within $2 s: $1"; cat "$folder/out"; return 1; }
        sleep 0.1
    done
}

# client pub|sub ACCOUNT [ARGUMENT...]: over the roles' socket.
client() {
    local what=$1 account=$2
    shift 2
    (cd "$data/run" && exec "mosquitto_$what" --unix mosquitto.sock -u "$account" -P "$(cat "$data/secrets/mqtt_$account")" "$@")
}

mosquitto_pid() {
    local pid
    for pid in $(cat /proc/"$up"/task/*/children); do
        case $(tr '\0' ' ' <"/proc/$pid/cmdline") in "mosquitto "*) echo "$pid" ;; esac
    done
}

@test "each account may say and hear what is its own, and nothing else" {
    topics="readings readings/stored readings/want points/1/analog-input,1/state collect/status ingest/status web/status sync/status up/status commands"
    for account in collect ingest web up reader; do
        client sub "$account" -t '#' -F '%t %p' >"$folder/heard.$account" 3>&- &
        children="$children $!"
        # It listens when it hears what it may hear.
        case $account in
        collect) until_true "client pub ingest -t bacpipes/demo/readings/want -m hello && grep -q hello '$folder/heard.collect'" 90 ;;
        *) until_true "[ -s '$folder/heard.$account' ]" 90 ;;
        esac
    done
    for account in collect ingest web sync up reader; do
        for topic in $topics; do
            client pub "$account" -q 1 -t "bacpipes/demo/$topic" -m "probe of $account"
            client pub "$account" -q 1 -t "bacpipes/elsewhere/$topic" -m "probe of $account"
        done
    done
    # Each hears the last one last: the end of what it hears at all.
    client pub ingest -q 1 -t bacpipes/demo/readings/want -m "probe of the end"
    client pub collect -q 1 -t bacpipes/demo/readings -m "probe of the end"
    client pub ingest -q 1 -t bacpipes/demo/ingest/status -m "probe of the end"
    for account in collect ingest web up; do until_true "grep -q 'probe of the end' '$folder/heard.$account'" 90; done
    until_true "grep -q 'ingest/status probe of the end' '$folder/heard.reader'" 90
    heard() {
        grep 'probe of [a-z]*$' "$folder/heard.$1" | sed 's|bacpipes/demo/||; s|probe of ||' | sort
    }
    diff <(heard reader) <(sort <<<"readings collect
points/1/analog-input,1/state collect
collect/status collect
readings/stored ingest
readings/want ingest
ingest/status ingest
sync/status sync
web/status web")
    diff <(heard collect) <(sort <<<"readings/stored ingest
readings/want ingest")
    diff <(heard ingest) <(echo "readings collect")
    diff <(heard web) <(sort <<<"readings collect
points/1/analog-input,1/state collect
collect/status collect
ingest/status ingest")
    diff <(heard up) <(sort <<<"collect/status collect
ingest/status ingest")
}

@test "no account, a wrong password and the account of earlier versions are refused, at the socket and at the port" {
    port=$(cat "$data/mosquitto.port")
    run mosquitto_sub -h 127.0.0.1 -p "$port" -t '#' -C 1 -W 60
    [[ $output == *"not authori"* ]]
    run mosquitto_sub -h 127.0.0.1 -p "$port" -u reader -P wrong -t '#' -C 1 -W 60
    [[ $output == *"not authori"* ]]
    cd "$data/run"
    run mosquitto_sub --unix mosquitto.sock -u bacpipes -P "" -t '#' -C 1 -W 60
    [[ $output == *"not authori"* ]]
    [ ! -e "$data/secrets/mqtt_bacpipes" ]
    [ "$(stat -c %a .)" = 700 ] # the socket's folder
    mosquitto_sub -h 127.0.0.1 -p "$port" -u reader -P "$(cat "$data/secrets/mqtt_reader")" -t 'bacpipes/demo/collect/status' -C 1 -W 60 >/dev/null
}

@test "whoever takes the broker's port is told no password, and readings go on being stored" {
    port=$(cat "$data/mosquitto.port")
    as=()
    [ "$(id -u)" != 0 ] || as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    "${as[@]}" perl -MIO::Socket::INET -MIO::Select -e '
        my ($port, $listener) = @ARGV;
        print STDERR "tries\n";
        until ($listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $port, Listen => 5, ReuseAddr => 1)) { select undef, undef, undef, 0.001 }
        $| = 1;
        print "sits there\n";
        my $all = IO::Select->new($listener);
        while (1) {
            for my $ready ($all->can_read) {
                if ($ready == $listener) { $all->add($listener->accept); next }
                sysread($ready, my $octets, 4096) or do { $all->remove($ready); close $ready; next };
                print "was told $octets\n";
            }
        }' "$port" >"$folder/stranger" 2>"$folder/tries" 3>&- &
    children=$!
    until_true "grep -q tries '$folder/tries'" 90
    kill -KILL "$(mosquitto_pid)"
    until_true "grep -q 'sits there' '$folder/stranger'" 90
    until_true "grep -q 'port $port of the mosquitto is taken by another program: it is' '$folder/out'" 90
    # Both roles are back: the collector's readings are stored.
    count() { PGHOST="$data/run" PGPORT=$(cat "$data/postgresql.port") psql -qAtX -U bacpipes -d bacpipes -c "select count(*) from sensor_readings"; }
    before=$(count)
    until_true '[ "$(count)" -gt "$before" ]' 90
    until_true 'mosquitto_sub -h 127.0.0.1 -p "$(cat "$data/mosquitto.port")" -u reader -P "$(cat "$data/secrets/mqtt_reader")" -t bacpipes/demo/ingest/status -C 1 -W 20 >/dev/null' 90
    [ "$(cat "$data/mosquitto.port")" != "$port" ]
    cat "$folder/stranger"
    [ "$(cat "$folder/stranger")" = "sits there" ]
}

@test "the reader's account, under whatever client ID it may know, throws nobody off" {
    port=$(cat "$data/mosquitto.port")
    # What it hears, of the broker's own topics too, has nobody's ID.
    as_reader=(mosquitto_sub -h 127.0.0.1 -p "$port" -u reader -P "$(cat "$data/secrets/mqtt_reader")")
    "${as_reader[@]}" -t '#' -t '$SYS/#' -F '%t %p' >"$folder/heard" 3>&- &
    children=$!
    until_true "grep -q ingest/status '$folder/heard' && grep -q collect/status '$folder/heard'" 90
    if grep -E 'SYS|bacpipes-(ingest|collect|up)' "$folder/heard"; then return 1; fi
    for id in bacpipes-ingest-demo bacpipes-collect-demo bacpipes-up ingest collect up; do
        "${as_reader[@]}" -i "$id" -t bacpipes/demo/ingest/status >"$folder/heard.$id" 3>&- & # it comes again by itself when it is thrown off
        children="$children $!"
        until_true "[ -s '$folder/heard.$id' ]" 90
    done
    count() { PGHOST="$data/run" PGPORT=$(cat "$data/postgresql.port") psql -qAtX -U bacpipes -d bacpipes -c "select count(*) from sensor_readings"; }
    for _ in 1 2; do
        before=$(count)
        until_true '[ "$(count)" -gt "$before" ]' 90
    done
    if grep 'the broker at' "$data"/log/{ingest,collect}.log | grep -v 'connected to'; then return 1; fi
}
