#!/usr/bin/env bats
# Every example of docs/api.md, as it stands there, against a demo: shell, Python and JavaScript. BUILD names the build folder (default: build).

load ready
load web

setup_file() {
    begin_site
    export root bacpipes folder data site at up
    person doc engineer
    TOKEN=$("$bacpipes" user token doc --role engineer --json | jq -r .token)
    AT=$at
    export TOKEN AT
}

teardown_file() {
    end_site
}

# examples LANGUAGE: writes each block of it into a file of its own, and prints the files
examples() {
    awk -v language="$1" -v folder="$BATS_TEST_TMPDIR" '
        $0 == "```" language { file = sprintf("%s/%02d.%s", folder, ++count, language); print file; next }
        /^```/ { file = "" }
        file { print > file }' "$root/docs/api.md"
}

# run_each COMMAND...: on each example; what it says is shown where it fails
run_each() {
    local language=$1 example count=0
    shift
    cd "$BATS_TEST_TMPDIR"
    for example in $(examples "$language"); do
        run "$@" "$example"
        [ "$status" = 0 ] && [[ "$output" != *'"/api/docs#'* ]] || { cat "$example"; echo "$output"; return 1; }
        count=$((count + 1))
    done
    [ "$count" -gt 0 ]
}

@test "in the shell" {
    run_each sh bash -euo pipefail
    [ "$(head -1 points.csv | cut -d, -f1-2)" = id,path ]
}

@test "in Python" {
    run_each python python3
}

@test "in JavaScript" {
    node=$(command -v node) || skip "NOT TESTED: node is not there"
    for example in $(examples js); do
        cp "$example" "${example%.js}.mjs"
        run "$node" "${example%.js}.mjs"
        [ "$status" = 0 ] || { cat "$example"; echo "$output"; return 1; }
    done
}
