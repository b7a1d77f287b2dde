#!/usr/bin/env bats
# What a person sees while parts of the site die, in a browser, on a site of its own. BUILD names the build folder (default: build).

load site

setup_file() { begin_site; }
teardown_file() { end_site; }

@test "web, database, broker and collector die: it is said, and all comes back by itself" { UP_PID=$(cat "$BATS_FILE_TMPDIR/up.pid") spec away; }
