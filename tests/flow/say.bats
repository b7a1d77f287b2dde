#!/usr/bin/env bats
# What tools say where something is wrong, in JSON for those who asked for it. BUILD is the build's folder (default: build).

bats_require_minimum_version 1.5.0

load ready

setup() {
    root=$BATS_TEST_DIRNAME/../..
    build=$(realpath "${BUILD:-$root/build}")
    PATH=$build/apps:$PATH
    folder=$(mktemp -d)
    cd "$folder"
    unset BACPIPES_CONFIG BACPIPES_DATA
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
}

teardown() {
    [ -z "${device:-}" ] || kill "$device"
    rm -rf "$folder"
}

# Each tool that has --json, with words that are right as far as it can tell before it asks anybody, and whom it asks.
tools=(
    "up|nobody"
    "status|nobody"
    "discover|nobody"
    "doctor|nobody"
    "read 1001 ai,1|devices"
    "write AHU-1/SAT-C 5|database"
    "write --direct 1001 av,1 5|devices"
    "release AHU-1/SAT-C|database"
    "release --direct 1001 av,1 --priority 8|devices"
    "commands|database"
    "overrides|database"
    "control|database"
    "source list|database"
    "source add pump|database"
    "source set pump --off|database"
    "source remove pump|database"
    "alarms 1001|devices"
    "trend 1001 tl,1|devices"
    "time 1001|devices"
    "communication 1001 enable --yes|devices"
    "restart 1001 --warm --yes|devices"
    "job discover|database"
    "job doctor|database"
    "job list|database"
    "device list|database"
    "device replace A --by B|database"
    "points|database"
    "rule list|database"
    "rule add --enable|database"
    "rule remove 1|database"
    "rule try|database"
    "rule apply|database"
    "history AHU-1/SAT|database"
    "ede import site.csv|database"
    "quarantine list|database"
    "quarantine show 1|database"
    "quarantine retry 1|database"
    "quarantine drop 1|database"
    "sites|nobody"
    "sync --status|nobody"
    "site add macau --output macau.join|nobody"
    "site join macau.join|nobody"
    "site list|nobody"
    "site renew|nobody"
    "audit|database"
    "audit verify|database"
    "audit key|nobody"
    "account list|nobody"
    "account add nodered|nobody"
    "account remove nodered|nobody"
    "user list|database"
    "user add anna --role viewer|database"
    "user link anna --print|database"
    "user token anna|database"
    "user tokens|database"
    "user rights|nobody"
    "config check|nobody"
    "config show|nobody"
    "migrate|nobody"
    "sim --list|nobody"
)

# fails CODE WORD...: ends with this code, and standard output with an object that has the sentence and the code.
fails() {
    local code=$1
    shift
    run --separate-stderr timeout 60 bacpipes "$@" --json
    echo "bacpipes $* --json: code $status, output: $output, errors: $stderr"
    [ "$status" -eq "$code" ]
    [ -n "$stderr" ]
    tail -n 1 <<<"$output" | jq -e --argjson code "$code" '(.error | type == "string" and length > 0) and .exit == $code' >/dev/null
}

# each KIND CODE WORD...: with these words added, each tool that asks KIND (or all) fails so.
each() {
    local kind=$1 code=$2 tool words
    shift 2
    for tool in "${tools[@]}"; do
        [ "$kind" = all ] || [ "${tool#*|}" = "$kind" ] || continue
        read -ra words <<<"${tool%|*}"
        fails "$code" "${words[@]}" "$@"
    done
}

@test "every tool that has --json is in this file's table" {
    roles=$(bacpipes --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
    for role in $roles; do
        parts=$(bacpipes "$role" --help | sed -n '/^usage: .*|/,/^$/d; s/^  \([a-z]*\)  .*/\1/p')
        bacpipes "$role" --help | grep -q '^usage: [a-z ]*|' || parts=
        for part in ${parts:-""}; do
            # shellcheck disable=SC2086
            bacpipes "$role" $part --help | grep -q -- ' --json ' || continue
            found=false
            for tool in "${tools[@]}"; do
                if [[ "$tool " == "$role${part:+ $part}"[\ \|]* ]]; then found=true; fi
            done
            echo "$role $part: in the table: $found"
            $found
        done
    done
}

@test "with --json a wrong command line is told as one object, by every tool" {
    each all 64 --nonsense
    each all 64 --help=yes
}

@test "with --json a wrong setting is told as one object, by every tool" {
    for tool in "${tools[@]}"; do
        read -ra words <<<"${tool%|*}"
        case $tool in
        status*) fails 3 "${words[@]}" --log loud ;; # as monitoring has it
        sim*) fails 64 "${words[@]}" --points many ;;  # it has no settings
        "user rights"*) fails 64 "${words[@]}" --log loud ;; # nor has this
        "config check"*)
            run --separate-stderr bacpipes "${words[@]}" --log loud --json
            [ "$status" -eq 78 ]
            jq -e '.fine == false and (.problems[0] | contains("log.level"))' <<<"$output" ;;
        *) fails 78 "${words[@]}" --log loud ;;
        esac
    done
}

@test "with --json a database that is away is told as one object" {
    printf '# EDE\nkeyname;device obj.-instance;object-name;object-type;object-instance\nD;1;D;8;1\n' >site.csv
    each database 69 --set database.host="$folder/nowhere"
}

@test "with --json a device that does not answer is told as one object" {
    each devices 69 --address 127.9.8.7 --broadcast 127.255.255.255 --port $port --timeout 50ms
}

@test "with --json a role or a part that is none is told as one object" {
    fails 64 pionts
    [[ $stderr == *'did you mean points?'* ]]
    fails 64 ede exprot
    [[ $stderr == *'did you mean export?'*'usage: bacpipes ede export|import [OPTION]...' ]]
    fails 64 config chekc
    [[ $stderr == *'did you mean check?'* ]]
    run --separate-stderr bacpipes
    [ "$status" -eq 64 ]
    [[ -z $output && $stderr == *'usage: bacpipes ROLE [OPTION]...'* ]]
}

@test "JSON and CSV are not asked for at once" {
    for tool in "points" "history X" "trend 1 tl,1" "device list"; do
        read -ra words <<<"$tool"
        bacpipes "${words[@]}" --help | grep -q -- --csv || continue
        fails 64 "${words[@]}" --csv
        [[ $stderr == *'--csv and --json exclude each other: take --json for a program, --csv for a spreadsheet'* ]]
    done
}

@test "-h and help are --help, of the program, of roles and of their parts" {
    for words in "-h" help; do
        run --separate-stderr bacpipes $words
        [ "$status" -eq 0 ]
        [ "$output" = "$(bacpipes --help)" ]
    done
    [ "$(bacpipes points -h)" = "$(bacpipes points --help)" ]
    [ "$(bacpipes help points)" = "$(bacpipes points --help)" ]
    [ "$(bacpipes ede -h)" = "$(bacpipes ede --help)" ]
    [ "$(bacpipes help ede export)" = "$(bacpipes ede export --help)" ]
    [ "$(bacpipes ede help export)" = "$(bacpipes ede export --help)" ]
    [ "$(bacpipes version)" = "$(bacpipes --version)" ]
}

@test "a variable BACPIPES_... that is no setting's is told, and does nothing" {
    BACPIPES_NOSUCH=x BACPIPES_POLLING_INTERVAL=1s BACPIPES_SERVICE_HOST=10.0.0.1 run --separate-stderr bacpipes config show
    [ "$status" -eq 0 ]
    [[ $stderr == *'BACPIPES_NOSUCH: no setting has this variable'* ]]
    [[ $stderr == *'BACPIPES_POLLING_INTERVAL: '*'did you mean that of poll.interval?'* ]]
    [[ $stderr != *SERVICE_HOST* ]]
}

# wrong MODE [TIMEOUT]: a device that answers wrongly, at 127.0.9.2; tools ask it from 127.0.9.1, and wait so long for an answer.
wrong() {
    begin_server wrong.log "$root/tests/flow/wrong_device.py" "$1" 127.0.9.2 $port 1001
    device=$!
    net="--address 127.0.9.1 --broadcast 127.255.255.255 --port $port --timeout ${2:-1s}"
}

@test "an answer that is none is told with whose it is, and has the exit code that --help says" {
    wrong garbage
    for tool in "trend 1001 tl,1" "alarms 1001"; do
        read -ra words <<<"$tool"
        # shellcheck disable=SC2086
        fails 70 "${words[@]}" $net
        [[ $stderr == *"127.0.9.2"*" sent an answer that breaks BACnet's rules: "* ]]
        [[ $(bacpipes "${words[0]}" --help) == *"70 the device's answer is wrong"* ]]
    done
    for tool in "read 1001 ai,1 present-value" "time 1001"; do
        read -ra words <<<"$tool"
        # shellcheck disable=SC2086
        fails 70 "${words[@]}" $net
        [[ $stderr == *"127.0.9.2"*" answers, and each answer breaks BACnet's rules"* ]]
    done
}

@test "where a device says nothing of its alarms it is not said that nothing is wrong" {
    wrong silent
    # shellcheck disable=SC2086
    fails 69 alarms --wait 3s $net
    [[ $stderr == *"1 of 1 devices did not say: their alarms are not known"* && $stderr != *"all is acknowledged"* ]]
    # shellcheck disable=SC2086
    run --separate-stderr bacpipes alarms --watch 200ms $net
    [ "$status" -eq 0 ]
    [[ $stderr == *"Watching for 200 ms"*"Nothing was told in that time."* ]]
}

@test "all questions together take as long as --within says" {
    wrong late 100ms
    began=$(date +%s)
    # shellcheck disable=SC2086
    fails 69 read 1001 device all ai,1 all ai,2 all ai,3 all --within 2s $net
    took=$(($(date +%s) - began))
    [ $took -ge 2 ]
    [ $took -lt 30 ]
    [[ $stderr == *"127.0.9.2"*" has not answered all questions within 2 s: --within gives it longer"* ]]
}
