#include "apps/up/up.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- the site in the database ---- */

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
    if (up->wish.is_central)
        return BP_OK;
    BP_TRY(up_describe_broker(up, err));
    BP_TRY(up_find_broker(up, err));
    if (up->wish.is_simulated)
        return up_describe_building(up, err);
    if (access(up_path(up, "demo.points"), F_OK) == 0)
        up_warn(
            "this folder is of a simulated building: its site is marked so, and its collector looks for that "
            "building; a site of yours begins in another folder, with --data");
    return BP_OK;
}

/* ---- roles ---- */

Part *up_add_role(Up *up, const char *role, BpStatus (*prepare)(Up *up, BpError *err))
{
    Part *part = up_add_part(
        up, &(UpPartOptions){
                .name = role, .stop_signal = SIGTERM, .ends = strcmp(role, "past") == 0, .prepare = prepare});
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

bool up_has_role(const char *role)
{
    static const char *const names[] = {
#define ROLE(name, run, summary) name,
#include "apps/roles.def"
#undef ROLE
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], role) == 0)
            return true;
    return false;
}

BpStatus up_start_role(Up *up, const char *role, BpError *err)
{
    Part *part = up_add_role(up, role, NULL);
    part_argument(part, "--config");
    part_argument(part, up_path(up, "bacpipes.conf"));
    return part_start(part, err);
}

BpStatus up_describe_site(Up *up, BpError *err)
{
    BP_TRY(migrate(up, err));
    if (up->wish.is_central)
        BP_TRY(up_close_central(up, err));
    if (up->wish.is_simulated)
        BP_TRY(up_keep_building(up, err));
    BP_TRY(let_reader_in(up, err));
    return describe(up, err);
}

BpStatus up_start_roles(Up *up, BpError *err)
{
    if (up->wish.is_central)
        return up_has_role("central") ? up_start_role(up, "central", err) : BP_OK;
    if (up->wish.is_simulated)
        BP_TRY(up_start_building(up, err));
    BP_TRY(up_start_role(up, "ingest", err));
    BP_TRY(up_start_role(up, "collect", err));
    return up->building.has_past ? up_start_role(up, "past", err) : BP_OK;
}
