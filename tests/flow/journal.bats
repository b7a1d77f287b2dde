#!/usr/bin/env bats
# The journal under load: who writes at once, who stays open, who is killed. Each test has a server of its own. BUILD names the build folder (default: build).

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export root BACPIPES="$(realpath "${BUILD:-$root/build}")/apps/bacpipes" BACPIPES_CONFIG=/dev/null
    export SCRIPT="$BATS_TEST_TMPDIR/script"
    cat >"$SCRIPT" <<'EOF'
set -eu
export BACPIPES_DATABASE_HOST=$PGHOST
cd "$(dirname "$SCRIPT")"
children=
trap '[ -z "$children" ] || kill -9 $children 2>/dev/null || true' EXIT
q() { psql -qAtX -v ON_ERROR_STOP=1 -c "$1"; }
until_true() {
    local until=$((SECONDS + 120))
    until eval "$1"; do
        [ $SECONDS -lt $until ] || { echo "not within 120 s: $1" >&2; return 1; }
        sleep 0.05
    done
}
site_of() { # site_of NAME [POINTS]
    q "insert into site (site_id, name) values ('$1', '$1');
       insert into device (site_id, device_id, address, instance) values ('$1', 1, '10.0.0.1', 1);
       insert into point (site_id, point_id, device_id, object_type, object_instance, name)
       select '$1', i, 1, 'analog-value', i, 'P' || i from generate_series(1, ${2:-100}) as i"
}
is_zero() { [ "$(q "$1")" = 0 ] || { echo "not 0 but $(q "$1"): $1" >&2; return 1; }; }
# No number twice and none left out, each entry bound to the one before, and the head knows the last.
is_whole() {
    is_zero "select count(*) from (select count(*) <> max(seq) or count(distinct seq) <> count(*) or min(seq) <> 1 as is_bad from uplink group by site_id, epoch) as e where is_bad"
    is_zero "select count(*) from (select digest, journal_digest(lag(digest, 1, decode(repeat('00', 32), 'hex')) over (partition by site_id, epoch order by seq), site_id, epoch, seq, kind, at, body) as right_digest
                                     from uplink_record) as e where digest <> right_digest"
    is_zero "select count(*) from journal_head h where seq <> (select max(seq) from uplink u where (u.site_id, u.epoch) = (h.site_id, h.epoch))
                or digest <> (select u.digest from uplink_record u where (u.site_id, u.epoch, u.seq) = (h.site_id, h.epoch, h.record_seq))"
    is_zero "select (select count(*) from journal_pending) + (select count(*) from journal_due)"
}
count_of() { q "select count(*) from audit where body ->> 'event' = '$1'"; }
# hold SQL: somebody's transaction, open from now on
holders=0
hold() {
    mkfifo "in.$((++holders))"
    psql -qAtX <"in.$holders" >"out.$holders" 2>&1 & children="$children $!"
    eval "exec $((20 + holders))>'in.$holders'"
    echo "begin; $1; select 'held';" >&$((20 + holders))
    until_true "grep -q 'held\|ERROR' out.$holders"
    ! grep ERROR "out.$holders"
}
tell() { echo "$2" >&$((20 + $1)); } # tell HOLDER SQL
bench() { "$PG_BIN/pgbench" -n "$@"; }
"$BACPIPES" migrate >/dev/null
site_of demo
site_of annex
EOF
}

run_script() {
    run timeout 600 "$root/tests/with-postgres" bash "$SCRIPT"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "somebody who leaves a transaction open with a changed point holds nobody up" {
    cat >>"$SCRIPT" <<'EOF'
hold "update point set name = 'open' where site_id = 'demo' and point_id = 1; select journal_append('demo', 'audit', '{\"event\": \"open\"}'::jsonb)"
hold "set transaction isolation level repeatable read; select count(*) from uplink; update point set name = 'open' where site_id = 'demo' and point_id = 2"
for i in $(seq 20); do
    PGOPTIONS="-c lock_timeout=5s" q "update point set name = 'N$i' where site_id = 'demo' and point_id = 3"
done
[ "$(q "select count(*) from audit where kind = 'point' and point_id = 3 and body ->> 'op' = 'update'")" = 20 ]
is_zero "select count(*) from audit where body ->> 'event' = 'open'"
# Numbers are given when it commits: it comes after all that went on meanwhile.
tell 1 "commit;"
until_true '[ "$(count_of open)" = 1 ]'
[ "$(q "select body ->> 'event' from audit where site_id = 'demo' order by seq desc limit 1")" = open ]
# Who wants the world to stand still cannot append to it: an error, and nothing is lost or doubled.
tell 2 "commit;"
until_true "grep -q 'could not serialize' out.2"
is_zero "select count(*) from audit where kind = 'point' and point_id = 2 and body ->> 'op' = 'update'"
is_whole
EOF
    run_script
}

@test "many who write at once, roll back, go back to savepoints and number early leave one chain for each site" {
    cat >>"$SCRIPT" <<'EOF'
try="'audit', '{\"v\": 1, \"event\": \"try\"}'::jsonb"
cat >both.sql <<END
begin;
select journal_append('demo', $try);
select journal_append('annex', $try);
savepoint a;
select journal_append('demo', 'audit', '{"event": "never"}'::jsonb);
rollback to a;
commit;
END
cat >other.sql <<END
\set n random(1, 100)
begin;
update point set description = description || 'x' where site_id = 'annex' and point_id = :n;
select journal_append('annex', $try);
select journal_append('demo', $try);
commit;
END
cat >early.sql <<END
begin;
select journal_append('demo', $try);
set constraints all immediate;
select journal_append('demo', $try);
commit;
END
cat >never.sql <<END
begin;
select journal_append('demo', 'audit', '{"event": "never"}'::jsonb);
select journal_append('annex', 'readings', '\x01'::bytea);
rollback;
END
# Meanwhile partitions come and go.
cat >days.sql <<'END'
select journal_ensure('frames', now() + i * interval '1 day') from generate_series(100, 101) as i;
select journal_append('demo', 'audit', '{"event": "days"}'::jsonb);
select journal_drop(name) from journal_partitions('frames') where first > now() + interval '50 days';
END
(for _ in $(seq 30); do psql -qAtX -1 -v ON_ERROR_STOP=1 -f days.sql >>days.out 2>&1 || true; done) & children="$children $!" days=$!
bench -c 8 -j 2 -t 150 -f both.sql@3 -f other.sql@3 -f early.sql@2 -f never.sql@1 >bench.out 2>&1 || { cat bench.out; exit 1; }
wait "$days"
grep -q "number of failed transactions: 0 " bench.out || { cat bench.out; exit 1; }
if grep -i deadlock bench.out days.out; then exit 1; fi
done_of() { sed -n "/SQL script [0-9]*: $1/,/SQL script/s/.* - \([0-9]*\) transactions .*/\1/p" bench.out | head -1; }
tried=$((2 * $(done_of both.sql) + 2 * $(done_of other.sql) + 2 * $(done_of early.sql)))
[ "$tried" -gt 1000 ]
[ "$(count_of try)" = "$tried" ] || { echo "$(count_of try) entries, expected $tried"; exit 1; }
is_zero "select count(*) from uplink where convert_from(body, 'UTF8') ~ 'never' or kind = 'readings'"
is_zero "select $(done_of other.sql) - count(*) from audit where kind = 'point' and body ->> 'op' = 'update'"
[ "$(count_of days)" -gt 0 ] || { cat days.out; exit 1; }
is_whole
EOF
    run_script
}

@test "opposite orders of rows and sites do not deadlock where only the journal is shared" {
    cat >>"$SCRIPT" <<'EOF'
# A has point 1 and wants 2; B has 2 and appends: with a journal locked at the change, each waits for the other.
hold "update point set name = 'A' where site_id = 'demo' and point_id = 1"
hold "update point set name = 'B' where site_id = 'annex' and point_id = 2"
tell 1 "update point set name = 'A' where site_id = 'annex' and point_id = 2; commit; select 'ended';"
until_true '[ "$(q "select count(*) from pg_stat_activity where wait_event_type = '"'Lock'"'")" = 1 ]'
tell 2 "update point set name = 'B' where site_id = 'demo' and point_id = 3; select journal_append('demo', 'audit', '{}'::jsonb); commit; select 'ended';"
until_true "grep -q ended out.1"
until_true "grep -q ended out.2"
if grep ERROR out.*; then exit 1; fi
[ "$(q "select string_agg(name, ' ' order by site_id, point_id) from point where (site_id, point_id) in (('demo', 1), ('demo', 3), ('annex', 2))")" = "A A B" ]
is_whole
# The head is locked for as long as somebody numbers; making and dropping partitions waits for it, and not the other way round.
hold "select journal_append('demo', 'audit', '{\"event\": \"x\"}'::jsonb); set constraints all immediate"
if q "select journal_ensure('frames', now() + interval '40 days')" 2>refused; then false; fi
grep -q 'lock timeout' refused
tell 3 "select count(*) from uplink; commit; select 'ended';"
until_true "grep -q ended out.3"
q "select journal_ensure('frames', now() + interval '40 days')"
is_whole
EOF
    run_script
}

@test "who reads or appends while entries move to their month and day misses none" {
    cat >>"$SCRIPT" <<'EOF'
# What another site has sent, in no month and day of its own yet; and ours: the same.
q "insert into site (site_id, name, is_remote) values ('afar', 'Afar', true);
   insert into remote_site (site_id, number, state, serials) values ('afar', 1, 'joined', '{a1}');
   insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, received_digest, record_seq, record_digest) values ('afar', 7, 1, 1, 40, sha256('x'), 20, sha256('x'));
   insert into uplink_applied (site_id, epoch, applied_seq) values ('afar', 7, 0);
   insert into uplink_quarantine (site_id, epoch, seq, kind, reason, wants_retry) values ('afar', 7, 5, 'setting', 'x', true);
   insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at)
   select 'afar', 7, n, case when n <= 20 then 'setting' else 'readings' end, now(), convert_to(jsonb_build_object('v', 1, 'table', 'setting', 'op', 'insert', 'key', 'k' || n,
          'new', jsonb_build_object('name', 'k' || n, 'value', 'x', 'updated_at', now(), 'updated_by', 'anna'))::text, 'UTF8'), sha256('x'), now() from generate_series(1, 40) as n;
   create role site_1 login in role bacpipes_sites;
   create or replace function link_serial() returns text language sql stable as 'select ''a1''::text';
   select journal_append('demo', 'readings', 'x'::bytea) from generate_series(1, 20)" >made
epoch=$(q "select epoch from journal_head where site_id = 'demo'")
instant=$(q "select now()")
chained=$(q "select encode(journal_digest(sha256('x'), 'afar', 7, 42, 'audit', '$instant', 'b'), 'hex')")
# query FILE VALUE...: as it is, with the values in it
query() {
    local file=$1 n=0
    sed '/^--/d' "$root/sql/queries/$file.sql" >query
    for value in "${@:2}"; do n=$((n + 1)); VALUE=$value perl -pi -e 's/\$'$n'\b/$ENV{VALUE}/g' query; done
    cat query
}
statements=0
# changes SQL ANSWER; reads SQL, which answers as before
changes() { echo "$1" >"statement.$((++statements))"; echo "$2" >"before.$statements"; }
reads() { changes "$1" "$(q "$1")"; [ -n "$(cat "before.$statements")" ]; }
reads "select site_id, count(*) from uplink where seq <= 40 group by 1 order by 1" # what is appended meanwhile is beyond
reads "$(query central/select_uplink_entries "'[{\"n\": 0, \"site\": \"afar\", \"epoch\": 7, \"after\": 0, \"upto\": 40}]'" 100)"
reads "select seq, kind from link_entries('demo', $epoch, 0, 1000000, 100)"
reads "select entries, octets from link_backlog('demo')"
reads "select link_state('demo')"
reads "select * from link_digests('demo', $epoch, array(select generate_series(1, 100)))"
reads "select * from link_compare('demo', '{\"epochs\": [{\"epoch\": $epoch, \"seq\": 4, \"digest\": \"\"}]}')"
reads "select * from link_begins('demo', $epoch)"
reads "select is_unsigned from journal_unsigned('demo', $epoch, 0)"
reads "select seq, kind from journal_records('demo', $epoch, 0, 100)"
reads "$(query audit/select_journal_epochs "'demo'")"
reads "$(query audit/select_journal_entries "'demo'" $epoch 0 null null)"
reads "$(query audit/count_frames "'demo'")"
reads "$(query web/select_web_records "'demo'" $epoch 0 100)"
reads "select count(*) from audit where site_id = 'demo'"
reads "set session authorization site_1; select * from sync.digests(7, array(select generate_series(1, 40)))"
changes "set session authorization site_1; select received_seq from sync.append(7, 41, '{readings, audit}', '{$instant, $instant}', '{a, b}', array[sha256('a'), '\\x$chained'], null)" 42
changes "select applied from uplink_retry('afar', 7, 5)" 1
changes "select put_aside from uplink_apply('[{\"site\": \"afar\", \"epoch\": 7, \"after\": 0, \"to\": 40, \"has_records\": true}]'); select count(*) from setting where site_id = 'afar'" "0
20"
# Those of when they came, and of now, where a day ends meanwhile.
hold "select journal_ensure(class, at) from unnest('{frames, record}'::text[]) as class, (select distinct received_at as at from uplink where site_id = 'afar' union select now()) as came"
for i in $(seq $statements); do q "$(cat "statement.$i")" >"after.$i" 2>&1 & children="$children $!" last=$!; done
until_true '[ "$(q "select count(*) from pg_stat_activity where wait_event_type = '"'Lock'"'")" = $statements ]'
tell 1 "commit;"
until_true '[ "$(q "select count(*) from pg_stat_activity where backend_type = '"'client backend'"'")" = 2 ]' # this, and who moved them
missed=0
for i in $(seq $statements); do diff "before.$i" "after.$i" >difference || { cat "statement.$i" difference; missed=$((missed + 1)); }; done
[ $missed = 0 ] || { echo "$missed of $statements missed what moved"; exit 1; }
is_zero "select (select count(*) from uplink_record_default) + (select count(*) from uplink_frames_default)"
[ "$(q "select count(*) from uplink where site_id = 'afar'")" = 42 ]
EOF
    run_script
}

@test "what comes while its day or month is dropped stays" {
    cat >>"$SCRIPT" <<'EOF'
now=$(q "select now()") # one instant for all: where a day ends meanwhile, partitions are made first and nothing is dropped
q "insert into site (site_id, name, is_remote) values ('afar', 'Afar', true);
   insert into remote_site (site_id, number, state) values ('afar', 1, 'joined');
   insert into uplink_cursor (site_id, epoch, life, first_seq, received_seq, record_seq, record_digest) values ('afar', 7, 1, 1, 4, 1, sha256('x'));
   insert into uplink_applied (site_id, epoch, applied_seq) values ('afar', 7, 0);
   update retention_clock set hold = null;
   select journal_maintain('$now', false);
   alter function journal_hold set lock_timeout = '60s'; alter function journal_drop set lock_timeout = '60s'" >made
came() { echo "insert into uplink (site_id, epoch, seq, kind, at, body, digest, received_at) values ('afar', 7, $1, '$2', '$3', 'x', sha256('x'), now())"; }
here() { [ "$(q "select coalesce(string_agg(seq::text, ',' order by seq), 'nothing') from uplink where site_id = 'afar'")" = "$1" ]; }
applied() { q "update uplink_applied set applied_seq = $1, key_seq = $1 + 1"; }
for comes in "frames 1 2 1,2 readings 10 days" "record 3 4 4 audit 14 months"; do # a day stays; of a month goes what may
    read -r class first second stays kind age <<<"$comes"
    at=$(q "select '$now'::timestamptz - interval '$age'")
    q "set role bacpipes_journal; select journal_ensure('$class', '$at')" >made
    q "$(came "$first" "$kind" "$at")"
    applied "$first" # all that is there is applied, and old; and another of that age comes just now
    hold "$(came "$second" "$kind" "$at")"
    q "select journal_maintain('$now', false)" >maintained 2>&1 & children="$children $!" maintains=$!
    until_true '[ "$(q "select count(*) from pg_stat_activity where wait_event_type = '"'Lock'"'")" = 1 ]'
    tell "$holders" "commit;"
    wait "$maintains" || { cat maintained; exit 1; }
    here "$stays" || { echo "not what stays: $stays"; exit 1; }
    applied "$second"
    q "select journal_maintain('$now', false)" >maintained
    here nothing
done
EOF
    run_script
}

@test "one statement about 20,000 points costs at most 60 times one about 1,000" {
    cat >>"$SCRIPT" <<'EOF'
q "insert into point (site_id, point_id, device_id, object_type, object_instance) select 'demo', i, 1, 'analog-value', i from generate_series(101, 20000) as i"
q "analyze point"
# In one session, for a plan that is used again and again is made otherwise than at first.
{
    echo '\timing on'
    for i in $(seq 8); do
        echo "update point set description = 'a$i' where site_id = 'demo' and point_id <= 1000;"
        [ $((i % 2)) = 1 ] || echo "update point set description = 'b$i' where site_id = 'demo';"
    done
} >updates.sql
psql -qX -f updates.sql >times
cat times
awk '/^Time/ { n++; if (n % 3 == 0) { if (!big || $2 < big) big = $2 } else if (!small || $2 < small) small = $2 }
     END { printf "1000: %s ms, 20000: %s ms, %.1f times\n", small, big, big / small; exit !(big / small <= 60) }' times
is_whole
EOF
    run_script
}

@test "whoever is killed, and when: what was committed is in the journal, and the chain is whole" {
    export PG_SYNCHRONOUS_COMMIT=on
    cat >>"$SCRIPT" <<'EOF'
# writer NAME: says each number whose commit it has seen, until there is no server any more
writer() {
    for i in $(seq 100000); do
        psql -qAtX -v ON_ERROR_STOP=1 2>/dev/null <<END || { [ ! -e "$PWD/stop" ] && sleep 0.1 && continue || break; }
begin;
update point set description = '$1 $i' where site_id = 'demo' and point_id = $2;
select journal_append('annex', 'audit', '{"event": "$1 $i"}'::jsonb) is null as done \gset
commit;
\echo $1 $i
END
    done
}
all_are_there() {
    cat said.* | sed "s/.*/('&')/" | paste -sd, >all
    q "create temporary table said as select * from (values $(cat all)) as s (event);
       select count(*) from said where not exists (select from audit where body ->> 'event' = event)
                                    or not exists (select from audit where kind = 'point' and body #>> '{new,description}' = event)" >missing
    [ "$(cat missing)" = 0 ] || { echo "$(cat missing) are missing"; exit 1; }
}
for w in a b c d; do writer $w $(($(printf %d "'$w") - 96)) >said.$w & children="$children $!"; done
for _ in $(seq 3); do
    before=$(cat said.* | wc -l)
    until_true '[ "$(cat said.* | wc -l)" -gt '$((before + 40))' ]'
    # One of them -9: PostgreSQL then starts anew, as after a crash.
    victim=$(q "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() limit 1")
    [ -z "$victim" ] || kill -9 "$victim" 2>/dev/null || true
    until_true 'q "select 1" >/dev/null 2>&1'
done
before=$(cat said.* | wc -l)
until_true '[ "$(cat said.* | wc -l)" -gt '$((before + 40))' ]'
"$PG_CTL" stop -m immediate
touch stop
wait $children || true
children=
"$PG_CTL" start
all_are_there
is_whole
# And it goes on.
q "select journal_append('demo', 'audit', '{\"event\": \"after\"}'::jsonb)"
[ "$(count_of after)" = 1 ]
is_whole
EOF
    run_script
}

@test "a database that is put back begins another life, in which nothing from before is carried out" {
    cat >>"$SCRIPT" <<'EOF'
open() { q "select is_new_life from journal_open('demo', $1, 0, 0)"; }
known() { q "select format('%s, %s, %L::bytea', epoch, seq, digest) from journal_position('demo')"; }
[ "$(open 'null, null, null')" = f ]
q "insert into write_commands (site_id, point_id, command_type, value, priority, created_by) values ('demo', 1, 'write_value', 1, 8, 'x')" || true
early=$(known)
other=$(q "select epoch from journal_head where site_id = 'annex'")
"$PG_CTL" stop -m fast
cp -a "$PGDATA" copy
"$PG_CTL" start
q "select journal_append('demo', 'audit', '{\"event\": \"after\"}'::jsonb)"
late=$(known)
[ "$(open "$late")" = f ]
[ "$(open "$early")" = f ]
# An hour later, put back:
"$PG_CTL" stop -m fast
rm -rf "$PGDATA"
cp -a copy "$PGDATA"
"$PG_CTL" start
# As much was appended in it as was known before: only the digest tells.
q "select journal_append('demo', 'audit', '{\"event\": \"another\"}'::jsonb)"
[ "$(open "$late")" = t ]
[ "$(q "select body ->> 'reason' from audit where site_id = 'demo' and kind = 'epoch' order by at desc limit 1")" = restored ]
[ "$(q "select count(*) from journal_head h join uplink u using (site_id, epoch) where site_id = 'demo' and u.seq = 1 and u.kind = 'epoch'")" = 1 ]
is_zero "select count(*) from write_commands where status in ('pending', 'executing')"
[ "$(q "select epoch from journal_head where site_id = 'annex'")" = "$other" ]
[ "$(open "$(known)")" = f ]
[ "$(q "select count(*) from alarm where key = 'journal.new_life' and returned_at is null")" = 1 ]
is_whole
EOF
    run_script
}

@test "where our account may make no roles, all of it is its own" {
    cat >>"$SCRIPT" <<'EOF'
psql -qX -d postgres -c "create role plain login" -c "create database plain owner plain"
export PGUSER=plain PGDATABASE=plain
"$BACPIPES" migrate --set database.user=plain --set database.name=plain >/dev/null
site_of demo
q "update setting set value = '20s' where false; insert into setting (site_id, name, value) values ('demo', 'poll.interval', '20s')"
[ "$(q "select body #>> '{who,role}' from audit where kind = 'setting'")" = plain ]
q "select journal_maintain(now(), false)"
is_zero "select count(*) from uplink_record_default"
[ "$(q "select is_new_life from journal_open('demo', null, null, null, 0, 0)")" = f ]
q "select journal_append('demo', 'readings', '\x01'::bytea)"
is_whole
EOF
    run_script
}
