#!/usr/bin/env bats
# bacpipes audit, beside a PostgreSQL of their own: each way to spoil the journal as the superuser of the database is found
# and named. Checkpoints are signed by openssl. BUILD is the build's folder (default: build).

bats_require_minimum_version 1.5.0
setup_file() {
    local root=$BATS_TEST_DIRNAME/../..
    BACPIPES=$(realpath "${BUILD:-$root/build}/apps/bacpipes")
    export BACPIPES
    # It ends, and takes its server with it, when its command does.
    "$root/tests/with-postgres" sh -c 'export -p >"$0.new"; mv "$0.new" "$0"; exec tail -f /dev/null' "$BATS_FILE_TMPDIR/env" 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/pid"
    until [ -f "$BATS_FILE_TMPDIR/env" ]; do
        kill -0 "$(cat "$BATS_FILE_TMPDIR/pid")"
        sleep 0.05
    done
}

teardown_file() {
    kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

setup() {
    eval "$(grep -E '^export PG' "$BATS_FILE_TMPDIR/env")"
    folder=$(mktemp -d)
    cd "$folder"
    unset BACPIPES_CONFIG
    export TZ=UTC BACPIPES_DATA=$folder/var BACPIPES_SITE=macau
    export BACPIPES_DATABASE_HOST=$PGHOST BACPIPES_DATABASE_PORT=$PGPORT
    collector=
    fill
}

teardown() {
    # It writes into the folder and the schema for as long as it is there.
    [ -z "$collector" ] || { kill "$collector" && wait "$collector"; } 2>/dev/null || true
    rm -rf "$folder"
}

audit() {
    run --separate-stderr "$BACPIPES" audit "$@"
}

sql() {
    psql -qXtA -v ON_ERROR_STOP=1 "$@"
}

# As whoever has the database: no trigger and no rule is in the way.
spoil() {
    sql -c 'set session_replication_role = replica' -c "$1"
}

digits() {
    od -An -v -tx1 | tr -d ' \n'
    echo
}

# key NAME OCTET: a key whose seed is that octet, 32 times
key() {
    local seed
    seed=$(printf "$2%.0s" {1..32})
    python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))' "302e020100300506032b657004220420$seed" >"$1.der"
    openssl pkey -in "$1.der" -inform DER -pubout -outform DER | tail -c 32 | digits >"$1.pub"
    echo "$seed" >"$1.key"
}

# checkpoint KEY: signs for where the journal stands
checkpoint() {
    local epoch seq digest
    IFS='|' read -r epoch seq digest < <(sql -c "select epoch, seq, encode(digest, 'hex') from journal_position('macau')")
    printf 'bacpipes checkpoint 1\nmacau\n%s\n%s\n%s\n' "$epoch" "$seq" "$digest" >message
    openssl pkeyutl -sign -inkey "$1.der" -keyform DER -rawin -in message -out signature
    sql -c "select journal_checkpoint('macau', $epoch, $seq, decode('$digest', 'hex'), decode('$(cat "$1.pub")', 'hex'), decode('$(digits <signature)', 'hex'))" >/dev/null
}

# chain SEQ: as an attacker would, all digests anew from there on
chain() {
    spoil "do \$\$
        declare
            entry record;
            previous bytea := (select digest from uplink_record where seq < $1 order by seq desc limit 1);
        begin
            for entry in select * from uplink_record where seq >= $1 order by seq loop
                previous := journal_digest(coalesce(previous, decode(repeat('00', 32), 'hex')), entry.site_id, entry.epoch, entry.seq, entry.kind, entry.at, entry.body);
                update uplink_record set digest = previous where seq = entry.seq;
            end loop;
            update journal_head set digest = previous, record_seq = (select max(seq) from uplink_record), seq = (select max(seq) from uplink_record);
        end \$\$"
}

# Seqs: 1 the epoch, 2 the device, 3 and 4 points, 5 to 12 changes of a point, 13 a checkpoint, 14 to 19 settings,
# 20 a checkpoint, 21 one more.
fill() {
    sql -c 'set client_min_messages = warning' -c 'drop schema if exists access, days, journal, sync cascade' -c 'drop schema public cascade' -c 'create schema public'
    "$BACPIPES" migrate >/dev/null
    mkdir -p var/control
    key ours 07
    cp ours.pub var/journal.pub
    sql <<'SQL'
insert into site values ('macau', 'Macau');
insert into device (site_id, device_id, address, instance, name) values ('macau', 1, '10.1.2.9', 1001, 'AHU-1');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, units) values
    ('macau', 1, 1, 'analog-value', 1, 'AHU-1/SAT-SP', 'degrees-celsius'),
    ('macau', 2, 1, 'analog-input', 1, 'AHU-1/SAT', 'degrees-celsius');
SQL
    local i
    for i in {1..8}; do
        sql -c "update point set units = 'unit $i' where point_id = 1"
    done
    checkpoint ours
    for i in {1..6}; do
        sql -c "select journal_append('macau', 'setting', jsonb_build_object('v', 1, 'op', 'update', 'who', jsonb_build_object('role', 'bacpipes_owner', 'person', 'alice'), 'key', 'poll.interval', 'old', jsonb_build_object('value', '15s'), 'new', jsonb_build_object('value', '${i}s')))" >/dev/null
    done
    checkpoint ours
    sql -c "select journal_append('macau', 'audit', '{\"v\": 1, \"event\": \"given_up\", \"frames\": 3}'::jsonb)" >/dev/null
}

finds() {
    audit verify
    echo "$output" "$stderr"
    [ "$status" -eq 1 ]
    [[ $output == *"NOT WHOLE"* ]]
    local sentence
    for sentence in "$@"; do
        [[ $output == *"$sentence"* ]]
    done
}

@test "an untouched journal is whole, and what is proven is said" {
    audit verify
    echo "$output" "$stderr"
    [ "$status" -eq 0 ]
    [[ $output == *"The journal of site macau is whole: 21 entries"* ]]
    [[ $output == *"Signed up to seq 19 of epoch"*"by 2 checkpoints of key $(cat ours.pub)"* ]]
    [[ $output == *"Unsigned: 1 entry behind the last checkpoint"* ]]
    [[ $output == *"Nothing is known of it outside the database"* ]]
    audit verify --json
    [ "$(jq -r '[.is_whole, .entries, .signed_seq, .unsigned, .findings_count] | join(" ")' <<<"$output")" = "true 21 19 1 0" ]
}

@test "a changed octet of a body, a digest, a time or a kind is found" {
    spoil "update uplink_record set body = overlay(body placing 'X' from 20) where seq = 7"
    finds "seq 7: it is not what was chained behind seq 6: its contents were changed"
    fill
    spoil "update uplink_record set digest = set_byte(digest, 5, (get_byte(digest, 5) + 1) % 256) where seq = 9"
    finds "seq 9: its digest was changed"
    fill
    spoil "update uplink_record set at = at + interval '1 microsecond' where seq = 15"
    finds "seq 15: it is not what was chained"
    fill
    spoil "update uplink_record set kind = 'alarm' where seq = 15"
    finds "seq 15: it is not what was chained"
}

@test "what was cut out is missed: one, the beginning, the end, all" {
    spoil "delete from uplink_record where seq = 10"
    finds "seq 11: it does not follow from seq 9: something between them was cut out"
    fill
    spoil "delete from uplink_record where seq < 10"
    finds "seq 10: the entries before it (1 to 9) were cut off"
    fill
    spoil "delete from uplink_record where seq > 16"
    finds "seq 16: the end was cut off: it went to seq 21 at least, as table journal_head says"
    fill
    spoil "delete from uplink_record"
    finds "the epoch is missing as a whole: it was there, as table journal_head says"
}

@test "a cut end with its head is found by what the collector keeps outside" {
    sql -F ' ' -c "select epoch, seq, encode(digest, 'hex'), (extract(epoch from at) * 1000000)::bigint from uplink_record where seq = 19" >var/control/signed
    audit verify
    [ "$status" -eq 0 ]
    [[ $output != *"Nothing is known"* ]]
    spoil "delete from uplink_record where seq > 16"
    chain 16
    finds "seq 16: the end was cut off: it went to seq 19 at least, as the collector signed it"
}

@test "swapped, put in and renumbered entries are found" {
    spoil "update uplink_record set seq = 1000 where seq = 8; update uplink_record set seq = 8 where seq = 9; update uplink_record set seq = 9 where seq = 1000"
    finds "seq 8: it is not what was chained" "seq 9: it is not what was chained"
    fill
    spoil "insert into uplink_record select site_id, epoch, seq, 'alarm', at + interval '1 s', body, digest from uplink_record where seq = 8"
    finds "seq 8: it is there twice"
    fill
    spoil "insert into uplink_record select site_id, epoch, 22, kind, at, body, digest from uplink_record where seq = 8"
    finds "seq 22: it is not what was chained behind seq 21"
}

@test "who chains all anew after a change is found by the checkpoints" {
    spoil "update uplink_record set body = overlay(body placing '9' from octet_length(body) - 4) where seq = 15"
    chain 15
    finds "seq 19: it is not what was signed (checkpoint at seq 20): from seq 13 to here something was changed"
    fill
    spoil "delete from uplink_record where seq = 15"
    chain 16
    finds "seq 19: it is not what was signed"
}

@test "who removes the checkpoints too is found by what the collector signed, or by how long nothing was" {
    sql -F ' ' -c "select epoch, seq, encode(digest, 'hex'), (extract(epoch from at) * 1000000)::bigint from uplink_record where seq = 19" >signed
    spoil "update uplink_record set body = overlay(body placing '9' from octet_length(body) - 4) where seq = 15; delete from uplink_record where seq = 20"
    chain 15
    cp signed var/control/signed
    finds "seq 19: its digest is not the one it had as the collector signed it"
    rm var/control/signed
    spoil "update uplink_record set at = at - interval '1 hour'"
    chain 1
    finds "seq 12: it is not what was signed"
    spoil "delete from uplink_record where kind = 'checkpoint'"
    chain 1
    finds "are unsigned, which takes a minute as a rule: checkpoints were removed"
    fill
    sql -F ' ' -c "select epoch, seq, encode(digest, 'hex'), (extract(epoch from at) * 1000000)::bigint from uplink_record where seq = 19" >var/control/signed
    spoil "delete from uplink_record where seq >= 20"
    chain 19
    finds "checkpoints were removed: the collector signed up to seq 19, and what is here is signed up to 12"
}

@test "elsewhere than at its site a journal is verified by its chain, and its checkpoints by a key that is given" {
    checkpoint ours
    BACPIPES_SITE=central audit verify --site macau
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"is whole"*"could not be verified, since the key of site macau is not here"* ]]
    BACPIPES_SITE=central audit verify --site macau --key ours.pub
    [ "$status" -eq 0 ]
    [[ $output == *"Signed up to"* ]]
    spoil "update uplink_record set at = at - interval '1 hour' where seq = 2"
    BACPIPES_SITE=central audit verify --site macau
    [ "$status" -eq 1 ]
}

@test "a checkpoint of another key, or a changed one, is found" {
    key theirs 08
    checkpoint theirs
    finds "seq 22: the checkpoint is signed by another key: $(cat theirs.pub)"
    audit verify --key ours.pub --key theirs.pub
    [ "$status" -eq 0 ]
    fill
    spoil "update uplink_record set body = replace(convert_from(body, 'UTF8'), '\"seq\": 19', '\"seq\": 18')::bytea where seq = 20"
    chain 20
    finds "seq 20: the checkpoint's signature is false"
}

@test "a whole epoch that is gone is missed" {
    sql -c "select journal_open('macau', null, null, null, 0, 0)" -c "select journal_open('macau', 5, 5, sha256('x'), 0, 0)" >/dev/null
    checkpoint ours
    audit verify
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"in 2 epochs"* ]]
    spoil "delete from uplink_record where epoch <> (select epoch from journal_head)"
    finds "the epoch (1 to 21) is missing as a whole"
}

@test "an export is verified without the database" {
    "$BACPIPES" audit --json >journal.json
    [ "$(wc -l <journal.json)" -eq 21 ]
    export BACPIPES_DATABASE_HOST=/nowhere BACPIPES_DATA=$folder/elsewhere
    audit verify --from-file journal.json --key ours.pub
    echo "$output" "$stderr"
    [ "$status" -eq 0 ]
    [[ $output == *"site macau is whole: 21 entries"* ]]
    run bash -c '"$BACPIPES" audit verify --from-file - --key ours.pub <journal.json'
    [ "$status" -eq 0 ]
    sed '9s/"v/"w/' journal.json >spoilt.json
    sed 9d journal.json >cut.json
    cmp -s journal.json spoilt.json || true
    audit verify --from-file cut.json --key ours.pub
    [ "$status" -eq 1 ]
    [[ $output == *"seq 10: it does not follow from seq 8"* ]]
    sed '9s/\\"v\\"/\\"w\\"/' journal.json >spoilt.json
    audit verify --from-file spoilt.json --key ours.pub
    [ "$status" -eq 1 ]
    [[ $output == *"seq 9: it is not what was chained"* ]]
    audit verify --from-file journal.json
    [ "$status" -eq 64 ]
    [[ $stderr == *"with which key?"* ]]
    echo '{"error": "the database is away", "exit": 69}' >>journal.json
    audit verify --from-file journal.json --key ours.pub
    [ "$status" -eq 64 ]
    [[ $stderr == *"line 22: it was not written to its end"* ]]
    audit verify
    [ "$status" -eq 69 ]
}

@test "entries are sentences, and filters choose among them" {
    audit
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *" bacpipes added point AHU-1/SAT"* ]]
    [[ $output == *" alice set poll.interval to 6s, which was 15s"* ]]
    [[ $output == *"the journal begins: the site is new"* ]]
    [[ $output != *"signed up to"* ]]
    audit --kind checkpoint
    [ "${#lines[@]}" -eq 2 ]
    [[ ${lines[1]} == *"signed up to seq 19 with key $(head -c 8 ours.pub)" ]]
    audit --who alice
    [ "${#lines[@]}" -eq 6 ]
    audit --point AHU-1/SAT
    [ "$status" -eq 0 ]
    audit --point 2
    [ "${#lines[@]}" -eq 1 ]
    audit --device AHU-1
    [ "${#lines[@]}" -ge 11 ]
    audit --kind nonsense
    [ "$status" -eq 64 ]
    audit --until 1h
    [ "$status" -eq 1 ]
    audit --point nobody
    [ "$status" -eq 1 ]
    [[ $stderr == *'no point is called "nobody"'* ]]
}

@test "what is not known is shown as it is, and nothing moves the cursor or calculates" {
    sql -c "select journal_append('macau', 'alarm', '{\"v\": 2, \"what\": 1}'::jsonb)" \
        -c "select journal_append('macau', 'alarm', '\\xff00fe'::bytea)" \
        -c "select journal_append('macau', 'setting', jsonb_build_object('v', 1, 'op', 'insert', 'who', jsonb_build_object('person', '=cmd|'' /c calc''!A0'), 'key', 'a', 'new', jsonb_build_object('value', E'b\\x1b[2Jc')))" >/dev/null
    audit
    echo "$output" | tail -3
    [ "$status" -eq 0 ]
    [[ $output == *'alarm {"v": 2, "what": 1}'* ]]
    [[ $output == *'alarm \xff\x00\xfe'* ]]
    [[ $output == *'set a to b\x1b[2Jc'* ]]
    audit --csv
    [[ $output == *",'=cmd|"* ]]
    "$BACPIPES" audit --json >journal.json
    audit verify --from-file journal.json --key ours.pub
    [ "$status" -eq 0 ]
}

@test "new entries are followed" {
    timeout 600 "$BACPIPES" audit --follow >followed &
    collector=$!
    until grep -q 'the site is new' followed; do sleep 0.1; done
    sql -c "update point set name = 'AHU-1/NEW' where point_id = 2"
    until grep -q 'AHU-1/NEW' followed; do
        kill -0 $collector
        sleep 0.1
    done
    kill $collector
    wait $collector
    collector=
    [ "$(grep -c 'AHU-1/NEW' followed)" -eq 1 ]
}

@test "the key is shown" {
    audit key
    [ "$status" -eq 0 ]
    [ "$output" = "$(cat ours.pub)" ]
    rm var/journal.pub
    audit key
    [ "$status" -eq 1 ]
    [[ $stderr == *"the collector makes the key when it first starts"* ]]
}

@test "another key is made as the folder's owner, and not where nobody signs" {
    BACPIPES_SITE=central audit key --renew
    [ "$status" -eq 64 ]
    [[ $stderr == *"the folder of a central, which signs nothing"* ]]
    [ ! -e var/secrets/journal.next ]
    BACPIPES_DATA=$folder/none audit key --renew
    [ "$status" -eq 69 ]
    [[ $stderr == *"there is no folder $folder/none"* ]]
    [ "$(id -u)" -eq 0 ] || skip "only root becomes somebody else"
    mkdir -p theirs/secrets
    chown -R 1 theirs
    chmod 711 .
    BACPIPES_DATA=$folder/theirs audit key --renew
    [ "$status" -eq 0 ]
    [ "$(stat -c %u theirs/secrets/journal.next)" -eq 1 ]
}

@test "100,000 entries are verified in memory that does not grow, with progress" {
    sql -c "select journal_append('macau', 'setting', jsonb_build_object('v', 1, 'op', 'update', 'key', 'k' || n, 'new', jsonb_build_object('value', n))) from generate_series(1, 100000) as n" >/dev/null
    checkpoint ours
    cat >measure.py <<'PY'
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
PY
    run python3 measure.py "$BACPIPES" audit verify
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"100022 entries"* ]]
    case $BACPIPES in *asan*) ;; *) [ "${lines[-1]}" -lt 60000 ] ;; esac # kB
    run script -qec "$BACPIPES audit verify" /dev/null
    [[ $output == *"entries verified"* ]]
    "$BACPIPES" audit --json >journal.json
    run python3 measure.py "$BACPIPES" audit verify --from-file journal.json --key ours.pub
    [ "$status" -eq 0 ]
    case $BACPIPES in *asan*) ;; *) [ "${lines[-1]}" -lt 60000 ] ;; esac
}

@test "the collector signs within a minute what anybody changed, and nothing that was spoilt" {
    fill
    rm -r var
    mkdir var
    BACPIPES_BACNET_ADDRESS=127.0.0.1 "$BACPIPES" collect >collect.log 2>&1 3>&- &
    collector=$!
    until [ -s var/control/signed ]; do
        kill -0 $collector
        sleep 0.2
    done
    [ "$(stat -c %a var/secrets/journal.key)" = 600 ]
    # What the collector itself says meanwhile, as of a device that is silent, is signed a moment later.
    local until=$((SECONDS + 120))
    while audit verify --key ours.pub --key var/journal.pub && [ "$status" -eq 0 ] && [[ $output == *"Unsigned"* ]] && [ $SECONDS -lt $until ]; do
        kill -0 $collector
        sleep 1
    done
    echo "$output" "$stderr"
    [ "$status" -eq 0 ]
    [[ $output != *"Unsigned"* ]]
    # In one transaction: what was signed between the two would be spoilt without notice.
    sql -1 -c "update point set name = 'AHU-1/ONE' where point_id = 2" -c 'set constraints all immediate' -c 'set session_replication_role = replica' \
        -c "update uplink_record set body = overlay(body placing 'X' from 20) where seq = (select max(seq) from uplink_record where kind = 'point')"
    until grep -q 'the journal was changed from outside' collect.log; do
        kill -0 $collector
        sleep 0.2
    done
    until [ "$(sql -c "select severity from alarm where key = 'journal.broken' and returned_at is null")" = critical ]; do
        kill -0 $collector
        sleep 0.2
    done
    audit verify --key ours.pub --key var/journal.pub
    [ "$status" -eq 1 ]
    kill -0 $collector
}

@test "of very many epochs each is listed, and verify says what it does not look at" {
    spoil "insert into uplink (site_id, epoch, seq, kind, at, body, digest)
           select 'macau', n, 1, 'epoch', t, '{\"v\": 1}', journal_digest(decode(repeat('00', 32), 'hex'), 'macau', n, 1, 'epoch', t, '{\"v\": 1}')
             from generate_series(1, 4097) n, lateral (select '2020-01-01Z'::timestamptz + n * interval '1 s') as at (t)"
    "$BACPIPES" audit --json >journal.json
    [ "$(grep -c '"kind": *"epoch"' journal.json)" -eq 4098 ]
    audit verify
    [ "$status" -eq 1 ]
    [[ $output == *"there are more than 4096 epochs: the rest is not looked at"* ]]
}

@test "another key takes over when the former one has signed for it, which signs nothing any more then" {
    local next
    mkdir -p -m 700 var/secrets
    cp ours.key var/secrets/journal.key
    chmod 600 var/secrets/journal.key
    audit key --renew
    [ "$status" -eq 0 ]
    next=${lines[0]}
    [[ ${lines[1]} == *"the collector takes it over"* ]]
    audit key --renew
    [ "${lines[0]}" = "$next" ]
    [ "$(cat var/journal.pub)" = "$(cat ours.pub)" ]
    BACPIPES_BACNET_ADDRESS=127.0.0.1 "$BACPIPES" collect >collect.log 2>&1 3>&- &
    collector=$!
    until [ "$(cat var/journal.pub)" = "$next" ]; do
        kill -0 $collector
        sleep 0.1
    done
    kill $collector
    wait $collector || true
    collector=
    [ ! -e var/secrets/journal.next ]
    [ "$(cat var/journal.pub.*)" = "$(cat ours.pub)" ]
    [ "$(sql -c "select convert_from(body, 'UTF8')::jsonb ->> 'former' from uplink_record where kind = 'checkpoint' order by seq desc limit 1")" = "$(cat ours.pub)" ]
    audit verify
    echo "$output" "$stderr"
    [ "$status" -eq 0 ]
    [[ $output == *"by 3 checkpoints of key $next"* ]]
    checkpoint ours
    finds "the checkpoint is signed by another key: $(cat ours.pub)"
    # With the former key alone, as elsewhere it was known, what the next one signs is another's.
    audit verify --key ours.pub
    [ "$status" -eq 1 ]
    [[ $output == *"signed by another key: $next"* ]]
}

@test "a broken key signs nothing, and stops nothing" {
    mkdir -p var/secrets
    echo nonsense >var/secrets/journal.key
    chmod 600 var/secrets/journal.key
    BACPIPES_BACNET_ADDRESS=127.0.0.1 "$BACPIPES" collect >collect.log 2>&1 3>&- &
    collector=$!
    until grep -q 'journal.key is no key' collect.log && grep -q 'ready:' collect.log; do
        kill -0 $collector
        sleep 0.2
    done
    until [ "$(sql -c "select count(*) from alarm where key = 'journal.key'")" = 1 ]; do sleep 0.2; done
    [ "$(cat var/secrets/journal.key)" = nonsense ]
    [ ! -e var/control/signed ]
}
