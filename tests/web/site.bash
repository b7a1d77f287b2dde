# A demo that a browser looks at, for *.bats of this folder: `bacpipes up --simulate` with few points and no past, in a network of its own
# (script/test gives each file one; by hand: unshare --net sh -c 'ip link set lo up && exec bats tests/web/FILE.bats').
# With PAST=1 it has the year behind it that every demo has.
# shellcheck shell=bash disable=SC2154

# In setup_file.
begin_site() {
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    BACPIPES=$(realpath "${BUILD:-$root/build}/apps/bacpipes")
    unset BACPIPES_CONFIG
    BACPIPES_DATA=$(mktemp -d /tmp/bacpipes-web.XXXXXX)
    chmod 755 "$BACPIPES_DATA"
    export root BACPIPES BACPIPES_DATA=$BACPIPES_DATA/data
    export WEB_URL=http://127.0.0.1:8080 SCREENSHOTS=$root/build/screenshots
    command -v chromium >/dev/null || skip_all "chromium is not installed"
    (cd "$root" && script/node modules) || skip_all "the tools of the interface cannot be fetched"
    (cd "$root" && script/ui) || skip_all "the interface cannot be built"
    [ -n "${PAST:-}" ] || set -- --no-past "$@"
    "$BACPIPES" up --simulate --points "${POINTS:-120}" --quiet "$@" >"$BATS_FILE_TMPDIR/up" 2>&1 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/up.pid"
    local until=$((SECONDS + 180))
    until curl -sf "$WEB_URL/api/v1/ready" >/dev/null; do
        kill -0 "$(cat "$BATS_FILE_TMPDIR/up.pid")" && [ $SECONDS -lt $until ] || { cat "$BATS_FILE_TMPDIR/up"; return 1; }
        sleep 0.3
    done
    until [ "$("$BACPIPES" points --json 2>/dev/null | jq length)" -ge "${POINTS:-120}" ] 2>/dev/null; do
        [ $SECONDS -lt $until ] || { echo "its points are not found"; "$BACPIPES" points | tail -1; return 1; }
        sleep 0.3
    done
    # A first administrator, by whom the tests make others.
    echo "the first of all words" >"$BATS_FILE_TMPDIR/password"
    chmod 600 "$BATS_FILE_TMPDIR/password"
    "$BACPIPES" user add tester --role admin --full-name "Teresa Ester" --password-file "$BATS_FILE_TMPDIR/password"
}

end_site() {
    local pid
    [ ! -f "$BATS_FILE_TMPDIR/up.pid" ] || {
        pid=$(cat "$BATS_FILE_TMPDIR/up.pid")
        kill -INT "$pid" 2>/dev/null && while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    } || true
    [ -z "${BACPIPES_DATA:-}" ] || rm -rf "${BACPIPES_DATA%/data}"
}

skip_all() {
    echo "$1" >"$BATS_FILE_TMPDIR/why"
}

# spec FILE [NAME]: the tests of a file, or those whose name contains NAME.
spec() {
    [ ! -f "$BATS_FILE_TMPDIR/why" ] || skip "NOT TESTED: $(cat "$BATS_FILE_TMPDIR/why")"
    "$root/script/node" --test --test-reporter=spec ${2:+--test-name-pattern="$2"} "$BATS_TEST_DIRNAME/$1.spec.ts"
}
