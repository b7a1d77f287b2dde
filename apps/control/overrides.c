/* bacpipes overrides: what stands in the slots of points, by whom, since when and until when; and letting go
 * of many of them. */
#include "apps/control/outcome.h"

#include "apps/roles.h"
#include "base/parse.h"
#include "base/time.h"
#include "say/begin.h"
#include "say/confirm.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/number.h"
#include "say/table.h"
#include "say/when.h"
#include "tool/rows.h"
#include "tool/site.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SLOTS_MAX = 16, VALUE_TEXT_MAX = 300 };

static const char *device, *source, *slots, *site, *reason;
static bool ours, others, release, yes;

static const CfgOption options[] = {
    {"device", "DEVICE", "Only of this device: its name, device_id, instance or address, with * and ?.",
     .text = &device},
    {"source", "SOURCE", "Only what this source put there (`bacpipes source list`).", .text = &source},
    {"slots", "N-M", "Only of these slots: 8, or 1-8.", .text = &slots},
    {"ours", NULL, "Only what commands of this site put there.", .flag = &ours},
    {"others", NULL, "Only what somebody else put there.", .flag = &others},
    {"release", NULL, "Let go of what is listed and ours, each through the gate; with --others of theirs.",
     .flag = &release},
    {"reason", "TEXT", "Why, with --release.", .text = &reason},
    {"yes", NULL, "Release without asking whether it is meant.", .flag = &yes},
    {"site", "SITE", "Of this site. Default: setting site; of a central the only one that it has.",
     .text = &site},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes overrides",
    .positionals = "[POINT]",
    .positionals_max = 1,
    .summary =
        "Lists what stands in the slots of points' priority arrays: who holds what since when, why and "
        "until when, ours and what others put there. Priority arrays are read every "
        "control.scan_interval.",
    .options = options,
    .offers_json = true,
    .details =
        "POINT is a name, with * and ?, or a point_id. The value of a point is that of the slot marked in "
        "use.\n"
        "--json prints an array; with --release one object: asked, released, refused, others (as many do not "
        "end so) and\ncommands.\n" SAY_TIMES_HELP "Exit codes: 0 they are listed, or all released; 1 there "
        "is none, or one is not released; 64 wrong use; "
        "69 the\ndatabase is away, or nobody takes the releases up; 75 one was not sent; 77 the gate refuses "
        "one; 78 a setting is wrong.\n",
    .examples = "bacpipes overrides\n"
                "bacpipes overrides --ours --slots 1-8\n"
                "bacpipes overrides --device 'AHU-*' --json\n"
                "bacpipes overrides --device AHU-1 --release --reason 'test is over' --yes",
};

/* Columns of select_overrides.sql. */
enum {
    POINT_ID,
    LABEL,
    DEVICE,
    UNITS,
    SLOT,
    VALUE,
    STATE,
    SINCE,
    IS_OURS,
    CREATED_BY,
    SOURCE,
    REASON,
    UNTIL,
    COMMAND_ID,
    SEEN_AT,
    IS_HOLDING,
    COMMANDABLE,
};

static const SayColumn columns[] = {{"point", .may_be_cut = true},
                                    {"slot", .is_number = true},
                                    {"value", .may_be_cut = true},
                                    {"in use"},
                                    {"since"},
                                    {"by", .may_be_cut = true},
                                    {"until"},
                                    {"why", .may_be_cut = true}};

typedef struct Overrides {
    BpArena *arena;
    const char *site;
    SayTable table;
    json_t *json;             /* an array */
    size_t count, left;       /* left: others' that --release leaves alone */
    ControlRequest *requests; /* a release of each that is meant */
    size_t request_count, capacity;
} Overrides;

/* ---- listing ---- */

static void show_value(BpBuf *out, const PgRows *rows, size_t row)
{
    const BpStr state = pg_get_text(rows, row, STATE), units = say_units(pg_get_text(rows, row, UNITS));
    if (state.size) {
        bp_buf_str(out, state);
        return;
    }
    if (pg_is_null(rows, row, VALUE))
        return; /* a value that is no number */
    say_number(out, pg_get_double(rows, row, VALUE));
    if (units.size)
        bp_buf_printf(out, " %.*s", BP_STR_ARGS(units));
}

static void add_row(SayTable *table, const PgRows *rows, size_t row)
{
    char time[BP_TIME_TEXT_MAX], memory[VALUE_TEXT_MAX];
    BpBuf value = bp_buf(memory, sizeof memory);
    show_value(&value, rows, row);
    say_table_add(table, pg_get_text(rows, row, LABEL));
    say_table_add(table, pg_get_text(rows, row, SLOT));
    say_table_add(table, bp_buf_text(&value));
    say_table_add(table, bp_str(pg_get_bool(rows, row, IS_HOLDING) ? "yes" : ""));
    say_table_add(table, bp_str(say_time(pg_get_time_us(rows, row, SINCE), 0, time)));
    if (pg_get_bool(rows, row, IS_OURS))
        say_table_addf(table, "%.*s (%.*s)", BP_STR_ARGS(pg_get_text(rows, row, CREATED_BY)),
                       BP_STR_ARGS(pg_get_text(rows, row, SOURCE)));
    else
        say_table_add(table, bp_str("somebody else"));
    say_table_add(
        table,
        bp_str(pg_is_null(rows, row, UNTIL) ? "" : say_time(pg_get_time_us(rows, row, UNTIL), 0, time)));
    say_table_add(table, pg_get_text(rows, row, REASON));
}

static json_t *make_json(const PgRows *rows, size_t row)
{
    json_t *json = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "point_id", tool_integer_json(rows, row, POINT_ID), "point",
        tool_text_json(rows, row, LABEL), "device", tool_text_json(rows, row, DEVICE), "priority",
        tool_integer_json(rows, row, SLOT), "value", tool_real_json(rows, row, VALUE), "is_holding",
        pg_get_bool(rows, row, IS_HOLDING), "is_ours", pg_get_bool(rows, row, IS_OURS));
    static const struct {
        const char *key;
        int column;
    } texts[] = {{"state", STATE},   {"units", UNITS},   {"created_by", CREATED_BY},
                 {"source", SOURCE}, {"reason", REASON}, {"command_id", COMMAND_ID}},
      times[] = {{"since", SINCE}, {"until", UNTIL}, {"seen_at", SEEN_AT}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        json_object_set_new(json, texts[i].key, tool_text_json(rows, row, texts[i].column));
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        json_object_set_new(json, times[i].key, tool_time_json(rows, row, times[i].column, 3));
    return json;
}

static void plan_release(Overrides *all, const PgRows *rows, size_t row)
{
    if (!pg_get_bool(rows, row, IS_OURS) && !others) {
        all->left++;
        return;
    }
    all->requests =
        bp_arena_grow(all->arena, all->requests, all->request_count, &all->capacity, sizeof *all->requests);
    ControlRequest *request = &all->requests[all->request_count++];
    *request = (ControlRequest){.target = {.point_id = pg_get_integer(rows, row, POINT_ID),
                                           .label = bp_arena_text(all->arena, pg_get_text(rows, row, LABEL)),
                                           .units = "",
                                           .held = ""},
                                .json = json_pack("{s:s, s:I, s:s, s:I, s:b}", "site_id", all->site,
                                                  "point_id", (json_int_t)pg_get_integer(rows, row, POINT_ID),
                                                  "command_type", "release_priority", "priority",
                                                  (json_int_t)pg_get_integer(rows, row, SLOT), "restore",
                                                  !pg_get_bool(rows, row, COMMANDABLE))};
    if (reason)
        json_object_set_new(request->json, "reason", say_json_text_or_empty(bp_str(reason)));
}

static void on_row(void *context, const PgRows *rows, size_t row)
{
    Overrides *all = context;
    all->count++;
    add_row(&all->table, rows, row);
    json_array_append_new(all->json, make_json(rows, row));
    if (release)
        plan_release(all, rows, row);
}

/* "8", "1-8". */
static BpStatus read_slots(int64_t *ret_first, int64_t *ret_last, BpError *err)
{
    BpStr rest;
    *ret_first = 1;
    *ret_last = SLOTS_MAX;
    if (!slots)
        return BP_OK;
    const BpStr first = bp_str_cut(bp_str(slots), '-', &rest);
    if (bp_parse_i64(first, 1, SLOTS_MAX, ret_first, NULL) == BP_OK) {
        *ret_last = *ret_first;
        if (first.size == strlen(slots) ||
            (bp_parse_i64(rest, *ret_first, SLOTS_MAX, ret_last, NULL) == BP_OK))
            return BP_OK;
    }
    return bp_fail(err, BP_INVALID,
                   "--slots is one, or from the higher to the lower, as 8 or 1-8: \"%s\" is not", slots);
}

static BpStatus check_line(BpError *err)
{
    if (ours && others)
        return bp_fail(err, BP_INVALID, "--ours and --others say different things");
    if (source && others)
        return bp_fail(err, BP_INVALID, "--source is of ours, and --others of what no source put there");
    if ((yes || reason) && !release)
        return bp_fail(err, BP_INVALID, "--%s is of --release", yes ? "yes" : "reason");
    return BP_OK;
}

static BpStatus look(ToolSite *of, Overrides *all, const char *point, BpError *err)
{
    int64_t first, last;
    BP_TRY(read_slots(&first, &last, err));
    all->site = of->cfg.site;
    const PgValue values[] = {tool_site_value(of),
                              tool_text_or_any(device),
                              tool_text_or_any(point),
                              tool_text_or_any(source),
                              ours || others ? pg_bool(ours) : pg_null(),
                              pg_integer(first),
                              pg_integer(last)};
    return site_database_ask(&of->database, SQL_SELECT_OVERRIDES, values, sizeof values / sizeof values[0],
                             on_row, all, err);
}

/* Where nothing was found: whether what was asked for is there at all. */
typedef struct There {
    bool device, point, source;
} There;

static void on_there(void *context, const PgRows *rows, size_t row)
{
    *(There *)context =
        (There){pg_get_bool(rows, row, 0), pg_get_bool(rows, row, 1), pg_get_bool(rows, row, 2)};
}

static BpStatus check_there(ToolSite *of, const char *point, BpError *err)
{
    There there = {true, true, true};
    const PgValue values[] = {tool_site_value(of), tool_text_or_any(device), tool_text_or_any(point),
                              tool_text_or_any(source)};
    BP_TRY(site_database_ask(&of->database, SQL_SELECT_THERE, values, 4, on_there, &there, err));
    if (!there.device)
        return bp_fail(err, BP_NOT_FOUND, "there is no device \"%s\": `bacpipes device list` lists them",
                       device);
    if (!there.point)
        return bp_fail(err, BP_NOT_FOUND, "there is no point \"%s\": `bacpipes points` lists them", point);
    if (!there.source)
        return bp_fail(err, BP_NOT_FOUND, "there is no source \"%s\": `bacpipes source list` lists them",
                       source);
    return BP_OK;
}

static int list(const Overrides *all, const char *point, bool as_json)
{
    if (as_json)
        say_json_print(json_incref(all->json));
    else if (all->count)
        say_table_print(&all->table, stdout, say_terminal_width(stdout));
    if (all->count)
        return EX_OK;
    if (point || device || source || slots || ours || others)
        fprintf(stderr, "Nothing of that is held. `bacpipes overrides` lists all that is.\n");
    else
        fprintf(stderr, "Nothing is held, as far as the priority arrays have been read (every "
                        "control.scan_interval). `bacpipes write POINT VALUE --for 2h` holds a value.\n");
    return SAY_NOTHING;
}

/* ---- letting go ---- */

/* As many at once as are waited for at once. Ends early where nobody takes them up: the rest is not asked
 * for then. `ret_asked`: how many are. */
static BpStatus ask_all(ToolSite *of, Overrides *all, ControlOutcome *outcomes, size_t *ret_asked,
                        BpError *err)
{
    *ret_asked = 0;
    while (*ret_asked < all->request_count) {
        const size_t left = all->request_count - *ret_asked,
                     count = left < CONTROL_REQUESTS_MAX ? left : CONTROL_REQUESTS_MAX;
        ControlRequest *requests = &all->requests[*ret_asked];
        ControlOutcome *ends = &outcomes[*ret_asked];
        for (size_t i = 0; i < count; i++)
            BP_TRY(control_request_ask(&of->database, &requests[i], err));
        *ret_asked += count;
        BP_TRY(control_outcomes_wait(&of->database, requests, count, all->arena, ends, err));
        if (control_outcomes_code(ends, count) == EX_UNAVAILABLE)
            break;
    }
    return BP_OK;
}

static void tell_counts(const Overrides *all, const ControlOutcome *outcomes, size_t asked, bool as_json)
{
    size_t released = 0, refused = 0;
    json_auto_t *commands = json_array();
    for (size_t i = 0; i < asked; i++) {
        released += strcmp(outcomes[i].status, "completed") == 0;
        refused += strcmp(outcomes[i].status, "refused") == 0;
        json_array_append(commands, outcomes[i].json);
    }
    if (as_json) {
        say_json_print(json_pack("{s:I, s:I, s:I, s:I, s:O}", "asked", (json_int_t)asked, "released",
                                 (json_int_t)released, "refused", (json_int_t)refused, "others",
                                 (json_int_t)(asked - released - refused), "commands", commands));
        return;
    }
    control_outcomes_tell(outcomes, asked, false);
    printf("\n%zu of %zu released", released, all->request_count);
    if (refused)
        printf(", %zu refused", refused);
    if (asked < all->request_count)
        printf(", %zu not asked for, as nobody takes them up", all->request_count - asked);
    printf(".\n");
    if (all->left)
        printf("%zu of somebody else stay: --others --release lets go of those.\n", all->left);
}

static BpStatus let_go(ToolSite *of, Overrides *all, bool as_json, int *ret_code, BpError *err)
{
    char question[160];
    size_t asked = 0;
    if (all->request_count == 0)
        return bp_fail(err, BP_NOT_FOUND, "nothing of ours is held there%s",
                       all->left ? ", and what others hold is let go of with --others" : "");
    if (!yes) {
        say_table_print(&all->table, stderr, say_terminal_width(stderr));
        snprintf(question, sizeof question, "%zu of these would be released.", all->request_count);
        BP_TRY(say_confirm(question, err));
    }
    ControlOutcome *outcomes = bp_arena_take(all->arena, all->request_count * sizeof *outcomes);
    const BpStatus status = ask_all(of, all, outcomes, &asked, err);
    if (status == BP_OK) {
        tell_counts(all, outcomes, asked, as_json);
        *ret_code = control_outcomes_code(outcomes, asked);
    }
    control_outcomes_done(outcomes, asked);
    return status;
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    ToolSite of = {0};
    Overrides all = {.arena = arena, .json = json_array()};
    const char *point = arguments->positionals.count ? arguments->positionals.items[0] : NULL;
    int code = EX_OK;
    say_table_init(&all.table, columns, sizeof columns / sizeof columns[0]);
    BpStatus status = check_line(&err);
    if (status == BP_OK)
        status = tool_site_open(&of, cfg, site, arena, &err);
    if (status == BP_OK)
        status = look(&of, &all, point, &err);
    if (status == BP_OK && all.count == 0)
        status = check_there(&of, point, &err);
    if (status == BP_OK && release && all.count)
        status = let_go(&of, &all, arguments->json, &code, &err);
    else if (status == BP_OK)
        code = list(&all, point, arguments->json);
    tool_site_close(&of);
    for (size_t i = 0; i < all.request_count; i++)
        json_decref(all.requests[i].json);
    say_table_done(&all.table);
    json_decref(all.json);
    return status == BP_OK ? code : say_fail(command.name, &err);
}

int control_overrides_main(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
