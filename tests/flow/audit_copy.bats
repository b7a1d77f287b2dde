#!/usr/bin/env bats
# bacpipes audit verify at a central, of the copy that it has of a site's journal: entries come by the functions that sites call there, checkpoints are signed by
# openssl. What a site, put back, knows no more is told and is nothing wrong; what did not come from the site is found. Each test has a site
# of its own in one central. BUILD is the build's folder (default: build).

bats_require_minimum_version 1.5.0
setup_file() {
    local root=$BATS_TEST_DIRNAME/../..
    BACPIPES=$(realpath "${BUILD:-$root/build}/apps/bacpipes")
    export BACPIPES BACPIPES_CONFIG=/dev/null TZ=UTC BACPIPES_SITE=central BACPIPES_DATA=$BATS_FILE_TMPDIR/var
    mkdir -p "$BACPIPES_DATA"
    # It ends, and takes its server with it, when its command does.
    "$root/tests/with-postgres" sh -c 'export -p >"$0.new"; mv "$0.new" "$0"; exec tail -f /dev/null' "$BATS_FILE_TMPDIR/env" 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/pid"
    until [ -f "$BATS_FILE_TMPDIR/env" ]; do
        kill -0 "$(cat "$BATS_FILE_TMPDIR/pid")"
        sleep 0.05
    done
    eval "$(grep -E '^export PG' "$BATS_FILE_TMPDIR/env")"
    BACPIPES_DATABASE_HOST=$PGHOST BACPIPES_DATABASE_PORT=$PGPORT "$BACPIPES" migrate >/dev/null
    sql <<'SQL'
set client_min_messages = warning;
insert into site (site_id, name) values ('central', 'Central');
create or replace function link_serial() returns text language sql stable as $$ select 'a1' $$; -- there is no certificate at a socket
-- An entry as the site has it, behind what central has of that life, or at a place of its own.
create function sends(of_epoch bigint, of_kind text, of_body bytea) returns bigint language plpgsql security definer set search_path = public, pg_temp as $$
declare
    place uplink_cursor;
    now   constant timestamptz := date_trunc('microseconds', clock_timestamp());
begin
    select c.* into place from uplink_cursor c join remote_site r using (site_id) where r.number = substr(session_user, 6)::integer and c.epoch = of_epoch;
    perform sync.append(of_epoch, place.received_seq + 1, array[of_kind], array[now], array[of_body],
                        array[journal_digest(place.record_digest, place.site_id, of_epoch, place.received_seq + 1, of_kind, now, of_body)], null);
    return place.received_seq + 1;
end
$$;
create function digest_of(of_site text, of_epoch bigint, of_seq bigint) returns text language sql as $$
    select encode(digest, 'hex') from uplink_record where site_id = of_site and epoch = of_epoch and seq = of_seq
$$;
-- As an attacker would: all digests anew from there on, and what central says of it, too.
create function chain(of_site text, of_epoch bigint, of_seq bigint) returns void language plpgsql as $$
declare
    entry record;
    made  bytea := coalesce((select digest from uplink_record where site_id = of_site and epoch = of_epoch and seq < of_seq order by seq desc limit 1), decode(repeat('00', 32), 'hex'));
begin
    for entry in select * from uplink_record where site_id = of_site and epoch = of_epoch and seq >= of_seq order by seq loop
        made := journal_digest(made, of_site, of_epoch, entry.seq, entry.kind, entry.at, entry.body);
        update uplink_record set digest = made where site_id = of_site and epoch = of_epoch and seq = entry.seq;
        update uplink_cursor set record_seq = entry.seq, received_seq = entry.seq, record_digest = made, received_digest = made where site_id = of_site and epoch = of_epoch;
    end loop;
end
$$;
SQL
}

teardown_file() {
    kill "$(cat "$BATS_FILE_TMPDIR/pid")"
}

setup() {
    eval "$(grep -E '^export PG' "$BATS_FILE_TMPDIR/env")"
    export BACPIPES_DATABASE_HOST=$PGHOST BACPIPES_DATABASE_PORT=$PGPORT
    folder=$(mktemp -d)
    cd "$folder"
    site=far$BATS_TEST_NUMBER
    key ours 07
    sql -c "insert into site (site_id, name, is_remote) values ('$site', '$site', true)" -c "insert into remote_site (site_id, number, state, serials, joined_at) values ('$site', $BATS_TEST_NUMBER, 'joined', '{a1}', '2026-01-01Z')" \
        -c "create role site_$BATS_TEST_NUMBER login in role bacpipes_sites"
}

teardown() {
    [ -z "${central:-}" ] || { kill -9 "$central" && wait "$central"; } 2>/dev/null || true
    rm -rf "$folder"
}

sql() { psql -qXtA -v ON_ERROR_STOP=1 "$@"; }
# As the site calls.
calls() { sql -c "set session authorization site_$BATS_TEST_NUMBER" -c "$1"; }
# As whoever has the database: no trigger and no rule is in the way.
spoil() { sql -c 'set session_replication_role = replica' -c "$1"; }
digits() { od -An -v -tx1 | tr -d ' \n'; }

# key NAME OCTET: a key whose seed is that octet, 32 times
key() {
    local seed
    seed=$(printf "$2%.0s" {1..32})
    python3 -c 'import sys; sys.stdout.buffer.write(bytes.fromhex(sys.argv[1]))' "302e020100300506032b657004220420$seed" >"$1.der"
    openssl pkey -in "$1.der" -inform DER -pubout -outform DER | tail -c 32 | digits >"$1.pub"
}

signs() { # KEY: what is in file message
    openssl pkeyutl -sign -inkey "$1.der" -keyform DER -rawin -in message -out signature
    digits <signature
}

# begins EPOCH [PREVIOUS]
begins() { calls "select sync.begin_epoch($1, ${2:-null}, 1, decode(repeat('00', 32), 'hex'))"; }
# sends EPOCH KIND BODY [TIMES]
sends() { calls "select sends($1, '$2', convert_to('$3', 'UTF8')) from generate_series(1, ${4:-1})" | tail -1; }
# checkpoint KEY EPOCH SEQ [MORE of its body]: signed for that entry
checkpoint() {
    local digest
    digest=$(sql -c "select digest_of('$site', $2, $3)")
    printf 'bacpipes checkpoint 1\n%s\n%s\n%s\n%s\n' "$site" "$2" "$3" "$digest" >message
    sends "$2" checkpoint "{\"v\": 1, \"epoch\": $2, \"seq\": $3, \"digest\": \"$digest\", \"key\": \"$(cat "$1.pub")\", \"signature\": \"$(signs "$1")\"${4:-}}" >/dev/null
}

# Life 7 to seq 16 with a checkpoint at 11, of 10. The site is put back to seq 8 of it, and goes on in life 8, to seq 4.
put_back() {
    calls "select sync.begin_epoch(7, null, 1, decode(repeat('00', 32), 'hex')); select sends(7, 'epoch', '{\"v\": 1, \"reason\": \"new\", \"previous\": null}');
           select sends(7, 'setting', '{\"v\": 1}') from generate_series(1, 9)"
    checkpoint ours 7 10
    sends 7 setting '{"v": 1, "who": "nobody"}' 5
    begins 8 7
    sends 8 epoch "{\"v\": 1, \"reason\": \"forked\", \"previous\": {\"epoch\": 7, \"seq\": 9, \"digest\": \"$(printf 'ab%.0s' {1..32})\"}, \"agreed\": {\"epoch\": 7, \"seq\": 8, \"record\": {\"epoch\": 7, \"seq\": 8, \"digest\": \"$(sql -c "select digest_of('$site', 7, 8)")\"}}}"
    sends 8 setting '{"v": 1}' 2
    checkpoint ours 8 3
} >/dev/null

verify() {
    run --separate-stderr "$BACPIPES" audit verify --site "$site" "$@"
    echo "$output" "$stderr"
}

finds() {
    verify
    [ "$status" -eq 1 ]
    [[ $output == *"NOT WHOLE"* ]]
    local sentence
    for sentence in "$@"; do
        [[ $output == *"$sentence"* ]]
    done
}

@test "what a site that was put back knows no more is told, and is nothing wrong" {
    put_back
    verify
    [ "$status" -eq 0 ]
    [[ $output == *"epoch 7: 8 entries behind seq 8 are here that the site, put back to a former state, does not have any more."*"came before epoch 8 began here; they are signed up to seq 10."* ]]
    [[ $output == *"The journal of site $site is whole: 20 entries"*"in 2 epochs"* ]]
    [[ $output == *"Signed up to seq 3 of epoch 8 by 2 checkpoints of key $(cat ours.pub)"* ]]
    verify --json
    [ "$(jq -r '[.is_whole, .unsigned, (.forgotten[0] | .epoch, .behind_seq, .entries, .signed_seq, .next_epoch)] | join(" ")' <<<"$output")" = "true 0 7 8 8 10 8" ]
    verify --key ours.pub
    [ "$status" -eq 0 ]
}

@test "nor is a life that it knows nothing of, nor one of which it noticed by itself that it was put back" {
    put_back
    begins 9 8
    sends 9 epoch "{\"v\": 1, \"reason\": \"unknown\", \"previous\": {\"epoch\": 8, \"seq\": 4, \"digest\": \"$(sql -c "select digest_of('$site', 8, 4)")\"}}"
    sends 9 setting '{"v": 1}' 3
    begins 10 8 # it was put back to seq 2 of life 8: of 9 it has never heard
    sends 10 epoch "{\"v\": 1, \"reason\": \"restored\", \"previous\": {\"epoch\": 8, \"seq\": 2, \"digest\": \"$(sql -c "select digest_of('$site', 8, 2)")\"}, \"known\": {\"epoch\": 8, \"seq\": 4, \"digest\": \"$(sql -c "select digest_of('$site', 8, 4)")\"}}"
    sends 10 setting '{"v": 1}'
    checkpoint ours 10 2
    verify
    [ "$status" -eq 0 ]
    [[ $output == *"epoch 8: 2 entries behind seq 2 are here"*"began here; they are signed up to seq 3."* ]]
    [[ $output == *"epoch 9: 4 entries are here"*"before epoch 10 began here; no checkpoint signs for them."* ]]
    # None of it can have come later, or is missing.
    spoil "insert into uplink_record select site_id, epoch, 5, kind, at, body, digest, received_at from uplink_record where site_id = '$site' and epoch = 9 and seq = 4; select chain('$site', 9, 5)"
    finds "epoch 9 seq 5: it was put there after epoch 10 had begun here: this one had come to seq 4 by then"
    spoil "delete from uplink_record where site_id = '$site' and epoch = 9"
    finds "epoch 9 seq 5: the epoch is missing as a whole: it was there, as central received it"
}

@test "what was put there is found: behind the end, of no life that came, in the life of now" {
    put_back
    spoil "insert into uplink_record select site_id, epoch, 17, kind, at, body, journal_digest(digest, site_id, epoch, 17, kind, at, body), received_at from uplink_record where site_id = '$site' and epoch = 7 and seq = 16"
    finds "epoch 7 seq 17: it was put there: what came from the site ends with seq 16"
    spoil "select chain('$site', 7, 17)" # central's own table says so, too: but not the next life's
    finds "epoch 7 seq 17: it was put there after epoch 8 had begun here: this one had come to seq 16 by then"
    spoil "delete from uplink_record where site_id = '$site' and epoch = 7 and seq = 17; select chain('$site', 7, 16)"
    verify
    [ "$status" -eq 0 ]
    spoil "insert into uplink_record select site_id, epoch, 5, 'setting', at, body, journal_digest(digest, site_id, epoch, 5, 'setting', at, body), received_at from uplink_record where site_id = '$site' and epoch = 8 and seq = 4"
    finds "epoch 8 seq 5: it was put there: what came from the site ends with seq 4"
    spoil "delete from uplink_record where site_id = '$site' and epoch = 8 and seq = 5"
    spoil "insert into uplink_record select site_id, 6, seq, kind, at, body, digest, received_at from uplink_record where site_id = '$site' and epoch = 7 and seq = 1; update uplink_record set digest = journal_digest(decode(repeat('00', 32), 'hex'), site_id, epoch, seq, kind, at, body) where site_id = '$site' and epoch = 6"
    finds "epoch 6 seq 1: it was put there: no such epoch came from the site"
}

@test "what was changed is found: with its chain and without, signed and not, agreed upon and forgotten" {
    put_back
    sql -c "create table kept as select * from uplink_record where site_id = '$site'" -c "create table kept_cursor as select * from uplink_cursor where site_id = '$site'"
    mend() { spoil "delete from uplink_record where site_id = '$site'; insert into uplink_record select * from kept; delete from uplink_cursor where site_id = '$site'; insert into uplink_cursor select * from kept_cursor"; }
    changes() { spoil "update uplink_record set body = convert_to('{\"v\": 1, \"who\": \"mallory\"}', 'UTF8') where site_id = '$site' and epoch = 7 and seq = $1"; }
    changes 14
    finds "epoch 7 seq 14: it is not what was chained behind seq 13"
    spoil "update uplink_cursor set record_digest = sha256('x') where site_id = '$site' and epoch = 7"
    mend
    changes 14
    sql -c "select chain('$site', 7, 14)" -c "update uplink_cursor c set record_digest = k.record_digest from kept_cursor k where k.site_id = c.site_id and k.epoch = c.epoch"
    finds "epoch 7 seq 16: its digest is not the one it had as central received it"
    mend
    changes 9 # signed by its own life's checkpoint
    sql -c "select chain('$site', 7, 9)"
    finds "epoch 7 seq 10: it is not what was signed (checkpoint at seq 11)"
    mend
    changes 8
    sql -c "select chain('$site', 7, 8)"
    finds "epoch 7 seq 8: it is not what epoch 8 says that it goes on from" "seq 10: it is not what was signed"
    mend
    verify
    [ "$status" -eq 0 ]
    sql -c 'drop table kept, kept_cursor'
}

@test "what was cut out is found: an end, a middle, a beginning, a whole life" {
    put_back
    sql -c "create table kept as select * from uplink_record where site_id = '$site'"
    mend() { spoil "delete from uplink_record where site_id = '$site'; insert into uplink_record select * from kept"; }
    cuts() { mend; spoil "delete from uplink_record where site_id = '$site' and $1"; }
    cuts "epoch = 7 and seq > 13"
    finds "epoch 7 seq 13: the end was cut off: it went to seq 16 at least, as central received it"
    cuts "epoch = 7 and seq > 8"
    finds "epoch 7 seq 8: the end was cut off: it went to seq 16"
    cuts "epoch = 7 and seq = 14"
    finds "epoch 7 seq 15: it does not follow from seq 13"
    cuts "epoch = 7 and seq < 3"
    finds "epoch 7 seq 3: the entries before it (1 to 2) were cut off"
    cuts "epoch = 7"
    finds "epoch 7 seq 16: the epoch is missing as a whole: it was there, as central received it"
    cuts "epoch = 8"
    finds "epoch 8 seq 4: the epoch is missing as a whole"
    mend
    verify
    [ "$status" -eq 0 ]
    sql -c 'drop table kept'
}

# handed FORMER KEY: what of a checkpoint's body says that the former key has signed for the other
handed() {
    printf 'bacpipes key 1\n%s\n%s\n%s\n' "$site" "$(cat "$1.pub")" "$(cat "$2.pub")" >message
    echo ", \"former\": \"$(cat "$1.pub")\", \"former_signature\": \"$(signs "${3:-$1}")\""
}

@test "what central has forgotten once it was a year old is nothing wrong, and told from what was cut out" {
    put_back
    # Months on, central forgets of the site what it has applied of it.
    ages() { sql -c "insert into uplink_applied as a (site_id, epoch, applied_seq) values ('$site', $1, $2) on conflict (site_id, epoch) do update set applied_seq = $2" -c "do 'begin for i in 1 .. 3 loop perform journal_keep(now() + interval ''14 months'', false); end loop; end'"; }
    ages 7 5
    [ "$(sql -c "select string_agg(concat(epoch, ':', seq), ' ' order by epoch, seq) from uplink_record where site_id = '$site'")" = "7:6 7:7 7:8 7:9 7:10 7:11 7:12 7:13 7:14 7:15 7:16 8:1 8:2 8:3 8:4" ]
    verify
    [ "$status" -eq 0 ]
    [[ $output == *"It begins behind seq 5: what was before had been pruned"* ]]
    spoil "delete from uplink_record where site_id = '$site' and epoch = 7 and seq = 6"
    finds "epoch 7 seq 7: the entries before it (1 to 6) were cut off"
    ages 7 16
    verify
    [ "$status" -eq 0 ]
    ages 8 1
    [ "$(sql -c "select string_agg(concat(epoch, ':', seq), ' ' order by epoch, seq) from uplink_record where site_id = '$site'")" = "8:2 8:3 8:4" ]
    verify
    [ "$status" -eq 0 ]
    [[ $output == *"Signed up to seq 3 of epoch 8"* ]]
    spoil "delete from uplink_pruned where site_id = '$site'"
    finds "epoch 7 seq 16: the epoch is missing as a whole" "epoch 8 seq 2: the entries before it (1 to 1) were cut off"
}

@test "an export of what central has forgotten in part says so, and is verified elsewhere" {
    calls "select sync.begin_epoch(7, null, 1, decode(repeat('00', 32), 'hex')); select sends(7, 'epoch', '{\"v\": 1, \"reason\": \"new\", \"previous\": null}'); select sends(7, 'setting', '{\"v\": 1}') from generate_series(1, 9)"
    begins 8 7
    sends 8 epoch "{\"v\": 1, \"reason\": \"forked\", \"previous\": {\"epoch\": 7, \"seq\": 10, \"digest\": \"$(sql -c "select digest_of('$site', 7, 10)")\"}}"
    sends 8 setting '{"v": 1}' 4
    checkpoint ours 8 5
    forgets() { sql -c "insert into uplink_applied as a (site_id, epoch, applied_seq) values ('$site', $1, $2) on conflict (site_id, epoch) do update set applied_seq = $2" -c "do 'begin for i in 1 .. 3 loop perform journal_keep(now() + interval ''14 months'', false); end loop; end'"; }
    elsewhere() { verify --from-file "$1" --key ours.pub --json; }
    exported() { "$BACPIPES" audit --json --site "$site" >"$1"; }
    whole() { # ENTRIES UNPROVEN
        [ "$status" -eq 0 ]
        [ "$(jq -r '[.is_whole, .entries, .pruned_epochs_unproven, .signed_seq] | join(" ")' <<<"$output")" = "true $1 $2 5" ]
    }
    exported all.json
    [ "$(jq -rs 'length' all.json)" = 16 ]
    elsewhere all.json
    whole 16 0
    forgets 7 4 # a part of a life
    exported part.json
    [ "$(jq -rs 'map(select(.kind == "pruned") | "\(.epoch) \(.seq)") | join(", ")' part.json)" = "7 4" ]
    elsewhere part.json
    whole 12 1
    verify --from-file part.json --key ours.pub
    [[ $output == *"The file says of 1 epoch that the central where it was written has forgotten the beginning"* ]]
    # Who cuts out more, or makes another of it, is found.
    jq -c 'select(.epoch != 7 or .seq != 5)' part.json >cut.json
    elsewhere cut.json
    [ "$status" -eq 1 ]
    [[ $output == *"the entries before it (1 to 5) were cut off"* ]]
    jq -c 'select(.kind != "pruned")' part.json >untold.json
    elsewhere untold.json
    [ "$status" -eq 1 ]
    [[ $output == *"the entries before it (1 to 4) were cut off"* ]]
    jq -c 'select(.kind == "pruned")' part.json >nothing.json
    elsewhere nothing.json
    [ "$status" -ne 0 ]
    [[ $stderr == *"has no entries"* ]]
    "$BACPIPES" audit --json --site "$site" --kind setting >chosen.json
    [ "$(jq -rs 'map(.kind) | unique | join(" ")' chosen.json)" = setting ]
    forgets 7 10 # all of it, and the beginning of the next
    forgets 8 2
    exported rest.json
    [ "$(jq -rs 'map("\(.epoch) \(.seq) \(.kind)") | join(", ")' rest.json)" = "7 10 pruned, 8 2 pruned, 8 3 setting, 8 4 setting, 8 5 setting, 8 6 checkpoint" ]
    elsewhere rest.json
    whole 4 2
}

@test "a site's key is its first; another one is believed when the former has signed for it, or the site has joined anew, and else an alarm is raised" {
    put_back
    local name
    for name in second:08 third:09 fourth:0a; do key "${name%:*}" "${name#*:}"; done
    checkpoint second 8 3 "$(handed ours second)" # seq 5
    checkpoint ours 8 3                           # 6: the former one again, for which nobody has signed
    checkpoint second 8 3                         # 7
    checkpoint third 8 3 "$(handed ours third)"   # 8: signed, but not by the one before it
    checkpoint third 8 3 "$(handed second third ours)" # 9: nor is this
    checkpoint fourth 8 3 "$(handed second fourth third)" # 10
    sends 8 setting '{"v": 1}'                    # 11
    checkpoint second 8 11                        # 12
    verify # nothing is believed before it was looked at
    [[ $output == *"epoch 8 seq 5: from here on it is signed with another key, which nobody vouches for"*"$(cat second.pub)"* ]]
    "$BACPIPES" central --data "$BACPIPES_DATA" --set central.floor=0 >central.log 2>&1 3>&- &
    central=$!
    until [ "$(sql -c "select count(*) from site_key where site_id = '$site' and not is_told")" = 0 ]; do
        kill -0 "$central" || { cat central.log; false; }
        sleep 0.1
    done
    [ "$(sql -c "select string_agg(seq || ' ' || how, ', ' order by number) from site_key where site_id = '$site'")" = "11 first, 5 signed, 6 doubted, 7 known, 8 doubted, 10 doubted, 12 known" ]
    [ "$(sql -c "select count(*) from alarm where site_id = 'central' and key = 'site.key.$site' and returned_at is null and severity = 'critical'")" = 1 ]
    until grep -q "site \"$site\" signs its journal with another key than before" central.log; do # said when it is stored
        kill -0 "$central" || { cat central.log; false; }
        sleep 0.1
    done
    finds "epoch 8 seq 6: from here on it is signed with another key" "epoch 8 seq 8: from here on" "$(cat third.pub)" "epoch 8 seq 10: from here on" "Signed up to seq 11 of epoch 8"
    [ "$(grep -c '^epoch 8' <<<"$output")" = 3 ]
    # It joins anew: whatever key it has then is its own.
    sql -c "update remote_site set joined_at = clock_timestamp() where site_id = '$site'"
    sends 8 setting '{"v": 1}' # 13
    checkpoint fourth 8 13
    until [ "$(sql -c "select count(*) from alarm where site_id = 'central' and key = 'site.key.$site' and returned_at is null")" = 0 ]; do
        kill -0 "$central" || { cat central.log; false; }
        sleep 0.1
    done
    [ "$(sql -c "select how from site_key where site_id = '$site' order by number desc limit 1")" = joined ]
    verify
    [[ $output == *"Signed up to seq 13 of epoch 8"*"$(cat fourth.pub)"* ]]
    kill "$central"
    wait "$central" || true
}

@test "a key that nobody vouched for is the site's own when that joins anew with it" {
    put_back
    key theirs 08
    checkpoint theirs 8 3
    [ "$(sql -c "select site_key_tell('$site', 2, false) like '%is not believed%'")" = t ]
    finds "epoch 8 seq 5: from here on it is signed with another key"
    sql -c "update remote_site set joined_at = clock_timestamp() where site_id = '$site'"
    checkpoint theirs 8 3
    sql -c "select site_key_tell('$site', 2, false)" >/dev/null
    [ "$(sql -c "select count(*) from alarm where site_id = 'central' and key = 'site.key.$site' and returned_at is null")" = 0 ]
    verify
    [ "$status" -eq 0 ]
    # Another one from then on needs a signature again.
    checkpoint ours 8 3
    [ "$(sql -c "select how is null from site_key where site_id = '$site' order by number desc limit 1")" = t ]
}
