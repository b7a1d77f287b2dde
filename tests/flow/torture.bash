# Two sites and a central, each in a network of its own, with bad lines between them, and everything that can befall them.
# Load it with: load torture. It loads what it needs.
# shellcheck shell=bash disable=SC2154,SC2034

TORTURE_ROLES_SITE=(sync sync sync ingest collect postgres mosquitto)
TORTURE_ROLES_CENTRAL=(central central postgres postgres web)

# begin_torture: rooms, wires, disks that can be full, clocks that can be wrong; then central and its sites.
begin_torture() {
    load wire
    load central
    members_folder
    WIRES=$MEMBERS/wires
    mkdir "$WIRES"
    local name
    for name in central macau klcc; do
        make_room "$name" || return
        mkdir "$MEMBERS/$name"
        mount -t tmpfs -o size=1500m bacpipes-test "$MEMBERS/$name" || return
        # As who runs there has it: nobody else's folder is taken.
        chown "$(as_members id -un)": "$MEMBERS/$name"
        chmod 700 "$MEMBERS/$name"
        echo +0 >"$MEMBERS/$name.clock"
    done
    lay_wire macau central macau && lay_wire klcc central klcc || return
    in_room klcc ip route add 10.77.1.1/32 dev klcc || return # central has one address, whichever line leads there
    CENTRAL_ADDRESS=10.77.1.1
    for name in central macau klcc; do begin_there "$name" || return; done
    for name in macau klcc; do
        nsenter "--net=$(room_net "$name")" python3 "$BATS_TEST_DIRNAME/../relay/writes.py" >"$MEMBERS/$name.writes" 2>"$MEMBERS/$name.writes.err" 3>&- &
        torture_watchers+=($!)
    done
}

# begin_there NAME: with a clock that $MEMBERS/NAME.clock sets; what counts seconds is right all the while. As who it is from the beginning: root's
# semaphores of that library are nobody else's.
begin_there() {
    local libraries user
    libraries=$(echo /usr/lib/*/faketime/libfaketime.so.1)
    user=$(as_members id -un)
    MEMBER_WITH=(setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups)
    [ ! -e "$libraries" ] || MEMBER_WITH+=(env LD_PRELOAD="$libraries" FAKETIME_TIMESTAMP_FILE="$MEMBERS/$1.clock" FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1)
    # Disks are small, and nothing is to be given up at their floor.
    if [ "$1" = central ]; then
        ROOM=$1 begin_central --set central.floor=0
    else
        ROOM=$1 begin_member "$1" --set disk.floor=0
    fi
}

end_torture() {
    local name
    [ ${#torture_watchers[@]} -eq 0 ] || kill "${torture_watchers[@]}" 2>/dev/null || true
    for name in central macau klcc; do kill_fill "$name"; done
    [ -z "${MEMBERS:-}" ] || { local folder=$MEMBERS; torture_end_members; end_rooms; for name in central macau klcc; do umount -l "$folder/$name" 2>/dev/null || true; done; rm -rf "$folder"; }
}
torture_end_members() {
    local name
    for name in macau klcc central; do end_member "$name" INT; done
    [ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 15 "$MEMBERS"/*.out "$MEMBERS"/*/log/{sync,central,ingest,collect,postgresql}.log 2>/dev/null || true
    for name in "$MEMBERS"/*/run.folder; do [ ! -e "$name" ] || rm -rf "$(cat "$name")"; done
}

declare -ga torture_watchers=()

# ---- what befalls them ----

pick() { echo "${@:$((RANDOM % $# + 1)):1}"; }
kill_fill() { rm -f "$MEMBERS/$1/ballast" 2>/dev/null || true; }

# misfortune WHAT: to whom is drawn. It is over when this returns, or goes on until `all_is_well`.
misfortune() {
    local who role pid
    case $1 in
    line) wire "$(pick macau klcc)" "delay $((RANDOM % 200)) jitter $((RANDOM % 50)) loss $((RANDOM % 8)) reorder $((RANDOM % 10)) copy $((RANDOM % 3))" ;;
    cut) who=$(pick macau klcc); wire "$who" cut; sleep $((RANDOM % 8)); wire "$who" mend ;;
    both-cut) wire macau cut; wire klcc cut; sleep $((RANDOM % 5)); wire macau mend; wire klcc mend ;;
    kill-site) who=$(pick macau klcc); role=$(pick "${TORTURE_ROLES_SITE[@]}"); kill -KILL "$(part_of "$who" "$role")" ;;
    stop-site) who=$(pick macau klcc); role=$(pick "${TORTURE_ROLES_SITE[@]}"); pid=$(part_of "$who" "$role") && kill -STOP "$pid" && sleep $((1 + RANDOM % 5)) && kill -CONT "$pid" ;;
    kill-central) kill -KILL "$(part_of central "$(pick "${TORTURE_ROLES_CENTRAL[@]}")")" ;;
    stop-central) pid=$(part_of central "$(pick "${TORTURE_ROLES_CENTRAL[@]}")") && kill -STOP "$pid" && sleep $((1 + RANDOM % 5)) && kill -CONT "$pid" ;;
    kill-all) who=$(pick macau klcc central); end_member "$who" KILL; begin_there "$who" ;;
    full) who=$(pick macau klcc central); dd if=/dev/zero of="$MEMBERS/$who/ballast" bs=1M 2>/dev/null; sleep $((1 + RANDOM % 6)); kill_fill "$who" ;;
    clock) who=$(pick macau klcc central); pick +0 +3600 -3600 +1800 >"$MEMBERS/$who.clock" ;;
    esac
}

all_is_well() {
    local name
    for name in macau klcc; do wire "$name" "mend delay 0 jitter 0 loss 0 reorder 0 copy 0 rate 0"; done
    for name in central macau klcc; do kill_fill "$name"; echo +0 >"$MEMBERS/$name.clock"; done
    for name in central macau klcc; do [ -n "${members[$name]:-}" ] && kill -0 "${members[$name]}" 2>/dev/null || begin_there "$name" || return; done
}

# keep NAME: what it is now, its folder whole, as a backup has it; give_back NAME: it is that again.
keep() {
    end_member "$1" INT
    rm -rf "$MEMBERS/$1.kept"
    cp -a "$MEMBERS/$1" "$MEMBERS/$1.kept"
    begin_there "$1"
}
give_back() {
    end_member "$1" KILL
    find "$MEMBERS/$1" -mindepth 1 -delete
    cp -a "$MEMBERS/$1.kept/." "$MEMBERS/$1/"
    begin_there "$1"
}

# ---- what is counted ----

# rows_at NAME SITE FILE: what there is of a site's readings, a line each, sorted.
rows_at() {
    sql_in "$1" "copy (select time, point_id, value, quality, units, device_id, object_type, object_instance, reason from sensor_readings where site_id = '$2') to stdout" | LC_ALL=C sort >"$3"
}
