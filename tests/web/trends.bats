#!/usr/bin/env bats
# Charts of a building with a year behind it: Debian's Chromium on a running demo. BUILD names the build folder (default: build).

load site

setup_file() { PAST=1 POINTS=60 begin_site; }
teardown_file() { end_site; }

@test "a point is found and its year charted; overlays, raw, keys, pictures, CSV; nothing jumps; axe" { spec trends; }
