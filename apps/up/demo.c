/* The demo: a central, and beside it two sites of simulated buildings, each an `up` of its own in a folder
 * below the data folder, invited and joined here. Their past is laid at central by the same simulation, since
 * what they send was read there. */
#include "apps/up/up.h"
#include "base/parse.h"
#include "base/time.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SITES = 2, POINTS = 250, NAME_MAX_SIZE = 32 };
/* A new one makes a database, and two at once would take each other's ports. */
static const int64_t READY_PATIENCE_US = 3 * BP_MINUTE, STOP_PATIENCE_US = 90 * BP_SECOND,
                     ANSWER_PATIENCE_US = 20 * BP_SECOND;

typedef struct DemoSite {
    const char *site, *name, *climate, *seed, *web;
} DemoSite;
static const DemoSite sites[SITES] = {
    {"macau", "Macau", "macau", "1", "web.listen=127.0.0.1:8081"},
    {"klcc", "Kuala Lumpur", "kuala-lumpur", "2", "web.listen=127.0.0.1:8082"},
};

static char *path_in(Up *up, const DemoSite *demo, const char *name)
{
    return up_path(up, "sites/%s/%s", demo->site, name);
}

/* ---- invited ---- */

static bool has_joined(Up *up, const DemoSite *demo)
{
    return access(path_in(up, demo, "link/link.json"), F_OK) == 0;
}

/* Central makes the file with which the site joins it. One by which it did not join is made anew: it lives 7
 * days.
 */
static BpStatus invite(Up *up, const DemoSite *demo, BpError *err)
{
    const char *file = up_path(up, "sites/%s.join", demo->site);
    const char *const arguments[] = {"site",     "site",     "add",      demo->site,
                                     "--name",   demo->name, "--config", up_path(up, "bacpipes.conf"),
                                     "--output", file,       "--again",  NULL};
    (void)unlink(file);
    return up_run(up, "site", NULL, arguments, err);
}

/* ---- running ---- */

static void add_part(Up *up, const DemoSite *demo)
{
    Part *part = up_add_part(up, &(UpPartOptions){.name = demo->site, .stop_signal = SIGTERM, .is_up = true});
    char points[NAME_MAX_SIZE];
    snprintf(points, sizeof points, "%d", (int)(up->wish.points ? up->wish.points : POINTS));
    const char *const arguments[] = {demo->site,   "up",
                                     "--simulate", "--quiet",
                                     "--data",     up_path(up, "sites/%s", demo->site),
                                     "--site",     demo->site,
                                     "--climate",  demo->climate,
                                     "--seed",     demo->seed,
                                     "--points",   bp_arena_text(&up->arena, bp_str(points)),
                                     "--set",      "database.memory=32MB",
                                     "--set",      demo->web};
    for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++)
        part_argument(part, arguments[i]);
    if (up->wish.has_no_past)
        part_argument(part, "--no-past");
    if (!has_joined(up, demo)) {
        part_argument(part, "--join");
        part_argument(part, up_path(up, "sites/%s.join", demo->site));
    }
}

/* It says so itself. One that does not come up costs the others nothing: it is started again. */
static BpStatus wait_for(Up *up, const DemoSite *demo, BpError *err)
{
    const Part *part = up_find_part(up, demo->site);
    const char *ready = path_in(up, demo, "ready");
    const int64_t until_us = loop_now_us(up->loop) + READY_PATIENCE_US;
    while (!(part_is_running(part) && access(ready, F_OK) == 0 && has_joined(up, demo)))
        if (!up_wait(up, until_us, err))
            return part_is_not_ready(part, err);
    return BP_OK;
}

static void on_state(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Up *up = context;
    const bool is_known = status == BP_OK && pg_row_count(rows) > 0;
    (void)bp_str_copy(is_known ? pg_get_text(rows, 0, 0) : bp_str(""), up->building.site_state,
                      sizeof up->building.site_state);
    up_answered(up, status, rows, err);
}

/* Whether it has joined stands in its own folder; that it was shut out since, central alone knows. */
static BpStatus say_up(Up *up, const DemoSite *demo, BpError *err)
{
    const PgValue site = pg_text(bp_str(demo->site));
    up_request(up, SQL_SELECT_SITE_STATE, &site, 1, on_state);
    BP_TRY(up_wait_for_answer(up, err));
    if (strcmp(up->building.site_state, "joined") == 0)
        up_say(up, "site %s (%s) is up, and has joined", demo->site, demo->name);
    else if (strcmp(up->building.site_state, "retired") == 0)
        up_say(up, "site %s (%s) is up by itself: it was retired, and central takes nothing of it any more",
               demo->site, demo->name);
    else
        up_say(up,
               "site %s (%s) is up by itself: central has shut it out, and a new join file lets it in (site "
               "add %s)",
               demo->site, demo->name, demo->site);
    return BP_OK;
}

static BpStatus start(Up *up, const DemoSite *demo, BpError *err)
{
    BpError why;
    (void)unlink(path_in(up, demo, "ready")); /* one that was killed has left it */
    if (!has_joined(up, demo))
        BP_TRY(invite(up, demo, err));
    add_part(up, demo);
    BP_TRY(part_start(up_find_part(up, demo->site), err));
    if (wait_for(up, demo, &why) == BP_OK)
        return say_up(up, demo, err);
    else if (up->end.is_near)
        return *err = why, why.status;
    else
        up_warn("%s: the others go on without it", why.text);
    return BP_OK;
}

/* ---- its past ---- */

typedef struct SitePast {
    bool is_over, is_there;
    int64_t until_us, points;
    char made_of[256];
} SitePast;

static void on_past(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    SitePast *past = context;
    (void)err;
    past->is_over = true;
    past->is_there = status == BP_OK && pg_row_count(rows) == 1;
    if (!past->is_there)
        return;
    past->until_us = pg_get_time_us(rows, 0, 0);
    past->points = pg_get_integer(rows, 0, 1);
    (void)bp_str_copy(pg_get_text(rows, 0, 2), past->made_of, sizeof past->made_of);
}

/* As the site has it, in its own database. */
static void ask_for_past(Up *up, const DemoSite *demo, SitePast *past)
{
    char folder[UP_PATH_MAX], port[16];
    int64_t number;
    if (up_read_line(path_in(up, demo, "run.folder"), folder, sizeof folder, NULL) != BP_OK)
        snprintf(folder, sizeof folder, "%s", path_in(up, demo, "run"));
    if (up_read_line(path_in(up, demo, "postgresql.port"), port, sizeof port, NULL) != BP_OK ||
        bp_parse_i64(bp_str(port), 1, UINT16_MAX, &number, NULL) != BP_OK)
        return;
    const PgOptions options = {.host = folder,
                               .port = (uint16_t)number,
                               .database = "bacpipes",
                               .user = "bacpipes_owner",
                               .application_name = "bacpipes up"};
    Pg *pg = pg_new(up->loop, &options);
    const PgValue site = pg_text(bp_str(demo->site));
    const int64_t until_us = loop_now_us(up->loop) + ANSWER_PATIENCE_US;
    while (!pg_is_connected(pg) && up_wait(up, until_us, NULL)) {
    }
    pg_request(pg, SQL_SELECT_PAST_BEGUN, &site, 1, on_past, past);
    while (!past->is_over && up_wait(up, until_us, NULL)) {
    }
    pg_free(pg);
}

static void on_begun(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Up *up = context;
    up->building.has_past = up->building.has_past || (status == BP_OK && !pg_is_null(rows, 0, 0));
    up_answered(up, status, rows, err);
}

/* Table `past` of central has the site's, too, and `bacpipes past` lays what is there. */
static BpStatus begin_past(Up *up, const DemoSite *demo, BpError *err)
{
    SitePast past = {0};
    const PgValue site = pg_text(bp_str(demo->site));
    const PgValue marked[] = {site, pg_text(bp_str(demo->climate))};
    BP_TRY(up_query(up, SQL_MARK_SIMULATED, marked, 2, err));
    if (up->wish.has_no_past)
        return BP_OK;
    ask_for_past(up, demo, &past);
    if (!past.is_there)
        return BP_OK; /* it is not up, or has none */
    const PgValue values[] = {site, pg_text(bp_str(past.made_of)), pg_integer(past.points),
                              pg_time(past.until_us), pg_bool(false)};
    up_request(up, SQL_BEGIN_PAST, values, sizeof values / sizeof values[0], on_begun);
    return up_wait_for_answer(up, err);
}

/* ---- all of them ---- */

BpStatus up_start_demo(Up *up, BpError *err)
{
    if (!up->wish.is_demo)
        return BP_OK;
    BP_TRY(up_make_folder(up_path(up, "sites"), err));
    (void)unsetenv("BACPIPES_CONFIG"); /* central's settings are none of theirs */
    for (size_t i = 0; i < SITES; i++)
        BP_TRY(start(up, &sites[i], err));
    for (size_t i = 0; i < SITES; i++)
        BP_TRY(begin_past(up, &sites[i], err));
    return up->building.has_past ? up_start_role(up, "past", err) : BP_OK;
}

void up_stop_demo(Up *up)
{
    for (size_t i = 0; i < up->parts.count; i++)
        if (up->parts.items[i].options.is_up)
            part_end(&up->parts.items[i]); /* at once, and then waited for one by one */
    for (size_t i = 0; i < up->parts.count; i++)
        if (up->parts.items[i].options.is_up)
            part_stop(&up->parts.items[i], STOP_PATIENCE_US);
}
