# A server of a test, which is asked once it is there. Load it with: load ready
# shellcheck shell=bash

# begin_server LOG COMMAND...: in the background, and waits until LOG says that it is ready, or that it listens. Fails when it ends before, or
# says nothing for two minutes. Its process is $! then; its standard input is the caller's (a fifo, for who takes words).
begin_server() {
    local log=$1 until=$((SECONDS + 120))
    shift
    : >"$log" # what another one said is no sign of this one
    "$@" <&0 >"$log" 2>&1 3>&- &
    until grep -q 'ready\|Capturing' "$log"; do
        kill -0 $! 2>/dev/null && [ $SECONDS -lt $until ] || { echo "it does not get ready: $*"; cat "$log"; kill $! 2>/dev/null; return 1; }
        sleep 0.05
    done
}
