#!/usr/bin/env bats
# The interface is the same to the octet, wherever and by whomever it is built; and without a registry that is said, and all else goes on.

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    folder=$(mktemp -d /tmp/bacpipes-ui.XXXXXX)
}
teardown() { rm -rf "$folder"; }

# copy TO: of what the interface is built from
copy() {
    mkdir -p "$1"
    (cd "$root" && git ls-files --cached --others --exclude-standard -- script tools web | grep -v node_modules | tar --create --files-from - 2>/dev/null) | tar --extract --directory "$1"
}

@test "two releases, built in folders of other names and lengths, are equal" {
    mkdir -p "$folder/cache"
    # What script/ui has fetched before is enough, where tests run without a way out.
    [ ! -d "$root/build/ui/cache" ] || cp -r "$root/build/ui/cache" "$folder/cache/"
    (cd "$root" && tools/fetch-packages web/packages.lock "$folder/cache" >/dev/null 2>&1) || skip "NOT TESTED: no registry of npm is reached"
    for place in a "much/longer and with blanks/b"; do
        copy "$folder/$place"
        mkdir -p "$folder/$place/build/ui"
        cp -r "$folder/cache/cache" "$folder/$place/build/ui/"
    done
    (cd "$folder/a" && script/ui-release "$folder/one.tar.gz")
    (umask 077 && cd "$folder/much/longer and with blanks/b" && LC_ALL=C TZ=Asia/Macau script/ui-release "$folder/other.tar.gz")
    cmp "$folder/one.tar.gz" "$folder/other.tar.gz"
    tar -tzf "$folder/one.tar.gz" | grep -qx web/index.html
    # Unpacked, it is what script/ui has nothing to do about.
    copy "$folder/c"
    mkdir -p "$folder/c/build"
    tar -xzf "$folder/one.tar.gz" -C "$folder/c/build"
    (cd "$folder/c" && npm_config_registry=http://127.0.0.1:9 script/ui)
    (cd "$folder/c/build/web" && sha256sum --check --quiet manifest)
}

@test "where no registry is reached, a sentence says what is missing and what to do" {
    copy "$folder/d"
    cd "$folder/d"
    run env npm_config_registry=http://127.0.0.1:9 script/ui
    echo "$output"
    [ "$status" -eq 69 ]
    [[ $output == *"cannot be fetched from http://127.0.0.1:9"* ]]
    [[ $output == *"the interface is not built, all else works without it"* ]]
    [ ! -e build/web ]
}
