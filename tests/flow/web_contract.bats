#!/usr/bin/env bats
# Every operation of the running server, and its errors, held against apps/web/openapi.yaml (tests/web/contract.ts). BUILD names the build
# folder (default: build).

load ready
load web

setup() { begin_site; }
teardown() { end_site; }

@test "every operation and every error is as openapi.yaml describes it" {
    "$root/script/node" modules || skip "the interface's tools cannot be fetched"
    local role
    for role in viewer operator engineer admin; do
        person "the-$role" "$role"
        "$bacpipes" user token "the-$role" --role "$role" --json | jq --arg role "$role" '{($role): .token}'
    done >"$folder/tokens"
    jq -s --arg password "$password" 'add + {admin_name: "the-admin", admin_password: $password}' "$folder/tokens" >"$folder/credentials"
    # Something that commands may write, so that one can be asked for
    sql "update point set writable = true where name like '%SAT-C' or name like '%CLG-SP'" >/dev/null
    until [ "$(as "token:$(jq -r .viewer "$folder/credentials")" GET '/sites/demo/points?writable=true&limit=1' | head -1 | jq .total)" != 0 ]; do sleep 0.2; done
    "$root/script/node" "$root/tests/web/contract.ts" "$at" demo "$folder/credentials" 3>&-
}
