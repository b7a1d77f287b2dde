#!/usr/bin/env bats
# What bacpipes web does with any request at all: names, origins, methods, bodies; with the database away. BUILD names the build
# folder (default: build).

load ready

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    folder=$(mktemp -d /tmp/bacpipes-web-core.XXXXXX)
    port=$((20000 + (BASHPID * 7 + BATS_TEST_NUMBER * 131) % 20000))
    mkdir -p "$folder/data" "$folder/files/assets"
    begin_server "$folder/log" "$bacpipes" web --data "$folder/data" --set web.listen=127.0.0.1:$port --set "web.names=bms.example.org" \
        --set web.files="$folder/files"
    web=$!
    at=http://127.0.0.1:$port
}

teardown() {
    kill "$web" 2>/dev/null || true
    wait "$web" 2>/dev/null || true
    rm -rf "$folder"
}

# ask ARGUMENT...: of curl; prints the body, and the status in the last line
ask() {
    curl --silent --max-time 60 --write-out '\n%{http_code}\n' "$@"
}

# expect STATUS [TYPE]: of the problem in $output
expect() {
    [ "$(tail -1 <<<"$output")" = "$1" ] || { echo "$output"; return 1; }
    [ -z "${2:-}" ] || [ "$(head -1 <<<"$output" | jq -r .type)" = "/api/docs#$2" ] || { echo "$output"; return 1; }
}

@test "it lives without a database, and says that it is not ready" {
    run ask "$at/api/v1/health"
    expect 200
    [ "$(head -1 <<<"$output" | jq -r .status)" = ok ]
    run ask "$at/api/v1/ready"
    expect 503
    [ "$(head -1 <<<"$output" | jq .ready)" = false ]
}

@test "what is not there, and what cannot be done to what is" {
    run ask "$at/api/v1/nothing"
    expect 404 not-found
    run ask "$at/api"
    expect 404 not-found
    run ask -X DELETE "$at/api/v1/health"
    expect 405 wrong-method
    grep -qi '^allow: GET, HEAD' <(curl -si -X DELETE "$at/api/v1/health")
    run ask -X POST -H 'Content-Type: application/json' -d '{}' "$at/api/v1/health"
    expect 405
    run ask -X GET -H 'Content-Type: application/json' -d '{}' "$at/api/v1/health"
    expect 400
    run ask --head "$at/api/v1/health"
    expect 200
}

@test "another name than ours is refused, whatever it asks for" {
    for name in evil.example "127.0.0.1.evil.example" bms.example.org.evil localhost:evil.example "[127.0.0.1]evil" "localhost:"x; do
        run ask -H "Host: $name:$port" "$at/api/v1/health"
        expect 421 wrong-host
    done
    for name in "localhost:$port" bms.example.org BMS.example.org "bms.example.org:443"; do
        run ask -H "Host: $name" "$at/api/v1/health"
        expect 200
    done
}

@test "a page of another site may not change anything" {
    for header in "Origin: http://evil.example" "Origin: null" "Origin: http://127.0.0.1:1" "Origin: http://127.0.0.1:$port.evil.example" "Sec-Fetch-Site: cross-site" "Sec-Fetch-Site: same-site"; do
        run ask -X POST -H "$header" -H 'Content-Type: application/json' -d '{}' "$at/api/v1/session"
        expect 403 foreign-origin
    done
    run ask -H "Origin: http://evil.example" "$at/api/v1/health"
    expect 200
}

@test "every answer says what it is and is kept by nobody" {
    for path in /api/v1/health /api/v1/nothing /; do
        curl -si "$at$path" | tr -d '\r' >"$folder/head"
        grep -qix 'x-content-type-options: nosniff' "$folder/head"
        grep -qix 'referrer-policy: no-referrer' "$folder/head"
        grep -qi "^content-security-policy: default-src 'none'" "$folder/head"
        grep -qix 'cache-control: no-store' "$folder/head"
    done
}

@test "the interface is served from memory, its page with a nonce of its own each time" {
    run ask "$at/"
    expect 404
    [[ $output == *"script/ui"* ]]
    printf '<html><style nonce="__NONCE__"></style><p>page</p></html>' >"$folder/files/index.html"
    printf 'let a = 1;' >"$folder/files/assets/main-ABC.js"
    gzip -k "$folder/files/assets/main-ABC.js"
    printf 'secret' >"$folder/secret"
    ln -s "$folder/secret" "$folder/files/assets/link.js"
    touch -d '1 second' "$folder/files/index.html"
    for path in / /sites/demo/points /login /api/docs; do
        curl -si "$at$path" | tr -d '\r' >"$folder/page"
        nonce=$(sed -n "s/^content-security-policy:.*'nonce-\([0-9a-f]*\)'.*/\1/Ip" "$folder/page")
        [ ${#nonce} -eq 32 ]
        grep -q "nonce=\"$nonce\"" "$folder/page"
        echo "$nonce" >>"$folder/nonces"
    done
    [ "$(sort -u "$folder/nonces" | wc -l)" -eq 4 ]
    curl -si --compressed "$at/assets/main-ABC.js" | tr -d '\r' >"$folder/script"
    grep -qi '^content-encoding: gzip' "$folder/script"
    grep -qi '^cache-control: public, max-age=31536000, immutable' "$folder/script"
    grep -q 'let a = 1;' "$folder/script"
    [ "$(curl -s "$at/assets/main-ABC.js")" = "let a = 1;" ]
    for path in /ca.crt /favicon.ico /assets/link.js /assets/../../secret /assets/%2e%2e/%2e%2e/secret /assets/missing.js "/assets/..%2f..%2fsecret"; do
        run ask --path-as-is "$at$path"
        [[ $output != *secret* ]]
        [[ $(tail -1 <<<"$output") == 40[04] ]]
    done
}

@test "it listens to this machine alone, and says what is wrong with a setting" {
    run "$bacpipes" web --data "$folder/data" --set web.listen=0.0.0.0:8080
    [ "$status" -eq 78 ]
    [[ $output == *"wants web.names: the names or addresses by which people reach it"* ]]
    # Beyond the loopback it is nginx that listens, and this program has a socket for it.
    mkdir -p "$folder/data/run"
    begin_server "$folder/log2" "$bacpipes" web --data "$folder/data" --set web.listen=10.2.0.5:8443
    grep -q "ready: .*/run/web.sock, for nginx in front of it" "$folder/log2"
    kill $!
    wait $!
    [ ! -e "$folder/data/run/web.sock" ] || [ -S "$folder/data/run/web.sock" ]
    for listen in nonsense 127.0.0.1 127.0.0.1:99999 "" ; do
        run "$bacpipes" web --data "$folder/data" --set "web.listen=$listen"
        [ "$status" -eq 78 ]
        [[ $output == *"127.0.0.1:8080"* ]]
    done
    run "$bacpipes" web --data "$folder/data" --set web.listen=127.0.0.1:$port
    [ "$status" -eq 69 ]
    [[ $output == *"port $port"* ]]
}
