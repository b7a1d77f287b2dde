#include "apps/up/up.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/time.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define DEMO_ADDRESS "127.66.0.1"
enum { FIRST_DEMO_PORT = 47808, DEMO_PORTS_TRIED = 100, DEMO_PORT_LARGEST = 65000 };
static const int64_t TELL_EVERY_US = 5 * BP_SECOND;

/* ---- the site in the database ---- */

static BpStatus set(Up *up, const char *name, const char *value, BpError *err)
{
    const PgValue values[] = {pg_text(bp_str(up->wish.site)), pg_text(bp_str(name)), pg_text(bp_str(value)),
                              pg_text(bp_str("bacpipes up"))};
    return up_query(up, SQL_UPSERT_SETTING, values, 4, err);
}

/* The last thing that takes a superuser: from then on `up` is who owns the tables. Passwords in a database of
 * the operator's are his. */
static BpStatus let_reader_in(Up *up, BpError *err)
{
    char sql[160];
    const char *reader;
    if (up->database.is_yours)
        return up_join_database(up, false, err);
    BP_TRY(up_secret(up, "postgresql_reader", &reader, err));
    const int size = snprintf(sql, sizeof sql, "alter role bacpipes_reader login password '%s'",
                              reader); /* hexadecimal digits */
    BP_TRY(up_query_text(up, (BpStr){sql, (size_t)size}, err));
    return up_connect_database(up, "bacpipes", "bacpipes_owner", err);
}

static BpStatus describe(Up *up, BpError *err)
{
    const PgValue site = pg_text(bp_str(up->wish.site));
    BP_TRY(up_query(up, SQL_UPSERT_SITE, &site, 1, err));
    BP_TRY(up_describe_broker(up, err));
    BP_TRY(up_find_broker(up, err));
    if (!up->wish.is_demo)
        return BP_OK;
    BP_TRY(set(up, "bacnet.address", "127.0.0.1", err));
    BP_TRY(
        set(up, "points.writable", "true", err)); /* as they are found: who says otherwise later is heard */
    BP_TRY(set(up, "bacnet.broadcast", "127.255.255.255", err));
    return set(up, "bacnet.port", up->demo.port_text, err);
}

/* ---- roles ---- */

static Part *add_role(Up *up, const char *role, BpStatus (*prepare)(Up *up, BpError *err))
{
    Part *part = up_add_part(up, &(UpPartOptions){.name = role, .stop_signal = SIGTERM, .prepare = prepare});
    part_argument(part, role); /* its name in a list of processes */
    part_argument(part, role);
    return part;
}

static BpStatus migrate(Up *up, BpError *err)
{
    const char *const arguments[] = {"migrate", "migrate", "--config", up_path(up, "bacpipes.conf"), NULL};
    const BpStatus status = up_run(up, "migrate", NULL, arguments, err);
    if (status == BP_OK)
        up_say(up, "the tables are up to date");
    return status;
}

/* Writes down the first port from `first` on that both the simulated devices and the collector can have. */
static BpStatus find_demo_port(Up *up, int64_t first, BpError *err)
{
    for (int64_t port = first; port < first + DEMO_PORTS_TRIED && port <= UINT16_MAX; port++)
        if (up_udp_port_is_free("127.0.0.1", port) && up_udp_port_is_free(DEMO_ADDRESS, port)) {
            char line[sizeof up->demo.port_text + 1];
            up->demo.port = port;
            snprintf(up->demo.port_text, sizeof up->demo.port_text, "%d", (int)port);
            snprintf(line, sizeof line, "%s\n", up->demo.port_text);
            return up_write_file(up_path(up, "demo.port"), bp_str(line), err);
        }
    return bp_fail(err, BP_UNAVAILABLE, "no UDP port from %d on is free for the simulated building",
                   (int)first);
}

/* The port that the simulated devices had the last time: it is part of their addresses. */
static BpStatus choose_demo_port(Up *up, BpError *err)
{
    char text[16];
    int64_t before;
    const BpStatus status = up_read_line(up_path(up, "demo.port"), text, sizeof text, err);
    if (status != BP_OK && status != BP_NOT_FOUND)
        return status;
    if (status != BP_OK || bp_parse_i64(bp_str(text), 1, DEMO_PORT_LARGEST, &before, NULL) != BP_OK)
        before = FIRST_DEMO_PORT;
    return find_demo_port(up, before, err);
}

static void tell_demo_port(void *owner);

static void on_demo_port_told(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Up *up = context;
    (void)rows;
    if (status == BP_OK || up->end.is_near)
        return;
    up_warn("telling the collector the new port: %s; trying again", err->text);
    if (!up->demo.timer)
        up->demo.timer = loop_timer_new(up->loop, tell_demo_port, up);
    loop_timer_set(up->demo.timer, loop_now_us(up->loop) + TELL_EVERY_US);
}

/* The collector hears of it by the database. */
static void tell_demo_port(void *owner)
{
    Up *up = owner;
    const PgValue values[] = {pg_text(bp_str(up->wish.site)), pg_text(bp_str("bacnet.port")),
                              pg_text(bp_str(up->demo.port_text)), pg_text(bp_str("bacpipes up"))};
    if (!up->database.pg)
        return; /* we are stopping */
    pg_request(up->database.pg, SQL_UPSERT_SETTING, values, 4, on_demo_port_told, up);
}

/* Before each start. Who has sat down at the port meanwhile, as another site's building may, keeps it. Only
 * the devices' address is looked at: the other one is our collector's. */
static BpStatus prepare_demo(Up *up, BpError *err)
{
    const int64_t before = up->demo.port;
    if (up_udp_port_is_free(DEMO_ADDRESS, before))
        return BP_OK;
    const BpStatus status =
        find_demo_port(up, before < DEMO_PORT_LARGEST ? before + 1 : FIRST_DEMO_PORT, err);
    if (status != BP_OK)
        return status;
    up_warn("UDP port %d is taken by another program: the simulated building is on %d from now on",
            (int)before, (int)up->demo.port);
    tell_demo_port(up);
    return BP_OK;
}

static BpStatus start_demo(Up *up, BpError *err)
{
    char text[32];
    Part *part = add_role(up, "sim", prepare_demo);
    part_argument(part, "--port");
    part_argument(part, up->demo.port_text); /* as it is by then */
    snprintf(text, sizeof text, "%d", (int)up->wish.points);
    part_argument(part, "--points");
    part_argument(part, bp_arena_text(&up->arena, bp_str(text)));
    BP_TRY(part_start(part, err));
    up_say(up, "a simulated building of %d points is on " DEMO_ADDRESS " and following, UDP port %s",
           (int)up->wish.points, up->demo.port_text);
    return BP_OK;
}

static BpStatus start_role(Up *up, const char *role, BpError *err)
{
    Part *part = add_role(up, role, NULL);
    part_argument(part, "--config");
    part_argument(part, up_path(up, "bacpipes.conf"));
    return part_start(part, err);
}

BpStatus up_describe_site(Up *up, BpError *err)
{
    BP_TRY(migrate(up, err));
    if (up->wish.is_demo)
        BP_TRY(choose_demo_port(up, err));
    BP_TRY(let_reader_in(up, err));
    return describe(up, err);
}

BpStatus up_start_roles(Up *up, BpError *err)
{
    if (up->wish.is_demo)
        BP_TRY(start_demo(up, err));
    BP_TRY(start_role(up, "ingest", err));
    return start_role(up, "collect", err);
}

void up_end_roles(Up *up)
{
    loop_timer_free(up->demo.timer);
    up->demo.timer = NULL;
}
