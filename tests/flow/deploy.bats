#!/usr/bin/env bats
# What `ninja install` installs, and what systemd makes of it. BUILD is the build's folder (default: build).

bats_require_minimum_version 1.5.0

setup() {
    build=$(realpath "${BUILD:-$BATS_TEST_DIRNAME/../../build}")
    DESTDIR=$BATS_TEST_TMPDIR meson install -C "$build" --no-rebuild --quiet
    prefix=$(meson introspect "$build" --buildoptions | jq -r '.[] | select(.name == "prefix").value')
    unit=$BATS_TEST_TMPDIR$prefix/lib/systemd/system/bacpipes.service
}

@test "the unit starts the program where it is installed" {
    program=$(sed -n 's/^ExecStart=\([^ ]*\) .*/\1/p' "$unit")
    [ "$program" = "$prefix/bin/bacpipes" ]
    [ -x "$BATS_TEST_TMPDIR$program" ]
    "$BATS_TEST_TMPDIR$program" --version
}

@test "systemd finds nothing wrong with the unit, and little that it could harm" {
    command -v systemd-analyze >/dev/null || skip "NOT TESTED: systemd is not here"
    for name in bacpipes bacpipes-central bacpipes-web bacpipes-nginx; do
        sed "s#^ExecStart=$prefix#ExecStart=$BATS_TEST_TMPDIR$prefix#" "${unit%/*}/$name.service" >"$BATS_TEST_TMPDIR/$name.service"
    done
    for name in bacpipes bacpipes-central bacpipes-web bacpipes-nginx; do
        run systemd-analyze verify "$BATS_TEST_TMPDIR/$name.service"
        echo "$output"
        [ "$status" -eq 0 ]
        [[ $output != *$name.service:* ]]
        run systemd-analyze security --offline=true --threshold=25 --no-pager "$BATS_TEST_TMPDIR/$name.service"
        echo "$output"
        [ "$status" -eq 0 ]
    done
}
