/* The simulated building: what it is, its past, and the port that its devices and the collector meet at. */
#include "apps/up/up.h"
#include "base/parse.h"
#include "base/time.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS "127.66.0.1"
enum { FIRST_PORT = 47808, PORTS_TRIED = 100, PORT_LARGEST = 65000 };
static const int64_t TELL_EVERY_US = 5 * BP_SECOND;

/* ---- its port ---- */

/* Writes down the first port from `first` on that both the simulated devices and the collector can have. */
static BpStatus find_port(Up *up, int64_t first, BpError *err)
{
    for (int64_t port = first; port < first + PORTS_TRIED && port <= UINT16_MAX; port++)
        if (up_udp_port_is_free("127.0.0.1", port) && up_udp_port_is_free(ADDRESS, port)) {
            char line[sizeof up->building.port_text + 1];
            up->building.port = port;
            snprintf(up->building.port_text, sizeof up->building.port_text, "%d", (int)port);
            snprintf(line, sizeof line, "%s\n", up->building.port_text);
            return up_write_file(up_path(up, "demo.port"), bp_str(line), err);
        }
    return bp_fail(err, BP_UNAVAILABLE, "no UDP port from %d on is free for the simulated building",
                   (int)first);
}

/* The port that the simulated devices had the last time: it is part of their addresses. */
static BpStatus choose_port(Up *up, BpError *err)
{
    char text[16];
    int64_t before;
    const BpStatus status = up_read_line(up_path(up, "demo.port"), text, sizeof text, err);
    if (status != BP_OK && status != BP_NOT_FOUND)
        return status;
    if (status != BP_OK || bp_parse_i64(bp_str(text), 1, PORT_LARGEST, &before, NULL) != BP_OK)
        before = FIRST_PORT;
    return find_port(up, before, err);
}

/* ---- its past ---- */

static void on_past(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Up *up = context;
    char time[BP_TIME_TEXT_MAX];
    up->building.has_past = status == BP_OK && !pg_is_null(rows, 0, 0);
    if (up->building.has_past)
        (void)bp_str_copy(bp_str(bp_time_format(pg_get_integer(rows, 0, 0) * BP_SECOND, 0, time)),
                          up->building.since_text, sizeof up->building.since_text);
    up_answered(up, status, rows, err);
}

/* What it is made of, as table past has it. */
static const char *made_of(Up *up)
{
    json_auto_t *made = json_pack("{s:I, s:I, s:s*}", "points", (json_int_t)up->wish.points, "seed",
                                  (json_int_t)up->wish.seed, "climate", up->wish.climate);
    char *text = json_dumps(made, JSON_COMPACT);
    const char *result = bp_arena_text(&up->arena, bp_str(text));
    free(text);
    return result;
}

/* Nobody measured what is shown, and it has a past before its first reading. One that is to join a central
 * has no readings in it: what goes there was read. */
static BpStatus begin_past(Up *up, BpError *err)
{
    const PgValue site = pg_text(bp_str(up->wish.site));
    const PgValue marked[] = {site, pg_text(bp_str(up->wish.climate))};
    BP_TRY(up_query(up, SQL_MARK_SIMULATED, marked, 2, err));
    if (up->wish.has_no_past)
        return BP_OK;
    const PgValue values[] = {site, pg_text(bp_str(made_of(up))), pg_integer(up->wish.points), pg_null(),
                              pg_bool(!up->wish.join_file)};
    up_request(up, SQL_BEGIN_PAST, values, 5, on_past);
    BP_TRY(up_wait_for_answer(up, err));
    if (!up->building.has_past)
        up_say(up, "the site has a history of its own: no past is laid before it (one in another folder, "
                   "with --data, begins with one)");
    return BP_OK;
}

/* ---- what it is ---- */

/* Of a file of the folder: a building stays the one it was. Another size, or another climate, would be
 * another building with the same names, whose registers jump. */
static BpStatus keep(Up *up, const char *what, const char *wanted, const char *usual, const char **ret_kept,
                     BpError *err)
{
    char before[64];
    const char *path = up_path(up, "demo.%s", what);
    const BpStatus status = up_read_line(path, before, sizeof before, err);
    if (status != BP_OK && status != BP_NOT_FOUND)
        return status;
    if (status == BP_OK && *before) {
        if (wanted && strcmp(before, wanted) != 0)
            up_warn("the building in this folder has %s %s, and keeps that; another one is begun in another "
                    "folder, "
                    "with --data",
                    what, before);
        *ret_kept = bp_arena_text(&up->arena, bp_str(before));
        return BP_OK;
    }
    *ret_kept = wanted ? wanted : usual;
    char line[80];
    snprintf(line, sizeof line, "%s\n", *ret_kept);
    return up_write_file(path, bp_str(line), err);
}

static BpStatus keep_number(Up *up, const char *what, int64_t usual, int64_t largest, int64_t *number,
                            BpError *err)
{
    char wanted[24], otherwise[24];
    const char *kept;
    snprintf(wanted, sizeof wanted, "%d", (int)*number);
    snprintf(otherwise, sizeof otherwise, "%d", (int)usual);
    BP_TRY(keep(up, what, *number ? wanted : NULL, otherwise, &kept, err));
    if (bp_parse_i64(bp_str(kept), 1, largest, number, err) != BP_OK)
        return bp_within(err, "%s", up_path(up, "demo.%s", what));
    return BP_OK;
}

/* Which climates there are is the simulation's to know, before a wrong one is kept. */
static BpStatus check_climate(Up *up, BpError *err)
{
    const char *const arguments[] = {"sim", "sim",       "--list",         "--points",
                                     "1",   "--climate", up->wish.climate, NULL};
    return up->wish.climate && up_run(up, "sim", NULL, arguments, err) != BP_OK ? BP_INVALID : BP_OK;
}

static BpStatus keep_what_it_is(Up *up, BpError *err)
{
    BP_TRY(check_climate(up, err));
    BP_TRY(keep_number(up, "points", UP_POINTS, UP_POINTS_MAX, &up->wish.points, err));
    BP_TRY(keep_number(up, "seed", 1, INT32_MAX, &up->wish.seed, err));
    return keep(up, "climate", up->wish.climate, "lisbon", &up->wish.climate, err);
}

BpStatus up_keep_building(Up *up, BpError *err)
{
    BP_TRY(choose_port(up, err));
    return keep_what_it_is(up, err);
}

static BpStatus set(Up *up, const char *name, const char *value, BpError *err)
{
    const PgValue values[] = {pg_text(bp_str(up->wish.site)), pg_text(bp_str(name)), pg_text(bp_str(value)),
                              pg_text(bp_str("bacpipes up"))};
    return up_query(up, SQL_UPSERT_SETTING, values, 4, err);
}

BpStatus up_describe_building(Up *up, BpError *err)
{
    BP_TRY(begin_past(up, err));
    BP_TRY(set(up, "bacnet.address", "127.0.0.1", err));
    BP_TRY(
        set(up, "points.writable", "true", err)); /* as they are found: who says otherwise later is heard */
    BP_TRY(set(up, "bacnet.broadcast", "127.255.255.255", err));
    return set(up, "bacnet.port", up->building.port_text, err);
}

/* ---- the devices ---- */

static void tell_port(void *owner);

static void on_port_told(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Up *up = context;
    (void)rows;
    if (status == BP_OK || up->end.is_near)
        return;
    up_warn("telling the collector the new port: %s; trying again", err->text);
    if (!up->building.timer)
        up->building.timer = loop_timer_new(up->loop, tell_port, up);
    loop_timer_set(up->building.timer, loop_now_us(up->loop) + TELL_EVERY_US);
}

/* The collector hears of it by the database. */
static void tell_port(void *owner)
{
    Up *up = owner;
    const PgValue values[] = {pg_text(bp_str(up->wish.site)), pg_text(bp_str("bacnet.port")),
                              pg_text(bp_str(up->building.port_text)), pg_text(bp_str("bacpipes up"))};
    if (!up->database.pg)
        return; /* we are stopping */
    pg_request(up->database.pg, SQL_UPSERT_SETTING, values, 4, on_port_told, up);
}

/* Before each start. Who has sat down at the port meanwhile, as another site's building may, keeps it. Only
 * the devices' address is looked at: the other one is our collector's. */
static BpStatus prepare(Up *up, BpError *err)
{
    const int64_t before = up->building.port;
    if (up_udp_port_is_free(ADDRESS, before))
        return BP_OK;
    const BpStatus status = find_port(up, before < PORT_LARGEST ? before + 1 : FIRST_PORT, err);
    if (status != BP_OK)
        return status;
    up_warn("UDP port %d is taken by another program: the simulated building is on %d from now on",
            (int)before, (int)up->building.port);
    tell_port(up);
    return BP_OK;
}

BpStatus up_start_building(Up *up, BpError *err)
{
    char text[32];
    Part *part = up_add_role(up, "sim", prepare);
    part_argument(part, "--port");
    part_argument(part, up->building.port_text); /* as it is by then */
    snprintf(text, sizeof text, "%d", (int)up->wish.points);
    part_argument(part, "--points");
    part_argument(part, bp_arena_text(&up->arena, bp_str(text)));
    snprintf(text, sizeof text, "%d", (int)up->wish.seed);
    part_argument(part, "--seed");
    part_argument(part, bp_arena_text(&up->arena, bp_str(text)));
    part_argument(part, "--climate");
    part_argument(part, up->wish.climate);
    part_argument(part, "--state");
    part_argument(part, up_path(up, "sim.state"));
    if (*up->building.since_text) {
        part_argument(part, "--since");
        part_argument(part, up->building.since_text);
    }
    BP_TRY(part_start(part, err));
    up_say(up, "a simulated building of %d points is on " ADDRESS " and following, UDP port %s",
           (int)up->wish.points, up->building.port_text);
    return BP_OK;
}

void up_end_building(Up *up)
{
    loop_timer_free(up->building.timer);
    up->building.timer = NULL;
}
