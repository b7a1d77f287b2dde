#!/usr/bin/env bats
# nginx in front of the web: what it takes, what it passes on and in which words; certificates; and that a site keeps it running. In a
# network of its own with a second address, which takes root. BUILD names the build folder (default: build).

load ready

setup_file() {
    export tag=bpw$$ address=10.9.7.5
    [ "$(id -u)" = 0 ] || return 0
    ip netns add "$tag"
    ip -n "$tag" link set lo up
    ip -n "$tag" addr add $address/32 dev lo
}
teardown_file() { [ "$(id -u)" != 0 ] || ip netns delete "$tag"; }

setup() {
    [ "$(id -u)" = 0 ] || skip "NOT TESTED: only root can make a network with a second address"
    [ -x /usr/sbin/nginx ] || skip "NOT TESTED: nginx is not here"
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    bacpipes=$(realpath "${BUILD:-$root/build}")/apps/bacpipes
    unset BACPIPES_CONFIG BACPIPES_DATA
    folder=$(mktemp -d /tmp/bacpipes-nginx.XXXXXX)
    chmod 755 "$folder"
    data=$folder/data
    port=8443
    at=https://$address:$port
    pids=()
}

teardown() {
    [ -z "${up:-}" ] || { kill -INT "$up" 2>/dev/null && wait "$up" || true; }
    touch "$folder/log.go"
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$folder"
}

# In the background `ip netns exec` itself, or it would be a shell that is killed.
in_ns() { ip netns exec "$tag" "$@"; }

until_true() {
    local until=$((SECONDS + $2))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within $2 s: $1"; cat "$folder/out" "$data"/log/nginx.log 2>/dev/null; return 1; }
        sleep 0.2
    done
}

make_certificate() { # NAME [DAYS]
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "${2:-30}" -subj "/CN=$1" \
        -addext "subjectAltName=IP:$address,DNS:bms.example.org" -keyout "$folder/$1.key" -out "$folder/$1.crt" 2>/dev/null
    chmod 644 "$folder/$1.key"
}

# begin_nginx: with the configuration that is printed, in front of what writes requests down in $folder/log.
begin_nginx() {
    mkdir -p "$data/run" "$data/nginx" "$folder/files/assets"
    make_certificate given
    "$bacpipes" web --data "$data" --set web.listen=$address:$port --set web.names=bms.example.org --set web.files="$folder/files" \
        --set web.certificate="$folder/given.crt" --set web.key="$folder/given.key" --print-nginx >"$folder/nginx.conf"
    begin_server "$folder/recorder" "$root/tests/flow/record_requests.py" "$data/run/web.sock" "$folder/log"
    pids+=($!)
    chmod 777 "$data/nginx"
    ip netns exec "$tag" /usr/sbin/nginx -e stderr -c "$folder/nginx.conf" >"$folder/out" 2>&1 3>&- &
    pids+=($!)
    until_true '[ "$(status_of "$at/")" = 200 ]' 90
    : >"$folder/log"
}

ask() { in_ns curl --silent --max-time 60 --cacert "${ca:-$folder/given.crt}" "$@"; }
status_of() { ask --output /dev/null --write-out '%{http_code}' "$@"; }
# seen FILTER: of the requests that came through, by jq
seen() { jq -r "$1" "$folder/log"; }

# say TEXT: these octets (as printf has them) over TLS; what is answered is in $output, of which there is no more after 3 s.
say() {
    run in_ns python3 - "$address" $port "$folder/given.crt" "$1" <<'END'
import socket, ssl, sys
address, port, ca, text = sys.argv[1:5]
context = ssl.create_default_context(cafile=ca)
client = context.wrap_socket(socket.create_connection((address, int(port))), server_hostname="bms.example.org")
client.settimeout(3)
client.sendall(text.encode("latin-1").decode("unicode_escape").encode("latin-1"))
answer = b""
try:
    while True:
        more = client.recv(65536)
        if not more:
            break
        answer += more
except (TimeoutError, OSError):
    pass
print(answer.decode("latin-1"))
END
}

@test "TLS 1.3 and HTTP/2, by the names that are set and by no other; who speaks plain HTTP is led to TLS" {
    begin_nginx
    [ "$(ask --write-out ' %{http_version} %{http_code}' "$at/hello?a=b%20c")" = "/hello?a=b%20c 2 200" ]
    [ "$(ask --http1.1 --write-out ' %{http_version}' "$at/hello")" = "/hello 1.1" ]
    [ "$(ask --resolve bms.example.org:$port:$address "https://bms.example.org:$port/x")" = /x ]
    [ "$(seen 'select(.line == "GET /x HTTP/1.1") | .headers | map(select(.[0] == "host"))[0][1]')" = bms.example.org:$port ]
    run ask --tls-max 1.2 "$at/"
    [ "$status" -eq 35 ]
    [ "$(ask --insecure --resolve evil.example:$port:$address --write-out ' %{http_code}' "https://evil.example:$port/x" | tail -c 4)" = " 421" ]
    [ "$(ask --header 'Host: evil.example' --write-out ' %{http_code}' "$at/x" | tail -c 4)" = " 421" ]
    [ "$(seen .line | grep -c '^GET /x ')" = 1 ]
    run ask --include "http://$address:$port/x?y"
    [[ $output == *" 308 "*"Location: https://$address:$port/x?y"* ]]
    run ask --include "$at/hello"
    [ "$(grep -ci '^strict-transport-security: max-age=31536000' <<<"$output")" = 1 ]
    [ "$(grep -ci '^strict-transport-security' <<<"$output")" = 1 ]
    [[ $output != *nginx/* ]]
}

@test "what cannot be printed says why" {
    run "$bacpipes" web --data "$folder" --set web.listen=$address:$port --print-nginx
    [ "$status" -eq 78 ]
    [[ $output == *"web.certificate is not set"* ]]
    run "$bacpipes" web --data "$folder" --print-nginx
    [ "$status" -eq 78 ]
    [[ $output == *"nginx is for an address that other machines reach"* ]]
}

@test "who asks is said by nginx alone, whatever a client says of itself" {
    begin_nginx
    ask -H 'X-Forwarded-For: 127.0.0.1' -H 'X-Forwarded-Proto: http' -H 'Forwarded: for=127.0.0.1' -H 'X-Real-IP: 127.0.0.1' \
        -H 'X-Forwarded-Host: evil.example' -H 'X_Forwarded_For: 127.0.0.1' -H 'TE: trailers' -H 'Proxy-Connection: x' "$at/who" >/dev/null
    headers=$(seen 'select(.line == "GET /who HTTP/1.1") | .headers[] | join(": ")')
    echo "$headers"
    [ "$(grep -c '^x-forwarded-for: ' <<<"$headers")" = 1 ]
    grep -qx "x-forwarded-for: $address" <<<"$headers"
    grep -qx "x-forwarded-proto: https" <<<"$headers"
    ! grep -q '^forwarded\|^x-real-ip\|^x-forwarded-host\|^te:\|^x_forwarded\|^upgrade' <<<"$headers" || false
    # Connections to the web are kept for the next request.
    for _ in $(seq 20); do ask "$at/many" >/dev/null; done
    [ "$(seen 'select(.line | startswith("GET /many")) | .connection' | sort -u | wc -l)" -le 4 ]
}

@test "nothing is smuggled past it: what it and the web could read differently is refused, or passed on in one reading" {
    begin_nginx
    local h='Host: bms.example.org' hidden='GET /hidden HTTP/1.1\r\nHost: bms.example.org\r\n\r\n'
    local attempts=(
        "POST /a HTTP/1.1\r\n$h\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n$hidden"
        "POST /a HTTP/1.1\r\n$h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n$hidden"
        "POST /a HTTP/1.1\r\n$h\r\nContent-Length: 0\r\nContent-Length: 60\r\n\r\n$hidden"
        "POST /a HTTP/1.1\r\n$h\r\nContent-Length: 0, 60\r\n\r\n$hidden"
        "POST /a HTTP/1.1\r\n$h\r\nContent-Length: +0\r\n\r\n$hidden"
        "POST /a HTTP/1.1\r\n$h\r\nContent-Length : 60\r\n\r\n$hidden"
        "POST /a HTTP/1.1\r\n$h\r\nTransfer-Encoding: xchunked\r\n\r\n$hidden"
        "POST /a HTTP/1.1\r\n$h\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n$hidden"
        "POST /a HTTP/1.1\r\n$h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n$hidden"
        "POST /a HTTP/1.1\r\n$h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n$hidden"
        "POST /a HTTP/1.1\r\n$h\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n$hidden"
        "POST /a HTTP/1.1\r\n$h\r\nTransfer_Encoding: chunked\r\nContent-Length: 60\r\n\r\n0\r\n\r\n$hidden"
        "POST /a HTTP/1.1\r\n$h\r\nTransfer-Encoding: chunked\r\n\r\n0;x=\x00\r\n\r\n$hidden"
        "POST /a HTTP/1.1\r\n$h\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n$hidden"
        "GET /a HTTP/1.1\r\n$h\r\n$h\r\n\r\n"
        "GET /a HTTP/1.1\r\n\r\n"
        "GET /a HTTP/1.1\r\n$h\r\nX: y\r\n  folded: z\r\n\r\n"
        "GET /a HTTP/1.1\r\n$h\r\nX: a\x00b\r\n\r\n"
        "GET /a HTTP/1.1\r\n$h\r\nX y: z\r\n\r\n"
        "GET /a HTTP/1.1\n$h\nX: y\rGET /hidden HTTP/1.1\n\n"
        "GET http://evil.example/a HTTP/1.1\r\n$h\r\n\r\n"
        "GET /a\tb HTTP/1.1\r\n$h\r\n\r\n"
        "GET /a HTTP/1.1\r\nHost: bms.example.org/hidden\r\n\r\n"
        "GET /a HTTP/1.1\r\nHost: bms.example.org@evil.example\r\n\r\n"
        "CONNECT bms.example.org:80 HTTP/1.1\r\n$h\r\n\r\n"
        "TRACE /a HTTP/1.1\r\n$h\r\n\r\n"
        "GET /a HTTP/3.7\r\n$h\r\n\r\n"
        "GET /a\r\n\r\n"
    )
    for attempt in "${attempts[@]}"; do
        : >"$folder/log"
        say "$attempt"
        # At most the one that was asked for came through, in a form that has one reading; or two, where the second was a request of
        # its own in everybody's reading.
        while read -r request; do
            line=$(jq -r .line <<<"$request")
            [[ $line =~ ^[A-Z]+\ /[^[:space:]]*\ HTTP/1\.1$ ]]
            [ "$(jq '[.headers[] | select(.[0] == "content-length")] | length' <<<"$request")" -le 1 ]
            [ "$(jq '[.headers[] | select(.[0] == "transfer-encoding")] | length' <<<"$request")" = 0 ]
            [ "$(jq '[.headers[] | select(.[0] == "host")] | length' <<<"$request")" = 1 ]
            [ "$(jq -r '.headers[] | select(.[0] == "host")[1]' <<<"$request")" = bms.example.org ]
            [ "$(jq '[.headers[][0] | select(test("[^a-z0-9-]"))] | length' <<<"$request")" = 0 ]
        done <"$folder/log"
        # What came out is as much as what was answered: no answer is left for the next one on the connection.
        answers=$(grep -o 'HTTP/1.1 [0-9]' <<<"$output" | wc -l)
        [ "$(wc -l <"$folder/log")" -le "$answers" ] || { echo "$attempt"; cat "$folder/log"; echo "$output"; return 1; }
        if grep -q '"line": "[A-Z]* /hidden' "$folder/log"; then
            [ "$answers" -ge 2 ] || { echo "$attempt"; cat "$folder/log"; echo "$output"; return 1; }
        fi
    done
    # Those that are the classics never come so far.
    for i in 0 1 2 3 4 6 7 8 14 15; do
        : >"$folder/log"
        say "${attempts[i]}"
        [ ! -s "$folder/log" ] || { echo "${attempts[i]}"; cat "$folder/log"; return 1; }
        [[ $output == *"HTTP/1.1 4"* || $output == *"HTTP/1.1 501"* ]]
    done
}

@test "the interface's files come from nginx itself, to be kept for ever, and no path leads out" {
    begin_nginx
    printf 'console.log(1)\n%.0s' $(seq 200) >"$folder/files/assets/main-3FA2.js"
    gzip --keep "$folder/files/assets/main-3FA2.js"
    echo secret >"$folder/secret"
    ln -s "$folder/secret" "$folder/files/assets/link.js"
    run ask --include --compressed "$at/assets/main-3FA2.js"
    [[ $output == *"content-type: text/javascript; charset=utf-8"* ]]
    [[ $output == *"cache-control: public, max-age=31536000, immutable"* ]]
    [[ $output == *"x-content-type-options: nosniff"* ]]
    [[ $output == *"content-encoding: gzip"* ]]
    [[ $output == *"console.log(1)"* ]]
    [ "$(wc -l <"$folder/log")" = 0 ]
    etag=$(sed -n 's/^etag: \(.*\)\r$/\1/p' <<<"$output")
    [ "$(status_of --compressed -H "If-None-Match: $etag" "$at/assets/main-3FA2.js")" = 304 ]
    [ "$(status_of -X POST "$at/assets/main-3FA2.js")" = 403 ]
    # What is not there is the web's to say; and so is the page, which is another one each time.
    [ "$(ask "$at/assets/other.js")" = /assets/other.js ]
    [ "$(ask "$at/")" = / ]
    for path in /assets/../secret /assets/..%2fsecret /assets/%2e%2e/%2e%2e/secret /assets/link.js /assets/./../../secret //assets//..//secret; do
        run ask --path-as-is "$at$path"
        [[ $output != *secret$'\n'* && $output != secret ]]
    done
}

@test "limits: heads, bodies, slow clients, logins; and what is live goes on" {
    begin_nginx
    printf 'X: %020000d' 1 >"$folder/head"
    refused=$(status_of --http1.1 -H @"$folder/head" "$at/long-head")
    [ "$refused" = 400 ]
    refused=$(status_of --http1.1 "$at/$(printf '%020000d' 1)")
    [ "$refused" = 414 ]
    # By HTTP/2 the connection ends.
    ! status_of -H @"$folder/head" "$at/long-head" || false
    [ -z "$(seen 'select(.line | contains("long-head"))')" ]
    head -c 1048577 /dev/zero >"$folder/large"
    run ask --data-binary @"$folder/large" --write-out '\n%{http_code} %{content_type}' "$at/large"
    [ "$(tail -n 1 <<<"$output")" = "413 application/problem+json" ]
    [ "$(head -n 1 <<<"$output" | jq -r .type)" = "/api/docs#too-large" ]
    head -c 1048576 /dev/zero >"$folder/large"
    [ "$(status_of --data-binary @"$folder/large" "$at/large")" = 200 ]
    # Logins of one address, and nothing else of it.
    ask --include --write-out '\n%{http_code}\n' -X POST -d '{}' "$at/api/v1/session?[1-40]" >"$folder/answers" # by one program, soon enough
    [ "$(grep -cx 200 "$folder/answers")" -ge 11 ]
    [ "$(grep -cx 429 "$folder/answers")" -ge 5 ]
    [ "$(grep -ci '^retry-after: 5' "$folder/answers")" = "$(grep -cx 429 "$folder/answers")" ]
    [ "$(grep -c '"type": *"/api/docs#too-many-tries"' "$folder/answers")" = "$(grep -cx 429 "$folder/answers")" ]
    [ "$(status_of "$at/api/v1/session")" = 200 ]
    # A client that sends its head a letter at a time is not waited for; others do not notice.
    ip netns exec "$tag" python3 - "$address" $port "$folder/given.crt" >"$folder/slow" 2>"$folder/took" <<'END' &
import socket, ssl, sys, time
clients = []
for _ in range(100):
    context = ssl.create_default_context(cafile=sys.argv[3])
    clients.append(context.wrap_socket(socket.create_connection((sys.argv[1], int(sys.argv[2]))), server_hostname="bms.example.org"))
ended, began = 0, time.monotonic()
for turn in range(80):
    time.sleep(0.5)
    for client in list(clients):
        try:
            client.send(b"G" if turn == 0 else b"x")
        except OSError:
            ended += 1
            clients.remove(client)
    if not clients:
        break
print(ended, len(clients))
print(int(time.monotonic() - began), file=sys.stderr)
END
    slow=$!
    pids+=($slow)
    sleep 2
    [ "$(status_of "$at/meanwhile")" = 200 ]
    wait $slow
    [ "$(cat "$folder/slow")" = "100 0" ] || { cat "$folder/slow"; return 1; }
    [ "$(cat "$folder/took")" -lt 55 ] # nginx by itself would wait for a minute
    # Events come when they are sent, not when there are many; a WebSocket is one.
    ip netns exec "$tag" curl --silent --no-buffer --max-time 30 --cacert "$folder/given.crt" "$at/api/v1/sites/demo/values/stream" >"$folder/events" 3>&- &
    pids+=($!)
    until_true "grep -q 'data: first one' $folder/events" 90
    say "GET /socket HTTP/1.1\r\nHost: bms.example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n"
    [[ $output == *"101 Switching Protocols"*hello* ]]
    [ "$(seen 'select(.line | startswith("GET /socket")) | .headers[] | join(": ")' | grep -c '^upgrade: websocket\|^connection: upgrade\|^sec-websocket-key: x')" = 3 ]
    # The web is away: said in the words of the API.
    kill "${pids[0]}"
    wait "${pids[0]}" || true
    run ask --write-out '\n%{http_code} %{content_type}' "$at/"
    [ "$(tail -n 1 <<<"$output")" = "503 application/problem+json" ] || { echo "$output"; cat "$folder/out"; return 1; }
}

# ---- as a part of a site ----

begin_site() {
    : >"$folder/out" # what another one said is no sign of this one
    ip netns exec "$tag" "$bacpipes" up --simulate --no-past --data "$data" --points 60 --set web.listen=$address:$port --set web.names=bms.example.org "$@" >"$folder/out" 2>&1 3>&- &
    up=$!
    until_true "grep -q 'look at values' $folder/out" 90
}
# of a process that `up` started
pid_of() {
    for child in $(cat /proc/"$up"/task/*/children); do
        case $(tr '\0' ' ' <"/proc/$child/cmdline") in *"$1 "*) echo "$child" ;; esac
    done
}

@test "a site at another address has a certificate of its own authority, and people are told how to trust it" {
    begin_site
    grep -q "nginx listens for other machines at $address, port $port, certificate until " "$folder/out"
    grep -q "open https://bms.example.org:$port/" "$folder/out"
    # Taken without trust, and held against what was said.
    in_ns curl --silent --insecure "$at/ca.crt" --output "$folder/ca.crt"
    said=$(sed -n 's/.*SHA-256 \([0-9A-F:]*\)$/\1/p' "$folder/out")
    [ "$(openssl x509 -in "$folder/ca.crt" -noout -fingerprint -sha256)" = "sha256 Fingerprint=$said" ]
    ca=$folder/ca.crt
    [ "$(status_of "$at/api/v1/health")" = 200 ]
    [ "$(status_of --resolve bms.example.org:$port:$address "https://bms.example.org:$port/api/v1/ready")" = 200 ]
    [ "$(stat -c %a "$data/web/authority.key" "$data/web/server.pem" | sort -u)" = 600 ]
    run in_ns "$bacpipes" status --data "$data"
    [[ $output == *"answers at https://bms.example.org:$port/"* ]]
    # Who logs in by it has a cookie for TLS alone, and is shown the same fingerprint.
    install -m 600 /dev/null "$folder/password"
    echo "correct horse battery staple" >"$folder/password"
    "$bacpipes" user add anna --role viewer --password-file "$folder/password" --data "$data"
    run ask --include --cookie-jar "$folder/jar" -H 'Content-Type: application/json' -d '{"name": "anna", "password": "correct horse battery staple"}' "$at/api/v1/session"
    echo "$output"
    grep -qi '^set-cookie: __Host-bacpipes=.*; *secure' <<<"$output"
    ask --cookie "$folder/jar" "$at/api/v1/about" | tee "$folder/about"
    [ "$(jq -r '.certificate | "\(.fingerprint) \(.own_authority) \(.download)"' "$folder/about")" = "$said true /ca.crt" ]
    # It is renewed while it runs, without a word from anybody: here, as it is damaged.
    server=$(openssl s_client -connect $address:$port </dev/null 2>/dev/null | head -c 0; in_ns openssl s_client -connect $address:$port </dev/null 2>/dev/null | openssl x509 -noout -serial)
    truncate -s 100 "$data/web/server.pem"
    until_true "grep -q 'the certificate of the web was renewed' $folder/out" 90
    until_true '[ "$(in_ns openssl s_client -connect $address:$port </dev/null 2>/dev/null | openssl x509 -noout -serial)" != "$server" ]' 90
    [ "$(status_of "$at/api/v1/health")" = 200 ]
    # Killed, with its workers left behind: there again. And the web behind it.
    kill -KILL "$(pid_of 'nginx: master process nginx')"
    until_true '[ "$(grep -c "nginx was ended by signal 9" "$folder/out")" = 1 ] && [ -n "$(pid_of "nginx: master process nginx")" ]' 90
    until_true '[ "$(status_of "$at/api/v1/health")" = 200 ]' 90
    until_true '[ "$(ip netns pids "$tag" | xargs -I{} cat /proc/{}/comm 2>/dev/null | grep -c nginx)" = 3 ]' 90
    kill -KILL "$(pid_of web)"
    until_true '[ "$(status_of "$at/api/v1/health")" = 200 ]' 90
    # The same authority the next time, that nobody has to trust anew; another name takes another one.
    kill -INT "$up"
    wait "$up"
    [ -z "$(ip netns pids "$tag" | xargs -I{} cat /proc/{}/comm 2>/dev/null | grep nginx)" ]
    begin_site
    [ "$(status_of "$at/api/v1/health")" = 200 ]
    ! grep -q 'an authority for the certificate of the web was made' "$folder/out" || false
    kill -INT "$up"
    wait "$up"
    begin_site --set web.names=other.example.org
    grep -q 'an authority for the certificate of the web was made' "$folder/out"
    [ "$(status_of "$at/api/v1/health")" = 000 ]
}

@test "a site in a very deep folder is reached, too" {
    data=$folder/$(printf 'a-long-name-%.0s' 1 2 3 4 5 6 7 8 9)/and-one-more-level-below-it
    begin_site
    ca=$data/web/authority.crt
    [ "$(status_of "$at/api/v1/health")" = 200 ]
}

@test "a certificate that is given is taken in when it changes, and kept when the new one is of no use" {
    make_certificate given
    begin_site --set web.certificate="$folder/given.crt" --set web.key="$folder/given.key"
    [ "$(status_of "$at/api/v1/health")" = 200 ]
    [ "$(status_of "$at/ca.crt")" != 200 ]
    cp "$folder/given.crt" "$folder/first.crt"
    echo junk >"$folder/given.crt"
    until_true "grep -q 'given.crt has no certificate in it.*nginx goes on with the certificate that it has' $folder/out" 90
    ca=$folder/first.crt
    [ "$(status_of "$at/api/v1/health")" = 200 ]
    make_certificate given 5
    ca=$folder/given.crt
    until_true '[ "$(status_of "$at/api/v1/health")" = 200 ]' 90
    until_true "grep -q 'given.crt ends at .*have it renewed' $folder/out" 90
}

@test "port 443 is for nginx alone to take; an address that is not there yet is waited for" {
    port=443 at=https://$address
    ip -n "$tag" addr del $address/32 dev lo
    begin_site
    grep -q "$address, port 443: this machine has no such address: other machines do not reach the web until that is mended" "$folder/out"
    ! grep -q ' open http' "$folder/out" || false
    run in_ns "$bacpipes" status --data "$data"
    [ "$status" -eq 2 ]
    [[ $output == *"nginx does not listen there"* ]]
    ip -n "$tag" addr add $address/32 dev lo
    ca=$data/web/authority.crt
    until_true '[ "$(status_of "$at/api/v1/health")" = 200 ]' 90
    capability=0000000000000400
    for pid in $(cat /proc/"$up"/task/*/children); do
        case $(cat "/proc/$pid/comm") in
        nginx) [ "$(awk '$1 == "CapEff:" { print $2 }' "/proc/$pid/status")" = $capability ] ;;
        *) [ "$(awk '$1 ~ /^Cap(Inh|Prm|Eff|Amb):/ { print $2 }' "/proc/$pid/status" | sort -u)" = 0000000000000000 ] ;;
        esac
    done
    [ "$(awk '$1 == "CapPrm:" { print $2 }' "/proc/$up/status")" = $capability ]
    [ "$(awk '$1 == "Uid:" { print ($2 != 0 && $3 != 0 && $4 != 0) }' "/proc/$up/status")" = 1 ]
}
