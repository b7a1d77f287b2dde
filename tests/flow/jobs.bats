#!/usr/bin/env bats
# Jobs: what is asked in table job is read at the devices, told as it comes, and ends. BUILD names the build folder (default: build).

bats_require_minimum_version 1.5.0
load command

setup_file() { begin_servers; }
teardown_file() { end_servers; }
setup() { begin_site; }
teardown() { end_site; }

# job KIND POINT...: asks for one; prints its id
job() {
    local kind=$1
    shift
    q "select id from job_ask('demo', '$kind', '{\"points\": [$(IFS=,; echo "$*")]}')"
}

# over ID: waits for it, and prints its status
over() {
    until_sql "ended_at is not null from job where id = '$1'"
    q "select status from job where id = '$1'"
}

# of ID EXPRESSION: of its result's first point
of() { q "select $2 from (select result -> 'points' -> 0 as p, * from job where id = '$1') as j"; }

@test "slots are read where they are: value, who is in which slot, and overrides know it at once" {
    here=$(point 1002 analog-value,1)
    q "insert into setting (site_id, name, value) values ('demo', 'control.scan_interval', '0s')" >/dev/null
    "$BACPIPES" write --direct "127.66.0.2:$PORT" analog-value,1 6 --priority 5 --address 127.0.0.1 --port $((PORT + 2)) >/dev/null
    id=$(job read-slots "$here")
    [ "$(over "$id")" = completed ]
    [ "$(of "$id" "p ->> 'point' || ' ' || (p ->> 'value')::float || ' ' || (p -> 'slots' ->> '5')::float || ' ' || (p ->> 'held_by') || ' ' || (p ->> 'has_array')")" = "$here 6 6 5 true" ]
    [ "$(of "$id" "progress = 1 and (p ->> 'at')::timestamptz between created_at and ended_at")" = t ]
    [ "$(q "select priority || ' ' || value || ' ' || is_ours from standing where point_id = $here")" = "5 6 false" ]
    [ "$(writes 1002 analog-value,1 | wc -l)" -eq 1 ] # a job writes nothing
}

@test "an object is read whole, in the words of bacpipes read" {
    id=$(job read-point "$(point 1002 analog-value,1)")
    [ "$(over "$id")" = completed ]
    for property in object-name present-value units priority-array status-flags; do
        of "$id" "jsonb_path_exists(p, '\$.properties[*] ? (@.name == \"$property\" && exists (@.text))')" | grep -qx t
    done
    of "$id" "p -> 'properties'" | grep -q '"analog-value"'
}

@test "many points are told as they come, at most one of a device at once, and polling goes on" {
    mapfile -t all < <(q "select point_id from point order by point_id limit 60")
    id=$(job read-slots "${all[@]}")
    [ "$(over "$id")" = completed ]
    [ "$(q "select jsonb_array_length(result -> 'points') from job where id = '$id'")" = ${#all[@]} ]
    [ "$(q "select count(*) from job, jsonb_array_elements(result -> 'points') as p where id = '$id' and p ? 'value'")" = ${#all[@]} ]
    latest=$(q "select max(time) from sensor_readings")
    until_sql "max(time) > '$latest' from sensor_readings"
}

@test "a device that is away, an object that is gone and one that was never there are told in sentences" {
    here=$(point 1002 analog-value,1) there=$(point 1001 analog-value,1)
    q "update point set object_instance = 777 where point_id = $here" >/dev/null
    id=$(job read-slots "$here")
    [ "$(over "$id")" = completed ]
    is_said "$(of "$id" "p ->> 'problem'")" "the device has no analog-value 777 any more"
    id=$(job read-point "$here")
    [ "$(over "$id")" = completed ]
    is_said "$(of "$id" "p ->> 'problem'")" "the device has no analog-value 777 any more"
    end sim KILL
    id=$(job read-slots "$there")
    [ "$(over "$id")" = completed ]
    is_said "$(of "$id" "p ->> 'problem'")" "the device does not answer"
    id=$(job read-point "$there")
    [ "$(over "$id")" = completed ]
    is_said "$(of "$id" "p ->> 'problem'")" "the device does not answer"
}

@test "without a collector a job expires and says so; what a dead one had taken has failed, and is not done twice" {
    here=$(point 1002 analog-value,1)
    end collect
    id=$(job read-slots "$here")
    q "update job set expires_at = clock_timestamp() + interval '2 s' where id = '$id'" >/dev/null
    sleep 2.1
    q "select count(*) from job_ask('demo', 'read-slots', '{\"points\": [$here]}')" >/dev/null
    is_said "$(q "select status || ': ' || text from job where id = '$id'")" "expired: nobody took it up before *: is the collector running?"
    taken=$(q "select id from jobs_take('demo', 'collect', 10)")
    [ -n "$taken" ]
    id=$(job read-point "$here")
    begin_collect
    [ "$(over "$id")" = completed ]
    is_said "$(q "select status || ': ' || text from job where id = '$taken'")" "failed: the collector that had taken it up went away: ask again"
}

@test "the database goes away meanwhile and comes back: the job ends all the same" {
    mapfile -t all < <(q "select point_id from point order by point_id limit 60")
    id=$(job read-slots "${all[@]}")
    until_sql "status <> 'pending' from job where id = '$id'"
    $PG_CTL stop -m immediate >/dev/null
    $PG_CTL start >/dev/null
    until_true q "select 1"
    [ "$(over "$id")" = completed ]
}

# search REQUEST: asks for devices; prints its id
search() { q "select id from job_ask('demo', 'discover', '$1')"; }
# found ID: what came of it, without the devices
found() { q "select concat_ws(' ', result ->> 'answered', result ->> 'new', result ->> 'changed', result ->> 'read_out', result ->> 'failed', result ->> 'points', result ->> 'points_new') from job where id = '$1'"; }

@test "devices are looked for now: one that is new is read out, where the site looks for none by itself" {
    q "insert into setting (site_id, name, value) values ('demo', 'discovery.enabled', 'false')" >/dev/null
    [ "$(q "select instance from device where device_id = 2")" = 1002 ]
    many=$(q "select count(*) from device")
    points=$(q "select count(*) from point join device using (site_id, device_id) where instance = 1002")
    q "delete from point p using device d where d.device_id = p.device_id and d.instance = 1002; delete from device_status where device_id = 2; delete from device where device_id = 2" >/dev/null
    id=$(search '{"low": 1001, "high": 1001}')
    [ "$(over "$id")" = completed ]
    [ "$(found "$id")" = "1 0 0 0 0 0 0" ]
    # In one transaction each: it may be over in between.
    id=$(q "create temporary table asked as select id from job_ask('demo', 'discover', '{}'); insert into asked select id from job_ask('demo', 'discover', '{}');
            select max(id::text) from asked having count(distinct id) = 1")
    [ -n "$id" ]
    run q "select job_ask('demo', 'discover', '{}'); select job_ask('demo', 'discover', '{\"low\": 1, \"high\": 2}')"
    [ "$status" -ne 0 ]
    [[ $output == *"discover is under way"* ]]
    [ "$(over "$id")" = completed ]
    [ "$(found "$id")" = "$many 1 0 1 0 $points $points" ]
    [ "$(q "select result #>> '{devices,0,instance}' || ' ' || (result #>> '{devices,0,is_new}') || ' ' || progress from job where id = '$id'")" = "1002 true 1" ]
    [ "$(q "select count(*) from point join device using (site_id, device_id) where instance = 1002")" = "$points" ]
}

@test "one device is read out anew, whenever that was done last; one that is away is told" {
    device=$(q "select device_id from device where instance = 1002") gone=$(point 1002 analog-value,1)
    points=$(q "select count(*) from point where device_id = $device")
    q "delete from point where point_id = $gone" >/dev/null
    id=$(search "{\"device\": $device}")
    [ "$(over "$id")" = completed ]
    [ "$(found "$id")" = "1 0 1 1 0 $points 1" ]
    [ "$(q "select count(*) from point where device_id = $device")" = "$points" ]
    end sim KILL
    until_sql "state = 'offline' from device_status where device_id = $device"
    id=$(search "{\"device\": $device}")
    is_said "$(over "$id"): $(q "select text from job where id = '$id'")" "failed: the device does not answer"
    cancelled() { [ "$(q "select job_cancel('demo', '$(search '{}')')")" = t ]; } # it may be over before
    until_true cancelled
    id=$(search "{\"low\": 9, \"high\": 9}")
    [ "$(over "$id")" = completed ]
    [ "$(found "$id")" = "0 0 0 0 0 0 0" ]
}

@test "the doctor looks from where the collector is, beside it, and polling goes on" {
    id=$(q "select id from job_ask('demo', 'doctor', '{}')")
    [ "$(over "$id")" = completed ]
    q "select result ->> 'findings' from job where id = '$id'"
    [ "$(q "select (result ->> 'devices')::integer >= 4 and result ->> 'wrong' is not null from job where id = '$id'")" = t ]
    is_said "$(q "select f ->> 'what' from job, jsonb_array_elements(result -> 'findings') as f where id = '$id' and f ->> 'check' = 'port'")" "UDP port $((PORT + 1)) is held by BacPipes itself*"
    latest=$(q "select max(time) from sensor_readings")
    until_sql "max(time) > '$latest' from sensor_readings"
    looks() { # one that looks just now: it takes seconds, and may be over before it is seen
        id=$(q "select id from job_ask('demo', 'doctor', '{}')")
        until pgrep -P "${pids[collect]}" >/dev/null; do
            is_true "ended_at is null from job where id = '$id'" || return 1
        done
    }
    until_true looks
    q "select job_cancel('demo', '$id')" >/dev/null
    until_true sh -c "! pgrep -P ${pids[collect]}" # nobody waits for it
}

@test "bacpipes job asks, waits and tells" {
    "$BACPIPES" job list --help | grep -q "0 fine; 1 there is none"
    device=$(q "select device_id from device where instance = 1003")
    run --separate-stderr "$BACPIPES" job discover --device 1003
    echo "$output" "$stderr"
    [ "$status" -eq 0 ]
    is_said "${lines[0]}" "1 device answers: 0 new, 0 changed. 1 read out, with 3 points."
    is_said "${lines[1]}" "  1003 at 127.66.0.3:$PORT: 3 points, 0 new, 0 changed, 0 gone"
    run --separate-stderr "$BACPIPES" job discover --low 1001 --high 1002 --json
    [ "$status" -eq 0 ]
    [ "$(jq -r '.status, .result.answered' <<<"$output" | paste -sd,)" = completed,2 ]
    [ "$(jq -c 'has("step"), .step' <<<"$output" | paste -sd,)" = true,null ]
    run --separate-stderr "$BACPIPES" job discover --device 77
    [ "$status" -eq 1 ]
    [[ $stderr == *'has no device 77'* ]]
    run --separate-stderr "$BACPIPES" job discover --low 9
    [ "$status" -eq 64 ]
    run --separate-stderr "$BACPIPES" job doctor --json
    [ "$status" -le 1 ]
    [ "$(jq '.result.findings | length > 0' <<<"$output")" = true ]
    run --separate-stderr "$BACPIPES" job list --json
    [ "$status" -eq 0 ]
    [ "$(jq -r '[.[] | .kind] | unique | join(",")' <<<"$output")" = discover,doctor ]
    [ "$(jq -c '[.[] | has("step"), .step] | unique' <<<"$output")" = '[null,true]' ]
    "$BACPIPES" job list | grep -q "discover .*completed"
    # For whom it waits is in both, in the same words.
    local waiting
    kill -STOP "${pids[collect]}"
    waiting=$(q "select id from job_ask('demo', 'discover', '{}')")
    run --separate-stderr "$BACPIPES" job list --json
    kill -CONT "${pids[collect]}"
    [ "$(jq -r --arg id "$waiting" '.[] | select(.id == $id) | .step' <<<"$output")" = "waiting for the collector" ]
    until_true sh -c "[ \"\$(psql -qAtX -c \"select status from job where id = '$waiting'\")\" = completed ]"
}
