#!/usr/bin/env bats
# script/ui: equal wherever it is built, without Node.js, and clear where its packages are not to be had. The packages are those that
# script/ui has fetched for this checkout: in the network of these tests there is no registry.

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    # No Node.js: of the machine's programs, those of Debian's base and curl.
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin npm_config_registry=http://127.0.0.1:9
    folder=$BATS_TEST_TMPDIR
    cd "$root"
}

with_packages() {
    [ -d build/ui/cache ] || skip "NOT TESTED: script/ui has fetched no packages here"
    mkdir -p "$folder/$1/ui"
    cp -r build/ui/cache "$folder/$1/ui/"
}

@test "what is built twice, in different folders, is equal to the octet, and names each of its files" {
    with_packages one
    script/ui "$folder/one"
    mkdir -p "$folder/deep/er/ui"
    cp -r build/ui/cache "$folder/deep/er/ui/"
    script/ui "$folder/deep/er"
    diff -r "$folder/one/web" "$folder/deep/er/web"
    (cd "$folder/one/web" && sha256sum --check --quiet manifest)
    [ "$(wc -l <"$folder/one/web/manifest")" = "$(find "$folder/one/web" -type f ! -name manifest ! -name stamp | wc -l)" ]
    grep -q __NONCE__ "$folder/one/web/index.html"
    ! grep -E '<script[^>]*>[^<]|<style|style=|onload' "$folder/one/web/index.html" || false
}

@test "what has not changed is not built again" {
    with_packages one
    script/ui "$folder/one"
    touch -d '2 days ago' "$folder/one/web/index.html"
    script/ui "$folder/one"
    [ "$(find "$folder/one/web/index.html" -mtime +1 | wc -l)" = 1 ]
}

@test "no registry: it says so, and that all else works" {
    run script/ui "$folder/none"
    [ "$status" = 69 ]
    [[ $output == *"cannot be fetched from http://127.0.0.1:9"* ]]
    [[ $output == *"all else works without it"* ]]
    [ ! -e "$folder/none/web" ]
}

@test "a package that is not what the lock says is thrown away, and nothing is built of it" {
    with_packages one
    echo more >>"$folder/one/ui/cache/uplot/-/"uplot-*.tgz
    run script/ui "$folder/one"
    [ "$status" = 65 ]
    [[ $output == *"uplot/-/uplot-"*"is not what web/packages.lock says"* ]]
    [ ! -e "$folder/one/ui/cache/uplot/-/"uplot-*.tgz ]
    [ ! -e "$folder/one/web" ]
}

@test "every package in the bundle has its licence there" {
    with_packages one
    script/ui "$folder/one"
    [ "$(grep -c '^== ' "$folder/one/web/licences.txt")" = "$(grep -vc '^#\|@esbuild/' web/packages.lock)" ]
    ! grep -E '^== .* \(\)$' "$folder/one/web/licences.txt" || false
}
