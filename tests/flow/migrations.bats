#!/usr/bin/env bats
# Databases as every earlier version left them become what a new one is, and keep their rows.
# BUILD is the build's folder (default: build).

bats_require_minimum_version 1.5.0

setup() {
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    BACPIPES=$(realpath "${BUILD:-$root/build}/apps/bacpipes")
    SCRIPT=$(mktemp)
    export root BACPIPES SCRIPT BACPIPES_CONFIG=/dev/null
    cat >"$SCRIPT" <<'EOF'
set -euo pipefail
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
export BACPIPES_DATABASE_HOST=$PGHOST PGOPTIONS='-c client_min_messages=warning'
migrations=("$root"/sql/migrations/*.sql)
engine=native
[ -z "${TIMESCALEDB:-}" ] || engine=timescaledb

sql() { psql -qXtA -v ON_ERROR_STOP=1 -d "$1" "${@:2}"; }

# Applies a migration to database `so_far` as `bacpipes migrate` does.
apply() {
    local name
    name=$(basename "$1" .sql)
    {
        echo "begin; set local search_path = public, pg_temp; set local bacpipes.engine = $engine;"
        cat "$1"
        echo "; insert into public.schema_migration (name, checksum) values ('$name', '$(sha256sum <"$1" | cut -d' ' -f1)'); commit;"
    } | sql so_far >/dev/null
}

# Rows of each table that there is, with the columns that it always had.
fill() {
    sql "$1" >/dev/null <<'SQL'
insert into site (site_id, name, timezone) values ('macau', 'Macau', 'Asia/Macau');
insert into device (site_id, device_id, address, instance, name) values
    ('macau', 1, '10.1.2.9', 1001, 'AHU-1'), ('macau', 7, '10.1.2.1/2001:0a', 1002, '客房');
insert into point (site_id, point_id, device_id, object_type, object_instance, name, units, states, tags) values
    ('macau', 41, 1, 'analog-input', 1, 'AHU-1/SAT', 'degrees-celsius', '{}', '{"air": "m:"}'),
    ('macau', 42, 7, 'binary-value', 3, '客房 fan', '', '{off,on}', '{}');
insert into device_status (site_id, device_id, state, reason, learned) values ('macau', 1, 'offline', 'timeout', '{"read_multiple": true}');
insert into setting (site_id, name, value) values ('macau', 'poll.interval', '30s');
insert into mqtt_config (site_id, host, port, username) values ('macau', 'broker.example', 8883, 'site');
do $$
begin
    if to_regclass('sensor_readings') is not null then
        perform readings_ensure_days('2026-02-27 12:00Z', '2026-03-01 12:00Z');
        insert into sensor_readings (time, site_id, point_id, value, quality, reason, device_id, object_type, object_instance) values
            ('2026-02-27 23:59:59.999999Z', 'macau', 41, 21.3, 'good', null, 1, 'analog-input', 1),
            ('2026-02-28 00:00Z', 'macau', 41, null, 'bad', 'timeout', 1, 'analog-input', 1),
            ('2026-03-01 07:00Z', 'macau', 42, 1, 'good', null, 7, 'binary-value', 3);
        insert into rollup_dirty values ('macau', '2026-03-01 07:00Z');
        insert into sensor_readings_5min values ('macau', 41, '2026-02-27 23:55Z', 21.3, 21.3, 21.3, 1, 0, 21.3, '2026-02-27 23:59:59.999999Z');
        insert into sensor_readings_hourly values ('macau', 41, '2026-02-27 23:00Z', 21.3, 21.3, 21.3, 1, 0, 21.3, '2026-02-27 23:59:59.999999Z');
        insert into ingest_position (site_id, run, stored, skipped) values ('macau', '0123456789abcdef', 17, 2);
        insert into ingest_quarantine (site_id, reason, payload) values ('macau', 'no such point', '{"v":1,"readings":[[999,0,1.5]]}');
    end if;
    if to_regclass('setting_kind') is null then -- once nobody looked at them
        insert into setting (site_id, name, value) values ('macau', 'poll.intervall', '5');
    end if;
    if to_regclass('mqtt_account') is not null then
        insert into mqtt_account (site_id, role, host, username) values ('macau', 'ingest', 'broker.example', 'ingest');
    end if;
    if to_regclass('point_successor') is not null then
        insert into point_successor (site_id, point_id, successor) values ('macau', 40, 41);
    end if;
end
$$;
SQL
}

# Each table's rows, a copy in schema `remembered`.
remember() {
    sql "$1" >/dev/null <<'SQL'
create schema remembered;
do $$
declare
    name text;
begin
    for name in select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition loop
        execute format('create table remembered.%1$I as select to_jsonb(t) as kept from public.%1$I as t', name);
    end loop;
end
$$;
SQL
}

# Remembered rows that are not there any more, or not as they were; columns may have come.
forgotten() {
    sql "$1" <<'SQL'
create temporary table forgotten (name text, kept jsonb);
do $$
declare
    name text;
begin
    for name in select relname from pg_class where relnamespace = 'remembered'::regnamespace and relkind = 'r' loop
        execute format('insert into forgotten select %1$L, kept from remembered.%1$I
                         where not exists (select from (select to_jsonb(t) as is_now from public.%1$I as t offset 0) as t where is_now @> kept)', name);
    end loop;
end
$$;
select * from forgotten;
SQL
}

# Tables, columns, constraints, functions, triggers, comments, owners and rights, in an order of names; then the days, whose
# constraints' names are those of the version that made them.
catalogue() {
    "$PG_BIN/pg_dump" --schema-only --exclude-schema=remembered --exclude-table='days.*' --exclude-schema='_timescaledb*' "$1" 2>"$1.said" | grep -v '^\\\(un\)\?restrict ' |
        if [ $engine = native ]; then cat; else sort; fi # of rights no order is sure where an extension has some
    sql "$1" -c "select case readings_engine() when 'native' then d.name end, d.first, d.beyond, n.nspname, relowner::regrole, coalesce(relacl, acldefault('r', relowner)), reloptions,
                        (select array_agg(conname || ' ' || pg_get_constraintdef(o.oid) order by conname) from pg_constraint o where conrelid = c.oid and contype = 'c' and convalidated and conname !~ '^constraint_')
                   from readings_days() d join pg_class c on relname = d.name join pg_namespace n on n.oid = relnamespace order by d.first"
}

# copy_so_far DATABASE: TimescaleDB's workers are connected to what they work for, for a while.
copy_so_far() {
    for _ in $(seq 600); do
        [ $engine = native ] || sql so_far -c 'select _timescaledb_functions.stop_background_workers()' >/dev/null
        if sql postgres -c "create database $1 template so_far" 2>copying; then return; fi
        sleep 0.1
    done
    cat copying
    return 1
}

migrate() { BACPIPES_DATABASE_NAME=$1 "$BACPIPES" migrate; }
EOF
}

teardown() {
    rm -f "$SCRIPT"
}

server() {
    run "$root/tests/with-postgres" bash "$SCRIPT"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "a database of every earlier version becomes what a new one is, and keeps its rows" {
    cat >>"$SCRIPT" <<'EOF'
sql postgres -c 'create database anew'
migrate anew >/dev/null
fill anew
catalogue anew >anew
grep -q '^GRANT SELECT ON TABLE public.sensor_readings TO bacpipes_reader' anew # or nothing would be compared
[ "$(sql anew -c 'select count(*), readings_engine() from readings_days()')" = "3|$engine" ]
sql postgres -c 'create database so_far'
[ $engine = native ] || sql so_far -c 'create extension timescaledb with schema public'
sql so_far -c 'create table public.schema_migration (name text primary key, checksum text not null, applied_at timestamptz not null default now())'
failed=0
for version in $(seq ${#migrations[@]}); do
    name=as_of_$version
    apply "${migrations[version - 1]}"
    [ $engine = native ] || ((version % 4 == 2)) || continue # the same steps: some will do
    copy_so_far "$name"
    fill "$name"
    remember "$name"
    migrate "$name" >said
    grep -q "^engine  *$engine" said
    [ "$(grep -c ' applied now$' said || true)" = $((${#migrations[@]} - version)) ] || { cat said; failed=1; }
    forgotten "$name" >lost
    [ ! -s lost ] || { echo "of $(basename "${migrations[version - 1]}") are forgotten:"; cat lost; failed=1; }
    if [ "$version" = 1 ]; then
        sql "$name" -c "select readings_ensure_days('2026-02-27 12:00Z', '2026-03-01 12:00Z')" >/dev/null
        sql "$name" -c "insert into sensor_readings (time, site_id, point_id, quality)
                        select day, 'macau', 41, 'good' from generate_series('2026-02-27 00:00Z'::timestamptz, '2026-03-01 00:00Z', '24 hours') as day"
    fi
    catalogue "$name" >"$name"
    diff -u anew "$name" || failed=1
done
exit $failed
EOF
    server
}

@test "a migration that was applied with an earlier text that it names is applied; with any other it is refused" {
    cat >>"$SCRIPT" <<'EOF'
export BACPIPES_DATABASE_NAME=bacpipes
"$BACPIPES" migrate >/dev/null
sql bacpipes -c "update schema_migration set checksum = '5a5d4d9e37eb54562fef7e588977a9175c4ad5524f8e6f8664b1bfaaa304baad' where name = '0002_store_readings'"
"$BACPIPES" migrate >said
grep -q '^0002_store_readings  *applied$' said
for name in 0001_create_sites 0003_subscribe_cov; do # no other has been that
    sql bacpipes -c "create table before as select * from schema_migration;
                     update schema_migration set checksum = '5a5d4d9e37eb54562fef7e588977a9175c4ad5524f8e6f8664b1bfaaa304baad' where name = '$name'"
    if "$BACPIPES" migrate >said 2>&1; then cat said; exit 1; fi
    grep -q "$name was applied with another text than it has here" said
    sql bacpipes -c "update schema_migration set checksum = before.checksum from before where before.name = schema_migration.name; drop table before"
done
sql bacpipes -c "update schema_migration set checksum = '' where name = '0002_store_readings'"
if "$BACPIPES" migrate >said 2>&1; then cat said; exit 1; fi
EOF
    server
}
