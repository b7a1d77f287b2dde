#!/usr/bin/env bats
# The examples that each tool's --help gives work on the demo. BUILD names the build folder (default: build).

setup() {
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-examples.XXXXXX)
    chmod 755 "$folder"
    up=
}

teardown() {
    [ -z "$up" ] || { kill -INT "$up" 2>/dev/null; wait "$up"; } || true
    rm -rf "$folder"
}

# What names a place, a file or an entry of one's own, changes the machine, or lasts.
for_others='/var/lib/|10\.[0-9]+\.[0-9]|macau|/etc/|ede import|quarantine [a-z]* 17|device replace|sudo|--watch'

# examples TOOL...: the lines below "Examples:".
examples() {
    "$bacpipes" "$@" --help | sed -n '/^Examples:/,/^$/p' | sed -n 's/^ *\(bacpipes .*\)/\1/p' | grep -Ev "$for_others" || true
}

@test "each example of each tool's --help does on the demo what it says" {
    "$bacpipes" up --simulate --no-past --data "$folder/data" >"$folder/out" 2>&1 3>&- &
    up=$!
    until grep -q ' stored, newest' "$folder/out"; do
        kill -0 "$up" || { cat "$folder/out"; return 1; }
        sleep 0.1
    done
    # Where the building's network is the running site says.
    export BACPIPES_DATA=$folder/data
    mkdir -p "$folder/here/docs" "$folder/bin"
    ln -s "$bacpipes" "$folder/bin/bacpipes"
    export PATH=$folder/bin:$PATH
    cd "$folder/here"
    failed=0 tried=0
    for tool in status discover read write commands overrides release control alarms ack trend time communication restart points history "device list" "ede export" "config check" \
        "config show" "config docs" "account add" "account list" "account remove" "quarantine list" "quarantine retry" "quarantine drop" \
        "rule add" "rule list" "rule try" "rule remove" "points set" "rule apply" audit "audit key" "audit verify" "source add" "source list" "source set" "source remove"; do
        examples $tool >"$folder/examples"
        [ -s "$folder/examples" ]
        while read -r example; do
            [[ $example != *jq* ]] || command -v jq >/dev/null || continue
            code=0
            timeout 120 bash -o pipefail -c "$example" >"$folder/said" 2>&1 </dev/null || code=$?
            tried=$((tried + 1))
            case $code:$example in
            0:*) ;;
            1:*" ack "*) grep -q "has nothing to acknowledge" "$folder/said" || failed=1 ;;
            1:*" overrides "* | 1:*" commands "*) grep -Eq "Nothing (of that )?is held|No such command|nothing of ours is held" "$folder/said" || failed=1 ;;
            1:*" audit "*) grep -q "is in the journal" "$folder/said" || [[ $example == *--csv* ]] || failed=1 ;;
            1:*--since*2026*) grep -q "is stored for that time" "$folder/said" || failed=1 ;; # of a time when nothing was
            *) failed=1 ;;
            esac
            [ $code = 0 ] || { echo "code $code: $example"; head -5 "$folder/said"; }
        done <"$folder/examples"
    done
    echo "$tried examples"
    [ "$tried" -ge 35 ]
    [ "$failed" = 0 ]
}
