#!/usr/bin/env bats
# script/run and script/setup say what they do, and nothing of what apt says unless it fails. No package is touched: apt is played.

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    folder=$(mktemp -d /tmp/bacpipes-setup-test.XXXXXX)
    mkdir -p "$folder/script" "$folder/bin" "$folder/var" "$folder/tmp"
    cp "$root/script/run" "$root/script/setup" "$folder/script"
    sed -i "s|^policy=.*|policy=$folder/policy-rc.d|" "$folder/script/setup"
    echo 'nosuchpackage run what it is for' >"$folder/script/packages"
    export TMPDIR=$folder/tmp PATH=$folder/bin:$PATH
    play script/build 'mkdir -p build/apps; cp script/played build/apps/bacpipes; touch build/build.ninja; echo "building $1"'
    play script/played 'echo "up $*"'
    play bin/apt-get '[ "$1" != update ] || exit 0; seq 500 | sed "s/^/Unpacking /"; [ -f "$PLAYED" ] || exit 1; touch "$PLAYED.done"'
    play bin/dpkg-query '[ -f "$PLAYED.done" ] && echo installed'
    play bin/id 'echo 0'
    play bin/getent 'exit 1'
    play bin/stat 'echo 0'
    play bin/setpriv 'exit 0'
    export PLAYED=$folder/works
}

teardown() {
    rm -rf "$folder"
}

# play NAME LINE
play() {
    printf '#!/bin/bash\n%s\n' "$2" >"$folder/$1"
    chmod 755 "$folder/$1"
}

@test "the first start says how many steps there are, and each, and not what apt says" {
    touch "$PLAYED"
    run "$folder/script/run" --for 5s
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"The first start has 3 steps, about 4 min"* ]]
    [[ "$output" == *"step 1 of 3: packages of Debian: 1"*"nosuchpackage"*"what it is for"*"step 2 of 3: building"*"step 3 of 3: starting"*"up up --demo --for 5s" ]]
    [[ "$output" != *Unpacking* ]]
    [ "${#lines[@]}" -le 12 ]
    [ -z "$(ls "$folder/tmp")" ]
    [ ! -e "$folder/policy-rc.d" ]
    # The next one has nothing to install.
    run "$folder/script/run"
    echo "$output"
    [[ "$output" == *"step 1 of 2: building"*"step 2 of 2: starting"* ]]
    [[ "$output" != *"first start"* ]]
}

@test "what apt says is shown where it fails, and kept" {
    run "$folder/script/run"
    echo "$output"
    [ "$status" -ne 0 ]
    [[ "$output" == *"Unpacking 500"*"Installing failed; all that was said is in $folder/tmp/"* ]]
    [ "${#lines[@]}" -le 60 ]
    [ "$(cat "$folder"/tmp/* | grep -c Unpacking)" -ge 500 ]
    [ ! -e "$folder/policy-rc.d" ]
}

@test "--count counts and installs nothing" {
    run "$folder/script/setup" run --count
    [ "$status" -eq 0 ]
    [ "$output" = 1 ]
    [ -z "$(ls "$folder/tmp")" ]
}
