#!/usr/bin/env bats
# A person can use it: Debian's Chromium on a running demo. Pictures of every screen stay in build/screenshots. BUILD names the build
# folder (default: build).

load site

setup_file() { begin_site; }
teardown_file() { end_site; }

@test "a one-time link, a wrong password, a session that ends, logging out, what is not offered" { spec login; }
@test "by keyboard alone, connection lost, preferences that come along, addresses that lead nowhere" { spec frame; }
@test "every screen: axe finds nothing serious, it fits a phone and longer words, and has its picture" { spec screens; }
@test "writing: what would happen, each step to the verdict, released; a slot in the way, limits, roles" { spec write; }
@test "overrides, commands, audit and the building: found, released, looked into, proven" { spec record; }
@test "points: found, filtered, edited in place and in bulk, by two at once, by keys, as views and CSV" { spec points; }
@test "numbers: typed by keys with comma or point; what is none is refused in words" { spec number; }
@test "the building says what is held; what is not there offers a way on" { spec building; }
@test "what is offered is what one may do, whole to read, and large enough for a finger" { spec offered; }
