#!/usr/bin/env bats
# Debian updates PostgreSQL, Mosquitto and nginx while a site runs: they are started again by the new programs, and nothing is lost.
# The programs are exchanged in a view of the machine's folders that is this test's alone, which takes root.
# BUILD names the build folder (default: build).

setup() {
    [ "$(id -u)" = 0 ] || skip "NOT TESTED: only root can look at the machine's programs in another way"
    unshare --mount true 2>/dev/null || skip "NOT TESTED: this machine lets nobody look at its folders in another way"
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin
    root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    export BACPIPES="$(realpath "${BUILD:-$root/build}")/apps/bacpipes"
    unset BACPIPES_CONFIG BACPIPES_DATA
    export FOLDER=$(mktemp -d /tmp/bacpipes-renew.XXXXXX)
    chmod 755 "$FOLDER"
}

teardown() {
    rm -rf "$FOLDER"
}

@test "servers whose programs are updated are started again, and nothing is lost" {
    cat >"$FOLDER/script" <<'END'
set -eu
bin=$(for found in /usr/lib/postgresql/*/bin; do echo "$found"; done | sort -V | tail -1)
mkdir "$FOLDER/bin" "$FOLDER/sbin"
cp -a "$bin/." "$FOLDER/bin"
cp -aL /usr/sbin/mosquitto /usr/sbin/nginx "$FOLDER/sbin"
ip link set lo up
ip addr add 10.9.7.5/32 dev lo
mount --bind "$FOLDER/bin" "$bin"
mount -t overlay overlay -o "lowerdir=$FOLDER/sbin:/usr/sbin,upperdir=$FOLDER/above,workdir=$FOLDER/work" /usr/sbin
"$BACPIPES" up --simulate --no-past --data "$FOLDER/data" --points 100 --set poll.interval=1s --set web.listen=10.9.7.5:8443 >"$FOLDER/out" 2>&1 & up=$!
trap 'kill -INT $up 2>/dev/null; wait $up || true' EXIT
q() { psql -h "$FOLDER/data/run" -p "$(cat "$FOLDER/data/postgresql.port")" -U bacpipes -d bacpipes -qAtXc "$1" 2>/dev/null; }
until_true() {
    local until=$((SECONDS + $2))
    until eval "$1"; do
        [ $SECONDS -lt $until ] && kill -0 $up || { echo "not within $2 s: $1"; cat "$FOLDER/out"; return 1; }
        sleep 0.2
    done
}
pid_of_role() { # the same, by its first argument: all roles are one program
    for child in $(cat /proc/$up/task/*/children); do
        [ "$(tr '\0' '\n' <"/proc/$child/cmdline" | head -1)" != "$1" ] || echo "$child"
    done
}
pid_of() { # a child of `up`
    for child in $(cat /proc/$up/task/*/children); do
        [ "$(cat "/proc/$child/comm")" != "$1" ] || echo "$child"
    done
}
until_true '[ "$(q "select count(*) from sensor_readings")" -gt 500 ]' 120
reached() { curl --silent --max-time 5 --cacert "$FOLDER/data/web/authority.crt" --output /dev/null https://10.9.7.5:8443/api/v1/health; }
until_true reached 90
postgres=$(pid_of postgres) mosquitto=$(pid_of mosquitto) nginx=$(pid_of nginx) collect=$(pid_of_role collect)
for program in "$bin/postgres" /usr/sbin/mosquitto /usr/sbin/nginx; do
    cp "$program" "$program.new"
    mv "$program.new" "$program"
done
until_true '[ "$(pid_of postgres)" != "$postgres" ] && [ "$(pid_of mosquitto)" != "$mosquitto" ] && [ "$(pid_of nginx)" != "$nginx" ]' 90
until_true reached 90
now=$(date +%s)
until_true '[ "$(q "select count(*) from sensor_readings where time > to_timestamp($now + 3)")" -gt 500 ]' 90
[ "$(pid_of_role collect)" = "$collect" ]
[ "$(grep -c "was updated on this machine" "$FOLDER/out")" = 3 ]
# Each point of each second, over the restarts, as far as a busy machine asks so often; of what was asked, all.
q "select count(*) filter (where gap > 8) || ' gaps, ' || (select sum(skipped) from ingest_position) || ' skipped'
    from (select extract(epoch from time - lag(time) over (partition by point_id order by time)) as gap from sensor_readings) as span" | tee "$FOLDER/gaps"
[ "$(cat "$FOLDER/gaps")" = "0 gaps, 0 skipped" ]
# And no more: a program that is not exchanged goes on.
postgres=$(pid_of postgres) nginx=$(pid_of nginx)
sleep 45
[ "$(pid_of postgres)" = "$postgres" ]
[ "$(pid_of nginx)" = "$nginx" ]
END
    mkdir "$FOLDER/above" "$FOLDER/work"
    run timeout 900 unshare --mount --net bash "$FOLDER/script"
    echo "$output"
    [ "$status" -eq 0 ]
}
