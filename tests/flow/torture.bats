#!/usr/bin/env bats
# shellcheck disable=SC1091,SC2154,SC2015,SC2034
# What the link promises, tried: lines that lose packets and break, parts and servers that are killed and stopped, full disks, clocks that are an
# hour off, a site and a central that are put back from backups. At the end: every reading once and equal at both ends, every command
# written at most once, none late, its end known at both ends, and journals that are whole.
#
# One seed each time, which is printed. TORTURE_SEED=N gives it, TORTURE_SECONDS=N says for how long (60): script/torture does both.
# BUILD names the build folder (default: build).

setup() {
    load torture
    [ -c /dev/net/tun ] && [ "$(id -u)" = 0 ] || skip "NOT TESTED: no /dev/net/tun, or not root"
    begin_torture
}

teardown() { [ -z "${MEMBERS:-}" ] || end_torture; }

# ask_some: a command at central for one of the sites, with a value that never comes twice; what was asked, and when, is in $MEMBERS/asked.
number=0
ask_some() {
    local site priority lives holds id value=$((++number))
    site=$(pick macau klcc) priority=$(pick 8 12) lives=$((3 + RANDOM % 20))
    holds=$(pick null "'$((2 + RANDOM % 5)) s'")
    value=$(printf '%d.%02d' $((1 + number / 100)) $((number % 100)))
    id=$(at_central "insert into write_commands (site_id, point_id, command_type, value, priority, created_by, release_after, expires_at)
                     select '$site', point_id, 'write_value', $value, $priority, 'test', $holds, clock_timestamp() + interval '$lives s'
                       from point where site_id = '$site' and object_type = 'analog-output' and units = 'percent' order by md5(point_id::text || '$number') limit 1 returning id" 2>>"$MEMBERS/refused" | head -1) || return 0
    [ -z "$id" ] || echo "$site $id $value $priority $(date +%s.%N) $lives" >>"$MEMBERS/asked"
}

# lines_not_in A B: how many lines of file A are not in B, both sorted.
lines_not_in() { LC_ALL=C comm -23 "$1" "$2" | wc -l; }

@test "two sites and a central in every trouble: each reading once at both ends, each command at most once and never late, whole journals" {
    seed=${TORTURE_SEED:-$RANDOM}
    seconds=${TORTURE_SECONDS:-60}
    echo "seed $seed"
    RANDOM=$seed
    kinds=(line line cut cut both-cut kill-site kill-site kill-site stop-site stop-site kill-central kill-central stop-central kill-all full clock)
    PATIENCE=120
    for site in macau klcc; do
        at_member "$site" "update point set writable = true where object_type = 'analog-output' and units = 'percent'"
        at_member "$site" "update command_source set enabled = true, rate_per_minute = 6000 where name = 'central'"
        until_central "count(*) > 0 from sensor_readings where site_id = '$site'"
        until_central "count(*) > 0 from point where site_id = '$site' and writable"
    done
    : >"$MEMBERS/asked"
    begun=$SECONDS misfortunes=0 at=0
    # Of both at once there would be readings that nobody has any more.
    story=(20:keep-site 45:give-back-site 60:keep-central 80:give-back-central)
    while [ $((SECONDS - begun)) -lt "$seconds" ] || [ $at -lt ${#story[@]} ]; do
        ask_some
        kind=$(pick "${kinds[@]}")
        past=$(((SECONDS - begun) * 100 / seconds))
        if [ $at -lt ${#story[@]} ] && [ $past -ge "${story[at]%:*}" ]; then
            kind=${story[at]#*:}
            at=$((at + 1))
            case $kind in
            keep-site) keep macau ;;
            give-back-site)
                rows_at central macau "$MEMBERS/had" # what central has got is never lost, whatever becomes of the site
                give_back macau
                ;;
            keep-central) keep central ;;
            give-back-central) give_back central ;;
            esac
        else
            misfortune "$kind" >>"$MEMBERS/misfortunes" 2>&1 || true
        fi
        echo "$(date +%T) $kind" >>"$MEMBERS/story"
        misfortunes=$((misfortunes + 1))
    done
    all_is_well
    # What is on its way arrives.
    for site in macau klcc; do until_member "$site" "count(*) = 0 from write_commands where status in ('pending', 'executing')"; done
    until_central "count(*) = 0 from write_commands where status in ('pending', 'executing')"
    for site in macau klcc; do
        # No more is read; what was is stored, framed and sent.
        at_member "$site" "update point set enabled = false"
        until_member "$site" "max(time) < clock_timestamp() - interval '8 s' from sensor_readings where time < clock_timestamp() + interval '1 min'"
        until_member "$site" "entries = 0 from link_backlog('$site')"
        until_central "bool_and(a.applied_seq = c.received_seq) from uplink_cursor c join uplink_applied a using (site_id, epoch) where site_id = '$site'"
        rows_at "$site" "$site" "$MEMBERS/$site.there"
        rows_at central "$site" "$MEMBERS/$site.here"
        echo "# $site: $(wc -l <"$MEMBERS/$site.there") readings there, $(wc -l <"$MEMBERS/$site.here") at central" >&3
        [ "$(wc -l <"$MEMBERS/$site.there")" -gt 100 ]
        [ "$(lines_not_in "$MEMBERS/$site.there" "$MEMBERS/$site.here")" = 0 ]
        [ "$(cut -f 1,2 "$MEMBERS/$site.here" | uniq -d | wc -l)" = 0 ]
    done
    [ "$(lines_not_in "$MEMBERS/had" "$MEMBERS/macau.here")" -eq 0 ]
    [ "$(lines_not_in "$MEMBERS/klcc.here" "$MEMBERS/klcc.there")" = 0 ] # it never was another
    [ "$(at_central "select count(*) from uplink_quarantine")" = 0 ]
    # Commands: on the wire at most once, never later than their life, and their end is the same at both ends.
    while read -r site id value priority at lives; do
        times=$(jq -s --argjson value "$value" --argjson priority "$priority" '[.[] | select(.priority == $priority and .value != null and ((.value - $value) | fabs) < 0.0005)] | length' "$MEMBERS/$site.writes")
        late=$(jq -s --argjson value "$value" --argjson priority "$priority" --argjson latest "$(jq -n "$at + $lives + 2")" '[.[] | select(.priority == $priority and .value != null and ((.value - $value) | fabs) < 0.0005 and .at > $latest)] | length' "$MEMBERS/$site.writes")
        echo "$site $id $value $times $late $(at_central "select status || ' ' || coalesce(verdict, '-') from write_commands where id = '$id'") | $(at_member "$site" "select status || ' ' || coalesce(verdict, '-') from write_commands where id = '$id'")"
    done <"$MEMBERS/asked" >"$MEMBERS/outcome"
    echo "# seed $seed: $misfortunes misfortunes, $(wc -l <"$MEMBERS/asked") commands asked, $(awk '$4 == 1' "$MEMBERS/outcome" | wc -l) written" >&3
    cat "$MEMBERS/story" "$MEMBERS/outcome"
    [ "$(awk '$4 > 1' "$MEMBERS/outcome" | wc -l)" = 0 ]
    [ "$(awk '$5 > 0' "$MEMBERS/outcome" | wc -l)" = 0 ]
    [ "$(awk '$4 == 0 && $6 == "completed"' "$MEMBERS/outcome" | wc -l)" = 0 ]
    [ "$(awk '$4 > 0 && ($6 == "expired" || $6 == "cancelled" || $6 == "refused" || $7 == "not-sent")' "$MEMBERS/outcome" | wc -l)" = 0 ]
    [ $misfortunes -ge 5 ]
    for site in macau klcc; do
        as_members "$BACPIPES" audit verify --data "$MEMBERS/$site" --site "$site"
        # What central has of a life that the site, put back, knows nothing of any more is nothing wrong, and it knows the site's key by itself.
        as_members "$BACPIPES" audit verify --data "$MEMBERS/central" --site "$site"
        as_members "$BACPIPES" audit verify --data "$MEMBERS/central" --site "$site" --key "$MEMBERS/$site/journal.pub"
        [ "$(as_members "$BACPIPES" audit verify --data "$MEMBERS/central" --site "$site" --json | jq -r '.keys[]')" = "$(cat "$MEMBERS/$site/journal.pub")" ]
    done
}
