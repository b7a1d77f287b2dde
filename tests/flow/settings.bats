#!/usr/bin/env bats
# What the database refuses in table setting is what the programs would not follow, in the same words. BUILD is the build's
# folder (default: build).

setup() {
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    root=$BATS_TEST_DIRNAME/../..
    BACPIPES=$(realpath "${BUILD:-$root/build}/apps/bacpipes")
    export BACPIPES BACPIPES_CONFIG=/dev/null
    unset BACPIPES_DATA
    folder=$(mktemp -d)
}

teardown() {
    rm -rf "$folder"
}

# NAME=VALUE, a line each: of every kind that there is, right, wrong, and at the ends of what is right.
values() {
    for value in 0.0.0.0 10.1.2.9 255.255.255.255 256.1.1.1 10.1.2 10.1.2.3.4 10.01.2.3 1e1.1.1.1 '' 10.1.2.9:47808 ' 10.1.2.9' ٣.1.2.3; do
        printf 'bacnet.address=%s\nbacnet.broadcast=%s\n' "$value" "$value"
    done
    for value in '' 10.2.0.9 10.2.0.9:47809 10.2.0.9: 10.2.0.9:0 10.2.0.9:65535 10.2.0.9:65536 10.2.0.9:00080 10.2.0.9:123456 10.2.0.9:+5 \
        '10.2.0.9 10.2.0.10' '  10.2.0.9   10.2.0.10 ' '10.2.0.9 nonsense' 10.2.0.1/2001 10.2.0.1/2001:0a 10.2.0.1:47809/2001:0A0b 10.2.0.1/0 10.2.0.1/65535 10.2.0.1/65536:01 \
        10.2.0.1/ 10.2.0.1/2001: 10.2.0.1/2001:0 10.2.0.1/2001:0g 10.2.0.1/2001:01020304050607 10.2.0.1/2001:0102030405060708 10.2.0.1/2001/3 10.2.0.1/2001:01:02 "$(seq -s ' ' -f '10.2.0.%g' 1 20)"; do
        printf 'bacnet.bbmd=%s\nbacnet.bbmds=%s\ndiscovery.targets=%s\n' "$value" "$value" "$value"
    done
    for value in 0 1 8 9 +4 -0 -1 04 4.0 4s 4e0 0x4 '' '1 2' 9223372036854775807 9223372036854775808 -9223372036854775809 \
        "$(printf '%063d' 4)" "$(printf '%064d' 4)" four ٤; do
        printf 'poll.window=%s\nbacnet.instance=%s\n' "$value" "$value"
    done
    for value in 5 +5 -5 -0 0 1s 999ms 1000ms 86400s 86401s 1d 1d1ms 24h 1h30min 1h30m 1min30s 1s1s 15 15S 15sec s ms 1h30 '1 s' '' 1.5s 0s 0d -1s +1s 1µs \
        9223372036854s 9223372036854775807d 99999999999999999999 99999999999999999999s "$(printf '%063ds' 7)" "$(printf '%064ds' 7)" 15min5; do
        printf 'poll.interval=%s\ningest.flush=%s\nretention.readings=%s\n' "$value" "$value" "$value"
    done
    for value in 65535 65536 64kB 63kB 1GB 1GB1 1gb 1KB 8M 8MB 8388608B 1.5GB -1 +65536 '' B kB 9223372036854775807 9223372036854775808 8589934592GB \
        "$(printf '%063d' 70000)" "$(printf '%064d' 70000)"; do
        printf 'spool.memory=%s\nspool.size=%s\n' "$value" "$value"
    done
    for value in true false yes no on off 0 1 True TRUE t 2 '' 'true false'; do
        printf 'cov.confirmed=%s\n' "$value"
    done
    for value in all none rules All rule '' 'all, none'; do
        printf 'points.enable=%s\n' "$value"
    done
    # Quoted as far as there is room, and cut between letters.
    printf 'poll.window=%s\npoll.window=%s\n' "$(printf 'x%.0s' {1..63})" "$(printf 'x%.0s' {1..64})"
    printf 'poll.interval=x%s\n' "$(printf '客%.0s' {1..30})"
}

# In each way a line "NAME=VALUE -> what is wrong", or "-> fine".
by_programs() {
    while IFS= read -r line; do
        said=$("$BACPIPES" config check --set "$line" 2>&1 >/dev/null) || true
        [ -z "$said" ] || said=${said#command line: }
        printf '%s -> %s\n' "$line" "${said:-fine}"
    done
}

by_database() {
    cat >"$folder/compare" <<'SH'
set -euo pipefail
BACPIPES_DATABASE_HOST=$PGHOST "$BACPIPES" migrate >/dev/null
psql -qXtA -v ON_ERROR_STOP=1 -c 'create temporary table line (number integer generated always as identity, said text)' \
    -c "\\copy line (said) from '$1' (format csv, delimiter E'\\x01', quote E'\\x02')" \
    -c "select said || ' -> ' || coalesce(setting_problem(split_part(said, '=', 1), substring(said from '=(.*)')), 'fine') from line order by number"
SH
    "$root/tests/with-postgres" bash "$folder/compare" "$1"
}

@test "programs and database say the same of each value" {
    values | sed 's/^\([^=]*\)= */\1=/; s/ *$//' | sort -u >"$folder/lines" # what stands around a value, only the table's reader takes off
    by_programs <"$folder/lines" >"$folder/programs"
    by_database "$folder/lines" >"$folder/database"
    diff "$folder/programs" "$folder/database"
    [ "$(grep -c -- '-> fine$' "$folder/programs")" -ge 60 ]
    [ "$(grep -vc -- '-> fine$' "$folder/programs")" -ge 150 ]
}
