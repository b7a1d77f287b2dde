#!/usr/bin/env bats
# bacpipes sync between two real databases, over TLS: what the site records is at central once, whatever is killed, cut or put back.
# shellcheck disable=SC2034,SC2154
bats_require_minimum_version 1.5.0
load link

setup_file() { make_link_templates; }
setup() { begin_link; }
teardown() { end_link; }

@test "what is recorded is at central, entry by entry, and known to be" {
    append 20
    begin_sync
    expect_equal
    append 5
    expect_equal
    until_site "not exists (select from link_epoch e join journal_head h using (site_id, epoch) where e.acknowledged_seq < h.seq)"
    # Within a second of its commit; a loaded machine gets far more.
    at_site "select journal_append('s1', 'audit', '{\"v\": 1, \"event\": \"now\"}'::jsonb)"
    until_central "exists (select from uplink where convert_from(body, 'UTF8') like '%now%' and kind = 'audit')"
    until_site "(select state = 'sending' from link_report)"
    until_central "(select health ->> 'program' is not null from remote_site)"
}

@test "killed again and again, each entry is at central once" {
    begin_sync
    for round in 1 2 3 4; do
        append 40
        end_sync KILL
        [ $round != 2 ] || { stop_database central kill; append 10; start_database central; }
        [ $round != 3 ] || { stop_database site kill; start_database site; }
        begin_sync
        append 10
    done
    expect_equal
}

# keep NAME, put_back NAME: a database as it is now, and back to that.
keep() {
    stop_database "$1"
    rm -rf "$here/$1.kept"
    cp -a "$here/$1" "$here/$1.kept"
    start_database "$1"
}
put_back() {
    stop_database "$1" immediate
    rm -rf "${here:?}/$1"
    cp -a "$here/$1.kept" "$here/$1"
    start_database "$1"
}
present() { at_site "select epoch from journal_head where site_id = 's1' order by version desc limit 1"; }

@test "central is put back: what it lost comes again, and the site knows what it has" {
    begin_sync
    append 30
    expect_equal
    keep central
    append 30
    expect_equal
    until_site "(select e.acknowledged_seq = h.seq from link_epoch e join journal_head h using (site_id, epoch))"
    epoch=$(present)
    put_back central
    append 5
    expect_equal
    [ "$(present)" = "$epoch" ]
    until_site "(select e.acknowledged_seq = h.seq from link_epoch e join journal_head h using (site_id, epoch))"
    # To before anything was there.
    end_sync TERM
    at_central "delete from uplink; delete from uplink_applied; delete from uplink_cursor"
    begin_sync
    expect_equal
}

# n entries that can be told from each other.
append_named() { at_site "do \$\$ begin for n in 1..$2 loop perform journal_append('s1', 'audit', jsonb_build_object('v', 1, 'name', '$1' || n)); commit; end loop; end \$\$"; }
named() { at_central "select count(*) || ' ' || count(distinct body ->> 'name') from audit where site_id = 's1' and body ->> 'name' like '$1%'"; }

@test "the site is put back: another life begins, nothing is lost and no record is there twice" {
    begin_sync
    append_named a 30
    expect_equal
    keep site
    former=$(present)
    append_named b 20
    until_central "(select count(*) = 20 from audit where body ->> 'name' like 'b%')"
    until_site "(select e.acknowledged_seq = h.seq from link_epoch e join journal_head h using (site_id, epoch))"
    at_central "update site set last_device_id = 700, last_point_id = 800 where site_id = 's1'"
    end_sync TERM
    put_back site
    # What it does before central is there again: more than central had, so that one number has two entries.
    append_named c 40
    begin_sync
    until_site "(select count(*) = 1 from alarm where key = 'journal.new_life' and returned_at is null)"
    [ "$(present)" != "$former" ]
    expect_equal "epoch = $(present)"
    [ "$(named a)" = "30 30" ]
    [ "$(named b)" = "20 20" ]
    [ "$(named c)" = "40 40" ]
    [ "$(at_site "select last_device_id >= 700 and last_point_id >= 800 from site")" = t ] || at_site "select last_device_id, last_point_id from site"
    [ "$(at_central "select string_agg(life || '', ' ' order by life) from uplink_cursor")" = "1 2" ]
    # And once more, to the end of what central had, where nothing is to be found but that central has a later life.
    end_sync TERM
    put_back site
    at_site "select 1"
    begin_sync
    until_site "(select count(*) = 1 from alarm where key = 'journal.new_life' and returned_at is null)"
    append_named d 3
    expect_equal "epoch = $(present)"
    [ "$(named a)" = "30 30" ]
    [ "$(named b)" = "20 20" ]
    [ "$(named c)" = "40 40" ]
    [ "$(named d)" = "3 3" ]
}

@test "a copy of the site that sends beside it is found at once" {
    begin_sync
    append_named a 10
    expect_equal
    keep site
    append_named b 5
    until_central "(select count(*) = 5 from audit where body ->> 'name' like 'b%')"
    first=$sync
    # The copy, while the site's own sync stands still.
    kill -STOP "$first"
    put_back site
    append_named c 5
    begin_sync
    until_site "(select count(*) = 1 from alarm where key = 'journal.new_life' and returned_at is null)"
    expect_equal "epoch = $(present)"
    kill -KILL "$first" 2>/dev/null || true
    [ "$(named a)" = "10 10" ]
    [ "$(named b)" = "5 5" ]
    [ "$(named c)" = "5 5" ]
}

@test "what central asks for is carried out once and in order, and what cannot be is told back" {
    begin_sync
    append 1
    expect_equal
    at_central "select downlink_append('s1', 'nonsense', jsonb_build_object('v', 1, 'id', 'x' || n)) from generate_series(1, 130) n"
    append 1
    until_site "(select down_seq = 130 from central_link)"
    end_sync KILL
    at_central "select downlink_append('s1', 'nonsense', '{\"v\": 1, \"id\": \"x131\"}')"
    begin_sync
    until_central "(select count(*) = 131 from audit where body ->> 'event' = 'not_carried_out')"
    [ "$(at_central "select count(distinct body ->> 'id') || ' ' || bool_and(body ->> 'why' <> '') || ' ' || (array_agg(body ->> 'id' order by seq) = array(select 'x' || n from generate_series(1, 131) n)) from audit where body ->> 'event' = 'not_carried_out'")" = "131 true true" ]
    expect_equal
}

@test "notices that are about nothing cost little, and what central asks for comes all the same" {
    begin_sync
    append 1
    expect_equal
    at_central "alter system set track_functions = 'all'"
    at_central "select pg_reload_conf()"
    fetches() { at_central "select coalesce(sum(calls), 0) from pg_stat_user_functions where schemaname = 'sync' and funcname = 'fetch'"; }
    for _ in $(seq 60); do
        at_central "notify site_1, 'n'"
        sleep 0.05
    done
    until_central "(select sum(calls) > 0 from pg_stat_user_functions where schemaname = 'sync' and funcname = 'fetch')"
    [ "$(fetches)" -le 8 ]
    at_central "select downlink_append('s1', 'nonsense', '{\"v\": 1, \"id\": \"x\"}')"
    append 1
    until_site "(select down_seq = 1 from central_link)"
    expect_equal
}

@test "a site that joined anew goes on with the certificate that it has now" {
    load certificates
    begin_sync
    append 1
    expect_equal
    make_link "$here/data" s1 1 "$CENTRAL_ADDRESS" "$CENTRAL_PORT" "$BATS_FILE_TMPDIR/ca"
    at_central "update remote_site set serials = '{$(serial_of "$BATS_FILE_TMPDIR/ca/site_1.crt")}'"
    append 2
    expect_equal
}

@test "it waits when it is told to, keeps what it has, and does what it is asked for" {
    begin_sync
    append 3
    expect_equal
    at_central "update remote_site set wait_until = clock_timestamp() + interval '1 h', wait_why = 'the disk is nearly full'"
    append 3
    until_site "(select state = 'waiting' and why = 'the disk is nearly full' from link_report)"
    [ "$(at_site "select entries > 0 from link_backlog('s1')")" = t ]
    # What central asks for comes down meanwhile.
    at_central "select downlink_append('s1', 'nonsense', '{\"v\": 1, \"id\": \"x\"}')"
    at_central "notify site_1"
    until_site "(select down_seq = 1 from central_link)"
    [ "$(at_site "select state from link_report")" = waiting ]
    at_central "update remote_site set wait_until = null, wait_why = null"
    end_sync KILL
    begin_sync
    expect_equal
    until_site "(select state = 'sending' from link_report)"
}

@test "one sync works for a site; --status says how the link is, with a code" {
    sync_status() { BACPIPES_DATABASE_HOST=$here/site.run BACPIPES_DATABASE_PORT=$CENTRAL_PORT BACPIPES_CONFIG=/dev/null "$bacpipes" sync --data "$here/data" --set site=s1 --status "$@"; }
    run -2 sync_status
    [[ $output == *"sync does not run"* ]]
    begin_sync --set sync.monthly_budget=1
    first=$sync
    append 3
    expect_equal
    until_site "(select state = 'sending' from link_report) and (select entries = 0 from link_backlog('s1'))"
    run -0 sync_status
    [[ $output == *"sending for"* && $output == *"this month"* ]]
    run -0 sync_status --json
    [ "$(jq -r '.state + " " + (.code | tostring) + " " + (.unsent.entries | tostring)' <<<"$output")" = "sending 0 0" ]
    sync=
    begin_sync
    second=$sync
    code=0
    wait "$second" || code=$?
    [ $code = 75 ]
    grep -q "another sync works for site s1" "$here/sync.log"
    sync=$first
    end_sync TERM
    run -2 sync_status
    # What it cost was counted, and is more than its budget when it begins again.
    [ "$(at_site "select sum(sent) > 1000 and sum(received) > 1000 from link_octets")" = t ]
    begin_sync --set sync.monthly_budget=1
    until_site "(select count(*) = 1 from alarm where key = 'sync.budget' and returned_at is null) and (select state = 'sending' from link_report)"
    run -1 sync_status --set sync.monthly_budget=1
    [[ $output == *"more than sync.monthly_budget"* ]]
    end_sync TERM
    begin_sync
    until_site "(select count(*) = 0 from alarm where key = 'sync.budget' and returned_at is null)"
    rm -rf "$here/data/link"
    end_sync TERM
    begin_sync
    code=0
    wait "$sync" || code=$?
    sync=
    [ $code = 78 ]
    grep -q "bacpipes site join FILE" "$here/sync.log"
}

@test "a clock that is hours off holds nothing up" {
    [ -e "${BUILD:-build}/tests/flow/libclock_shim.so" ] || skip "built without -Dtests=true"
    local ahead
    export CLOCK_SHIM=$here/clock LD_PRELOAD
    append 5
    for ahead in -7200 10800; do
        echo $ahead >"$CLOCK_SHIM"
        LD_PRELOAD=$(realpath "${BUILD:-build}/tests/flow/libclock_shim.so") ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0" begin_sync
        append 5
        expect_equal
        until_central "(select abs(clock_ahead_s - ($ahead)) < 60 from remote_site)"
        end_sync TERM
    done
}
