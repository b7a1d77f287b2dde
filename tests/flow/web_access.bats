#!/usr/bin/env bats
# Who gets into the web, and who does not: each promise is tried to be broken. BUILD names the build folder (default: build).

load ready
load web

# One demo for all of them: each begins with anna alone, who has never logged in.
setup_file() {
    begin_site
    export root bacpipes folder data site at up password BACPIPES_DATA PATH
}

setup() {
    sql "delete from access.users; delete from access.throttle"
    rm -f "$folder"/*.jar "$folder"/*.csrf
    person anna admin
}

teardown_file() {
    end_site
}

later=$(date -u -d '+180 days' +%FT%TZ)

# try NAME PASSWORD [CODE] [ARGUMENT of curl]...: to log in, with no cookie there or kept; prints as `as` does
try() {
    local body
    body=$(jq -n --arg name "$1" --arg password "$2" --arg code "${3:-}" '{$name, $password} + if $code == "" then {} else {$code} end')
    shift $(($# > 2 ? 3 : 2))
    as nobody POST /session "$body" "$@"
}

# code SECRET [STEPS]: of an authenticator, so many half minutes from now
code() {
    python3 - "$1" "${2:-0}" <<'PY'
import base64, hashlib, hmac, struct, sys, time
step = int(time.time()) // 30 + int(sys.argv[2])
digest = hmac.new(base64.b32decode(sys.argv[1]), struct.pack(">Q", step), hashlib.sha1).digest()
at = digest[-1] & 15
print("%06d" % ((struct.unpack(">I", digest[at:at + 4])[0] & 0x7FFFFFFF) % 1000000))
PY
}

cookie() {
    awk '$6 == "bacpipes" { print $7 }' "$folder/$1.jar"
}

@test "people log in, are known by their cookie, and log out; a session is never one that was brought" {
    run as nobody GET /me
    expect 401 not-logged-in
    run try anna "not the right one"
    expect 401 wrong-credentials
    run try nobody "not the right one"
    expect 401 wrong-credentials
    curl -si -b "bacpipes=$(printf 'A%.0s' {1..43})" -H 'Content-Type: application/json' -d "{\"name\": \"anna\", \"password\": \"$password\"}" \
        "$at/api/v1/session" >"$folder/answer"
    grep -qi '^set-cookie: bacpipes=[A-Za-z0-9_-]\{43\}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax' "$folder/answer"
    ! grep -qi '^set-cookie: bacpipes=AAAA' "$folder/answer" || false
    grep -qi '^cache-control: no-store' "$folder/answer"
    log_in anna
    run as anna GET /session
    expect 200
    [ "$(told '[.person.name, .is_token, .sites[0].site, .sites[0].role, (.must | length)] | @csv')" = '"anna",false,"demo","admin",0' ]
    before=$(cookie anna)
    log_in anna -b "$folder/anna.jar" -H "X-CSRF-Token: $(cat "$folder/anna.csrf")"
    [ "$(cookie anna)" != "$before" ]
    run as nobody GET /session "" -b "bacpipes=$before"
    expect 401 not-logged-in
    run as nobody GET /session "" -b "bacpipes=$(cookie anna); bacpipes=$before" # two that differ
    expect 401
    run as anna DELETE /session
    expect 204
    run as anna GET /session
    expect 401 not-logged-in
}

@test "a change by a session brings what other sites do not know, and a token is no cookie" {
    log_in anna
    run as nobody PATCH /me '{"theme": "dark"}' -b "$folder/anna.jar"
    expect 403 foreign-origin
    run as nobody PATCH /me '{"theme": "dark"}' -b "$folder/anna.jar" -H "X-CSRF-Token: $(tr 0-9a-f 1-9a-f0 <"$folder/anna.csrf")"
    expect 403 foreign-origin
    run as anna PATCH /me '{"theme": "dark"}' -H "Origin: http://evil.example"
    expect 403 foreign-origin
    run as anna PATCH /me '{"theme": "dark"}' -H "Sec-Fetch-Site: cross-site"
    expect 403 foreign-origin
    run as nobody PATCH /me 'theme=dark' -b "$folder/anna.jar" -H "X-CSRF-Token: $(cat "$folder/anna.csrf")" -H 'Content-Type: application/x-www-form-urlencoded'
    [[ "$(tail -1 <<<"$output")" =~ ^4(00|15)$ ]]
    run as anna PATCH /me '{"theme": "dark"}'
    expect 200
    [ "$(told .theme)" = dark ]
    run as anna PATCH /me '{"theme": "purple"}'
    expect 400 bad-request
    run as anna PATCH /me '{"name": "eve"}'
    expect 400 bad-request
    run as nobody GET /me "" -H "Authorization: Bearer $(cookie anna)"
    expect 401
    run as nobody GET /me "" -H "Authorization: Bearer bp_$(cookie anna)" -b "$folder/anna.jar" # a cookie beside it counts for nothing
    expect 401
}

@test "who guesses waits longer each time, and holds nobody else up" {
    log_in anna
    for i in 1 2 3 4 5 6; do
        run try anna "guess number $i of many"
        expect 401 wrong-credentials
    done
    for i in {7..20}; do # a slow machine needs longer for a guess than the first waits are; each is longer than the one before
        run try anna "guess number $i of many"
        [ "$(tail -1 <<<"$output")" = 401 ] || break
    done
    expect 429 too-many-tries
    sql "update access.throttle set next_at = now() + interval '1 min' where key like 'user %'" # a busy machine is slower than the first wait
    run try anna "$password" # the right one is not looked at, either
    expect 429 too-many-tries
    curl -si -H 'Content-Type: application/json' -d '{"name": "anna", "password": "x"}' "$at/api/v1/session" | grep -qi '^retry-after: [1-9]'
    person bob operator
    run try bob "$password"
    expect 200
    run try anna "$password" "" -b "$folder/anna.jar" # her own browser is known
    [[ "$(tail -1 <<<"$output")" != 429 ]]
    run try "' or 1=1 --" "$password"
    expect 401 wrong-credentials
}

@test "a second factor: confirmed, asked for, taken once, replaced by recovery codes, given up by a code" {
    log_in anna
    run as anna PUT /me/totp '{"code": "123456"}'
    expect 409 conflict
    run as anna POST /me/totp
    expect 200
    secret=$(told .secret)
    [[ $(told .uri) == "otpauth://totp/BacPipes:anna?secret=$secret&issuer=BacPipes" ]]
    run as anna PUT /me/totp '{"code": "000000"}'
    expect 401 wrong-code
    first=$(code "$secret")
    run as anna PUT /me/totp "{\"code\": \"$first\"}"
    expect 200
    recovery=$(told '.recovery_codes[0]')
    [ "$(told '.recovery_codes | length')" = 10 ]
    run try anna "$password"
    expect 401 code-needed
    run try anna "$password" "$first" # it was taken just now
    expect 401 wrong-code
    run try anna "not the right one" "$(code "$secret" 1)"
    expect 401 wrong-credentials
    next=$(code "$secret" 1)
    run try anna "$password" "$next"
    expect 200
    run try anna "$password" "$next"
    expect 401 wrong-code
    run try anna "$password" "${recovery^^}"
    expect 200
    run try anna "$password" "$recovery"
    expect 401 wrong-code
    run as anna GET /me
    [ "$(told '[.totp, .recovery_codes_left] | @csv')" = "true,9" ]
    run as anna POST /me/totp
    expect 409 conflict
    sql "delete from access.throttle"
    run as anna DELETE /me/totp
    expect 415
    run as anna DELETE /me/totp '{"code": "000000"}'
    expect 401 wrong-code
    "$bacpipes" user set anna --no-second-factor
    run try anna "$password"
    expect 200
}

@test "a one-time link works once, in its time, and not while the code of who has one is missing" {
    "$bacpipes" user add carla --role viewer >"$folder/said"
    link=$("$bacpipes" user link carla --print --json | jq -r .link)
    [[ $link == "$at/link#"* ]]
    secret=${link#*#}
    run as nobody POST /link "{\"secret\": \"$secret\", \"password\": \"short\"}"
    expect 422 invalid
    [ "$(told .name)" = carla ] # whose link it is
    run as nobody POST /link "{\"secret\": \"$secret\", \"password\": \"carla-carla-1\"}"
    expect 422 invalid
    run as nobody POST /link "{\"secret\": \"$secret\", \"password\": \"$password\"}" -c "$folder/carla.jar"
    expect 200
    [ "$(told .person.name)" = carla ]
    run as nobody POST /link "{\"secret\": \"$secret\", \"password\": \"$password\"}"
    expect 401 link-used
    run try carla "$password"
    expect 200
    log_in anna
    id=$(sql "select user_id from access.users where name = 'carla'")
    run as anna POST "/users/$id/link"
    expect 201
    first=$(told .link)
    run as anna POST "/users/$id/link"
    second=$(told .link)
    run as nobody POST /link "{\"secret\": \"${first#*#}\", \"password\": \"$password\"}"
    expect 401 link-used
    sql "update access.link set expires_at = now()"
    run as nobody POST /link "{\"secret\": \"${second#*#}\", \"password\": \"$password\"}"
    expect 401 link-used
    sql "update access.users set totp_secret = '\\x3132333435363738393031323334353637383930', totp_at = now() where name = 'carla'"
    run as anna POST "/users/$id/link"
    third=$(told .link)
    run as nobody POST /link "{\"secret\": \"${third#*#}\", \"password\": \"$password\"}"
    expect 401 code-needed
    run as nobody POST /link "{\"secret\": \"${third#*#}\", \"password\": \"$password\", \"code\": \"000000\"}"
    expect 401 wrong-code
    run as nobody POST /link "{\"secret\": \"${third#*#}\", \"password\": \"$password\", \"code\": \"$(code GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ)\"}"
    expect 200
}

@test "a link in the wrong hands is gone after five wrong codes" {
    "$bacpipes" user add carla --role viewer >"$folder/said"
    sql "update access.users set totp_secret = '\\x3132333435363738393031323334353637383930', totp_at = now() where name = 'carla'"
    link=$("$bacpipes" user link carla --print --json | jq -r .link)
    right=$(code GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ)
    for i in 1 2 3; do # a password that is none costs nothing
        run as nobody POST /link "{\"secret\": \"${link#*#}\", \"password\": \"short\", \"code\": \"$right\"}"
        expect 422 invalid
    done
    for i in 1 2 3 4 5; do
        run as nobody POST /link "{\"secret\": \"${link#*#}\", \"password\": \"$password\", \"code\": \"00000$i\"}"
        expect 401 wrong-code
    done
    run as nobody POST /link "{\"secret\": \"${link#*#}\", \"password\": \"$password\", \"code\": \"$right\"}"
    expect 401 link-used
}

@test "codes behind a right password are counted wherever they come from" {
    sql "update access.users set totp_secret = '\\x3132333435363738393031323334353637383930', totp_at = now() where name = 'anna'"
    for i in {1..11}; do
        sql "delete from access.throttle where key not like 'code %'" # as if from another address
        run try anna "$password" 000000
        expect 401 wrong-code
    done
    for i in {12..25}; do # a slow machine needs longer for a try than the first waits are; each is longer than the one before
        sql "delete from access.throttle where key not like 'code %'"
        run try anna "$password" 000000
        [ "$(tail -1 <<<"$output")" = 401 ] || break
    done
    expect 429 too-many-tries
    sql "delete from access.throttle where key not like 'code %'"
    run try anna "not the right one" 000000 # who does not know the password learns nothing of it
    expect 401 wrong-credentials
}

@test "a token of an administrator makes nobody, and makes nobody more" {
    person bob viewer
    log_in anna
    id=$(jq .person.id "$folder/anna.session")
    bob=$(sql "select user_id from access.users where name = 'bob'")
    run as anna POST /tokens '{"name": "scripts", "role": "admin", "expires_at": "'"$later"'"}'
    expect 201
    token=$(told .token)
    run as "token:$token" GET /users
    expect 200
    while read -r method path body; do
        run as "token:$token" "$method" "$path" "$body" -H 'If-Match: *'
        expect 403 not-allowed
        [[ "$(told .detail)" == *"log in"* ]]
    done <<END
POST /users/$id/link
POST /users/$bob/link
PATCH /users/$id {"totp": false}
POST /users {"name": "eve", "grants": [{"role": "admin"}]}
PUT /users/$bob/grants {"site": null, "role": "admin"}
DELETE /users/$bob/grants
DELETE /users/$bob/sessions
DELETE /users/$id/sessions
DELETE /users/$bob
END
}

# ends NAME: waits until it is nobody any more, which takes less than a second on an idle machine
ends() {
    for _ in {1..900}; do
        run as "$1" GET /session
        [ "$(tail -1 <<<"$output")" = 401 ] && return
        sleep 0.1
    done
    echo "$output"
    return 1
}

@test "what is taken away ends at once, wherever it is used: sessions, tokens, roles" {
    person bob operator
    log_in anna
    log_in bob
    id=$(jq .person.id "$folder/bob.session")
    run as bob POST /tokens '{"name": "reports", "role": "admin", "expires_at": "'"$later"'"}'
    expect 201
    token=$(told .token) number=$(told .id)
    run as "token:$token" GET /session
    expect 200
    [ "$(told '[.is_token, .sites[0].role] | @csv')" = 'true,"operator"' ] # never more than its owner
    run as "token:$token" POST /tokens '{"name": "child", "role": "viewer", "expires_at": "'"$later"'"}'
    expect 403 not-allowed
    run as "token:$token" POST /me/password '{"old": "x", "new": "another long password"}'
    expect 403 not-allowed
    run as anna PUT "/users/$id/grants" '{"site": null, "role": "viewer"}'
    expect 200
    run as bob GET /session
    [ "$(told '.sites[0].role')" = viewer ]
    run as anna DELETE "/users/$id/sessions"
    expect 204
    run as bob GET /session
    expect 401
    "$bacpipes" user logout bob
    log_in bob
    "$bacpipes" user logout bob # by another program than the server
    ends bob
    "$bacpipes" user tokens --end "$number"
    ends "token:$token"
    log_in bob
    version=$(as anna GET "/users/$id" | head -1 | jq -r .version)
    run as anna PATCH "/users/$id" '{"enabled": false}'
    expect 428 version-needed
    run as anna PATCH "/users/$id" '{"enabled": false}' -H 'If-Match: "9999"'
    expect 412 changed
    run as anna PATCH "/users/$id" '{"enabled": false}' -H "If-Match: \"$version\""
    expect 200
    run as bob GET /session
    expect 401
    run try bob "$password"
    expect 401 wrong-credentials
    run as anna DELETE "/users/$(jq .person.id "$folder/anna.session")"
    expect 422 invalid
    [[ "$(told .detail)" == *"nobody would be left"* ]]
    run as anna DELETE "/users/$id"
    expect 204
    for none in "$id" 3000000000 9223372036854775807; do
        run as anna GET "/users/$none"
        expect 404 not-found
    done
}

@test "a stream ends with its session" {
    person bob viewer
    log_in bob
    point=$(sql "select min(point_id) from point")
    curl --silent --no-buffer --max-time 120 -b "$folder/bob.jar" "$at/api/v1/sites/demo/values/stream?points=$point" >"$folder/stream" 2>&1 3>&- &
    stream=$!
    until [ -s "$folder/stream" ]; do
        kill -0 $stream
        sleep 0.1
    done
    "$bacpipes" user logout bob
    begin=$SECONDS
    wait $stream || true
    echo "ended after $((SECONDS - begin)) s"
    [ $((SECONDS - begin)) -lt 60 ] # and not when it would end by itself
}

@test "a changed password ends all other sessions, and is not changed by who does not know it" {
    log_in anna
    mv "$folder/anna.jar" "$folder/other.jar"
    mv "$folder/anna.csrf" "$folder/other.csrf"
    log_in anna
    run as anna POST /me/password '{"old": "not the right one", "new": "another long password"}'
    expect 401 wrong-credentials
    run as anna POST /me/password "{\"old\": \"$password\", \"new\": \"anna\"}"
    expect 422 invalid
    run as anna POST /me/password "{\"old\": \"$password\", \"new\": \"another long password\"}"
    expect 204
    run as other GET /session
    expect 401
    run as anna GET /session
    expect 200
    run try anna "$password"
    expect 401 wrong-credentials
    run try anna "another long password"
    expect 200
}

@test "who needs a second factor by their role sets one up first" {
    # a second server of the same site, which demands it
    local at=http://127.0.0.1:$((${at##*:} + 1))
    begin_server "$folder/strict" "$bacpipes" web --data "$data" --set "web.listen=${at#http://}" --set web.second_factor=engineer
    strict=$!
    until curl --silent --fail --max-time 5 "$at/api/v1/ready" >/dev/null; do kill -0 $strict; sleep 0.1; done
    person bob operator
    log_in bob
    run as bob GET /sites/demo/commands
    expect 200
    log_in anna
    run as anna GET /session
    [ "$(told '.must[0]')" = totp ]
    run as anna GET /users
    expect 403 must-first
    run as anna POST /me/totp
    secret=$(told .secret)
    run as anna PUT /me/totp "{\"code\": \"$(code "$secret")\"}"
    expect 200
    run as anna GET /users
    expect 200
    kill -INT $strict
    wait $strict
}

# Every operation that there is, by every role: who may is answered something else than 401 and 403, who may not just that.
@test "every operation, asked for by every role" {
    for role in viewer operator engineer; do
        person "the-$role" $role
        log_in "the-$role"
    done
    mv "$folder/anna.jar" "$folder/the-admin.jar" 2>/dev/null || true
    person the-admin admin
    log_in the-admin
    person elsewhere viewer
    "$bacpipes" user grant elsewhere none
    log_in elsewhere
    "$bacpipes" user rights --json >"$folder/rights"
    failed=0 tried=0
    while read -r method path right flags; do
        path=$(sed 's/{site}/demo/; s/{user}/999999/; s/{[a-z]*}/1/g' <<<"${path#\"}" | tr -d '",')
        body=''
        [[ $flags != *OPERATION_BODY* ]] || body='{}'
        [[ $flags != *OPERATION_SOCKET* ]] || continue
        [[ $path != */stream ]] || continue # it goes on
        case "$method $path" in "DELETE /api/v1/session" | "DELETE /api/v1/me/sessions/"*) continue ;; esac
        least=$(jq -r --arg right "${right,,}" '.[] | select(.name == $right) | .role' "$folder/rights")
        [[ $flags != *ANY_ROLE* ]] || least=viewer
        rank() { case $1 in viewer) echo 1 ;; operator) echo 2 ;; engineer) echo 3 ;; admin) echo 4 ;; esac; }
        for role in nobody viewer operator engineer admin; do
            who=$role
            [ $role = nobody ] || who=the-$role
            output=$(as $who "$method" "$path" "$body" -H 'If-Match: "x"')
            status=$(tail -1 <<<"$output")
            tried=$((tried + 1))
            if [[ $flags == *OPERATION_OPEN* ]]; then
                [ "$status" != 403 ] || { echo "$role $method $path: $status"; failed=1; }
            elif [ $role = nobody ]; then
                [ "$status" = 401 ] || { echo "$role $method $path: $status"; failed=1; }
            elif [ "$(rank $role)" -ge "$(rank "$least")" ]; then
                [ "$status" != 403 ] && [ "$status" != 401 ] && [ "$status" != 500 ] || { echo "$role $method $path: $output"; failed=1; }
            else
                [ "$status" = 403 ] || { echo "$role $method $path: $output"; failed=1; }
            fi
        done
        if [[ $path == */sites/demo* ]]; then # who has no role there is not told that there is such a site
            status=$(as elsewhere "$method" "$path" "$body" -H 'If-Match: "x"' | tail -1)
            [ "$status" = 404 ] || { echo "elsewhere $method $path: $status"; failed=1; }
        fi
    done < <(sed -n 's/^OPERATION(\([A-Z]*\), "\([^"]*\)", [a-z_]*, \([A-Z_]*\), \(.*\))$/\1 \2 \3 \4/p' "$root/apps/web/operations.def")
    echo "$tried tried"
    [ $failed = 0 ]
    [ $tried -gt 150 ]
}

@test "no secret is on record, in a log or in an answer" {
    log_in anna
    person bob operator
    run as anna POST /tokens '{"name": "reports", "role": "viewer", "expires_at": "'"$later"'"}'
    token=$(told .token)
    run as anna POST /me/totp
    secret=$(told .secret)
    run as anna PUT /me/totp "{\"code\": \"$(code "$secret")\"}"
    recovery=$(told '.recovery_codes[3]')
    link=$("$bacpipes" user link bob --print | tail -1)
    run try anna "a wrong password of hers"
    as anna GET /users >"$folder/answers"
    as anna GET /tokens >>"$folder/answers"
    as anna GET /me >>"$folder/answers"
    as anna GET "/sites/demo/audit" >>"$folder/answers"
    sql "select convert_from(body, 'UTF8') from uplink_record" >"$folder/journal"
    grep -q '"op": "token"' "$folder/journal"
    grep -q '"person": "anna"' "$folder/journal"
    for word in "$password" "a wrong password of hers" "$token" "$secret" "$recovery" "${link##*#}" "$(cookie anna)" "$(cat "$folder/anna.csrf")" 'argon2' \
        "$(printf %s "$token" | sha256sum | cut -c1-64)" "$(printf %s "$(cookie anna)" | sha256sum | cut -c1-64)"; do
        ! grep -Fq -- "$word" "$folder/journal" "$folder/answers" "$folder/out" || { echo "there it is: $word"; return 1; }
        ! grep -rFq -- "$word" "$data"/log* 2>/dev/null || { echo "in a log: $word"; return 1; }
    done
}
