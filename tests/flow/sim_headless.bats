#!/usr/bin/env bats
# bacpipes sim --days: the building without a network, as CSV and as a summary. BUILD names the build folder (default: build).
bats_require_minimum_version 1.5.0

setup() {
    bacpipes=$(realpath "${BUILD:-build}")/apps/bacpipes
    cd "$BATS_TEST_TMPDIR"
}

simulate() {
    timeout 300 "$bacpipes" sim --points 60 "$@"
}

@test "days of all points are CSV: a row at the start and every 5 minutes, a column for each point" {
    simulate --days 2 --csv days.csv >summary 2>&1
    cat summary
    [ "$(wc -l <days.csv)" -eq $((1 + 1 + 2 * 288)) ]
    [ "$(awk -F, '{ print NF }' days.csv | sort -u)" = 61 ]
    [ "$(head -1 days.csv | tr , '\n' | tail -n +2 | sort)" = "$("$bacpipes" sim --points 60 --list --json | jq -r '.[].objects[].name' | sort)" ]
    [ "$(head -1 days.csv | cut -d, -f1)" = time ]
    [ "$(tail -n +2 days.csv | cut -d, -f1 | sort -u | wc -l)" -eq $((1 + 2 * 288)) ]
    ! tail -n +2 days.csv | cut -d, -f2- | tr , '\n' | grep -vE '^-?[0-9]+(\.[0-9]+)?$' | grep -vx nan || false
    grep -q '2 days in' summary
    grep -q '^chiller  ' summary
}

@test "the same command has the same CSV, another seed another, and the file is the same as standard output" {
    simulate --days 1 --csv a.csv
    simulate --days 1 --csv b.csv
    simulate --days 1 --csv >c.csv
    simulate --days 1 --csv --seed 2 d.csv
    cmp a.csv b.csv
    cmp a.csv c.csv
    ! cmp -s a.csv d.csv || false
}

@test "less than a week begins on a working Tuesday, more on the first of January, unless told otherwise" {
    [[ "$(simulate --days 1)" == "1 day in Lisbon, "*": 2025-01-07 00:00 to 2025-01-08 00:00 (local time)"* ]]
    [ "$(simulate --days 6 --json | jq -r .from)" = 2025-01-07T00:00:00Z ]
    [ "$(simulate --days 7 --json | jq -r .from)" = 2025-01-01T00:00:00Z ]
    [ "$(simulate --days 1 --start 2026-07-15 --json | jq -r .from)" = 2026-07-14T23:00:00Z ]
    [[ "$("$bacpipes" sim --days 2 --points 1)" == "2 days in "*", 1 point: "* ]]
}

@test "the example of the truth in docs/building.md is what the command writes" {
    docs=$BATS_TEST_DIRNAME/../../docs/building.md
    command=$(sed -n 's/^\$ bacpipes \(sim .*--truth .*\)/\1/p' "$docs")
    eval "timeout 300 '$bacpipes' $command" >/dev/null
    diff <(head -1 truth.jsonl) <(sed -n '/^{"event":"begins"/p' "$docs" | head -1)
}

@test "rows more often do not change what they say" {
    simulate --days 1 --csv --every 15min --without-flaws slow.csv
    simulate --days 1 --csv --every 10s --without-flaws quick.csv
    awk -F, 'NR == FNR { known[$1] = 1; next } $1 in known' slow.csv quick.csv >some.csv
    diff <(head -3 slow.csv) <(head -3 some.csv)
    cmp slow.csv some.csv
}

@test "--only chooses columns, and says what may be meant where it chooses none" {
    simulate --days 1 --csv --every 6h --only ZN-T --only 'METER/KW*' >some.csv
    [ "$(head -1 some.csv | tr , '\n' | grep -vE '^time$|/ZN-T$|^METER/KW' | wc -l)" -eq 0 ]
    [ "$(head -1 some.csv | tr , '\n' | grep -c /ZN-T)" -ge 1 ]
    [ "$(wc -l <some.csv)" -eq 6 ]
    run -64 simulate --days 1 --csv --only METER/KWX none.csv
    [[ "$output" == *"METER/KWX"*"METER/KW"* ]]
    [ ! -e none.csv ]
}

@test "without a network: it needs none, and takes no option of one" {
    [ "$(id -u)" -ne 0 ] || unshare --net timeout 300 "$bacpipes" sim --points 60 --days 1
    for options in "--port 47809" "--address 127.0.0.1" "--instance 1001" "--trunk 5" "--own-network 1" "--state x" "--since 2024-12-01T00:00:00Z" \
        "--speed 60" "--quirks silent" "--network 2001" "--list" "--write-log x"; do
        # shellcheck disable=SC2086
        run -64 simulate --days 1 $options
        [[ "$output" == *"without a network"*"${options%% *}"* ]]
    done
}

@test "what does not go together is refused with what would be right, and no file is touched" {
    echo precious >file.csv
    run -64 simulate --csv file.csv
    [[ "$output" == *"--days N"* ]]
    run -64 simulate --days 1 file.csv
    [[ "$output" == *"--csv"* ]]
    run -64 simulate --days 1 --every 1h
    [[ "$output" == *"--csv"* ]]
    run -64 simulate --days 1 --csv --every 7s file.csv
    [[ "$output" == *"5 s"* ]]
    run -64 simulate --days 1 --csv --json
    [[ "$output" == *"FILE"* ]]
    run -64 simulate --days 0 --csv file.csv
    run -64 simulate --days 1 --csv --start yesterday file.csv
    run -64 simulate --days 1 --csv file.csv other.csv
    run -64 simulate --days 1 --csv --faults nonsense file.csv
    for faults in AHU-1:filter-dirty@+2d AHU-1:filter-dirty@2020-01-02/2020-01-03 all:silent; do
        run -64 simulate --days 1 --csv --faults "$faults" file.csv
    done
    run -64 simulate --days 1 --faults AHU-1:filter-dirty --truth --json
    [[ "$output" == *"--truth needs a value"* ]]
    [ ! -e --json ]
    run -64 simulate --days 1 --csv --climate mars file.csv
    [ "$(cat file.csv)" = precious ]
}

@test "--json is a summary for programs, beside a file of CSV, too" {
    simulate --days 1 --json | jq -e '.days == 1 and .points == 60 and (.kwh_a_day | .electricity > 0 and
        (.fans + .chiller + .tower + .pumps + .lights + .equipment - .electricity | fabs) < 1e-6) and .peak_kw > 0 and
        (.balance_error_pct | [.heat, .water, .co2] | all(. < 0.01))'
    simulate --days 1 --csv --json file.csv | jq -e '.days == 1'
    [ "$(wc -l <file.csv)" -eq 290 ]
}

@test "a full disk: the sentence says how much is there" {
    run -74 simulate --days 1 --csv /dev/full
    echo "$output"
    [[ "$output" == *"/dev/full: No space left on device"* ]]
    run -74 sh -c "timeout 300 '$bacpipes' sim --points 60 --days 1 --csv >/dev/full"
    [[ "$output" == *"No space left on device"* ]]
    # A file that may have so many blocks ends with a whole row.
    run -74 sh -c "trap '' XFSZ; ulimit -f 700; timeout 300 '$bacpipes' sim --points 60 --days 30 --csv cut.csv"
    echo "$output"
    [ "$(tail -c 1 cut.csv | od -An -c | tr -d ' ')" = '\n' ]
    [[ "$output" == *"$(($(wc -l <cut.csv) - 1)) rows"* ]]
    [ "$(awk -F, '{ print NF }' cut.csv | sort -u)" = 61 ]
}

@test "a pipe that nobody reads any more: it ends, and says so" {
    (
        status=0
        simulate --days 3650 --csv 2>said || status=$?
        echo $status >status
    ) | head -1 >/dev/null
    cat said
    grep -q 'standard output: Broken pipe' said
    [ "$(cat status)" -eq 74 ]
}

@test "SIGINT and SIGTERM end it at once, with whole rows and the summary of what was" {
    for signal in INT TERM; do
        # A shell has its children in the background ignore SIGINT; env gives it back.
        env --default-signal=INT "$bacpipes" sim --points 60 --days 36525 --csv cut.csv >summary 2>said 3>&- &
        sim=$!
        until [ -s cut.csv ]; do kill -0 $sim; sleep 0.1; done
        kill -$signal $sim
        status=0
        wait $sim || status=$?
        cat summary said
        [ "$status" -eq "$([ $signal = INT ] && echo 130 || echo 143)" ]
        [ "$(tail -c 1 cut.csv | od -An -c | tr -d ' ')" = '\n' ]
        grep -q "$(($(wc -l <cut.csv) - 1)) rows" said
        grep -q 'kWh a day' summary
        rm cut.csv
    done
}

@test "progress is for a terminal alone" {
    simulate --days 2 2>said >/dev/null
    [ ! -s said ]
    command -v script >/dev/null || skip "NOT TESTED: script (bsdutils) makes a terminal"
    timeout 300 script -qec "$bacpipes sim --points 500 --days 60" typescript >/dev/null
    grep -q ' %, day .* left' typescript
}
