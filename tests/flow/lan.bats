#!/usr/bin/env bats
# The broker of `bacpipes up` for other machines: by TLS, with accounts that read what they were given and nothing else. BUILD names the build folder (default: build).

load ready

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-lan.XXXXXX)
    chmod 755 "$folder"
    data="$folder/a data"
    address=127.9.0.1
    port=$((20000 + RANDOM % 20000))
    up=
    children=
    mkdir "$folder/tls"
    (cd "$folder/tls" && authority ca && certificate broker ca 30)
}

teardown() {
    [ -z "$children" ] || kill $children 2>/dev/null || true
    stop
    rm -rf "$folder"
}

stop() {
    [ -z "$up" ] || { kill -INT "$up" 2>/dev/null && wait "$up" || true; }
    up=
}

until_true() {
    local until=$((SECONDS + $2))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within $2 s: $1"; cat "$folder/out"; return 1; }
        sleep 0.1
    done
}

# authority NAME: NAME.crt and NAME.key
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$1" -keyout "$1.key" -out "$1.crt" 2>/dev/null
}

# certificate NAME AUTHORITY DAYS: NAME.crt and NAME.key; with fewer days than none it is over.
certificate() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2>/dev/null
    openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days "$3" -extfile <(echo "subjectAltName=IP:$address") -out "$1.new" 2>/dev/null
    chmod 644 "$1.key" "$1.new" # root's `up` is another user by the time it reads them
    mv "$1.new" "$1.crt"
}

# start [OPTION...]: a site whose readings are being stored.
start() {
    "$bacpipes" up --simulate --no-past --data "$data" --points 60 --set broker.address=$address --set broker.port=$port "$@" >"$folder/out" 2>&1 3>&- &
    up=$!
    until_true "grep -q ' stored, newest' '$folder/out'" 90
}

with_tls=(--set broker.certificate=tls/broker.crt --set broker.key=tls/broker.key)

account() {
    "$bacpipes" account "$@" --data "$data"
}

add() { # NAME [OPTION...]: prints the password
    account add "$@" --json | jq -r .password
}

as() { # pub|sub NAME PASSWORD [ARGUMENT...]
    local what=$1 name=$2 password=$3
    shift 3
    "mosquitto_$what" -h $address -p "$port" --cafile "$folder/tls/ca.crt" -u "$name" -P "$password" "$@"
}

reads() { # NAME PASSWORD: the site's status within 5 s
    as sub "$1" "$2" -t 'bacpipes/demo/collect/status' -C 1 -W 5 >/dev/null
}

@test "an account reads by TLS what it was given, writes nothing, and nobody else comes in" {
    cd "$folder"
    start "${with_tls[@]}"
    grep -q "Mosquitto listens for other machines at $address, port $port, with TLS, certificate until .*; 0 accounts yet: .bacpipes account add NAME" "$folder/out"
    run account list
    [ "$status" -eq 0 ]
    [[ $output == *"There is no account yet: "*"The broker listens for them at $address, port $port, with TLS."* ]]

    run account add nodered
    [ "$status" -eq 0 ]
    [[ $output == *"may read   bacpipes/demo/points/#"*"bacpipes/demo/+/status"* ]]
    password=$(sed -n 's/^password  \([a-z0-9]*\) .*/\1/p' <<<"$output")
    [ ${#password} -eq 24 ]
    if grep -rq "$password" "$data"; then return 1; fi # its hash alone is kept
    run account add nodered
    [ "$status" -eq 69 ]
    [[ $output == *"there is an account nodered already"* ]]
    all=$(add all --topic 'bacpipes/#')
    until_true "reads nodered '$password' && reads all '$all'" 90

    # What it may read, and what it may not.
    mosquitto_sub -h $address -p "$port" --cafile "$folder/tls/ca.crt" -u nodered -P "$password" -t '#' -t '$SYS/#' -F '%t %p' >"$folder/heard" 2>"$folder/listener" 3>&- & # itself, no shell around it
    listener=$!
    children="$children $listener"
    until_true "grep -q ^bacpipes/demo/points/ '$folder/heard' && grep -q ^bacpipes/demo/ingest/status '$folder/heard'" 90
    for topic in bacpipes/demo/points/1/analog-input,1/state bacpipes/demo/collect/status bacpipes/demo/readings bacpipes/demo/readings/want nodered; do
        as pub all "$all" -q 1 -t "$topic" -m forged
        as pub nodered "$password" -q 1 -t "$topic" -m forged
    done
    as sub all "$all" -t bacpipes/demo/readings -C 2 -W 60 >"$folder/readings" # batches pass by meanwhile
    if grep -hE 'forged' "$folder/heard" "$folder/readings"; then return 1; fi
    if grep -vE '^bacpipes/demo/(points/[^ ]*|(collect|ingest|web)/status) ' "$folder/heard"; then return 1; fi

    # Wrong passwords, no account, the accounts of roles, and who does not speak TLS.
    run as sub nodered wrong -t '#' -C 1 -W 5
    [[ $output == *"not authori"* ]]
    for name in collect ingest up reader; do
        run as sub $name "$(cat "$data/secrets/mqtt_$name")" -t '#' -C 1 -W 5
        [[ $output == *"not authori"* ]]
    done
    run mosquitto_sub -h $address -p "$port" --cafile "$folder/tls/ca.crt" -t '#' -C 1 -W 5
    [[ $output == *"not authori"* ]]
    run mosquitto_sub -h $address -p "$port" -u nodered -P "$password" -t '#' -C 1 -W 5
    [ "$status" -ne 0 ]
    [ -z "$(grep bacpipes <<<"$output")" ]
    # Nor is it an account of this machine's port.
    run mosquitto_sub -h 127.0.0.1 -p "$(cat "$data/mosquitto.port")" -u nodered -P "$password" -t '#' -C 1 -W 5
    [[ $output == *"not authori"* ]]

    # Removed, it hears no more, even if it is connected.
    account remove nodered
    run account remove nodered
    [ "$status" -eq 1 ]
    [[ $output == *"there is no account nodered"* ]]
    until_true "! kill -0 $listener 2>/dev/null" 90 # it has come again, and was refused
    grep -q "not authori" "$folder/listener"
    until_true "as sub nodered '$password' -t '#' -C 1 -W 5 2>&1 | grep 'not authori' >/dev/null" 90
    heard=$(wc -l <"$folder/heard")
    as sub all "$all" -t 'bacpipes/demo/+/status' -R -C 2 -W 60 >/dev/null
    [ "$(wc -l <"$folder/heard")" = "$heard" ]
    if grep 'the broker at' "$data"/log/{ingest,collect}.log | grep -v 'connected to'; then return 1; fi # roles have not noticed
    account list --json | jq -e '.listens and .tls and (.accounts | map(.name)) == ["all"] and .accounts[0].topics == ["bacpipes/#"]'
    # Another start knows all of that again.
    stop
    "$bacpipes" up --simulate --no-past --data "$data" --points 60 >"$folder/out" 2>&1 3>&- &
    up=$!
    until_true "reads all '$all'" 90
}

@test "a certificate that is missing, over or another's costs that listener alone, and is taken in when it is mended" {
    cd "$folder"
    (cd tls && certificate broker ca -1 && certificate other ca 30)
    start "${with_tls[@]}"
    grep -q "tls/broker.crt ended at .*: have it renewed: Mosquitto does not listen for other machines until that is mended" "$folder/out"
    password=$(add nodered)
    run reads nodered "$password"
    [ "$status" -ne 0 ]
    mv tls/broker.crt tls/away
    until_true "grep -q 'tls/broker.crt cannot be read (No such file or directory)' '$folder/out'" 90
    cp tls/other.crt tls/broker.crt
    until_true "grep -q 'tls/broker.key is not the key of .*tls/broker.crt' '$folder/out'" 90
    echo nonsense >tls/broker.crt
    until_true "grep -q 'tls/broker.crt has no certificate in it' '$folder/out'" 90
    (cd tls && certificate broker ca 7)
    until_true "reads nodered '$password'" 90
    until_true "grep -q 'tls/broker.crt ends at .*: have it renewed; the new one is taken in by itself' '$folder/out'" 90
    # Renewed by another authority while it runs: what is connected stays, who comes sees the new one.
    (cd tls && authority ca2 && certificate broker ca2 30 && mv ca2.crt ca.crt)
    until_true "reads nodered '$password'" 90
    if grep 'mosquitto ended' "$folder/out"; then return 1; fi
    count() { PGHOST="$data/run" PGPORT=$(cat "$data/postgresql.port") psql -qAtX -U bacpipes -d bacpipes -c "select count(*) from sensor_readings"; }
    before=$(count)
    until_true '[ "$(count)" -gt "$before" ]' 90
}

@test "who must show a certificate of theirs is refused without one" {
    cd "$folder"
    (cd tls && authority clients && certificate client clients 30)
    start "${with_tls[@]}" --set broker.client_ca_file=tls/clients.crt
    password=$(add nodered)
    until_true "as sub nodered '$password' --cert '$folder/tls/client.crt' --key '$folder/tls/client.key' -t bacpipes/demo/collect/status -C 1 -W 5 >/dev/null" 90
    run reads nodered "$password"
    [ "$status" -ne 0 ]
}

@test "without TLS is what one has to ask for, and a port that is taken is told" {
    cd "$folder"
    run "$bacpipes" up --simulate --no-past --data "$data" --set broker.address=$address
    [ "$status" -eq 78 ]
    [[ $output == *"broker.address is set without broker.certificate and broker.key: set them, or broker.tls = false where everybody on that network may read passwords and readings"* ]]
    [ ! -e "$data" ]
    run "$bacpipes" up --simulate --no-past --data "$data" --set broker.certificate=tls/broker.crt
    [ "$status" -eq 78 ]
    [[ $output == *"broker.certificate is set without broker.key"* ]]
    begin_server "$folder/holder" perl -MIO::Socket::INET -e '$| = 1; $s = IO::Socket::INET->new(LocalAddr => $ARGV[0], LocalPort => $ARGV[1], Listen => 5) or die; print "ready\n"; sleep 600' $address "$port"
    children=$!
    start --set broker.tls=false
    grep -q "$address, port $port: another program has that port: Mosquitto does not listen for other machines until that is mended" "$folder/out"
    password=$(add nodered)
    kill $children
    until_true "mosquitto_sub -h $address -p $port -u nodered -P '$password' -t bacpipes/demo/collect/status -C 1 -W 5 >/dev/null" 90
    until_true "grep -q 'without TLS: everybody there may read passwords' '$folder/out'" 90
    run mosquitto_sub -h $address -p "$port" -t '#' -C 1 -W 5
    [[ $output == *"not authori"* ]]
}

@test "what Mosquitto itself will not have costs that listener alone, too" {
    cd "$folder"
    cp tls/broker.crt tls/good.crt
    cp tls/broker.key tls/good.key
    openssl req -x509 -newkey rsa:1024 -nodes -days 30 -subj /CN=broker -keyout tls/broker.key -out tls/broker.crt 2>/dev/null
    chmod 644 tls/broker.key tls/broker.crt
    start "${with_tls[@]}"
    grep -q "no server can use .*broker.crt (ee key too small): have it made anew: Mosquitto does not listen for other machines until that is mended" "$folder/out"
    stop
    # The second of a chain is damaged.
    { cat tls/good.crt; echo "-----BEGIN CERTIFICATE-----"; echo "MII!!"; echo "-----END CERTIFICATE-----"; } >tls/broker.crt
    cp tls/good.key tls/broker.key
    start "${with_tls[@]}"
    grep -q "no server can use .*broker.crt (bad base64 decode)" "$folder/out"
    stop
    cp tls/good.crt tls/broker.crt
    start "${with_tls[@]}" --set broker.address=127.0.0.1 --set broker.port="$(cat "$data/mosquitto.port")"
    grep -q "is the broker's own on this machine: give another: Mosquitto does not listen" "$folder/out"
    stop
    # What is not foreseen: that start fails, and the next one is without.
    { cat tls/ca.crt; echo "-----BEGIN CERTIFICATE-----"; echo "MII!!"; echo "-----END CERTIFICATE-----"; } >tls/clients.crt
    start "${with_tls[@]}" --set broker.client_ca_file=tls/clients.crt
    until_true "grep -q 'Mosquitto ended with its listener for other machines (.*): Mosquitto does not listen for other machines until that is mended' '$folder/out'" 90
    cp tls/ca.crt tls/clients.crt
    chmod 644 tls/clients.crt
    until_true "grep -q 'may listen for other machines now' '$folder/out'" 90
    until_true "grep -q 'Mosquitto listens for other machines at $address, port $port, with TLS' '$folder/out'" 90
}
