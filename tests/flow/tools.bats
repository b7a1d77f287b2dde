#!/usr/bin/env bats
# bacpipes discover, read, write and release on loopback, against devices with the faults that real ones have
# (tests/flow/odd_device.c). BUILD is the build's folder (default: build).

bats_require_minimum_version 1.5.0

load ready

setup() {
    root=$BATS_TEST_DIRNAME/../..
    build=$(realpath "${BUILD:-$root/build}")
    folder=$(mktemp -d)
    cd "$folder"
    unset BACPIPES_CONFIG BACPIPES_DATA
    # A port of this test's own, so that nobody else's devices answer.
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    host=127.$((RANDOM % 250 + 1)).$((RANDOM % 250 + 1))
    network="--address $host.1 --broadcast 127.255.255.255 --port $port --timeout 1s --set bacnet.retries=1"
    devices=()
}

teardown() {
    [ ${#devices[@]} -eq 0 ] || kill "${devices[@]}" 2>/dev/null || true
    wait
    rm -rf "$folder"
}

# device ADDRESS INSTANCE [OPTION]...: starts one and waits until it hears.
device() {
    local address=$1 instance=$2
    shift 2
    [ -p stdin ] || mkfifo stdin
    begin_server "$instance.log" "$build/tests/flow/odd_device" "$@" "$address" "$instance" <>stdin
    devices+=($!)
}

# try ROLE ARGUMENT...: with this test's network, standard output and error apart.
try() {
    # shellcheck disable=SC2086
    run --separate-stderr "$build/apps/bacpipes" "$1" $network "${@:2}"
}

@test "devices are found by broadcast, with names where they are asked for" {
    device "$host.2:$port" 1001
    device "$host.3:$port" 1002 --no-segments --max-apdu 480
    try discover --wait 3s --names
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 3 ]
    [[ ${lines[1]} == *"1001  $host.2:$port "*" 1476  segmented-both "*"odd device"*"BacPipes tests" ]]
    [[ ${lines[2]} == *"1002  $host.3:$port "*"  480  no-segmentation "* ]]
}

@test "a range leaves the others out, and nobody is told" {
    device "$host.2:$port" 1001
    device "$host.3:$port" 1002
    try discover --wait 3s --low 1002 --json
    [[ $output == *'"instance": 1002'* && $output != *1001* ]]
    try discover --wait 3s --low 5
    [ "$status" -eq 0 ]
    try discover --wait 1s --low 5000
    [ "$status" -eq 1 ]
    [[ $stderr == "No device answered."* ]]
}

@test "a device on another port is found as a target" {
    device "$host.2:$((port + 1))" 1001
    try discover --wait 1s
    [ "$status" -eq 1 ]
    try discover --wait 3s --target "$host.2:$((port + 1))"
    [ "$status" -eq 0 ]
    [[ ${lines[1]} == *"1001  $host.2:$((port + 1))"* ]]
}

@test "tools work beside a program that has their port" {
    device "$host.1:$port" 1001
    device "$host.2:$port" 1002
    try discover --wait 3s
    [ "${#lines[@]}" -eq 3 ]
    try read 1002 ai,2 pv --json
    [[ $output == *'"value": 2.0'* ]]
}

@test "two devices with one instance are told, and neither is read or written" {
    device "$host.2:$port" 1001
    device "$host.3:$port" 1001
    try discover --wait 3s
    [[ $stderr == *"Instance 1001 is there more than once"* ]]
    try write --direct 1001 av,1 21
    [ "$status" -eq 69 ]
    [[ $stderr == *"several devices have instance 1001"*"name one by its address"* ]]
    try write --direct "$host.2:$port" av,1 21
    [ "$status" -eq 0 ]
}

@test "a device that is not there is told after the time it was given" {
    try read 1001 ai,1
    [ "$status" -eq 69 ]
    [[ $stderr == *"no device says that it is 1001"* ]]
    try read "$host.9:$port" ai,1 pv
    [ "$status" -eq 69 ]
    [[ $stderr == *"$host.9:$port did not answer 2 tries, 1 s each"* ]]
}

@test "several objects are read with several properties, and what is refused is said beside the rest" {
    device "$host.2:$port" 1001
    try read 1001 ai,1 present-value units ai,99 pv bo,1 85
    [ "$status" -eq 0 ]
    [ "$output" = "object           property       value
analog-input,1   present-value  1
analog-input,1   units          degrees-celsius
analog-input,99  present-value  - unknown-object (error of class object)
binary-output,1  present-value  inactive" ] || [ "${lines[4]}" = "binary-output,1  present-value  active" ]
    try read 1001 ai,99 pv
    [ "$status" -eq 1 ]
}

@test "a device without ReadPropertyMultiple is read property by property" {
    device "$host.2:$port" 1001 --no-multiple
    try read 1001 av,1 present-value priority-array[16] units
    [ "$status" -eq 0 ]
    [ "${lines[1]}" = "analog-value,1  present-value       1" ]
    [ "${lines[2]}" = "analog-value,1  priority-array[16]  null" ]
    try read 1001 av,1 all
    [[ $output == *object-identifier*priority-array*relinquish-default* ]]
}

@test "a long array comes in segments, or element by element where the device has none" {
    device "$host.2:$port" 1001 --points 600
    device "$host.3:$port" 1002 --points 600 --no-segments --max-apdu 480
    device "$host.4:$port" 1003 --points 60 --no-segments --max-apdu 206 --no-multiple
    for instance in 1001:606 1002:606 1003:66; do
        try read "${instance%:*}" device object-list
        [ "$status" -eq 0 ]
        [ "${#lines[@]}" -eq $((${instance#*:} + 1)) ]
        [[ ${lines[-1]} == "device,${instance%:*}"*"analog-input,$((${instance#*:} - 6))" ]]
    done
}

@test "the priority array is shown slot by slot, and states with their text" {
    device "$host.2:$port" 1001
    try read 1001 av,3 priority-array msv,1
    [[ $output == *"priority-array[4]   null"*"priority-array[5]   18"*"priority-array[16]  null"* ]]
    [[ $output == *"present-value       1 (Off)"* ]]
}

@test "a write goes to slot 16 unless another is named, and says which slot holds the value" {
    device "$host.2:$port" 1001
    try write --direct 1001 av,1 21.5
    [ "$status" -eq 0 ]
    [ "$output" = "analog-value,1 (Setpoint): wrote 21.5 to slot 16.
present-value is 21.5, and was 1.
Slot 16 holds the value.
  priority-array[16] 21.5" ]
    try write --direct 1001 av,1 -4.25
    [ "${lines[1]}" = "present-value is -4.25, and was 21.5." ]
    try write --direct 1001 av,1 30 --priority 8 --json
    [[ $output == *'"held": true'* && $output == *'"holding_slot": 8'* ]]
    try release --direct 1001 av,1 --priority 8
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "analog-value,1 (Setpoint): released slot 8." ]
    [ "${lines[1]}" = "present-value is -4.25, and was 30." ]
    try write --direct 1001 av,1 null
    [[ $output == *"No slot is in use: the value is the relinquish default, 1."* ]]
}

@test "a slot above ours that keeps the value is told" {
    device "$host.2:$port" 1001
    try write --direct 1001 av,3 25 --priority 8
    [ "$status" -eq 0 ]
    [ "${lines[1]}" = "present-value is 18, and was 18." ]
    [ "${lines[2]}" = "Slot 5 is above ours and holds the value." ]
}

@test "values are given as the point's own words" {
    device "$host.2:$port" 1001
    try write --direct 1001 bo,1 open
    [ "$status" -eq 0 ]
    [ "${lines[1]}" = "present-value is active, and was active." ]
    try write --direct 1001 bo,1 inactive
    [ "${lines[1]}" = "present-value is inactive, and was active." ]
    try write --direct 1001 msv,1 high
    [ "${lines[1]}" = "present-value is 3, and was 1." ]
    try write --direct 1001 msv,1 medium
    [ "$status" -eq 64 ]
    [[ $stderr == *'"medium" is no state of it: 1 Off, 2 Low, 3 High' ]]
    try write --direct 1001 av,1 warm
    [ "$status" -eq 64 ]
}

@test "a write that is not answered is not repeated, and what is read back tells" {
    device "$host.2:$port" 1001 --mute-writes
    try write --direct 1001 av,1 21.5 --priority 8
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = "analog-value,1 (Setpoint): the device did not answer; wrote 21.5 to slot 8." ]
}

@test "a device that does not keep what it acknowledged is told" {
    device "$host.2:$port" 1001 --forgetful
    try write --direct 1001 av,1 21.5
    [ "$status" -eq 1 ]
    [ "${lines[0]}" = "analog-value,1 (Setpoint): did not keep 21.5 in slot 16." ]
}

@test "a point without a priority array takes a value and has nothing to release" {
    device "$host.2:$port" 1001
    try write --direct 1001 av,2 9
    [ "$output" = "analog-value,2 (Point): wrote 9.
present-value is 9, and was 7." ]
    try release --direct 1001 av,2 --priority 8
    [ "$status" -eq 1 ]
    [[ $stderr == *"analog-value,2 has no priority array: there is nothing to release" ]]
}

@test "what the device refuses is told in its words" {
    device "$host.2:$port" 1001
    try write --direct 1001 ai,1 5
    [ "$status" -eq 1 ]
    [[ $stderr == *"write-access-denied"* ]]
}

@test "priority 6, one out of range and a release without one are refused before anything is sent" {
    try write --direct 1001 av,1 5 --priority 6
    [ "$status" -eq 64 ]
    [[ $stderr == *"priority 6 is the device's own"* ]]
    try write --direct 1001 av,1 5 --priority 17
    [ "$status" -eq 64 ]
    [[ $stderr == *"--priority 17 is out of range: 1 to 16" ]]
    try release --direct 1001 av,1
    [ "$status" -eq 64 ]
    [[ $stderr == *"which slot?"* ]]
}

@test "a misspelled property is told with the nearest" {
    try read 1001 ai,1 presnt-value
    [ "$status" -eq 64 ]
    [[ $stderr == *"did you mean present-value?" ]]
}

@test "without ReadPropertyMultiple no property is shown twice, and the list of them by names" {
    device "$host.2:$port" 1001 --no-multiple --list-all
    try read 1001 ai,1 all
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(grep -c ' object-name  ' <<<"$output")" -eq 1 ]
    [ "$(grep -c ' object-identifier  ' <<<"$output")" -eq 1 ]
    grep -q 'property-list\[4\]  *present-value' <<<"$output"
    grep -q 'property-list\[7\]  *property-list' <<<"$output"
}

@test "an answer that breaks the rules is the device's fault, and that is said" {
    device "$host.2:$port" 1001 --garble
    try alarms "$host.2:$port"
    echo "$stderr"
    [ "$status" -eq 70 ]
    [[ $stderr == *"$host.2:$port sent an answer that breaks BACnet's rules: application tag"* ]]
    try read "$host.2:$port" ai,1 present-value
    echo "$stderr"
    [ "$status" -eq 70 ]
    [[ $stderr == *"$host.2:$port answers, and each answer breaks BACnet's rules"* ]]
    try read "$host.2:$port" device object-name
    [ "$status" -eq 0 ]
}
