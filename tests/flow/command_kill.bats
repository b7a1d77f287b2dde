#!/usr/bin/env bats
# shellcheck disable=SC1091,SC2154,SC2034 # what is in command.bash
# Commands while parts of the site are killed (-9) and stopped (SIGSTOP) at every step, and after the database was put back from
# a copy: at most one write a command, counted at the device; nothing late; statuses that are true; holds that end; a whole journal.
#
# The long test is of one seed, which is printed: COMMAND_SEED=N gives it, COMMAND_SECONDS=N says how long it goes on (60).
# BUILD names the build folder (default: build).

setup_file() {
    source "$BATS_TEST_DIRNAME/command.bash"
    begin_servers
}

teardown_file() {
    source "$BATS_TEST_DIRNAME/command.bash"
    end_servers
}

setup() {
    source "$BATS_TEST_DIRNAME/command.bash"
    begin_site
    point=$(point 1001 analog-value,1)
}

teardown() { end_site; }

# waits_for_lock: the collector's control is in the middle of a statement, and waits.
waits_for_lock() { is_true "count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock' and application_name like 'bacpipes collect control%'"; }

@test "stopped in its claim for longer than 2 s: it was claimed, and is never sent" {
    faults "1001:late-answers=800ms"
    waits_or_is_over() { waits_for_lock || is_true "status not in ('pending', 'executing') from write_commands where id = '$id'"; }
    let_go() {
        end locker
        q "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()" >/dev/null
    }
    mkfifo "$LOGS/lock"
    for value in 21 22 23 24 25 26; do # on a busy machine the claim may be there before the lock
        begin locker env PGAPPNAME=locker psql -qX -f "$LOGS/lock"
        exec 8>"$LOGS/lock"
        until_sql "count(*) = 1 from pg_stat_activity where application_name = 'locker'"
        id=$(ask "$point" $value)
        echo "begin; select from journal_head for update; select pg_sleep(600);" >&8
        exec 8>&-
        until_true waits_or_is_over
        kill -STOP "${pids[collect]}"
        [ "$(q "select status from write_commands where id = '$id'")" != pending ] || break
        kill -CONT "${pids[collect]}"
        let_go
        ended "$id"
    done
    let_go
    until_sql "status = 'executing' from write_commands where id = '$id'"
    sleep 3
    faults ""
    kill -CONT "${pids[collect]}"
    is_said "$(ended "$id")" "failed not-sent: *"
    sleep 1
    [ "$(writes 1001 analog-value,1 | grep -c "^8 $value\$")" -eq 0 ]
    is_said "$(ended "$(ask "$point" 30)")" "completed held: *"
}

@test "stopped before the claim for longer than its life: it has expired, and is never sent" {
    faults "1001:late-answers=1s"
    kill -STOP "${pids[collect]}" # before it is asked: whoever stops it afterwards may come when it is written
    id=$(ask "$point" 21 "expires_at=now() + interval '3 s'")
    until_sql "clock_timestamp() > expires_at + interval '500 ms' from write_commands where id = '$id'"
    faults ""
    kill -CONT "${pids[collect]}"
    is_said "$(ended "$id")" "@(expired|failed not-sent): *"
    came 0 1001 analog-value,1
}

@test "killed after the datagram: what a read finds decides, nothing is written again, and the hold ends in time" {
    faults "1001:late-answers=700ms"
    id=$(ask "$point" 21 "release_after='20 s'") # it is read again before that
    until_true came 1 1001 analog-value,1
    end collect KILL
    faults ""
    begin_collect
    is_said "$(ended "$id")" "@(completed held|failed unknown): *21*"
    came 1 1001 analog-value,1
    until_sql "count(*) = 0 from hold"
    [ "$(slot 1001 analog-value,1 8)" = null ]
    [ "$(writes 1001 analog-value,1)" = "$(printf '%s\n' '8 21' '8 null')" ]
}

@test "killed while it holds: the hold ends although the database is away when it starts again" {
    is_said "$(ended "$(ask "$point" 21 "release_after='6 s'")")" "completed held: *"
    end collect KILL
    "$PG_CTL" stop -m immediate
    begin_collect
    until_true came 2 1001 analog-value,1
    [ "$(slot 1001 analog-value,1 8)" = null ]
    "$PG_CTL" start 3>&-
    until_sql "count(*) = 0 from hold"
    came 2 1001 analog-value,1
    chain_is_whole
}

@test "a database that is put back from a copy carries nothing out again" {
    before=$(ask "$point" 20)
    ended "$before"
    end collect; end ingest
    waiting=$(ask "$point" 21 "expires_at=now() + interval '20 min'")
    "$PG_CTL" stop -m fast
    cp -a "$PGDATA" "$PGDATA.copy"
    "$PG_CTL" start 3>&-
    begin_collect; begin_ingest
    is_said "$(ended "$waiting")" "completed held: *"
    is_said "$(ended "$(ask "$point" 22 "release_after='10 min'")")" "completed held: *"
    came 3 1001 analog-value,1
    end collect; end ingest
    "$PG_CTL" stop -m fast
    rm -rf "$PGDATA"
    mv "$PGDATA.copy" "$PGDATA"
    "$PG_CTL" start 3>&-
    [ "$(q "select status from write_commands where id = '$waiting'")" = pending ]
    begin_collect; begin_ingest
    is_said "$(ended "$waiting")" "failed unknown: *restored*"
    is_said "$(ended "$(ask "$point" 23)")" "completed held: *"
    [ "$(writes 1001 analog-value,1)" = "$(printf '%s\n' '8 20' '8 21' '8 22' '8 23')" ]
    [ "$(q "select count(distinct epoch) from uplink where kind = 'epoch'")" -eq 2 ]
    chain_is_whole
}

# ---- the long one ----

# at_step STEP VALUE ID: returns when the command is that far, or a second later.
at_step() {
    local until=$(($(date +%s%N) + 1000000000))
    case $1 in
    asked) return ;;
    some) sleep "0.$((RANDOM % 4))$((RANDOM % 10))"; return ;;
    esac
    while [ "$(date +%s%N)" -lt $until ]; do
        case $1 in
        claimed) [ "$(q "select status <> 'pending' from write_commands where id = '$3'")" != t ] || return 0 ;;
        sent) ! grep -q "\"value\":$2[,0]" "$WRITES" || return 0 ;;
        ended) [ "$(q "select completed_at is not null from write_commands where id = '$3'")" != t ] || return 0 ;;
        released) [ "$(tail -n 3 "$WRITES" | grep -c null)" -eq 0 ] || return 0 ;;
        esac
        sleep 0.02
    done
}

postgres_processes() {
    local parent
    parent=$(head -1 "$PGDATA/postmaster.pid")
    echo "$parent"
    pgrep -P "$parent"
}

# Something happens to a part; a stopped one is stopped for longer than the commands live.
misfortune() {
    case $1 in
    kill-collect) end collect KILL; begin_collect ;;
    stop-collect) kill -STOP "${pids[collect]}"; sleep "$LONGER"; kill -CONT "${pids[collect]}" ;;
    end-collect) end collect; begin_collect ;;
    kill-ingest) end ingest KILL; begin_ingest ;;
    stop-ingest) kill -STOP "${pids[ingest]}"; sleep "$LONGER"; kill -CONT "${pids[ingest]}" ;;
    kill-postgres) "$PG_CTL" stop -m immediate; "$PG_CTL" start 3>&- ;;
    stop-postgres)
        local processes
        mapfile -t processes < <(postgres_processes)
        kill -STOP "${processes[@]}" 2>/dev/null || true
        sleep "$LONGER"
        kill -CONT "${processes[@]}" 2>/dev/null || true
        ;;
    kill-broker) "$MQTT_CTL" stop KILL; "$MQTT_CTL" start 3>&- ;;
    stop-broker) "$MQTT_CTL" pause; sleep "$LONGER"; "$MQTT_CTL" go_on ;;
    stop-devices) kill -STOP "${pids[sim]}"; sleep "$LONGER"; kill -CONT "${pids[sim]}"; date +%s.%N >>"$LOGS/devices_went_on" ;;
    esac
}

# Fails, and prints what the collector and the database wait for.
what_stands_still() {
    grep -E '^(State|Threads|voluntary)' "/proc/${pids[collect]}/status"
    head -n 3 /proc/"${pids[collect]}"/task/*/wchan
    tail -n 30 "$LOGS/misfortunes" "$LOGS/collect"
    q "select pid, application_name, state, wait_event_type, wait_event, now() - xact_start, now() - state_change, left(query, 100) from pg_stat_activity where datname = current_database()"
    q "select id, status, expires_at, executed_at from write_commands where status in ('pending', 'executing')"
    false
}

# none NAME QUERY: it finds nothing, or what it finds is printed.
none() {
    local found
    found=$(q "$2")
    [ -z "$found" ] || { echo "$1:"; echo "$found"; wrong=yes; }
}

@test "parts killed and stopped at every step: at most one write a command, none late, true statuses, holds that end, a whole journal" {
    seed=${COMMAND_SEED:-$RANDOM}
    seconds=${COMMAND_SECONDS:-60}
    RANDOM=$seed
    echo "seed $seed"
    export PGCONNECT_TIMEOUT=3
    q() { timeout 10 psql -qAtX -v ON_ERROR_STOP=1 -c "$1"; }
    LONGER=1.5 wrong=
    q "insert into setting (site_id, name, value) values ('demo', 'control.point_rate', '6000')"
    # Outputs of 0 to 100 %, of all devices; steps take a while.
    q "create table target as select (row_number() over (order by instance, object_instance) - 1)::int as i, point_id, instance, object_type || ',' || object_instance as object
         from point join device using (site_id, device_id) where object_type = 'analog-output' and units = 'percent'"
    targets=$(q "select count(*) from target")
    faults "all:late-answers=40ms"
    steps=(asked claimed sent ended released some)
    parts=(kill-collect kill-collect kill-collect stop-collect end-collect kill-ingest stop-ingest kill-postgres stop-postgres kill-broker stop-broker stop-devices)
    : >"$LOGS/devices_went_on"
    misfortunes=0
    SECONDS=0
    for ((n = 1; SECONDS < seconds; n++)); do
        # Three at once, of which the first is watched; values never come twice. Slot 12 is let go of by commands alone.
        value=$(printf '%d.%02d' $((1 + n * 3 / 100)) $((n * 3 % 100)))
        lives=$((RANDOM % 4)) first=$((RANDOM % targets)) slot_=$((RANDOM % 4 == 0 ? 12 : 8))
        holds=null
        [ $slot_ = 12 ] || [ $lives = 0 ] || holds="'$lives s'"
        id=$(q "insert into write_commands (site_id, point_id, command_type, value, priority, created_by, release_after, expires_at)
                select 'demo', point_id, case when $slot_ = 12 and $((RANDOM % 2)) = 1 and k = 2 then 'release_priority' else 'write_value' end,
                       case when $slot_ = 12 and k = 2 and $((n % 2)) = 1 then null else $value + k / 100.0 end, $slot_, 'test', $holds, now() + interval '1200 ms'
                  from generate_series(0, 2) as k join target on i = ($first + k) % $targets order by k returning id" 2>>"$LOGS/asked" | head -1) || true
        [ -n "$id" ] || continue
        at_step "${steps[RANDOM % ${#steps[@]}]}" "$value" "$id" 2>/dev/null
        misfortune "${parts[RANDOM % ${#parts[@]}]}" >>"$LOGS/misfortunes" 2>&1
        misfortunes=$((misfortunes + 1))
    done
    faults ""
    PATIENCE=180
    q() { timeout 180 psql -qAtX -v ON_ERROR_STOP=1 -c "$1"; } # nothing is stopped any more, and what is counted takes a while
    until_sql "count(*) = 0 from write_commands where status in ('pending', 'executing')" || what_stands_still
    until_sql "count(*) = 0 from hold where release_at is not null" || what_stands_still
    q "create table came (line jsonb)"
    cp "$WRITES" "$LOGS/came" # what comes later is in none of what is counted
    psql -qX -c "\copy came from '$LOGS/came'"
    psql -qX -v ON_ERROR_STOP=1 <<SQL
create table went_on (at double precision);
\copy went_on from '$LOGS/devices_went_on'
create view wire as select to_timestamp((line ->> 'at_us')::bigint / 1e6) as at, point_id, (line ->> 'priority')::int as priority, round((line ->> 'value')::numeric, 2) as value
  from came join target on instance = (line ->> 'device')::int and object = line ->> 'object';
create view asked as select c.*, round(c.value::numeric, 2) as wanted,
       (select count(*) from wire w where w.point_id = c.point_id and w.priority = c.priority and w.value = round(c.value::numeric, 2)) as times
  from write_commands c where command_type = 'write_value';
SQL
    echo "# seed $seed: $misfortunes misfortunes, $(q "select string_agg(format('%s %s', many, how), ', ' order by how) from (select coalesce(verdict, status) as how, count(*) as many from write_commands group by 1) as ends")" >&3
    # The checks see what they are to see.
    [ "$(q "select count(*) from wire where value is not null")" -eq "$(jq -s '[.[] | select(.value != null)] | length' "$LOGS/came")" ]
    [ "$(q "select count(*) from asked where verdict = 'held' and times = 1")" -ge 10 ]
    [ $misfortunes -ge 10 ]
    none "written more than once" "select id, status, verdict, times from asked where times > 1"
    none "written, and said not to be" "select id, status, verdict, error_message from asked where times > 0 and (verdict = 'not-sent' or status in ('refused', 'expired', 'cancelled'))"
    none "not written, and said to be" "select id, status, verdict, error_message from asked where times = 0 and verdict in ('held', 'outranked', 'not-shown', 'refused')"
    none "written, and asked by nobody" "select * from wire w where value is not null and not exists (select from asked a where (a.point_id, a.priority, a.wanted) = (w.point_id, w.priority, w.value))"
    none "written late" "select a.id, w.at, a.expires_at, a.executed_at from asked a join wire w on (a.point_id, a.priority, a.wanted) = (w.point_id, w.priority, w.value)
         where (w.at > a.expires_at + interval '700 ms' or w.at > a.executed_at + interval '2700 ms')
           and not exists (select from went_on g where w.at between to_timestamp(g.at - 2) and to_timestamp(g.at + 2))"
    none "slot 12 let go of more often than it was asked for" "select point_id, count(*) from wire where priority = 12 and value is null group by 1
         having count(*) > (select count(*) from write_commands c where c.point_id = wire.point_id and command_type = 'release_priority' and executed_at is not null)"
    none "no entry, or not one end, in the journal" "select c.id, c.status from write_commands c
         where (select count(*) from uplink u where kind = 'command' and convert_from(body, 'UTF8')::jsonb ->> 'id' = c.id::text) <> 1
            or (status <> 'refused' and (select count(*) from uplink u where kind = 'command_event' and convert_from(body, 'UTF8')::jsonb ->> 'id' = c.id::text
                                            and convert_from(body, 'UTF8')::jsonb ->> 'event' in ('completed', 'failed', 'expired', 'cancelled', 'refused')) <> 1)"
    # What the devices have is what the last sure command says, or, after it, what an unknown one may have done.
    q "create table had (point_id int, priority int, value numeric)"
    while IFS='|' read -r id instance object; do
        for slot_ in 8 12; do q "insert into had values ($id, $slot_, round(nullif('$(slot "$instance" "$object" $slot_)', 'null')::numeric, 2))"; done
    done < <(q "select point_id, instance, object from target order by i")
    none "a device has another value than the last command says" "
         with last as (select distinct on (point_id, priority) point_id, priority, number, verdict, release_after, command_type, round(value::numeric, 2) as value from write_commands
                        where verdict in ('held', 'outranked', 'not-shown') order by point_id, priority, number desc),
              may as (select h.*, last.number, last.verdict, case when last.release_after is null and command_type = 'write_value' then last.value end as wanted,
                             array(select round(c.value::numeric, 2) from write_commands c where c.verdict = 'unknown' and (c.point_id, c.priority) = (h.point_id, h.priority) and c.number > coalesce(last.number, 0)) as unsure
                        from had h left join last using (point_id, priority))
         select * from may where value is distinct from wanted and not (unsure <> '{}' and (value is null or value = any (unsure)))"
    chain_is_whole
    [ -z "$wrong" ]
}
