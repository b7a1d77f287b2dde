#!/usr/bin/env bats
# The checks of script/check that are our own find what they are for, and say where it is and what would be right.

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    folder=$(mktemp -d /tmp/bacpipes-checks.XXXXXX)
    cp -r "$root/tools" "$folder"
    cd "$folder" || return
    # What is excused is nothing here.
    sed -i "/^exceptions='$/,/^'$/{/^exceptions/b; /^'$/b; d}" tools/check-layers tools/check-size
    git init -q .
}

teardown() {
    cd / && rm -rf "$folder"
}

# put FILE LINE...: makes the file of these lines.
put() {
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "${@:2}" >"$1"
}

# finds CHECK TEXT...: the check fails, and its output has each text.
finds() {
    run "tools/$1"
    echo "$output"
    [ "$status" -eq 1 ]
    for text in "${@:2}"; do
        [[ $output == *"$text"* ]]
    done
}

is_content() {
    run "tools/$1"
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "layers: what the table allows" {
    put lib/base/str.h 'int x;'
    put lib/base/str.c '#include "base/str.h"'
    put lib/bacnet/wire/tag.c '#include "base/str.h"'
    put lib/bacnet/talk/client.h '#include "bacnet/service/cov.h"' '#include "base/str.h"'
    put lib/bacnet/service/cov.h 'int x;'
    put lib/io/loop/loop.c '#include <uv.h>'
    put apps/roles.h 'int x;'
    put apps/collect/main.c '#include "ask/poll.h"' '#include "apps/collect/ask/poll.h"' '#include "apps/roles.h"'
    put apps/collect/ask/poll.h '#include "bacnet/talk/client.h"'
    put apps/collect/ask/device/decode.c '#include "poll.h"'
    put tests/unit/lib/base/test_str.c '#include "base/str.h"'
    put tests/unit/field.h 'int x;'
    is_content check-layers
}

@test "layers: an arrow the wrong way" {
    put lib/base/str.c 'int x;' '#include "bacnet/wire/tag.h"'
    finds check-layers 'lib/base/str.c:2: bacnet/wire/tag.h lies outside of what lib/base may include (nothing'
    put lib/base/str.c ''
    put lib/bacnet/wire/tag.c '#include "bacnet/talk/client.h"'
    finds check-layers 'lib/bacnet/wire/tag.c:1: bacnet/talk/client.h lies outside of what lib/bacnet/wire may include (lib/base'
    put lib/bacnet/wire/tag.c ''
    put lib/model/batch.c '#include "bacnet/wire/tag.h"'
    finds check-layers 'lib/model/batch.c:1: bacnet/wire/tag.h lies outside'
    put lib/model/batch.c ''
    put apps/ingest/main.c '#include "apps/collect/ask/ask.h"'
    finds check-layers 'apps/ingest/main.c:1: apps/collect/ask/ask.h lies outside'
    put apps/ingest/main.c ''
    put apps/collect/ask/ask.c '#include "apps/collect/site/devices.h"'
    finds check-layers 'apps/collect/ask/ask.c:1: apps/collect/site/devices.h lies outside'
    sed -i "s|^exceptions='$|&\napps/collect/ask apps/collect/site|" tools/check-layers
    is_content check-layers
    put apps/collect/ask/ask.c ''
    finds check-layers 'apps/collect/ask apps/collect/site is excused without need'
}

@test "layers: a room that the table does not know, a header that is another's, a clock in lib/bacnet" {
    put lib/odd/odd.c '#include "base/str.h"'
    put apps/ingest/store.c '#include <libpq-fe.h>'
    put lib/bacnet/talk/client.c '#include <time.h>' 'x = malloc(1);'
    finds check-layers 'lib/odd/odd.c:1: lib/odd has no line in the table' 'apps/ingest/store.c:1: libpq-fe.h belongs to lib/io/pg' \
        'lib/bacnet/talk/client.c:1: time.h is for lib/io' 'lib/bacnet/talk/client.c:2:x = malloc(1);'
}

@test "layers: a circle between files, and one between folders" {
    put lib/base/a.h '#include "base/b.h"'
    put lib/base/b.h '' '#include "base/c.h"'
    put lib/base/c.h '#include "base/a.h"'
    put apps/sim/one/a.h '#include "apps/sim/two/b.h"'
    put apps/sim/one/d.h 'int x;'
    put apps/sim/two/b.h 'int x;'
    put apps/sim/two/c.h '#include "apps/sim/one/d.h"'
    finds check-layers 'circle of files: lib/base/a.h -> lib/base/b.h -> lib/base/c.h -> lib/base/a.h' 'lib/base/b.h:2: base/c.h' \
        'circle of folders: apps/sim/one -> apps/sim/two -> apps/sim/one' 'apps/sim/two/c.h:1: apps/sim/one/d.h'
}

@test "layers: a unit test that lies elsewhere than its source" {
    put lib/base/str.c 'int x;'
    put tests/unit/lib/text/test_str.c 'int x;'
    put tests/unit/test_num.c 'int x;'
    finds check-layers 'tests/unit/lib/text/test_str.c: there is no source in lib/text' 'tests/unit/test_num.c: unit tests are test_*.c below'
}

@test "size: 599 lines, and one more" {
    # shellcheck disable=SC2046
    put lib/base/long.c $(seq 599)
    is_content check-size
    echo 600 >>lib/base/long.c
    finds check-size 'lib/base/long.c:600: has 600 lines, 599 is the most'
    sed -i "s|^exceptions='$|&\nlib/base/long.c|" tools/check-size
    is_content check-size
    echo >lib/base/long.c
    finds check-size 'lib/base/long.c is excused without need'
}

@test "twins: ten lines in two places, whatever stands between them that does not count" {
    mapfile -t nine < <(seq -f 'x = %g;' 9)
    put lib/base/one.c 'int y;' "${nine[@]}" 'y = 1;'
    put apps/sim/two.c '#include "base/one.h"' "${nine[@]}" 'y = 2;'
    is_content check-twins
    put apps/sim/two.c "${nine[@]:0:4}" '' '/* a comment that' 'y = 3; */' '}' '#include "x.h"' "${nine[@]:4}" '  y   = 1; // so'
    finds check-twins 'lib/base/one.c:2-11: these 10 lines stand at apps/sim/two.c:1-15 too'
}

@test "docs: a path that is not there, or a function" {
    put lib/base/str.c 'int x;'
    put docs/a.md 'See `lib/base/str.c:12`, `lib/base`, `lib/<room>/x.c`, `base/none.c`' 'and `lib/base/none.c`.'
    finds check-docs 'docs/a.md:2: there is no lib/base/none.c'
    [ "${#lines[@]}" -eq 1 ]
    put docs/a.md '[so](../lib/base/str.c), [here](#here), [there](b.md#there), [far](https://example.com/x.md)'
    finds check-docs 'docs/a.md:1: there is no docs/b.md'
    [ "${#lines[@]}" -eq 1 ]
    put docs/a.md ''
    put lib/base/str.c 'void base_str_take(void)'
    put ARCHITECTURE.md 'First `base_str_take`, then `base_str_give`.'
    finds check-docs 'ARCHITECTURE.md:1: there is no base_str_give'
    [ "${#lines[@]}" -eq 1 ]
    put ARCHITECTURE.md 'First `base/str.c`, then `str.c` and `ase/str.c`.'
    finds check-docs 'ARCHITECTURE.md:1: no path ends in ase/str.c'
    [ "${#lines[@]}" -eq 1 ]
}

@test "tests: a check that cannot fail, whose first part or whose negation the shell does not end at" {
    put tests/flow/a.bats 'is_there() {' '    [ -e "$1" ] && [ -s "$1" ]' '}' '@test "all of these can fail" {' '    is_there file' '    [[ $a && $b ]]' \
        '    ! grep -q a b || false' '    [ $a = 1 ] || return' '    for a in 1 2; do [ $a = 1 ] && continue; done' '    (cd / && ls)' \
        '    if [ $a = 1 ] && ! b; then c; fi' '    until_true "a && b"' "    python3 - <<'EOF'" 'a && b' 'EOF' '    [ -z "$a" ] || { b && c; } || true' '}'
    is_content check-tests
    put tests/flow/a.bats '@test "none of these can" {' '    [ $a = 1 ] && [[ $b = "c && d" ]]' '    ! grep -q a b | wc -l' '    for a in 1 2; do' \
        '        b "$(c)" && c' '    done' "    cat >script <<'END'" '! grep -q a b' 'END' '    if a; then (b; ! c; d); fi' '    a &&' '        b' '}'
    finds check-tests 'tests/flow/a.bats:2: `A && B` is no check' 'tests/flow/a.bats:3: `! A` is no check' 'tests/flow/a.bats:5: `A && B` is' \
        'tests/flow/a.bats:8: `! A` is' 'tests/flow/a.bats:10: `! A` is' 'tests/flow/a.bats:11: `A && B` is'
    [ "${#lines[@]}" -eq 6 ]
    put tests/flow/a.bats '@test "cut short" {' '    if a; then'
    finds check-tests 'tests/flow/a.bats:1: is not understood: its end is not expected'
}
