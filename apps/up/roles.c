#include "apps/up/up.h"
#include "base/log.h"
#include "base/time.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_DEMO_PORT = 47808, DEMO_PORTS_TRIED = 100 };

/* ---- the site in the database ---- */

static BpStatus set(Up *up, const char *name, const char *value, BpError *err)
{
    const PgValue values[] = {pg_text(bp_str(up->site)), pg_text(bp_str(name)), pg_text(bp_str(value)),
                              pg_text(bp_str("bacpipes up"))};
    return up_query(up, SQL_UPSERT_SETTING, values, 4, err);
}

static BpStatus describe_site(Up *up, BpError *err)
{
    char port[16], sql[160];
    const char *reader;
    const PgValue site = pg_text(bp_str(up->site));
    BpStatus status = up_query(up, SQL_UPSERT_SITE, &site, 1, err);
    if (status == BP_OK)
        status = up_describe_broker(up, err);
    if (status == BP_OK)
        status = up_secret(up, "postgresql_reader", &reader, err);
    if (status == BP_OK) {
        const int size = snprintf(sql, sizeof sql, "alter role bacpipes_reader login password '%s'",
                                  reader); /* hexadecimal digits */
        status = up_query_text(up, (BpStr){sql, (size_t)size}, err);
    }
    if (status != BP_OK || !up->is_demo)
        return status;
    snprintf(port, sizeof port, "%d", (int)up->demo_port);
    if ((status = set(up, "bacnet.address", "127.0.0.1", err)) == BP_OK &&
        (status = set(up, "bacnet.broadcast", "127.255.255.255", err)) == BP_OK)
        status = set(up, "bacnet.port", port, err);
    return status;
}

/* ---- roles ---- */

static Part *add_role(Up *up, const char *role)
{
    Part *part = up_add_part(up, role, NULL, SIGTERM);
    part_argument(part, role); /* its name in a list of processes */
    part_argument(part, role);
    return part;
}

static void give_configuration(Up *up, Part *part)
{
    part_argument(part, "--config");
    part_argument(part, up_path(up, "bacpipes.conf"));
}

static BpStatus migrate(Up *up, BpError *err)
{
    const char *const arguments[] = {"migrate", "migrate", "--config", up_path(up, "bacpipes.conf"), NULL};
    const BpStatus status = up_run(up, "migrate", NULL, arguments, err);
    if (status == BP_OK)
        up_say(up, "the tables are up to date");
    return status;
}

/* The port that the simulated devices had the last time: it is part of their addresses. */
static BpStatus choose_demo_port(Up *up, BpError *err)
{
    const char *path = up_path(up, "demo.port");
    char text[16] = "";
    int before = 0;
    FILE *file = fopen(path, "re");
    if (file && fgets(text, sizeof text, file))
        before = (int)strtol(text, NULL, 10);
    if (file)
        fclose(file);
    const int first = before > 0 && before < 65000 ? before : FIRST_DEMO_PORT;
    for (int port = first; port < first + DEMO_PORTS_TRIED; port++)
        if (up_udp_port_is_free("127.0.0.1", port) && up_udp_port_is_free("127.66.0.1", port)) {
            snprintf(text, sizeof text, "%d\n", port);
            up->demo_port = port;
            return up_write_file(path, bp_str(text), err);
        }
    return bp_fail(err, BP_UNAVAILABLE, "no UDP port from %d on is free for the simulated building", first);
}

static BpStatus start_demo(Up *up, BpError *err)
{
    char text[32];
    Part *part = add_role(up, "sim");
    snprintf(text, sizeof text, "%d", (int)up->demo_port);
    part_argument(part, "--port");
    part_argument(part, bp_arena_text(&up->arena, bp_str(text)));
    snprintf(text, sizeof text, "%d", (int)up->points);
    part_argument(part, "--points");
    part_argument(part, bp_arena_text(&up->arena, bp_str(text)));
    const BpStatus status = part_start(part, err);
    if (status == BP_OK)
        up_say(up, "a simulated building of %d points is on 127.66.0.1 and following, UDP port %d",
               (int)up->points, (int)up->demo_port);
    return status;
}

BpStatus up_start_roles(Up *up, BpError *err)
{
    BpStatus status = migrate(up, err);
    if (status == BP_OK && up->is_demo)
        status = choose_demo_port(up, err);
    if (status == BP_OK)
        status = describe_site(up, err);
    if (status == BP_OK && up->is_demo)
        status = start_demo(up, err);
    static const char *const roles[] = {"ingest", "collect"};
    for (size_t i = 0; status == BP_OK && i < 2; i++) {
        Part *part = add_role(up, roles[i]);
        give_configuration(up, part);
        status = part_start(part, err);
    }
    return status;
}
