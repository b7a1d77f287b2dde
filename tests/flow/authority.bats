#!/usr/bin/env bats
# Five years on: central's authority gets a successor, which is trusted beside it for 400 days and then signs, while PostgreSQL and the sites run. The clocks of central, its
# PostgreSQL and the sites are moved, all by one file. BUILD is the build's folder (default: build).
# shellcheck disable=SC2154
load central
load certificates
load sites

setup() {
    members_folder
    echo 0 >"$MEMBERS/ahead"
    # shellcheck disable=SC2034
    MEMBER_WITH=(env "CLOCK_SHIM=$MEMBERS/ahead" "ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0" "LD_PRELOAD=${BACPIPES%/apps/bacpipes}/tests/flow/libclock_shim.so")
}
teardown() { end_all; }

# An authority in central's folder that lives ten years, and is so many days old.
make_old_authority() {
    local ca=$MEMBERS/central/ca
    mkdir -p "$ca"
    make_authority "$ca"
    openssl req -new -key "$ca/ca.key" -subj '/CN=Authority of before' -out "$ca/csr"
    printf '%s\n' '[ca]' 'default_ca = a' '[a]' "database = $ca/index" "new_certs_dir = $ca" 'default_md = sha256' 'policy = p' 'rand_serial = yes' 'x509_extensions = x' \
        '[p]' 'commonName = supplied' '[x]' 'basicConstraints = critical,CA:TRUE' 'keyUsage = critical,keyCertSign,cRLSign' 'subjectKeyIdentifier = hash' >"$ca/conf"
    : >"$ca/index"
    openssl ca -batch -notext -selfsign -config "$ca/conf" -keyfile "$ca/ca.key" -startdate "$(date -u -d "-$1 days" +%Y%m%d%H%M%SZ)" -enddate "$(date -u -d "$((3653 - $1)) days" +%Y%m%d%H%M%SZ)" \
        -in "$ca/csr" -out "$ca/ca.crt" 2>/dev/null
    find "$ca" -type f ! -name ca.crt ! -name ca.key -delete
    chmod 700 "$MEMBERS/central" "$ca"
    theirs "$MEMBERS/central"
}

# clock_on DAYS: it is so many days later, for all; central has looked at its files since, as it does hourly.
clock_on() {
    export AHEAD=$1
    echo $((AHEAD * 86400)) >"$MEMBERS/ahead"
    central site add "looks$1" --output - >/dev/null
}
authorities_in() { grep -c 'BEGIN CERTIFICATE' "$1"; }
# Whose certificate PostgreSQL shows to who connects.
shown_by() { openssl s_client -starttls postgres -connect "127.0.0.1:$CENTRAL_PORT" -tls1_3 </dev/null 2>/dev/null | openssl x509 -noout -issuer; }
until_shown() {
    local until=$((SECONDS + 90))
    until [[ $(shown_by) == *"$1"* ]]; do [ $SECONDS -lt $until ] || { shown_by; return 1; }; sleep 0.2; done
}

begin_sync() {
    at_site "$1" sync >>"$MEMBERS/$1.sync" 2>&1 3>&- &
    syncing=$!
    local count until=$((SECONDS + 120))
    count=$(grep -c 'connected to central' "$MEMBERS/$1.sync" || true)
    until [ "$(grep -c 'connected to central' "$MEMBERS/$1.sync")" -gt "$count" ]; do [ $SECONDS -lt $until ] || { cat "$MEMBERS/$1.sync"; return 1; }; sleep 0.1; done
}
end_sync() {
    pkill -TERM -P "$syncing" 2>/dev/null || kill -TERM "$syncing" 2>/dev/null || true
    wait "$syncing" || true
}

@test "an authority is followed by another while all runs: who calls within 400 days goes on by itself, who does not comes back by a join file" {
    make_old_authority 1820
    begin_central
    CENTRAL_PORT=$(cat "$MEMBERS/central/postgresql.port")
    join_site macau
    join_site away
    [ "$(hello away)" = away ]
    [ "$(authorities_in "$MEMBERS/central/central/ca.crt") $(authorities_in "$MEMBERS/macau/link/ca.crt")" = '1 1' ]
    begin_sync macau

    # Half of its ten years are over: the next is made, and PostgreSQL and the site hear of it.
    clock_on 10
    grep -q "the authority's successor is made" "$MEMBERS/central/log/central.log"
    [ "$(authorities_in "$MEMBERS/central/central/ca.crt")" = 2 ]
    until_shown 'Authority of before'
    end_sync
    [ "$(grep -c 'connected to central' "$MEMBERS/macau.sync")" = 1 ] # what was there had gone on
    begin_sync macau
    local until=$((SECONDS + 90))
    until [ "$(authorities_in "$MEMBERS/macau/link/ca.crt")" = 2 ]; do [ $SECONDS -lt $until ] || return 1; sleep 0.1; done
    grep -q 'central has other authorities: this site trusts them from now on' "$MEMBERS/macau.sync"

    # Central's own certificate is renewed before its end, by the one that signs still.
    clock_on 350
    until_shown 'Authority of before'
    [ "$(authorities_in "$MEMBERS/away/link/ca.crt")" = 1 ]

    # The other signs. The site shows a certificate of the old one, is let in, and has one of the new.
    clock_on 415
    grep -q 'another authority signs from now on' "$MEMBERS/central/log/central.log"
    until_shown 'BacPipes central, authority of'
    end_sync
    [[ $(openssl x509 -in "$MEMBERS/macau/link/site.crt" -noout -issuer) == *'Authority of before'* ]]
    begin_sync macau
    until=$((SECONDS + 90))
    until [[ $(openssl x509 -in "$MEMBERS/macau/link/site.crt" -noout -issuer) == *'BacPipes central, authority of'* ]]; do [ $SECONDS -lt $until ] || { cat "$MEMBERS/macau.sync"; return 1; }; sleep 0.1; done
    end_sync
    begin_sync macau
    end_sync

    # Who was away all the time is told what it is, and what to do.
    run at_site away site renew
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *'not the central that this site knows'* ]]
    central site add away --output "$MEMBERS/central/away.again" >/dev/null
    at_site away site join "$MEMBERS/central/away.again"
    begin_sync away
    end_sync
}
