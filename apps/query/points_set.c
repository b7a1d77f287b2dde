/* bacpipes points set: whether points are polled, how often, and what may be written to them. What is set
 * here is set by hand, and no rule changes it. */
#include "apps/query/points.h"

#include "apps/query/interval.h"
#include "tool/change.h"
#include "tool/rows.h"
#include "tool/site.h"

#include "base/parse.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/number.h"
#include "say/table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *site, *device, *text, *point, *interval, *writable, *min, *max;
static bool enable, disable, all, dry_run;

static const CfgOption options[] = {
    {"enable", NULL, "They are polled.", .flag = &enable},
    {"disable", NULL, "They are not.", .flag = &disable},
    {"interval", "DURATION", "How often; `default` for as their device or setting poll.interval says.",
     .text = &interval},
    {"writable", "YES|NO", "Whether commands from people and programs may write them.", .text = &writable},
    {"min", "NUMBER",
     "Commands write nothing below, in the point's units; `none` for what the device says, or its unit.",
     .text = &min},
    {"max", "NUMBER", "Commands write nothing above; `none` likewise.", .text = &max},
    {"device", "DEVICE",
     "Points of this device: its name, device_id, instance or address; * and ? stand for other letters.",
     .text = &device},
    {"find", "TEXT",
     "Points with this in their name, description, device or object; or a whole name with * and ?.",
     .text = &text},
    {"point", "POINT", "The point of this name or point_id, and no other.", .text = &point},
    {"all", NULL, "All points of the site.", .flag = &all},
    {"dry-run", NULL, "Only say what would change.", .flag = &dry_run},
    {"site", "SITE", "Of this site. Default: setting site; of a central the only one that it has.",
     .text = &site},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes points set",
    .summary = "Sets points, chosen as `bacpipes points` chooses them: whether they are polled, how often, "
               "whether they may be written, and from where to where. The collector follows at once. What is "
               "set so no rule "
               "changes (`bacpipes rule`).",
    .options = options,
    .offers_json = true,
    .details = QUERY_INTERVAL_HELP
    ".\n"
    "--min and --max narrow what the device itself takes, and never widen it. "
    "What was written before stays.\n"
    "A site that is elsewhere is asked to, and waited for a little (Ctrl-C leaves that: it goes on).\n"
    "Exit codes: 0 fine; 1 no such point or site; 64 wrong use; 69 the site has not answered yet, or the "
    "database is away; 70 the\n"
    "database refuses; 75 somebody has changed it there since; 77 the site refuses; 78 a setting is wrong.\n",
    .examples = "bacpipes points set --disable --find '*-KW' --dry-run\n"
                "bacpipes points set --enable --device 1001\n"
                "bacpipes points set --interval 5min --device 'VAV-*' --find '*-T'\n"
                "bacpipes points set --interval default --all\n"
                "bacpipes points set --writable yes --point AHU-1/DUCT-SP --dry-run\n"
                "bacpipes points set --writable yes --min 14 --max 22 --find '*/SAT-C' --dry-run\n"
                "bacpipes points set --max none --point AHU-1/SAT-C",
};

/* Columns of set_points.sql. */
enum {
    POINT_ID,
    DEVICE,
    OBJECT,
    NAME,
    ENABLED,
    THEN_ENABLED,
    INTERVAL_MS,
    THEN_MS,
    WRITABLE,
    THEN_WRITABLE,
    MIN,
    THEN_MIN,
    MAX,
    THEN_MAX,
    IS_CHANGE,
    CHANGE_ID,
};

static const SayColumn columns[] = {{"id", .is_number = true},
                                    {"device", .may_be_cut = true},
                                    {"object"},
                                    {"name", .may_be_cut = true},
                                    {"polled"},
                                    {"writable"},
                                    {"limits"}};
enum { LIMITS_TEXT_MAX = 80 };

typedef struct Setting {
    SayTable table;
    json_t *json;
    size_t met, changed;
    PgValue enabled, interval_ms, writable, min, max; /* as the statement has them */
    ToolChange change;                                /* where the site is elsewhere, and asked */
    BpError crossed; /* the first point whose least would be above its most: nothing is changed then */
} Setting;

/* "14 to 22", "from 14", "to 22"; empty where people have set none. */
static const char *format_limits(const PgRows *rows, size_t row, int min_column, int max_column,
                                 char ret_text[LIMITS_TEXT_MAX])
{
    const bool has_min = !pg_is_null(rows, row, min_column), has_max = !pg_is_null(rows, row, max_column);
    BpBuf out = bp_buf(ret_text, LIMITS_TEXT_MAX - 1);
    if (has_min && !has_max)
        bp_buf_printf(&out, "from ");
    if (has_min)
        say_number(&out, pg_get_double(rows, row, min_column));
    if (has_max)
        bp_buf_printf(&out, "%s", has_min ? " to " : "to ");
    if (has_max)
        say_number(&out, pg_get_double(rows, row, max_column));
    ret_text[out.size] = '\0';
    return ret_text;
}

static void check_limits(Setting *setting, const PgRows *rows, size_t row)
{
    char limits[LIMITS_TEXT_MAX];
    if (setting->crossed.status != BP_OK || pg_is_null(rows, row, THEN_MIN) ||
        pg_is_null(rows, row, THEN_MAX) ||
        pg_get_double(rows, row, THEN_MIN) <= pg_get_double(rows, row, THEN_MAX))
        return;
    const BpStr name = pg_get_text(rows, row, NAME);
    bp_fail(&setting->crossed, BP_INVALID,
            "%.*s (point %" PRId64
            ") would take %s, which is nothing: give --min and --max together, or `none`",
            BP_STR_ARGS(name), pg_get_integer(rows, row, POINT_ID),
            format_limits(rows, row, THEN_MIN, THEN_MAX, limits));
}

static void add_point(void *context, const PgRows *rows, size_t row)
{
    Setting *setting = context;
    SayTable *table = &setting->table;
    char now[QUERY_INTERVAL_TEXT_MAX], then[QUERY_INTERVAL_TEXT_MAX];
    char limits_now[LIMITS_TEXT_MAX], limits_then[LIMITS_TEXT_MAX];
    setting->met++;
    check_limits(setting, rows, row);
    if (!pg_get_bool(rows, row, IS_CHANGE))
        return;
    setting->changed++;
    bp_str_copy(pg_get_text(rows, row, CHANGE_ID), setting->change.id, sizeof setting->change.id);
    for (int column = POINT_ID; column <= NAME; column++)
        say_table_add(table, pg_get_text(rows, row, column));
    say_table_add_change(
        table,
        query_interval_format(pg_get_bool(rows, row, ENABLED), pg_get_integer(rows, row, INTERVAL_MS), now),
        query_interval_format(pg_get_bool(rows, row, THEN_ENABLED), pg_get_integer(rows, row, THEN_MS),
                              then));
    say_table_add_change(table, pg_get_bool(rows, row, WRITABLE) ? "yes" : "no",
                         pg_get_bool(rows, row, THEN_WRITABLE) ? "yes" : "no");
    format_limits(rows, row, MIN, MAX, limits_now);
    format_limits(rows, row, THEN_MIN, THEN_MAX, limits_then);
    if (strcmp(limits_now, limits_then) == 0)
        say_table_add(table, bp_str(limits_now));
    else
        say_table_add_change(table, *limits_now ? limits_now : "none", *limits_then ? limits_then : "none");
    json_array_append_new(
        setting->json,
        json_pack("{s:o, s:o, s:o, s:o, s:b, s:o, s:b, s:o, s:o}", "point_id",
                  tool_integer_json(rows, row, POINT_ID), "device", tool_text_json(rows, row, DEVICE),
                  "object", tool_text_json(rows, row, OBJECT), "name", tool_text_json(rows, row, NAME),
                  "enabled", pg_get_bool(rows, row, THEN_ENABLED), "poll_interval_ms",
                  tool_integer_json(rows, row, THEN_MS), "writable", pg_get_bool(rows, row, THEN_WRITABLE),
                  "write_min", tool_real_json(rows, row, THEN_MIN), "write_max",
                  tool_real_json(rows, row, THEN_MAX)));
}

/* A limit as the statement has it: null leaves it, the infinity says that there is none. */
static BpStatus read_limit(const char *option, const char *typed, double none, PgValue *ret_value,
                           BpError *err)
{
    double number = none;
    *ret_value = pg_null();
    if (!typed)
        return BP_OK;
    if (strcmp(typed, "none") != 0 &&
        (bp_parse_double(bp_str(typed), &number, NULL) != BP_OK || !isfinite(number)))
        return bp_fail(err, BP_INVALID, "--%s is a number in the point's units, or `none`: \"%s\" is neither",
                       option, typed);
    *ret_value = pg_double(number);
    return BP_OK;
}

/* Which points, and what they are to be. */
static BpStatus read_wish(Setting *setting, BpError *err)
{
    int64_t interval_ms = 0;
    bool may_write = false;
    if (enable && disable)
        return bp_fail(err, BP_INVALID, "--enable and --disable say different things");
    if (!enable && !disable && !interval && !writable && !min && !max)
        return bp_fail(
            err, BP_INVALID,
            "what is to be set: --enable, --disable, --interval, --writable, --min or --max says it");
    if (!device && !text && !point && !all)
        return bp_fail(err, BP_INVALID, "which points: --point, --find, --device or --all says it");
    if (all && (device || text || point))
        return bp_fail(err, BP_INVALID,
                       "--all means every point: leave out --point, --find and --device, or --all");
    if (interval && disable)
        return bp_fail(err, BP_INVALID,
                       "--interval is of points that are polled: leave it out, or --disable");
    if (interval && strcmp(interval, "default") != 0)
        BP_TRY(query_interval_parse(interval, &interval_ms, err));
    if (writable && bp_parse_bool(bp_str(writable), &may_write, err) != BP_OK)
        return bp_within(err, "--writable is yes or no");
    BP_TRY(read_limit("min", min, -INFINITY, &setting->min, err));
    BP_TRY(read_limit("max", max, INFINITY, &setting->max, err));
    setting->enabled = enable || disable ? pg_bool(enable) : pg_null();
    setting->interval_ms = interval ? pg_integer(interval_ms) : pg_null();
    setting->writable = writable ? pg_bool(may_write) : pg_null();
    return BP_OK;
}

static BpStatus set(ToolSite *of, Setting *setting, BpError *err)
{
    const PgValue values[] = {tool_text_or_any(device),
                              tool_text_or_any(text),
                              tool_site_value(of),
                              setting->enabled,
                              setting->interval_ms,
                              setting->writable,
                              pg_bool(dry_run),
                              tool_text_or_any(point),
                              setting->min,
                              setting->max};
    BP_TRY(site_database_ask(&of->database, SQL_SET_POINTS, values, sizeof values / sizeof values[0],
                             add_point, setting, err));
    if (setting->crossed.status != BP_OK) {
        *err = setting->crossed;
        return err->status;
    }
    if (setting->met == 0)
        return bp_fail(err, BP_NOT_FOUND, "no point matches: `bacpipes points` lists them all");
    return BP_OK;
}

static void tell(const ToolSite *of, const Setting *setting, bool as_json)
{
    const bool is_asked = *setting->change.id;
    if (as_json) {
        say_json_print(json_pack("{s:b, s:I, s:I, s:O, s:o*}", "dry_run", dry_run, "points_met",
                                 (json_int_t)setting->met, "points_changed", (json_int_t)setting->changed,
                                 "points", setting->json, "change",
                                 is_asked ? tool_change_json(&setting->change) : NULL));
        return;
    }
    if (setting->changed)
        say_table_print(&setting->table, stdout, say_terminal_width(stdout));
    printf("%s%zu of %zu %s %s%s.\n", setting->changed ? "\n" : "", setting->changed, setting->met,
           setting->met == 1 ? "point" : "points",
           dry_run                 ? "would be changed"
           : is_asked              ? "to be changed"
           : setting->changed == 1 ? "is changed"
                                   : "are changed",
           dry_run ? "; nothing is yet" : "");
    tool_change_tell(of->cfg.site, &setting->change);
}

static BpStatus open_and_set(Setting *setting, const Cfg *cfg, bool as_json, BpArena *arena, BpError *err)
{
    ToolSite of;
    BpStatus status = tool_site_open(&of, cfg, site, arena, err);
    if (status == BP_OK)
        status = set(&of, setting, err);
    if (status == BP_OK && *setting->change.id)
        status = tool_change_wait(&of.database, &setting->change, arena, err);
    if (status == BP_OK)
        tell(&of, setting, as_json);
    tool_site_close(&of);
    return status;
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    Setting setting = {.json = json_array()};
    say_table_init(&setting.table, columns, sizeof columns / sizeof columns[0]);
    BpStatus status = read_wish(&setting, &err);
    if (status == BP_OK)
        status = open_and_set(&setting, cfg, arguments->json, arena, &err);
    say_table_done(&setting.table);
    json_decref(setting.json);
    return status == BP_OK ? tool_change_code(&setting.change) : say_fail(command.name, &err);
}

int query_points_set(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
