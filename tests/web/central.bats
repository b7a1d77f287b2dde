#!/usr/bin/env bats
# A central in a browser: many sites, whose rows are laid by SQL (tests/flow/far.sql). Pictures stay in build/screenshots. BUILD names the
# build folder (default: build). It needs a network of its own: unshare --net sh -c 'ip link set lo up && exec bats tests/web/central.bats'.

load site
load ../flow/central

# Without a browser there is nothing to begin.
setup_file() {
    export root=$BATS_TEST_DIRNAME/../.. MEMBERS=''
    command -v chromium >/dev/null || { skip_all "chromium is not installed"; return; }
    (cd "$root" && script/node modules) || { skip_all "the tools of the interface cannot be fetched"; return; }
    (cd "$root" && script/ui) || { skip_all "the interface cannot be built"; return; }
    begin_central
    export MEMBERS BACPIPES BACPIPES_DATA=$MEMBERS/central WEB_URL=http://127.0.0.1:8080 SCREENSHOTS=$root/build/screenshots up=${members[central]}
    echo "the first of all words" >"$BATS_FILE_TMPDIR/password"
    chmod 600 "$BATS_FILE_TMPDIR/password"
    "$BACPIPES" user add tester --role admin --full-name "Teresa Ester" --password-file "$BATS_FILE_TMPDIR/password"
}

teardown_file() {
    [ -z "${up:-}" ] || { kill -INT "$up" && while kill -0 "$up" 2>/dev/null; do sleep 0.1; done; } || true
    [ -z "${MEMBERS:-}" ] || rm -rf "$MEMBERS"
}

lay_sites() {
    psql -qX -v ON_ERROR_STOP=1 -v sites=20 -v points=100 -h "$(cat "$MEMBERS/central/run.folder" 2>/dev/null || echo "$MEMBERS/central/run")" \
        -p "$(cat "$MEMBERS/central/postgresql.port")" -U bacpipes bacpipes -f "$BATS_TEST_DIRNAME/../flow/far.sql" >"$BATS_FILE_TMPDIR/laid"
}

@test "a central without sites says how the first one joins" { spec central "empty"; }
@test "twenty sites: found, looked at, switched by keys, edited; for axe, on a phone, in longer words and Chinese" {
    [ -f "$BATS_FILE_TMPDIR/why" ] || lay_sites
    spec central "sites"
}
