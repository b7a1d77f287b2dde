#!/usr/bin/env bats
# Sites join a central, stay its own, and are shut out: a real central, real TLS, clocks that are wrong. The sites' databases are beside central's, in the same
# PostgreSQL: what is looked at here is who is let in. BUILD is the build's folder (default: build).
bats_require_minimum_version 1.5.0
load central
load certificates
load sites

setup_file() {
    members_folder
    begin_central
    # shellcheck disable=SC2154
    export MEMBERS BACPIPES CENTRAL_PID=${members[central]} CENTRAL_PORT
    CENTRAL_PORT=$(cat "$MEMBERS/central/postgresql.port")
}

teardown_file() {
    kill -INT "$CENTRAL_PID" 2>/dev/null || true
    until_gone "$CENTRAL_PID"
    rm -rf "$MEMBERS"
}

teardown() {
    [ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$MEMBERS"/*.out "$MEMBERS"/central/log/{central,postgresql}.log 2>/dev/null || true
    [ ! -f "$BATS_TEST_TMPDIR/stopped" ] || kill -CONT "$(cat "$BATS_TEST_TMPDIR/stopped")" 2>/dev/null || true
}

@test "a site joins by a file that central made, with a key that never left it" {
    begin_site macau
    run central site add macau --name 'Macau tower' --output "$MEMBERS/central/macau.join"
    [ "$status" = 0 ]
    [[ $output == *"bacpipes site join"* && $output == *"number 1"* && $output == *"127.0.0.1 is this machine alone: a site elsewhere does not reach central there"* ]]
    [ "$(stat -c %a "$MEMBERS/central/macau.join")" = 600 ]
    [ "$(central site list --json | jq -r '.[0] | .site_id, .state, .certificate_until')" = $'macau\ninvited\nnull' ]
    run at_site macau site join "$MEMBERS/central/macau.join"
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == *"site_1"* ]]
    [ "$(hello macau)" = "Macau tower" ]
    [ "$(stat -c %a "$MEMBERS/macau/link" "$MEMBERS/macau/link/site.key")" = $'700\n600' ]
    [ ! -e "$MEMBERS/macau/link.next" ]
    [ ! -e "$MEMBERS/macau/link/join.pem" ]
    [ "$(db_of macau 'select number, host, port from central_link')" = "1|127.0.0.1|$CENTRAL_PORT" ]
    [ "$(central site list --json | jq -r '.[0].state')" = joined ]
    # Two years, dated back a day; its name is its number; its serial is drawn.
    run openssl x509 -in "$MEMBERS/macau/link/site.crt" -noout -subject -checkend $((729 * 86400)) -serial
    [ "$status" = 0 ]
    [[ $output == *"CN = site_1"* ]]
    run openssl x509 -in "$MEMBERS/macau/link/site.crt" -noout -checkend $((731 * 86400))
    [ "$status" = 1 ]
    # On record at central and at the site, without a secret.
    [ "$(at_central "select string_agg(body ->> 'op', ' ' order by seq) from audit where site_id = 'central' and body ->> 'event' = 'site'")" = 'invited joined' ]
    [ "$(db_of macau "select count(*) from audit where body ->> 'event' = 'central'")" = 1 ]
    ! grep -rl 'PRIVATE KEY' "$MEMBERS/central/postgresql" || false
}

@test "a login that joined can call its functions and nothing else, a join file one" {
    join_site only
    [[ $(call_as only "select * from public.remote_site") == *"permission denied"* ]]
    [[ $(call_as only "select sync.join('x')") == *"permission denied"* ]]
    begin_site other
    central site add other --output "$MEMBERS/central/other.join" >/dev/null
    jq -r .certificate,.key "$MEMBERS/central/other.join" >"$MEMBERS/central/other.pem"
    chmod 600 "$MEMBERS/central/other.pem"
    theirs "$MEMBERS/central/other.pem"
    local pem=$MEMBERS/central/other.pem said
    for said in "select sync.hello(1, '{}')" "select sync.renew('x')" "select sync.authorities()" "select * from public.remote_site" "select * from public.site_invitation" "create temp table t (a int)"; do
        [[ $(call_with "$pem" "$pem" bacpipes_join "$said") == *"permission denied"* ]]
    done
    # Nor is it let in as a site, or to another database.
    [[ $(call_with "$pem" "$pem" "site_$(number_of only)" "select 1") == *"authentication failed"* ]]
    [[ $(as_members psql -qAtX "host=127.0.0.1 port=$CENTRAL_PORT dbname=postgres user=bacpipes_join sslmode=verify-full sslrootcert=$MEMBERS/central/central/ca.crt sslcert=$pem sslkey=$pem" -c 'select 1' 2>&1) == *"no pg_hba.conf entry"* ]]
}

@test "a join that was cut short after it was asked goes on with the same key" {
    begin_site cut
    central site add cut --output "$MEMBERS/central/cut.join" >/dev/null
    local signer
    signer=$(pgrep -P "$CENTRAL_PID" -f 'central --config')
    kill -STOP "$signer"
    echo "$signer" >"$BATS_TEST_TMPDIR/stopped"
    at_site cut site join "$MEMBERS/central/cut.join" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local joining=$!
    until_central "exists (select from site_request where site_id = 'cut' and purpose = 'join')"
    pkill -KILL -P "$joining" 2>/dev/null || kill -KILL "$joining" || true
    wait "$joining" || true
    [ ! -e "$MEMBERS/cut/link" ]
    local key
    key=$(openssl pkey -in "$MEMBERS/cut/link.next/site.key" -pubout)
    kill -CONT "$signer"
    rm "$BATS_TEST_TMPDIR/stopped"
    until_central "exists (select from site_request where site_id = 'cut' and purpose = 'join' and ended_at is not null)"
    at_site cut site join "$MEMBERS/central/cut.join"
    [ "$(openssl pkey -in "$MEMBERS/cut/link/site.key" -pubout)" = "$key" ]
    [ "$(hello cut)" = cut ]
    # Once more is no harm: it has joined, and its row is as it was.
    db_of cut "delete from central_link"
    at_site cut site join "$MEMBERS/central/cut.join"
    [ "$(db_of cut 'select count(*) from central_link')" = 1 ]
    # Nor where it was killed with all done but the note that it leads to another central.
    db_of cut "update central_link set down_epoch = 5, down_seq = 17"
    echo "the database does not know of it yet" >"$MEMBERS/cut/link/other"
    theirs "$MEMBERS/cut/link/other"
    at_site cut site join "$MEMBERS/central/cut.join"
    [ "$(db_of cut 'select down_epoch, down_seq from central_link')" = "5|17" ]
    [ ! -e "$MEMBERS/cut/link/other" ]
    # The note of another file is news.
    db_of cut "update central_link set joined_by = sha256('another')"
    echo "the database does not know of it yet" >"$MEMBERS/cut/link/other"
    theirs "$MEMBERS/cut/link/other"
    at_site cut site join "$MEMBERS/central/cut.join"
    [ "$(db_of cut 'select down_epoch, down_seq from central_link')" = "|0" ]
}

# on_terminal TOOL...: what it says on a terminal; its standard output is elsewhere.
on_terminal() {
    SHELL=/bin/bash script -qec "$(declare -p MEMBERS BACPIPES CENTRAL_PORT); $(declare -f as_members at_site central); $* >\"$BATS_TEST_TMPDIR/stdout\"" /dev/null </dev/null
}

@test "what is waited for is said on a terminal, and --json stays what it is" {
    begin_site waits
    local signer
    signer=$(pgrep -P "$CENTRAL_PID" -f 'central --config')
    kill -STOP "$signer"
    echo "$signer" >"$BATS_TEST_TMPDIR/stopped"
    goes_on() { # once it is said
        local until=$((SECONDS + 60))
        until grep -q "$1" "$BATS_TEST_TMPDIR/said"; do [ $SECONDS -lt $until ] || break; sleep 0.1; done
        kill -CONT "$signer"
        wait "$asking" || { cat "$BATS_TEST_TMPDIR/said"; return 1; }
        grep -q "$1" "$BATS_TEST_TMPDIR/said"
    }
    on_terminal central site add waits --output "$MEMBERS/central/waits.join" --json >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
    local asking=$!
    goes_on 'waiting for .bacpipes central. to sign the join file'
    [ "$(jq -r .site_id "$BATS_TEST_TMPDIR/stdout")" = waits ]
    kill -STOP "$signer"
    on_terminal at_site waits site join "$MEMBERS/central/waits.join" --json >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
    asking=$!
    goes_on "waiting for central to sign the site's certificate"
    [ "$(jq -r .site_id "$BATS_TEST_TMPDIR/stdout")" = waits ]
    kill -STOP "$signer"
    on_terminal at_site waits site renew --json >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
    asking=$!
    goes_on "waiting for central at 127.0.0.1, port $CENTRAL_PORT, to sign the certificate"
    [ "$(jq -r .is_renewed "$BATS_TEST_TMPDIR/stdout")" = true ]
    rm "$BATS_TEST_TMPDIR/stopped"
}

@test "who has used a join file and has not called is not invited again unless that is meant" {
    begin_site slow
    central site add slow --output "$MEMBERS/central/slow.1" >/dev/null
    # Asked for, and not signed; then signed, and nobody came for it.
    local signer
    signer=$(pgrep -P "$CENTRAL_PID" -f 'central --config')
    kill -STOP "$signer"
    echo "$signer" >"$BATS_TEST_TMPDIR/stopped"
    at_site slow site join "$MEMBERS/central/slow.1" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    local joining=$!
    until_central "exists (select from site_request where site_id = 'slow' and purpose = 'join')"
    pkill -KILL -P "$joining" 2>/dev/null || kill -KILL "$joining" || true
    wait "$joining" || true
    run central site add slow --output "$MEMBERS/central/slow.2"
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *'site "slow" has used its join file, at '*"has not called since"*"site join"*"site add slow --again"* ]]
    kill -CONT "$signer"
    rm "$BATS_TEST_TMPDIR/stopped"
    until_central "exists (select from remote_site where site_id = 'slow' and state = 'joined')"
    run central site add slow --output "$MEMBERS/central/slow.2"
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *"has not called since"* ]]
    [ ! -e "$MEMBERS/central/slow.2" ]
    # Meant: of the two files the last one counts alone, whoever holds the key of the first.
    run central site add slow --again --output "$MEMBERS/central/slow.2" --json
    echo "$output"
    [ "$status" = 0 ]
    [ "$(jq -r .former_until <<<"$output")" != null ]
    [ "$(jq -c '[.host, .this_machine_alone]' <<<"$output")" = '["127.0.0.1",true]' ]
    run at_site slow site join "$MEMBERS/central/slow.1"
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *"a newer join file was made"* ]]
    at_site slow site join "$MEMBERS/central/slow.2"
    # It has called: another one is nothing unexpected.
    [ "$(hello slow)" = slow ]
    central site add slow --output "$MEMBERS/central/slow.3" >/dev/null
    # What was asked for and not signed when a site was revoked is not asked for anew by the same file.
    kill -STOP "$signer"
    echo "$signer" >"$BATS_TEST_TMPDIR/stopped"
    at_site slow site join "$MEMBERS/central/slow.3" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    joining=$!
    until_central "exists (select from site_request where site_id = 'slow' and purpose = 'join' and ended_at is null)"
    at_central "select site_revoke('slow', 'it is not the site')"
    kill -CONT "$signer"
    rm "$BATS_TEST_TMPDIR/stopped"
    wait "$joining" && return 1
    cat "$BATS_TEST_TMPDIR/out"
    grep -q "the site was revoked" "$BATS_TEST_TMPDIR/out"
    [ "$(state_of slow)" = revoked ]
}

@test "a join file is good for one site, once, for seven days, and the last one alone" {
    begin_site once
    central site add once --output "$MEMBERS/central/once.1" >/dev/null
    run central site add once --output "$MEMBERS/central/once.2"
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == *"The join file of before, which was good until "*", counts no more"* ]]
    run at_site once site join "$MEMBERS/central/once.1"
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *"a newer join file was made"* ]]
    # For another site, over: said here, without a word to central.
    run at_site macau site join "$MEMBERS/central/once.2"
    [ "$status" = 64 ]
    [[ $output == *'for site "once", and this is site "macau"'* ]]
    AHEAD=8 run at_site once site join "$MEMBERS/central/once.2"
    echo "$output"
    [ "$status" = 64 ]
    [[ $output == *"was good until"*"by this machine's clock"* ]]
    AHEAD=-365 run at_site once site join "$MEMBERS/central/once.2"
    echo "$output"
    [ "$status" = 69 ]
    [[ $output == *"was not made yet: set the clock right"* ]]
    [ ! -e "$MEMBERS/once/link" ]
    at_site once site join "$MEMBERS/central/once.2"
    # Another machine with the same file, and another key.
    data_folder "$MEMBERS/thief"
    run as_members "$BACPIPES" site join "$MEMBERS/central/once.2" --data "$MEMBERS/thief" --set site=once --set "database.host=$MEMBERS/central/run" --set "database.port=$CENTRAL_PORT" --set database.name=db_once
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *"has been used"* ]]
    [ ! -e "$MEMBERS/thief/link" ]
    [ "$(hello once)" = once ]
}

# Each line: exit code, words, and what makes the file of a good one ($1), of another site's ($2) and of another authority ($3).
damaged_files() {
    cat <<'TABLE'
65|the join file is empty|:
65|the join file is cut short or damaged|head -c 700 "$1"
65|that is no join file|head -c 700 /bin/true
65|is no join file|head -c 70000 /dev/zero
65|that is no join file|echo '{"v": 1}'
65|that is no join file|cat "$3/ca.crt"
65|of version 2, and this program, which is older, knows 1|jq '.v = 2' "$1"
65|its "v" is wrong or missing|jq 'del(.v)' "$1"
65|its "number" is wrong or missing|jq '.number = 0' "$1"
65|its "port" is wrong or missing|jq '.port = 70000' "$1"
65|its "host" is wrong or missing|jq '.host = "cen tral/x"' "$1"
65|its "until" is wrong or missing|jq '.until = "soon"' "$1"
65|its "key" is wrong or missing|jq 'del(.key)' "$1"
65|its key is damaged|jq '.key |= gsub("M"; "N")' "$1"
65|its key is damaged|jq '.key |= .[0:100]' "$1"
65|its certificate is damaged|jq '.certificate |= .[0:300]' "$1"
65|its authorities are damaged|jq '.authorities |= .[0:300]' "$1"
65|its key is of another certificate|jq --slurpfile o "$2" '.key = $o[0].key' "$1"
65|its certificate is of none of its authorities|jq --rawfile ca "$3/ca.crt" '.authorities = $ca' "$1"
65|of site_9, is none to join with|jq --rawfile ca "$3/ca.crt" --rawfile crt "$3/nine.crt" --rawfile key "$3/nine.key" '. + {authorities: $ca, certificate: $crt, key: $key}' "$1"
64|No such file|rm -f "$4"
1|is not the central of this join file|jq --rawfile ca "$3/ca.crt" --rawfile crt "$3/join.crt" --rawfile key "$3/join.key" '. + {authorities: $ca, certificate: $crt, key: $key}' "$1"
1|central.names|jq '.host = "localhost"' "$1"
69|the connection is refused|jq '.port = 1' "$1"
69|its name has no address now|jq '.host = "central.invalid"' "$1"
1|is that of site "peer"|jq --slurpfile o "$2" '. + {certificate: $o[0].certificate, key: $o[0].key}' "$1"
TABLE
}

@test "central is called what can be read in a line, and a join file that no site reads is not made" {
    local name
    for name in "$(printf 'z%.0s' {1..201})" $'Lis\nbon' $'Lis\e[31mbon' ' '; do
        run central central init --name "$name"
        echo "$output"
        [ "$status" = 1 ]
        [[ $output == *"in 200 letters at most"* ]]
    done
    # One that got there in another way.
    at_central "update site set name = repeat('z', 70000) where site_id = 'central'; update central_authority set name = repeat('z', 70000)"
    run central site add long --output "$MEMBERS/central/long.join"
    at_central "update site set name = 'central' where site_id = 'central'; update central_authority set name = host"
    echo "$output"
    [ "$status" = 70 ]
    [[ $output == *'the join file was not made: its "central" has 70000 octets, and a site reads 800 at most'* ]]
    [ ! -e "$MEMBERS/central/long.join" ]
}

@test "what a central is called moves no cursor" {
    begin_site shown
    central site add shown --output "$MEMBERS/central/shown.join"
    # Of a central that is not as ours.
    at_central "update site set name = E'Lis\nbon\x1b[31m\u009b' where site_id = 'central'; update central_authority set name = (select name from site where site_id = 'central')"
    run at_site shown site join "$MEMBERS/central/shown.join"
    at_central "update site set name = 'central' where site_id = 'central'; update central_authority set name = host"
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == *"has joined central Lis?bon?[31m?? at 127.0.0.1"* ]]
}

@test "another join file for a site that has joined says that it has" {
    run --separate-stderr central site add inside --json --output "$MEMBERS/central/inside.join"
    [ "$(jq -c .has_joined <<<"$output")" = false ]
    rm "$MEMBERS/central/inside.join"
    join_site inside
    hello inside
    run central site add inside --output "$MEMBERS/central/inside.again"
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == *"Site inside has joined already: whoever uses this file takes its place."*"delete the file"* ]]
    run --separate-stderr central site add inside --again --json --output "$MEMBERS/central/inside.json"
    [ "$(jq -c .has_joined <<<"$output")" = true ]
}

@test "a job for a site that never joined says so, and waits" {
    local asking id until=$((SECONDS + 60))
    central site add lone --output "$MEMBERS/central/lone.join"
    central job doctor --site lone >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
    asking=$!
    until [ -s "$BATS_TEST_TMPDIR/err" ]; do [ $SECONDS -lt $until ] || { echo "nothing is said"; kill "$asking"; false; }; sleep 0.1; done
    [ "$(cat "$BATS_TEST_TMPDIR/err")" = "Site lone has not joined yet: it waits until it does." ]
    run --separate-stderr central job list --site lone --json
    [ "$(jq -r '.[0].step' <<<"$output")" = "waiting for the site, which has not joined yet" ]
    id=$(jq -r '.[0].id' <<<"$output")
    run --separate-stderr central sites --waiting --site lone --json
    [ "$(jq -r '.[0].state' <<<"$output")" = "waiting for the site, which has not joined yet" ]
    central sites --take-back "$id"
    wait "$asking" || true
    [ "$(wc -l <"$BATS_TEST_TMPDIR/err")" = 2 ] # that, and that it is cancelled
}

@test "a damaged join file, and one whose central is not there, are told so, each" {
    begin_site lost
    local other=$BATS_TEST_TMPDIR/ca code words making tried=0 file=$MEMBERS/central/lost.tried
    mkdir "$other"
    make_authority "$other"
    make_certificate "$other" join bacpipes_join 7
    make_certificate "$other" nine site_9 7
    central site add lost --output "$MEMBERS/central/lost.join" >/dev/null
    central site add peer --output "$MEMBERS/central/peer.join" >/dev/null
    while IFS='|' read -r code words making; do
        rm -f "$file"
        bash -c "$making" make "$MEMBERS/central/lost.join" "$MEMBERS/central/peer.join" "$other" "$file" >"$BATS_TEST_TMPDIR/made"
        [[ $making == rm* ]] || install -m 644 "$BATS_TEST_TMPDIR/made" "$file"
        run at_site lost site join "$file"
        [ "$status" = "$code" ] && [[ $output == *"$words"* ]] || { echo "$making: not $code with \"$words\": $status $output"; return 1; }
        tried=$((tried + 1))
    done < <(damaged_files)
    [ "$tried" = 26 ]
    [ ! -e "$MEMBERS/lost/link" ]
    [ "$(db_of lost 'select count(*) from central_link')" = 0 ]
    at_site lost site join "$MEMBERS/central/lost.join"
}

@test "a join file that is run again says what is so: the site is in, is shut out, or central is not there" {
    join_site again
    run at_site again site join "$MEMBERS/central/again.join"
    [ "$status" = 0 ]
    [[ $output == *"has joined"* ]]
    sed "s/\"port\": *$CENTRAL_PORT/\"port\": 1/" -i "$MEMBERS/again/link/link.json"
    run at_site again site join "$MEMBERS/central/again.join"
    echo "$output"
    [ "$status" = 69 ]
    [[ $output == *"this site has joined by this file already: central at 127.0.0.1 port 1: the connection is refused"* ]]
    sed "s/\"port\": *1\b/\"port\": $CENTRAL_PORT/" -i "$MEMBERS/again/link/link.json"
    central site revoke again --yes
    run at_site again site join "$MEMBERS/central/again.join"
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *"it has shut this site out"*"have a new join file made by \`bacpipes site add again\`"* ]]
    central site add again --output "$MEMBERS/central/again.new" >/dev/null
    at_site again site join "$MEMBERS/central/again.new"
    [ "$(hello again)" = again ]
    for _ in $(seq 240); do # PostgreSQL reads the list of those of no more use a moment after it is written: until then a function refuses the file
        run at_site again site join "$MEMBERS/central/again.join"
        echo "$output"
        [ "$status" = 1 ]
        [[ $output != *"revoked this join file"* ]] || break
        [[ $output == *"a newer join file was made"* ]]
        sleep 0.5
    done
    [[ $output == *"revoked this join file"* ]]
}

@test "a join file is made whole or not at all, whoever is killed" {
    local here=$MEMBERS/made signer
    data_folder "$here"
    signer=$(pgrep -P "$CENTRAL_PID" -f 'central --config')
    kill -STOP "$signer"
    echo "$signer" >"$BATS_TEST_TMPDIR/stopped"
    central site add made --output "$here/made.join" 3>&- &
    local adding=$!
    until_central "exists (select from site_request where site_id = 'made' and purpose = 'invite')"
    pkill -KILL -P "$adding" 2>/dev/null || kill -KILL "$adding"
    wait "$adding" || true
    [ -z "$(ls -A "$here")" ]
    kill -CONT "$signer"
    rm "$BATS_TEST_TMPDIR/stopped"
    central site add made --output "$here/made.join"
    [ "$(ls -A "$here")" = made.join ]
    [ "$(jq -r .site_id "$here/made.join")" = made ]
    # What cannot be written behind all that is told, and asked for again.
    run bash -c 'exec "$@" >/dev/full' add "$BACPIPES" site add made --output - --data "$MEMBERS/central"
    echo "$output"
    [ "$status" = 69 ]
    [[ $output == *"run the same again"* ]]
}

@test "where a join file has no room, nobody is invited" {
    [ "$(id -u)" = 0 ] && unshare --mount true || skip "no file system may be made here"
    data_folder "$MEMBERS/full"
    # shellcheck disable=SC2016
    run unshare --mount sh -c 'mount -t tmpfs -o size=4096,mode=777 none "$1" && "$2" site add full --output "$1/full.join" --data "$3"; code=$?; ls -A "$1"; exit $code' full "$MEMBERS/full" "$BACPIPES" "$MEMBERS/central"
    echo "$output"
    [ "$status" = 64 ]
    [[ $output == *"full.join cannot be made: No space left on device" ]]
    [ "$(at_central "select count(*) from remote_site where site_id = 'full'")" = 0 ]
}

@test "wrong, foreign, expired and unknown certificates are refused, each" {
    join_site right
    local number foreign=$MEMBERS/foreign ours=$MEMBERS/ours refused=0
    number=$(number_of right)
    mkdir "$foreign" "$ours"
    make_authority "$foreign"
    make_certificate "$foreign" site "site_$number" 700
    # Of central's own authority, as somebody would make them who has stolen its key.
    cp "$MEMBERS/central/ca/ca.crt" "$MEMBERS/central/ca/ca.key" "$ours"
    make_certificate "$ours" over "site_$number" -3
    make_certificate "$ours" unknown "site_$number" 700
    make_certificate "$ours" other site_999 700
    make_certificate "$ours" server "site_$number" 700 IP:127.0.0.1
    theirs "$foreign" "$ours"
    refuse() { # WORDS COMMAND...
        local words=$1
        shift
        run "$@"
        [[ $output == *"$words"* ]] || { echo "not \"$words\": $output"; return 1; }
        refused=$((refused + 1))
    }
    local hello="select sync.hello(1, '{\"site\": \"right\"}')"
    refuse "unknown ca" call_with "$foreign/site.crt" "$foreign/site.key" "site_$number" "$hello"
    refuse "certificate expired" call_with "$ours/over.crt" "$ours/over.key" "site_$number" "$hello"
    refuse "authentication failed" call_with "$ours/other.crt" "$ours/other.key" "site_$number" "$hello"
    refuse "unsupported certificate" call_with "$ours/server.crt" "$ours/server.key" "site_$number" "$hello"
    refuse "is none of those" call_with "$ours/unknown.crt" "$ours/unknown.key" "site_$number" "$hello"
    refuse "connection requires a valid client certificate" call_with /nowhere /nowhere "site_$number" "$hello"
    refuse "authentication failed" call_with "$MEMBERS/right/link/site.crt" "$MEMBERS/right/link/site.key" "site_$(number_of macau)" "$hello"
    refuse "no pg_hba.conf entry" as_members psql -qAtX "host=127.0.0.1 port=$CENTRAL_PORT dbname=bacpipes user=site_$number sslmode=disable" -c "$hello"
    refuse "protocol version" call_with "$MEMBERS/right/link/site.crt" "$MEMBERS/right/link/site.key" "site_$number" "$hello" '' 'ssl_min_protocol_version=TLSv1.2 ssl_max_protocol_version=TLSv1.2'
    refuse "no pg_hba.conf entry" call_with "$MEMBERS/right/link/site.crt" "$MEMBERS/right/link/site.key" bacpipes_owner "select 1"
    [ "$refused" = 10 ]
    [ "$(hello right)" = right ]
}

@test "a certificate is followed by another at half its life, and the old one counts until then" {
    join_site aging
    local before after
    before=$(serial_of "$MEMBERS/aging/link/site.crt")
    AHEAD=300 at_site aging site renew --if-due
    [ "$(serial_of "$MEMBERS/aging/link/site.crt")" = "$before" ]
    AHEAD=370 at_site aging site renew --if-due
    after=$(serial_of "$MEMBERS/aging/link/site.crt")
    [ "$after" != "$before" ]
    [ "$(hello aging)" = aging ]
    [ "$(at_central "select serials from remote_site where site_id = 'aging'")" = "{$before,$after}" ]
    [ ! -e "$MEMBERS/aging/link.next" ]
    at_site aging site renew
    [ "$(at_central "select '$before' = any (serials) or not '$after' = any (serials) from remote_site where site_id = 'aging'")" = f ]
    [ "$(hello aging)" = aging ]
}

@test "sync has the certificate renewed by itself, and goes on by it" {
    join_site self
    local before until=$((SECONDS + 120))
    before=$(serial_of "$MEMBERS/self/link/site.crt")
    AHEAD=370 at_site self sync >"$BATS_TEST_TMPDIR/sync" 2>&1 3>&- &
    local syncing=$!
    until grep -q "was renewed" "$BATS_TEST_TMPDIR/sync"; do [ $SECONDS -lt $until ] || { cat "$BATS_TEST_TMPDIR/sync"; return 1; }; sleep 0.1; done # said last of all
    [ "$(serial_of "$MEMBERS/self/link/site.crt")" != "$before" ]
    [ "$(hello self)" = self ]
    # The connection that there was has gone on.
    [ "$(grep -c 'connected to central' "$BATS_TEST_TMPDIR/sync")" = 1 ]
    pkill -TERM -P "$syncing" 2>/dev/null || kill -TERM "$syncing" || true
    wait "$syncing" || true
}

@test "a site that is shut out says so at once, and what it is that is said" {
    join_site out
    at_site out sync >"$MEMBERS/out.sync" 2>&1 3>&- &
    local syncing=$! until=$((SECONDS + 120))
    until [ "$(db_of out "select state from link_report")" = sending ]; do [ $SECONDS -lt $until ] || { cat "$MEMBERS/out.sync"; return 1; }; sleep 0.1; done
    run at_site out sync --status
    [ "$status" = 0 ]
    central site revoke out --yes --why 'the box was stolen'
    until [ "$(db_of out "select state from link_report")" = refused ]; do [ $SECONDS -lt $until ] || { cat "$MEMBERS/out.sync"; return 1; }; sleep 0.1; done
    run at_site out sync --status
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *"state       refused for "*"it has shut this site out"* ]]
    run at_site out sync --status --json
    [ "$(jq -r '.state, .code' <<<"$output" | paste -sd,)" = refused,1 ]
    # Let in again it goes on by itself.
    central site add out --output "$MEMBERS/central/out.again" >/dev/null
    at_site out site join "$MEMBERS/central/out.again"
    until [ "$(db_of out "select state from link_report")" = sending ]; do [ $SECONDS -lt $until ] || { cat "$MEMBERS/out.sync"; return 1; }; sleep 0.1; done
    pkill -TERM -P "$syncing" || kill "$syncing" || true
    wait "$syncing" || true
}

@test "a site whose certificate has ended comes back by a new join file, and goes on where it was" {
    join_site late
    [ "$(hello late)" = late ]
    local ours=$BATS_TEST_TMPDIR/ours number
    number=$(number_of late)
    db_of late "update central_link set down_epoch = 5, down_seq = 17"
    mkdir "$ours"
    cp "$MEMBERS/central/ca/ca.crt" "$MEMBERS/central/ca/ca.key" "$ours"
    make_certificate "$ours" over "site_$number" -3
    cat "$ours/over.crt" >"$MEMBERS/late/link/site.crt"
    cat "$ours/over.key" >"$MEMBERS/late/link/site.key"
    run at_site late site renew
    echo "$output"
    [ "$status" != 0 ]
    [[ $output == *"expired"* ]]
    central site add late --output "$MEMBERS/central/late.again" >/dev/null
    at_site late site join "$MEMBERS/central/late.again"
    [ "$(number_of late)" = "$number" ]
    [ "$(hello late)" = late ]
    [ "$(db_of late 'select down_epoch, down_seq from central_link')" = "5|17" ]
}

@test "a site that is revoked is out at once, and no restore of the database lets it in" {
    join_site gone
    local number
    number=$(number_of gone)
    at_central "copy (select serials from remote_site where site_id = 'gone') to stdout" >"$BATS_TEST_TMPDIR/serials"
    call_as gone "select pg_sleep(60)" >"$BATS_TEST_TMPDIR/session" 3>&- &
    local session=$!
    call_as gone "select sync.authorities() is not null" >/dev/null
    central site revoke gone --yes --why 'the box was stolen'
    until_gone "$session"
    [ "$(state_of gone)" = revoked ]
    [ "$(at_central "select rolcanlogin from pg_roles where rolname = 'site_$number'")" = f ]
    run hello gone
    echo "$output"
    [[ $output == *"not permitted to log in"* || $output == *"certificate revoked"* ]]
    # As a database of before has it: joined, its serials, its login.
    at_central "update remote_site set state = 'joined', revoked_at = null, serials = '$(cat "$BATS_TEST_TMPDIR/serials")' where site_id = 'gone'"
    at_central "alter role site_$number login"
    at_central "delete from site_revocation where site_id = 'gone'"
    local until=$((SECONDS + 90)) # the list is read again in seconds
    until [[ $(hello gone) == *"certificate revoked"* ]]; do [ $SECONDS -lt $until ] || return 1; sleep 0.2; done
    at_central "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'bacpipes_central'"
    until_central "(select state from remote_site where site_id = 'gone') = 'revoked'"
    [ "$(at_central "select rolcanlogin from pg_roles where rolname = 'site_$number'")" = f ]
    # With another key it may come again.
    central site add gone --output "$MEMBERS/central/gone.again" >/dev/null
    at_site gone site join "$MEMBERS/central/gone.again"
    [ "$(hello gone)" = gone ]
    [ "$(number_of gone)" = "$number" ]
}

@test "a database of before a site's certificate was renewed lets it in by the one that it has" {
    join_site restored
    local before after
    before=$(serial_of "$MEMBERS/restored/link/site.crt")
    at_site restored site renew
    after=$(serial_of "$MEMBERS/restored/link/site.crt")
    # Nothing was put back so far, and the record says nothing else.
    [ "$(at_central "select string_agg(body ->> 'op' || coalesce(' ' || (body ->> 'why'), ''), ' ' order by seq) from audit where site_id = 'central' and body ->> 'of' = 'restored'")" = 'invited joined renewed' ]
    # As that database has it: the request was not made yet.
    at_central "update remote_site set serials = '{$before}' where site_id = 'restored'"
    at_central "delete from site_request where site_id = 'restored' and purpose = 'renew'"
    [[ $(hello restored) == *"is none of those"* ]]
    at_central "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'bacpipes_central'"
    until_central "(select '$after' = any (serials) from remote_site where site_id = 'restored')"
    [ "$(hello restored)" = restored ]
    # What was refused in this database stays so: it knows of it.
    at_central "update remote_site set serials = '{$before}' where site_id = 'restored'"
    at_central "insert into site_request (purpose, site_id, request, serial, ended_at) values ('renew', 'restored', 'x', '$after', now())"
    at_central "select sites_mend('{}', jsonb_build_object((select number from remote_site where site_id = 'restored') || ' restored', '$after'))"
    [ "$(at_central "select serials from remote_site where site_id = 'restored'")" = "{$before}" ]
    at_central "select sites_mend('{}', jsonb_build_object((select number + 1 from remote_site where site_id = 'restored') || ' restored', 'abc'))"
    [ "$(at_central "select serials from remote_site where site_id = 'restored'")" = "{$before}" ]
}

@test "a site that is renamed keeps its number and login; names of 63 letters are each their own" {
    join_site called
    central site rename called 'Something else entirely'
    [ "$(hello called)" = "Something else entirely" ]
    local long one other
    long=$(printf 'a%.0s' {1..62})
    one=${long}1 other=${long}2
    central site add "$one" --output "$MEMBERS/central/one" >/dev/null
    central site add "$other" --output "$MEMBERS/central/other" >/dev/null
    [ "$(number_of "$one")" != "$(number_of "$other")" ]
    [ "$(jq -r .site_id "$MEMBERS/central/one")" = "$one" ]
    for name in central "${long}12" Macau 'a b' ''; do
        run central site add "$name" --output "$MEMBERS/central/never"
        echo "$output"
        [ "$status" != 0 ]
        [ ! -e "$MEMBERS/central/never" ]
    done
    run central site add called --output "$MEMBERS/central/one"
    [ "$status" = 64 ]
    [[ $output == *"is there already"* ]]
}

@test "a site that is retired is out for good" {
    join_site over
    run central site retire nobody </dev/null
    [ "$status" = 1 ]
    [[ $output == *'no site "nobody"'* ]]
    run central site retire over </dev/null
    [ "$status" = 64 ]
    [[ $output == *"Site over would be shut out for good. Nobody is here to be asked"* ]]
    [ "$(state_of over)" = joined ]
    central site retire over --yes
    [ "$(state_of over)" = retired ]
    [[ $(hello over) != over ]]
    run central site add over --output "$MEMBERS/central/over.again"
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *"is retired"* ]]
    run central site revoke over --yes
    [ "$status" = 1 ]
    run central site revoke nobody --yes
    [ "$status" = 1 ]
    [[ $output == *'no site "nobody"'* ]]
}

@test "central init says what is done, and makes nothing twice" {
    local before
    before=$(cat "$MEMBERS/central/ca/ca.crt" "$MEMBERS/central/central/"*)
    run central central init --name Lisbon
    echo "$output"
    [ "$status" = 0 ]
    [[ $output == *"lets sites in"* && $output == *"127.0.0.1, which is this machine alone"* && $output == *"Kept central's certificate"* ]]
    [ "$(cat "$MEMBERS/central/ca/ca.crt" "$MEMBERS/central/central/"*)" = "$before" ]
    # The authority's key is for its owner alone, and what is open to others is not used.
    [ "$(stat -c %a "$MEMBERS/central/ca" "$MEMBERS/central/ca/ca.key")" = $'700\n600' ]
    chmod 640 "$MEMBERS/central/ca/ca.key"
    run central central init --files
    chmod 600 "$MEMBERS/central/ca/ca.key"
    echo "$output"
    [ "$status" = 70 ]
    [[ $output == *"may be read by others"* ]]
    run central central init --files --set central.listen=0.0.0.0:54320
    [ "$status" = 78 ]
    [[ $output == *"wants central.names"* ]]
}

# Each ```sh of docs/sites.md is a line `PLACE<TAB>COMMAND`.
documented() {
    awk '/^```sh at /{place = $3; next} /^```/{place = ""} place != "" {print place "\t" $0}' "$BATS_TEST_DIRNAME/../../docs/sites.md"
}

@test "the examples of docs/sites.md, as they stand" {
    begin_site taipa
    local here=$MEMBERS/here place line tried=0
    mkdir -p "$here/bin"
    ln -s "$BACPIPES" "$here/bin/bacpipes"
    theirs "$here"
    while IFS=$'\t' read -r place line; do
        echo "at $place: $line"
        local -x BACPIPES_DATA=$MEMBERS/$place PATH=$here/bin:$PATH
        if [ "$place" = central ]; then
            (cd "$here" && as_members bash -c "$line")
        else
            (cd "$here" && as_members env "BACPIPES_SITE=$place" "BACPIPES_DATABASE_HOST=$MEMBERS/central/run" "BACPIPES_DATABASE_PORT=$CENTRAL_PORT" "BACPIPES_DATABASE_NAME=db_$place" bash -c "$line")
        fi
        tried=$((tried + 1))
        case $line in
        *"site join taipa.join"*) [ "$(hello taipa)" = 'Taipa ferry terminal' ] ;;
        *revoke*) [ "$(state_of taipa)" = revoked ] ;;
        *"site join taipa.again"*) [ "$(hello taipa)" = 'Taipa ferry terminal, east' ] ;;
        esac
    done < <(documented)
    [ "$tried" = 10 ]
    [ "$(state_of taipa)" = retired ]
}
