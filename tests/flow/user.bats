#!/usr/bin/env bats
# bacpipes user: who may use the web, from the command line. BUILD names the build folder (default: build).

load ready
load web

setup() {
    begin_site
}

teardown() {
    end_site
}

@test "users are added, given roles, shut out and removed; what is wrong is told with what would be right" {
    timeout 60 bash -c "until grep -qF 'look at values: $bacpipes points --data $data' $folder/out; do sleep 0.2; done" # as it was called, which may be in no PATH
    run "$bacpipes" user list
    [ "$status" = 1 ]
    [[ $output == *"bacpipes user add NAME --role admin"* ]]
    "$bacpipes" user add anna --role admin --full-name 'Anna Lei'
    run "$bacpipes" user add Anna
    [ "$status" = 1 ]
    [[ $output == *'there is a user "anna" already'* ]]
    run "$bacpipes" user add Carl --full-name $'Carl\nroot: all is well'
    [[ "$status" = 1 && $output == *"one line"* ]]
    run "$bacpipes" user add Carl
    [[ "$status" = 0 && $output == *"User carl (names have small letters) is viewer at all sites"*"bacpipes user link carl"* ]]
    "$bacpipes" user grant carl operator --site demo
    run "$bacpipes" user grant carl none
    [[ "$status" = 0 && $output == *"no role at all sites together any more. What is left: operator at demo."* ]]
    run "$bacpipes" user set carl --no-second-factor
    [[ "$status" = 0 && $output == *"carl has no second factor: nothing is changed"* ]]
    run "$bacpipes" user set carl --full-name $'C\tD'
    [[ "$status" = 1 && $output == *"one line"* ]]
    run "$bacpipes" user add 'a b'
    [[ "$status" = 1 && $output == *"1 to 64 letters"* ]]
    run "$bacpipes" user add bob --role king
    [[ "$status" = 1 && $output == *"viewer, operator, engineer, admin"* ]]
    run "$bacpipes" user add bob --site nowhere
    [[ "$status" = 1 && $output == *'there is no site "nowhere"'* ]]
    "$bacpipes" user add bob --role operator --site demo
    "$bacpipes" user grant bob engineer --site demo
    [ "$("$bacpipes" user list --json | jq -r '.[] | select(.name == "bob") | .grants | map("\(.site) \(.role)") | join(",")')" = "demo engineer" ]
    "$bacpipes" user grant bob none --site demo
    [[ "$("$bacpipes" user list)" == *"bob "*nothing* ]]
    run "$bacpipes" user grant nobody viewer
    [[ "$status" = 1 && $output == *'there is no user "nobody"'* ]]
    run "$bacpipes" user set bob --on --off
    [ "$status" = 64 ]
    "$bacpipes" user set bob --off
    [[ "$("$bacpipes" user list)" == *"shut out"* ]]
    run "$bacpipes" user remove bob </dev/null
    [ "$status" = 64 ]
    "$bacpipes" user remove bob --yes
    run "$bacpipes" user remove bob --yes
    [ "$status" = 1 ]
    for last in "grant anna none" "grant anna viewer" "set anna --off" "remove anna --yes"; do # nobody could log in and mend it
        run "$bacpipes" user $last
        [[ "$status" = 1 && $output == *"nobody would be left who manages users"* && $output == *"admin"* ]]
    done
    sql "select convert_from(body, 'UTF8')::jsonb ->> 'op' from uplink_record where kind = 'audit' and convert_from(body, 'UTF8')::jsonb ->> 'event' = 'user'" >"$folder/ops"
    for op in add grant set remove; do grep -qx $op "$folder/ops"; done
}

@test "a password comes from a file that nobody else reads, and is no word that follows from the name" {
    "$bacpipes" user add anna --role admin
    echo "$password" >"$folder/secret"
    chmod 644 "$folder/secret"
    run "$bacpipes" user passwd anna --password-file "$folder/secret"
    [[ "$status" = 64 && $output == *"--password-file"* ]]
    chmod 600 "$folder/secret"
    "$bacpipes" user passwd anna --password-file "$folder/secret"
    log_in anna
    for word in short anna-anna-12 123456789012 aaaaaaaaaaaa; do
        echo "$word" >"$folder/secret"
        run "$bacpipes" user passwd anna --password-file "$folder/secret"
        [[ "$status" = 64 && $output == *"for instance four words"* ]]
    done
    run "$bacpipes" user passwd anna </dev/null # nobody is there to type it
    [[ "$status" = 64 && $output == *"--password-file FILE"* ]]
    run "$bacpipes" user passwd nobody --password-file <(echo "$password")
    [ "$status" != 0 ]
}

@test "a link goes to a terminal, unless it is said otherwise" {
    "$bacpipes" user add anna --role admin
    run "$bacpipes" user link anna
    [[ "$status" = 64 && $output != *"link#"* ]]
    run "$bacpipes" user link anna --print
    [[ "$status" = 0 && $output == *"$at/link#"* ]]
    script -qec "$bacpipes user link anna" /dev/null </dev/null >"$folder/typescript"
    grep -q "$at/link#[A-Za-z0-9_-]\{43\}" "$folder/typescript"
    run "$bacpipes" user link nobody # which comes before where it would be printed
    [[ "$status" = 1 && $output == *'there is no user "nobody"'* && $output == *"bacpipes user add"* ]]
    "$bacpipes" user add bob
    "$bacpipes" user set bob --off
    run "$bacpipes" user link bob --print
    [[ "$status" = 1 && $output == *"bacpipes user set bob --on"* && $output != *"link#"* ]]
}

@test "a token speaks for its user, at most with its role, and ends" {
    "$bacpipes" user add anna --role operator
    token=$("$bacpipes" user token anna --name reports --site demo --for 30d --json | jq -r .token)
    run as "token:$token" GET /session
    expect 200
    [ "$(told '[.person.name, .sites[0].role, .is_token] | @csv')" = '"anna","viewer",true' ]
    run "$bacpipes" user token anna --name reports
    [[ "$status" = 1 && $output == *'there is a token "reports" already'* ]]
    run "$bacpipes" user token anna --name long --for 800d
    [[ "$status" = 1 && $output == *"two years"* ]]
    ! "$bacpipes" user tokens --json | grep -q "$token" || false
    "$bacpipes" user tokens --end "$("$bacpipes" user tokens --json | jq '.[0].id')"
    run "$bacpipes" user tokens
    [ "$status" = 1 ]
}

@test "rights are one table for the server, the command line and docs/security.md" {
    "$bacpipes" user rights --markdown >"$folder/table"
    sed -n '/^| right |/,/^$/p' "$root/docs/security.md" | sed '/^$/d' | diff - "$folder/table"
    "$bacpipes" user add anna --role viewer
    token=$("$bacpipes" user token anna --json | jq -r .token)
    run as "token:$token" GET /rights
    [ "$(told .rights | jq -c .)" = "$("$bacpipes" user rights --json | jq -c .)" ]
}
