#!/usr/bin/env bats
# shellcheck disable=SC2154
# bacpipes up --demo: a central and two sites, what is read at the sites is at central, row by row, whoever dies meanwhile.
# BUILD names the build folder (default: build). One demo for all tests of this file, in their order.

load central

setup_file() {
    members_folder
    export MEMBERS BACPIPES root
    demo_begins
}
teardown_file() {
    kill -INT "$(cat "$MEMBERS/pid")" 2>/dev/null || true
    until_gone || true
    rm -rf "$MEMBERS"
}
setup() {
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    data=$MEMBERS/central # that of the whole demo: at_central asks there
}
teardown() {
    [ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 15 "$MEMBERS/out" "$MEMBERS"/central/log/{central,macau}.log "$MEMBERS"/central/sites/macau/log/{sync,ingest}.log || true
}

demo_begins() {
    ln -sfn central/sites/macau "$MEMBERS/macau"
    ln -sfn central/sites/klcc "$MEMBERS/klcc"
    rm -f "$MEMBERS/central/ready"
    "$BACPIPES" up --demo --no-past --points 60 --data "$MEMBERS/central" --json >"$MEMBERS/json" 2>>"$MEMBERS/out" 3>&- &
    echo $! >"$MEMBERS/pid"
    until [ -f "$MEMBERS/central/ready" ]; do
        kill -0 "$(cat "$MEMBERS/pid")" || { cat "$MEMBERS/out"; return 1; }
        sleep 0.1
    done
}
until_gone() {
    local until=$((SECONDS + 100))
    while pgrep -f -- "$MEMBERS/central" >/dev/null; do
        [ $SECONDS -lt $until ] || { pgrep -fa -- "$MEMBERS/central"; return 1; }
        sleep 0.1
    done
}
# child NAME [OF]: the process of a part, below the demo's `up` or below that of a site.
child() {
    local pid of
    of=$(cat "$MEMBERS/pid")
    [ -z "${2:-}" ] || of=$(child "$2")
    for pid in $(pgrep -P "$of"); do
        [ "$(tr '\0' '\n' <"/proc/$pid/cmdline" | head -1 | sed 's|.*/||')" = "$1" ] && echo "$pid" && return
    done
    return 1
}

# Readings of a site until a time that is over at both ends: how many, and their digest.
rows_until() { echo "select count(*) || ' ' || coalesce(md5(string_agg(format('%s %s %s %s %s', extract(epoch from time), point_id, value, quality, reason), ',' order by time, point_id)), '')
    from sensor_readings where site_id = '$1' and time < '$2'"; }
# same_rows SITE TIME: what the site has until then is at central, each row once, within a minute.
same_rows() {
    local here there until=$((SECONDS + 90))
    here=$(at_member "$1" "$(rows_until "$1" "$2")")
    until there=$(at_central "$(rows_until "$1" "$2")") && [ "$here" = "$there" ]; do
        [ $SECONDS -lt $until ] || { echo "site $1: $here; at central: $there"; return 1; }
        sleep 0.5
        here=$(at_member "$1" "$(rows_until "$1" "$2")")
    done
    echo "$1: $here"
    [ "${here%% *}" -gt 0 ]
}
both_are_same() {
    local now
    now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    sleep 1 # what is read before it is on its way then
    for site in macau klcc; do same_rows $site "$now"; done
}

@test "central has both sites, their points, and each of their readings once" {
    for site in macau klcc; do
        until_central "count(*) = 60 from point where site_id = '$site'"
        until_central "count(distinct point_id) >= 50 from sensor_readings where site_id = '$site'"
    done
    both_are_same
    # Two climates, two buildings.
    [ "$(cat "$MEMBERS/central/sites/macau/demo.climate" "$MEMBERS/central/sites/klcc/demo.climate" | paste -sd' ')" = "macau kuala-lumpur" ]
    [ "$(at_central "select string_agg(is_simulated::text, ' ') from site where is_remote")" = "true true" ]
    run "$BACPIPES" status --data "$MEMBERS/central"
    echo "$output"
    [[ "$output" == *"sites     ok       2, of which 2 have joined"*"one of the demo by itself: bacpipes status --data $MEMBERS/central/sites/SITE"* ]]
    run "$BACPIPES" status --data "$MEMBERS/central/sites/klcc"
    echo "$output"
    [[ "$output" == *"central   ok "* ]]
}

@test "each site is in the time of its building, at itself and at central" {
    [ "$(at_central "select string_agg(site_id || ' ' || timezone, ', ' order by site_id) from site where is_remote")" = "klcc Asia/Kuala_Lumpur, macau Asia/Macau" ]
    [ "$(at_member macau "select timezone from site")" = Asia/Macau ]
    [ "$(at_member klcc "select timezone from site")" = Asia/Kuala_Lumpur ]
}

@test "whatever dies is started again, and nothing is lost or twice" {
    before=$(at_central "select count(*) from sensor_readings")
    for victim in "central" "web" "postgresql" "sync macau" "ingest klcc" "postgresql macau" "collect klcc"; do
        # shellcheck disable=SC2086
        case $victim in
        postgresql) pid=$(head -1 "$MEMBERS/central/postgresql/postmaster.pid") ;;
        "postgresql macau") pid=$(head -1 "$MEMBERS/central/sites/macau/postgresql/postmaster.pid") ;;
        *) pid=$(child $victim) ;;
        esac
        echo "kill -9 $pid, $victim"
        kill -KILL "$pid"
        sleep 1
    done
    until_central "count(*) > $before + 100 from sensor_readings"
    both_are_same
    # A whole site, and it goes on where it was.
    kill -KILL "$(child macau)"
    until [ "$(grep -c 'macau was ended by signal 9; starting it again' "$MEMBERS/out")" = 1 ]; do sleep 0.1; done
    mark=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    PATIENCE=120 until_central "exists (select from sensor_readings where site_id = 'macau' and time > '$mark')"
    both_are_same
}

@test "stopped by Ctrl-C its sites end before central, --json sums both up, and begun again all goes on" {
    kill -INT "$(cat "$MEMBERS/pid")"
    until_gone
    grep -q 'everything is stopped' "$MEMBERS/out"
    ! grep 'did not end in time' "$MEMBERS/out" || false
    cat "$MEMBERS/json"
    jq -e '.simulated and .readings_stored > 0 and (.sites | length == 2) and ([.sites[] | .joined] | all) and ([.sites[].points] == [60, 60]) and .web.ready and .error == null' "$MEMBERS/json"
    demo_begins
    [ "$(grep -c 'a join file is signed' "$MEMBERS/out")" = 2 ] # none is invited twice
    mark=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    for site in macau klcc; do until_central "exists (select from sensor_readings where site_id = '$site' and time > '$mark')"; done
    both_are_same
    [ "$(at_central "select count(*) from uplink_cursor")" = 2 ] # one life each
}

@test "begun again with a site that was retired meanwhile, it does not say that this one has joined" {
    "$BACPIPES" site retire klcc --yes --data "$MEMBERS/central"
    kill -INT "$(cat "$MEMBERS/pid")"
    until_gone
    : >"$MEMBERS/out"
    demo_begins
    grep -q 'site macau (Macau) is up, and has joined' "$MEMBERS/out"
    grep -q 'site klcc (Kuala Lumpur) is up by itself: it was retired, and central takes nothing of it any more' "$MEMBERS/out"
}

@test "the past of both is laid at central by the same simulation, the same to the bit, and no reading of it" {
    kill -INT "$(cat "$MEMBERS/pid")"
    until_gone
    "$BACPIPES" up --demo --points 30 --quiet --data "$MEMBERS/past" >>"$MEMBERS/out" 2>&1 3>&- &
    echo $! >"$MEMBERS/pid"
    PATIENCE=400 until_in past "count(*) = 2 from past where finished_at is not null"
    for site in macau klcc; do
        for table in hourly 5min; do
            rows="select count(*) || ' ' || md5(string_agg(format('%s %s %s %s %s %s', time, point_id, min, max, sum, last), ',' order by time, point_id)) from sensor_readings_$table
                  where site_id = '$site' and time < (select date_trunc('hour', until) from past where site_id = '$site')"
            there=$(sql_in past "$rows")
            echo "$site $table: $there"
            [ "${there%% *}" -gt 200000 ]
            [ "$there" = "$(sql_in "past/sites/$site" "$rows")" ]
        done
        [ "$(sql_in past "select count(*) from sensor_readings r join past p using (site_id) where r.time < p.until")" = 0 ]
    done
    kill -INT "$(cat "$MEMBERS/pid")"
    wait || true
}
