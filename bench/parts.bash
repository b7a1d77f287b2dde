# What a running site consists of, for benches that watch one. $up is the process of `bacpipes up`.
# shellcheck shell=bash disable=SC2154

# Every process below $1, one a line.
descendants() {
    local child
    for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
        echo "$child"
        descendants "$child"
    done
}

# "ROLE PID" of each process of the site: the role for ours, the program's name for the others.
parts() {
    local pid words
    echo "up $up"
    for pid in $(descendants "$up"); do
        words=$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") || continue
        set -- $words
        case "${1##*/}" in
        postgres*) echo "postgresql $pid" ;;
        mosquitto) echo "mosquitto $pid" ;;
        *) echo "${1##*/} $pid" ;;
        esac
    done
}

# Pages in memory that are no other process's: what a process costs on its own.
private_kb() {
    awk '/^(Private_Clean|Private_Dirty|Private_Hugetlb):/ { sum += $2 } END { print sum + 0 }' "/proc/$1/smaps_rollup" 2>/dev/null || echo 0
}
