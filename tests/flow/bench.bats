#!/usr/bin/env bats
# Each bench runs, for a moment (BENCH_SHORT), and prints its figures in the form that others read. What they are is
# script/bench's to say. BUILD names the build folder (default: build).
bats_require_minimum_version 1.5.0

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    BUILD=$(realpath "${BUILD:-$root/build}")
    export BUILD BENCH_SHORT=1
}

# short NAME: runs bench/NAME, whose lines are then in $lines.
short() {
    run --separate-stderr "$root/bench/$1"
    echo "$output"
    echo "$stderr"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -gt 0 ]
    for line in "${lines[@]}"; do
        [[ "$line" =~ ^figure\ [a-z][a-z0-9_]*\ -?[0-9]+(\.[0-9]+)?\ [^\ ]+$ ]] || { echo "no figure: $line"; return 1; }
    done
    [ "$(printf '%s\n' "${lines[@]}" | cut -d' ' -f2 | sort | uniq -d)" = "" ]
}

# has NAME...: figures that are promised.
has() {
    local name
    for name; do
        grep -q "^figure $name " <<<"$output" || { echo "$name is missing"; return 1; }
    done
}

# more_than_nothing NAME...: figures that are only nought where nothing was done.
more_than_nothing() {
    local name
    for name; do
        ! grep -E "^figure $name 0(\.0*)? " <<<"$output" || return 1
    done
}

@test "every bench has its round here" {
    for bench in "$root"/bench/*; do
        [[ ${bench##*/} != web_* ]] || continue # bench/web runs them all
        [ ! -x "$bench" ] || [ -d "$bench" ] || grep -qx "    short ${bench##*/}" "$BATS_TEST_FILENAME" || { echo "$bench has none"; return 1; }
    done
}

@test "poll" {
    short poll
    has poll_rp_cpu_s_per_1000 poll_rpm_cpu_s_per_1000 poll_trunk_ratio poll_many_devices poll_10000_cpu_percent poll_10000_late_rounds
    more_than_nothing poll_rp_points_per_s poll_rpm_points_per_s poll_trunk_points_per_s poll_many_devices_points_per_s poll_10000_points_per_s
    # Of 1000 points each second: the whole site was asked, and not as many devices as the one before had.
    [ "$(sed -n 's/^figure poll_10000_points_per_s \([0-9]*\).*/\1/p' <<<"$output")" -gt 500 ]
    [[ "$stderr" != *"NOT RUN"* ]] || skip "NOT TESTED: the other stack (npm and Node.js 20 bring it)"
    has poll_rp_js_ratio poll_rpm_js_ratio
    more_than_nothing poll_rp_js_points_per_s poll_rpm_js_points_per_s
}

@test "web" {
    short web
    has web_search_ms web_event_ms web_rss_mb web_live_cpu_percent web_year_trend_ms web_week_20_ms web_csv_rss_kb
    more_than_nothing web_points_per_second web_points_ratio web_year_trend_kb web_week_20_kb web_2d_20_kb web_raw_page_kb web_csv_rows
    [[ "$stderr" != *"NOT RUN"* ]] || skip "NOT TESTED: in a browser: ${stderr##*NOT RUN: }"
    has web_layout_shift
    more_than_nothing web_first_view_ms web_login_view_ms web_building_view_ms web_script_kb web_input_ms web_chart_frame_ms
}

@test "batch" {
    short batch
    has batch_write_by_hand batch_read_by_hand
}

@test "ingest" {
    short ingest
    has ingest_cpu_s_per_1000
    more_than_nothing ingest_readings_per_s ingest_copy_ratio
}

@test "command" {
    short command
    has command_wire_p99_ms command_verified_p99_ms command_poll_lateness_ratio
    more_than_nothing command_rate_s command_rate_slow_s
}

@test "codec" {
    short codec
    more_than_nothing codec_simulated_octets_per_reading codec_simulated_key_octets codec_simulated_encoded_per_s codec_simulated_decoded_per_s
}

@test "central" {
    short central
    more_than_nothing central_readings_per_s central_copy_per_s central_copy_ratio central_backlog_rss_mb
}

@test "wire" {
    [ -c /dev/net/tun ] && [ "$(id -u)" = 0 ] || skip "NOT TESTED: no /dev/net/tun, or not root"
    short wire
    more_than_nothing wire_bytes_per_reading wire_rows_bytes_per_reading wire_idle_mb_per_day
}

@test "central_sites" {
    short central_sites
    has central_lag_s central_first_lag_s central_live_lag_s central_backlog_day_s
    more_than_nothing central_rss_mb
}

@test "central_hostile" {
    short central_hostile
    has central_hostile_lag_s central_calm_lag_s central_hostile_ended
}

@test "central_cost" {
    short central_cost
    has central_cost_sites_ratio central_cost_backlog_ratio
    [ "$(grep -c '^| [0-9]' <<<"$stderr")" -eq 3 ]
}

@test "command_afar" {
    [ -c /dev/net/tun ] && [ "$(id -u)" = 0 ] || skip "NOT TESTED: no /dev/net/tun, or not root"
    short command_afar
    more_than_nothing command_remote_p50_ms command_remote_p99_ms command_remote_lossy_p99_ms
}

@test "demo" {
    short demo
    more_than_nothing demo_pss_mb demo_central_pss_mb demo_macau_pss_mb
}

@test "journal" {
    short journal
    more_than_nothing journal_appends_per_s journal_appends_8_per_s journal_store_ms journal_change_ms journal_entry_octets journal_held_ratio
}

@test "site" {
    short site
    has site_cpu_percent site_up_rss_mb
    more_than_nothing site_collect_rss_mb site_ingest_rss_mb site_role_rss_mb site_memory_mb
}

@test "building" {
    short building
    has sim_year_cpu_s sim_day_10000_s sim_macau_g36_chiller_kwh_day sim_macau_rules_cold_degree_hours_day sim_macau_g36_saves_of_rules_hvac_pct sim_lisbon_g36_saves_of_contractor_site_pct
    more_than_nothing sim_year_s sim_points_per_s sim_lisbon_rules_fans_kwh_day sim_lisbon_contractor_peak_kw
    for balance in energy water co2; do
        awk -v name=${balance}_balance_error_pct '$2 == name && $3 < 0.5 { found = 1 } END { exit !found }' <<<"$output"
    done
}

@test "soak" {
    short soak
    has soak_collect_memory_kb_slope soak_collect_descriptors_slope soak_database_kb_slope soak_latency_s_slope soak_longest_gap_s
    more_than_nothing soak_readings soak_collect_memory_kb_most soak_collect_descriptors_most
    grep -qx 'figure soak_restarts 0 parts' <<<"$output"
}

@test "a soak in which the collector was started again, and one asked for wrongly, fail" {
    "$root/bench/soak" 12 >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
    soak=$!
    # Once samples are taken, a collector of that site is killed.
    until grep -q collect_pid "$BATS_TEST_TMPDIR/said"; do kill -0 $soak; sleep 0.2; done
    kill -KILL "$(awk '$2 == "collect_pid" { pid = $3 } END { print pid }' "$BATS_TEST_TMPDIR/said")"
    status=0
    wait $soak || status=$?
    cat "$BATS_TEST_TMPDIR/said"
    [ "$status" -eq 1 ]
    grep -qx 'figure soak_restarts 1 parts' "$BATS_TEST_TMPDIR/said"
    run -64 "$root/bench/soak" 1h
}
