/* bacpipes control: whether commands are carried out at this site. It is one row of table setting, which the
 * database's gate asks at every command and again right before it is sent: nobody else has to hear of it. */
#include "apps/roles.h"
#include "base/time.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/when.h"
#include "site/person.h"
#include "tool/change.h"
#include "tool/rows.h"
#include "tool/site.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *site;

static const CfgOption options[] = {
    {"site", "SITE", "Of this site. Default: setting site; of a central the only one that it has.",
     .text = &site},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes control",
    .positionals = "[normal|stop|freeze]",
    .positionals_max = 1,
    .summary = "Says whether commands are carried out at this site, or has it go on (normal), take no more "
               "values (stop), or neither values nor releases (freeze). It acts at once, also where the "
               "collector hangs: each command is asked for it again right before it is sent.",
    .options = options,
    .offers_json = true,
    .details =
        "normal  values are written and released\n"
        "stop    values are refused; releases go on, and what is held ends when it should\n"
        "freeze  nothing is written: values and releases are refused, and what is held stays beyond its end\n"
        "It is setting control.mode of the site. --json prints one object: mode, was, text, since, by, "
        "pending, executing,\nholds and holds_that_end.\n"
        "Of a site that is elsewhere its central asks it, and waits a little.\n"
        "Exit codes: 0 so it is now; 1 no such site; 69 the site has not answered yet; 77 it "
        "refuses;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes control\nbacpipes control stop\nbacpipes control normal --json",
};

static const struct {
    const char *mode, *said, *meaning;
} modes[] = {
    {"normal", "normal", "commands are carried out, values and releases"},
    {"stop", "stopped",
     "new values are refused and those that wait are not written; releases go on, and what is held "
     "ends when it should"},
    {"freeze", "frozen",
     "nothing is written: values and releases are refused, and what is held stays, also beyond its "
     "end; `bacpipes control stop` would let it end"},
};
enum { MODES = sizeof modes / sizeof modes[0] };

/* Columns of select_control.sql. */
enum { SINCE, BY, PENDING, EXECUTING, HOLDS, HOLDS_THAT_END };

typedef struct Control {
    BpArena *arena;
    const char *was, *mode; /* was: before it was set */
    int64_t since_us;       /* 0: table setting says nothing, or not when */
    const char *by;
    int64_t pending, executing, holds, holds_that_end;
    ToolChange change; /* where the site is elsewhere, and asked */
} Control;

static void keep(void *context, const PgRows *rows, size_t row)
{
    Control *control = context;
    control->since_us = pg_is_null(rows, row, SINCE) ? 0 : pg_get_time_us(rows, row, SINCE);
    control->by = tool_text_kept(control->arena, rows, row, BY).data;
    control->pending = pg_get_integer(rows, row, PENDING);
    control->executing = pg_get_integer(rows, row, EXECUTING);
    control->holds = pg_get_integer(rows, row, HOLDS);
    control->holds_that_end = pg_get_integer(rows, row, HOLDS_THAT_END);
}

static BpStatus check_mode(const char *mode, BpError *err)
{
    BpNearest nearest = bp_nearest(bp_str(mode));
    for (size_t i = 0; i < MODES; i++) {
        if (strcmp(mode, modes[i].mode) == 0)
            return BP_OK;
        bp_nearest_look(&nearest, modes[i].mode);
    }
    return bp_fail(err, BP_INVALID, "control is normal, stop or freeze, and not \"%s\"%s%s%s", mode,
                   nearest.name ? ": did you mean " : "", nearest.name ? nearest.name : "",
                   nearest.name ? "?" : "");
}

/* A source that sits in a transaction, or whoever has the row locked, is not to keep it from being set: waits
 * a second, ends such sessions of sources, and tries once more. */
static BpStatus set(ToolSite *of, const char *mode, BpError *err)
{
    const PgValue values[] = {tool_site_value(of), pg_text(bp_str("control.mode")), pg_text(bp_str(mode)),
                              pg_text(bp_str(site_person()))};
    BP_TRY(site_database_ask(&of->database, SQL_SET_LOCK_TIMEOUT, NULL, 0, NULL, NULL, err));
    BpStatus status = site_database_ask(&of->database, SQL_UPSERT_SETTING, values, 4, NULL, NULL, err);
    if (status != BP_UNAVAILABLE || !pg_is_connected(of->database.pg))
        return status;
    BP_TRY(site_database_ask(&of->database, SQL_END_IDLE_SOURCES, NULL, 0, NULL, NULL, err));
    status = site_database_ask(&of->database, SQL_UPSERT_SETTING, values, 4, NULL, NULL, err);
    return status != BP_UNAVAILABLE || !pg_is_connected(of->database.pg)
               ? status
               : bp_within(err,
                           "control is not %s: another session of the database holds it up, and view "
                           "pg_stat_activity says whose",
                           mode);
}

static void take_change(void *context, const PgRows *rows, size_t row)
{
    ToolChange *change = context;
    bp_str_copy(pg_get_text(rows, row, 0), change->id, sizeof change->id);
}

static BpStatus ask(ToolSite *of, const char *mode, ToolChange *change, BpArena *arena, BpError *err)
{
    const PgValue values[] = {tool_site_value(of), pg_text(bp_str("control.mode")), pg_text(bp_str(mode))};
    BP_TRY(site_database_ask(&of->database, SQL_ASK_SETTING, values, 3, take_change, change, err));
    return *change->id ? tool_change_wait(&of->database, change, arena, err) : BP_OK;
}

static BpStatus look(ToolSite *of, Control *control, BpError *err)
{
    const PgValue value = tool_site_value(of);
    return site_database_ask(&of->database, SQL_SELECT_CONTROL, &value, 1, keep, control, err);
}

static size_t mode_of(const char *mode)
{
    size_t i = 0;
    while (i + 1 < MODES && strcmp(mode, modes[i].mode) != 0)
        i++;
    return i;
}

static void show(const Control *control)
{
    char since[BP_TIME_TEXT_MAX];
    printf("Control is %s%s: %s.\n", modes[mode_of(control->mode)].said,
           strcmp(control->was, control->mode) != 0 ? " now" : "", modes[mode_of(control->mode)].meaning);
    if (control->since_us && strcmp(control->was, control->mode) == 0)
        printf("Since %s, by %s.\n", say_time(control->since_us, 0, since), control->by);
    if (control->executing)
        printf("%" PRId64
               " %s under way, which nobody calls back: `bacpipes commands` says what comes of it.\n",
               control->executing, control->executing == 1 ? "command is" : "commands are");
    if (control->pending)
        printf("%" PRId64 " %s.\n", control->pending,
               control->pending == 1 ? "command waits" : "commands wait");
    if (control->holds)
        printf("%" PRId64 " %s held, %" PRId64
               " of them until a time: `bacpipes overrides --ours` lists them.\n",
               control->holds, control->holds == 1 ? "value is" : "values are", control->holds_that_end);
}

static void show_json(const Control *control)
{
    char since[BP_TIME_TEXT_MAX];
    say_json_print(
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:o*}", "mode", control->mode, "was",
                  control->was, "text", modes[mode_of(control->mode)].meaning, "since",
                  control->since_us ? json_string(bp_time_format(control->since_us, 6, since)) : json_null(),
                  "by", control->since_us ? say_json_text(bp_str(control->by)) : json_null(), "pending",
                  (json_int_t)control->pending, "executing", (json_int_t)control->executing, "holds",
                  (json_int_t)control->holds, "holds_that_end", (json_int_t)control->holds_that_end, "change",
                  *control->change.id ? tool_change_json(&control->change) : NULL));
}

static BpStatus work(const char *wanted, ToolSite *of, const Cfg *cfg, Control *control, BpError *err)
{
    if (wanted)
        BP_TRY(check_mode(wanted, err));
    BP_TRY(tool_site_open(of, cfg, site, control->arena, err));
    control->was = of->cfg.control_mode;
    control->mode = wanted ? wanted : control->was;
    if (wanted && of->is_elsewhere)
        BP_TRY(ask(of, wanted, &control->change, control->arena, err));
    else if (wanted)
        BP_TRY(set(of, wanted, err));
    if (*control->change.id && tool_change_code(&control->change) != EX_OK)
        control->mode = control->was;
    return look(of, control, err);
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    ToolSite of = {0};
    Control control = {.arena = arena};
    const char *wanted = arguments->positionals.count ? arguments->positionals.items[0] : NULL;
    const BpStatus status = work(wanted, &of, cfg, &control, &err);
    const int code = status == BP_OK ? tool_change_code(&control.change) : say_fail(command.name, &err);
    if (status == BP_OK && arguments->json)
        show_json(&control);
    else if (status == BP_OK)
        show(&control);
    if (status == BP_OK && !arguments->json)
        tool_change_tell(of.cfg.site, &control.change);
    tool_site_close(&of);
    return code;
}

int control_mode_main(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
