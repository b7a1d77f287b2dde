#!/usr/bin/env bats
# shellcheck disable=SC2154
# bacpipes up --central: a database that sites reach by TLS and certificates alone, and the web; and of a site the link to it. BUILD names the build folder.

load central

setup() { members_folder; }

until_true() {
    local until=$((SECONDS + 120))
    until "$@"; do [ $SECONDS -lt $until ] || { echo "not within 120 s: $*"; return 1; }; sleep 0.1; done
}
teardown() { end_all; }

# says CODE WORDS OPTION...: `up` with these options ends at once so, and has made no folder.
says() {
    local code=$1 words=$2
    shift 2
    run timeout 60 "$BACPIPES" up --data "$MEMBERS/none" --for 1s "$@"
    echo "$output"
    [ "$status" -eq "$code" ] && [[ "$output" == *"$words"* ]] && [ ! -e "$MEMBERS/none" ]
}

@test "what does not go together, and what is wrong, is said before anything is made" {
    says 64 'a central has no building: --central, or --simulate' --central --simulate
    says 64 'a central joins none: --central, or --join' --central --join "$MEMBERS/file"
    says 64 'a central joins none: --demo, or --join' --demo --join "$MEMBERS/file"
    says 64 'a central is none of its sites' --central --site macau
    says 64 '--points is for simulated buildings' --central --points 60
    says 64 "the demo's two sites stand in Macau and Kuala Lumpur" --demo --climate lisbon
    says 78 'site = central is a central'"'"'s own' --site central
    says 78 'central.listen = localhost:54320: an address of this machine and a port are right' --central --set central.listen=localhost:54320
    says 78 'central.listen = banana: an address of this machine and a port are right' --central --set central.listen=banana
    says 78 'central.listen = 1.2.3.4: an address of this machine and a port are right' --central --set central.listen=1.2.3.4
    says 78 'No such file or directory; `bacpipes site add` at central makes such a file' --join "$MEMBERS/nosuch"
    : >"$MEMBERS/empty"
    says 78 'is no join file' --join "$MEMBERS/empty"
    echo '{"bacpipes": "join file", "v": 1' >"$MEMBERS/short"
    says 78 'the join file is cut short or damaged' --join "$MEMBERS/short"
}

@test "a folder that was another site's is taken, where that has joined no central, and that is said" {
    mkdir -p "$MEMBERS/was"
    echo 'site = macau' >"$MEMBERS/was/bacpipes.conf"
    : >"$MEMBERS/was/postgresql" # nothing more than that is to start
    [ "$(id -u)" != 0 ] || chown -R "$(as_members id -un)": "$MEMBERS/was"
    run timeout 60 "$BACPIPES" up --simulate --site klcc --data "$MEMBERS/was" --for 1s
    echo "$output"
    [ "$status" -ne 0 ]
    [[ "$output" == *"was the folder of site macau: from now on it is that of site klcc. What macau has recorded stays in the database"*"--site macau"* ]]
    run timeout 60 "$BACPIPES" up --simulate --site macau --data "$MEMBERS/was" --for 1s
    [[ "$output" != *"was the folder of"* ]]
}

@test "a central's folder becomes no site's, by whatever it is known" {
    mkdir -p "$MEMBERS/was/ca"
    [ "$(id -u)" != 0 ] || chown -R "$(as_members id -un)": "$MEMBERS/was"
    local known option
    for known in bacpipes.conf ca/ca.key; do
        rm -f "$MEMBERS/was/bacpipes.conf" "$MEMBERS/was/ca/ca.key"
        echo 'site = central' >"$MEMBERS/was/$known"
        for option in --simulate "--site macau" --set=poll.interval=2s; do
            # shellcheck disable=SC2086
            run timeout 60 "$BACPIPES" up $option --data "$MEMBERS/was" --for 50s
            echo "$output"
            [ "$status" -eq 78 ]
            [ "$(cat "$MEMBERS/was/$known")" = 'site = central' ]
        done
    done
    [[ "$output" == *"$MEMBERS/was is the folder of a central, with what its sites recorded: --central goes on with it, and a site has a folder of its own, as --data var.site"* ]]
}

@test "a setting that central init refuses is a wrong setting" {
    run timeout 60 "$BACPIPES" up --central --data "$MEMBERS/names" --set 'central.names=bad name!' --for 50s
    echo "$output"
    [ "$status" -eq 78 ]
    [[ "$output" == *'central.names: "name!" is no name of a host'* ]]
    run timeout 60 "$BACPIPES" up --central --data "$MEMBERS/names" --set central.listen=0.0.0.0:54321 --for 50s
    echo "$output"
    [ "$status" -eq 78 ]
    [[ "$output" == *'wants central.names'* ]]
}

@test "a simulated site that nobody named is the one that its join file is for, and stays it" {
    begin_central
    as_members "$BACPIPES" site add taipa --data "$MEMBERS/central" --output "$MEMBERS/central/taipa.join"
    local site=(taipa --simulate --no-past --points 20 --set database.memory=32MB --set web.listen=127.0.0.1:8086 --join "$MEMBERS/central/taipa.join")
    # Ended before it has joined, it is still that one.
    sed "s/\"port\": *$CENTRAL_PORT/\"port\": 1/" "$MEMBERS/central/taipa.join" >"$MEMBERS/central/nowhere.join"
    run_up "${site[@]::${#site[@]}-1}" "$MEMBERS/central/nowhere.join"
    refused() { grep -q 'the connection is refused' "$MEMBERS/taipa/log/join.log"; }
    until_true refused
    end_member taipa
    run_up "${site[@]}"
    until_true part_of taipa sync
    grep -qx 'site = taipa' "$MEMBERS/taipa/bacpipes.conf"
    end_member taipa
    run_up "${site[@]}"
    until_true part_of taipa sync
    grep -qx 'site = taipa' "$MEMBERS/taipa/bacpipes.conf"
}

@test "a central has its database and web, no broker and no building, and ends without a trace" {
    begin_central --set web.listen=127.0.0.1:8099
    run at_central "select string_agg(site_id || is_remote, ' ') from site"
    [ "$output" = centralfalse ]
    until_true curl --silent --fail http://127.0.0.1:8099/api/v1/ready
    for role in collect ingest mosquitto sim sync; do ! part_of central $role || false; done
    part_of central web
    # Room for its sites: three connections each, beside those of its own programs.
    [ "$(at_central "show max_connections")" = $((200 + 3 * 20)) ]
    [ "$(at_central "show shared_buffers")" = 32MB ]
    run "$BACPIPES" status --data "$MEMBERS/central"
    echo "$output"
    [[ "$output" == *"sites     ok       there is none yet: \`bacpipes site add NAME\` invites one"* ]]
    [[ "$output" != *collect* ]]
    [[ "$output" != *broker* ]]
    # Killed while one of its processes calculates, which does not look whether its parent lives, it comes back.
    at_central "select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b, generate_series(1, 100000) c" >/dev/null 2>&1 3>&- &
    busy() { at_central "select count(*) = 1 from pg_stat_activity where query ~ '^select count.*generate_series' and state = 'active' and query_start < now() - interval '1 s'" | grep -q t; }
    until busy; do sleep 0.2; done
    was=$(head -1 "$MEMBERS/central/postgresql/postmaster.pid")
    kill -KILL "$was"
    back() { [ "$(head -1 "$MEMBERS/central/postgresql/postmaster.pid")" != "$was" ] && [ "$(at_central 'select 1' 2>/dev/null)" = 1 ]; }
    local until=$((SECONDS + 120))
    until back; do [ $SECONDS -lt $until ] || { tail -5 "$MEMBERS/central.out"; return 1; }; sleep 0.2; done
    grep 'of its processes had gone on: they are ended' "$MEMBERS/central.out"
    # What it is, it stays: a start that says nothing else knows.
    kill -INT "${members[central]}"
    wait "${members[central]}"
    unset "members[central]"
    ! pgrep -f -- "$MEMBERS" || false
    run timeout 60 "$BACPIPES" up --data "$MEMBERS/central" --for 1s
    echo "$output"
    [ "$status" -eq 78 ]
    [[ "$output" == *"for a central it is --central"* ]]
    run "$BACPIPES" status --data "$MEMBERS/central"
    [[ "$output" == *"nobody runs the central in $MEMBERS/central: bacpipes up --central --data $MEMBERS/central"* ]]
}

@test "over the network it lets in certificates by TLS 1.3, and nobody else" {
    begin_central
    port=$(cat "$MEMBERS/central/postgresql.port")
    for as in bacpipes bacpipes_owner bacpipes_central bacpipes_sync postgres site_1; do
        run psql "host=127.0.0.1 port=$port user=$as dbname=bacpipes sslmode=prefer connect_timeout=10" -c 'select 1'
        [ "$status" -ne 0 ]
    done
    run openssl s_client -starttls postgres -connect "127.0.0.1:$port" -tls1_2 </dev/null
    [[ "$output" == *"protocol version"* || "$output" == *"alert"* ]]
    run openssl s_client -starttls postgres -connect "127.0.0.1:$port" -tls1_3 -CAfile "$MEMBERS/central/central/ca.crt" </dev/null
    [[ "$output" == *"Verification: OK"* || "$output" == *"Verify return code: 0"* ]]
}

# squat PORT: another program has it, until `kill $squatter`.
squat() {
    perl -e 'use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $ARGV[0], Listen => 1, ReuseAddr => 1) or die; sleep 600' "$1" 3>&- &
    squatter=$!
    until_true bash -c "exec 5<>/dev/tcp/127.0.0.1/$1" 2>/dev/null
}

@test "another port where its own is taken on the loopback, as long as nobody was told; elsewhere it is as told, or said why not" {
    squat "$CENTRAL_PORT"
    begin_central
    other=$(cat "$MEMBERS/central/postgresql.port")
    [ "$other" != "$CENTRAL_PORT" ]
    grep "central.listen = 127.0.0.1:$CENTRAL_PORT: another program has that port; it is port $other as long as that is so and no site is invited" "$MEMBERS/central.out"
    until_true as_status "sites reach it on port $other"
    end_central
    run timeout 60 "$BACPIPES" up --central --data "$MEMBERS/central" --for 1s --set "central.listen=127.0.0.2:$CENTRAL_PORT"
    echo "$output"
    [ "$status" -ne 0 ]
    [[ "$output" == *"central.listen = 127.0.0.2:$CENTRAL_PORT: another program has that port"* ]]
    kill $squatter
    wait $squatter || true
    begin_central
    [ "$(cat "$MEMBERS/central/postgresql.port")" = "$CENTRAL_PORT" ]
}

as_status() { "$BACPIPES" status --data "$MEMBERS/central" | grep -F "$1"; }

@test "the port that sites were told stays central's: where another program has it, that is said, and no other is taken" {
    begin_central
    as_members "$BACPIPES" site add macau --data "$MEMBERS/central" --output "$MEMBERS/central/macau.join"
    # Killed, it goes on by its socket where somebody else was quicker, and status says that no site comes.
    perl -e 'use IO::Socket::INET; my $s; until ($s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $ARGV[0], Listen => 1, ReuseAddr => 1)) { select undef, undef, undef, 0.01 } sleep 600' "$CENTRAL_PORT" 3>&- &
    squatter=$!
    kill -KILL "$(head -1 "$MEMBERS/central/postgresql/postmaster.pid")"
    until_true as_status "no site reaches it: its PostgreSQL listens on its socket alone, for another program had port $CENTRAL_PORT"
    end_central
    run timeout 60 "$BACPIPES" up --central --data "$MEMBERS/central" --for 1s
    echo "$output"
    [ "$status" -eq 69 ]
    [[ "$output" == *"port $CENTRAL_PORT of 127.0.0.1: another program has that port, and sites were told that central is there"* ]]
    [ "$(cat "$MEMBERS/central/postgresql.port")" = "$CENTRAL_PORT" ]
    kill $squatter
    wait $squatter || true
    begin_central
    [ "$(cat "$MEMBERS/central/postgresql.port")" = "$CENTRAL_PORT" ]
    [ "$(at_central "show listen_addresses")" = 127.0.0.1 ]
}

@test "a site that joins runs sync from then on, gives it up with its link, and starts it again when it dies" {
    begin_central
    begin_member macau
    until_true part_of macau sync
    grep -q 'this site has joined a central: what it records goes there' "$MEMBERS/macau.out"
    run "$BACPIPES" doctor --data "$MEMBERS/macau" --wait 100ms
    echo "$output"
    [[ "$output" == *"fine   central    127.0.0.1 port $CENTRAL_PORT lets us in as site_1"* ]]
    run "$BACPIPES" doctor --data "$MEMBERS/central" --wait 100ms
    echo "$output"
    [ "$status" -eq 64 ]
    [[ "$output" == *"a central has no building's network: \`bacpipes status\`"* ]]
    run "$BACPIPES" site add taipa --data "$MEMBERS/macau" --output "$MEMBERS/taipa.join"
    echo "$output"
    [ "$status" -ne 0 ]
    [[ "$output" == *'this is the database of a site, and sites are added at their central'* ]]
    [ ! -e "$MEMBERS/taipa.join" ]
    kill -KILL "$(part_of macau sync)"
    until_true grep -q 'sync was ended by signal 9; starting it again' "$MEMBERS/macau.out"
    until_true part_of macau sync
    mv "$MEMBERS/macau/link" "$MEMBERS/macau/link.away"
    until_true grep -q 'this site has no central any more' "$MEMBERS/macau.out"
    gone() { ! part_of macau sync; }
    until_true gone
    mv "$MEMBERS/macau/link.away" "$MEMBERS/macau/link"
    until_true part_of macau sync
    # The join file of another site never is this one's: that is said once, and it does not stay.
    run_up klcc --simulate --no-past --site klcc --points 20 --set database.memory=32MB --set web.listen=127.0.0.1:8085 --join "$MEMBERS/central/macau.join"
    until_true grep -q 'join ended with code 64 .*it is not tried again' "$MEMBERS/klcc.out"
    no_file() { [ ! -e "$MEMBERS/klcc/join.file" ]; }
    until_true no_file
    is_not_joined() { run "$BACPIPES" status --data "$MEMBERS/klcc"; [ "$status" -ge 1 ] && [[ "$output" == *"central"*"warning  the site was to join one"*", and has not: "*'the join file is for site "macau"'* ]]; }
    until_true is_not_joined
    end_member klcc
    # A new one that nobody named is the one of its file, and stays it.
    as_members "$BACPIPES" site add taipa --data "$MEMBERS/central" --output "$MEMBERS/central/taipa.join"
    run_up taipa --join "$MEMBERS/central/taipa.join" --set database.memory=32MB --set web.listen=127.0.0.1:8086
    until_central "exists (select from remote_site where site_id = 'taipa' and state = 'joined')"
    end_member taipa
    # A site does not wait for its central, and central not for its sites.
    end_central
    end_member macau
    run timeout 60 "$BACPIPES" up --central --data "$MEMBERS/macau" --for 1s
    echo "$output"
    [ "$status" -eq 78 ]
    [[ "$output" == *'is the folder of site macau, with its database: a central has a folder of its own'* ]]
    run timeout 60 "$BACPIPES" up --simulate --data "$MEMBERS/macau" --for 1s
    echo "$output"
    [ "$status" -eq 78 ]
    [[ "$output" == *'is the folder of site macau, which has joined a central, and not of site demo: --site macau'* ]]
    run "$BACPIPES" central init --data "$MEMBERS/macau"
    [ "$status" -ne 0 ]
    [[ "$output" == *'is the folder of site macau, which has joined the central at 127.0.0.1'* ]]
    for command in 'aside' 'retry' ''; do
        run timeout 60 "$BACPIPES" central $command --data "$MEMBERS/macau"
        [ "$status" -ne 0 ]
        [[ "$output" == *'is the folder of site macau, which has joined the central at 127.0.0.1'* ]]
    done
    [ ! -e "$MEMBERS/macau/ca" ]
    [ ! -e "$MEMBERS/macau/central" ]
    run_up macau --simulate --no-past --site macau --set web.listen=127.0.0.1:8082
    until_true part_of macau sync
    until_true grep -q "central at 127.0.0.1 port $CENTRAL_PORT: the connection is refused: either central does not run" "$MEMBERS/macau/log/sync.log"
    is_not_reached() { run "$BACPIPES" status --data "$MEMBERS/macau"; [[ "$output" == *"central "*"port $CENTRAL_PORT"*"is not reached"* ]]; }
    until_true is_not_reached
    run "$BACPIPES" doctor --data "$MEMBERS/macau" --wait 100ms
    echo "$output"
    [[ "$output" == *"WRONG  central    127.0.0.1 port $CENTRAL_PORT: the connection is refused: either central does not run"*"what is recorded meanwhile waits here"* ]]
    since=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    begin_central
    until_central "seen_at > '$since' from remote_site where site_id = 'macau'"
}
