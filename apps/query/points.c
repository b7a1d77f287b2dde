/* bacpipes points: what is known of each point, and what it is now, from the database. */
#include "apps/query/points.h"
#include "apps/query/interval.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/number.h"
#include "tool/listing.h"

#include "apps/roles.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

static const char *device, *text, *site;
static bool csv;
static bool is_simulated; /* of what was shown, at least a part */

static const CfgOption options[] = {
    {"device", "DEVICE",
     "Only points of this device: its name, device_id, instance or address; * and ? stand for other letters.",
     .text = &device},
    {"find", "TEXT",
     "Only points with this in their name, description, device or object; or a whole name with * and ?.",
     .text = &text},
    {"site", "SITE", "Only points of this site. Default: of all that the database has.", .text = &site},
    {"csv", NULL, "Write CSV instead of a table.", .flag = &csv},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes points",
    .summary = "Lists the points of the database with their newest readings, and how often they are polled. "
               "`bacpipes points set` changes that.",
    .options = options,
    .offers_json = true,
    .details = "Commands may write what is writable, between its limits: the narrower of people's and of the "
               "device's.\n"
               "Exit codes: 0 fine; 1 no point found, or no such site;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes points\nbacpipes points --find SAT\nbacpipes points --device 1001 --json\n"
                "bacpipes points --device 'AHU-*' --find '*SAT'\nbacpipes points --csv > points.csv",
};

/* Columns of select_points.sql. */
enum {
    SITE_ID,
    POINT_ID,
    DEVICE_ID,
    DEVICE,
    INSTANCE,
    OBJECT,
    PROPERTY,
    NAME,
    DESCRIPTION,
    VALUE,
    STATE,
    UNITS,
    QUALITY,
    REASON,
    TIME,
    ENABLED,
    INTERVAL_MS,
    WRITABLE,
    BY_HAND,
    WRITE_MIN,
    WRITE_MAX,
    IS_SIMULATED,
};

#define WHAT_IT_IS                                                                                           \
    {"id", .is_number = true}, {"device", .may_be_cut = true}, {"object"}, {"name", .may_be_cut = true},     \
        {"value", .is_number = true}, {"units"}, {"quality", .may_be_cut = true},                            \
    {                                                                                                        \
        "age", .is_number = true                                                                             \
    }
static const SayColumn columns[] = {WHAT_IT_IS, {"polled"}, {"writable"}};
static const SayColumn csv_columns[] = {WHAT_IT_IS,
                                        {"enabled"},
                                        {"interval_s"},
                                        {"writable"},
                                        {"by_hand"},
                                        {"write_min", .is_number = true},
                                        {"write_max", .is_number = true}};
enum { TEXT_MAX_OCTETS = 512 };

/* "analog-input,3", with the property where it is not the present value. */
static void show_object(BpBuf *out, const PgRows *rows, size_t row)
{
    const BpStr property = pg_get_text(rows, row, PROPERTY);
    bp_buf_str(out, pg_get_text(rows, row, OBJECT));
    if (!bp_str_equal(property, bp_str("present-value")))
        bp_buf_printf(out, " %.*s", BP_STR_ARGS(property));
}

/* A state's text, else the number; nothing where there is none. In CSV the number. */
static void show_value(BpBuf *out, const PgRows *rows, size_t row)
{
    const BpStr state = pg_get_text(rows, row, STATE);
    if (state.size && !csv)
        bp_buf_str(out, state);
    else if (!pg_is_null(rows, row, VALUE))
        say_number(out, pg_get_double(rows, row, VALUE));
}

static void show_quality(BpBuf *out, const PgRows *rows, size_t row)
{
    const BpStr reason = pg_get_text(rows, row, REASON);
    bp_buf_str(out, pg_get_text(rows, row, QUALITY));
    if (reason.size)
        bp_buf_printf(out, ": %.*s", BP_STR_ARGS(reason));
}

static void show_age(BpBuf *out, const PgRows *rows, size_t row, int64_t now_us)
{
    char age[BP_TIME_TEXT_MAX];
    if (pg_is_null(rows, row, TIME))
        return;
    const int64_t age_us = now_us - pg_get_time_us(rows, row, TIME);
    if (csv)
        bp_buf_printf(out, "%.1f", (double)age_us / BP_SECOND);
    else
        bp_buf_printf(out, "%s", age_us < BP_SECOND ? "now" : bp_interval_format(age_us, age));
}

/* "every 5 min", "yes", "no"; in CSV a column for each thing that may be set. */
static void show_polled(SayTable *table, const PgRows *rows, size_t row)
{
    static const int truths[] = {WRITABLE, BY_HAND};
    char interval[QUERY_INTERVAL_TEXT_MAX];
    const bool enabled = pg_get_bool(rows, row, ENABLED);
    const int64_t ms = pg_get_integer(rows, row, INTERVAL_MS);
    say_table_add(table, bp_str(query_interval_format(enabled, csv ? 0 : ms, interval)));
    if (!csv)
        return;
    if (ms)
        say_table_addf(table, "%g", (double)ms / 1000);
    else
        say_table_add(table, bp_str(""));
    for (size_t i = 0; i < sizeof truths / sizeof truths[0]; i++)
        say_table_add(table, bp_str(pg_get_bool(rows, row, truths[i]) ? "yes" : "no"));
}

static void show_limit(BpBuf *out, const PgRows *rows, size_t row, int column)
{
    if (!pg_is_null(rows, row, column))
        say_number(out, pg_get_double(rows, row, column));
}

/* "no", "yes", "10 to 30", "from 10", "to 30"; in CSV two columns. */
static void show_writable(SayTable *table, const PgRows *rows, size_t row)
{
    char memory[TEXT_MAX_OCTETS];
    BpBuf out = bp_buf(memory, sizeof memory);
    const bool has_min = !pg_is_null(rows, row, WRITE_MIN), has_max = !pg_is_null(rows, row, WRITE_MAX),
               is_writable = pg_get_bool(rows, row, WRITABLE);
    if (!csv && (!is_writable || (!has_min && !has_max))) {
        say_table_add(table, bp_str(is_writable ? "yes" : "no"));
        return;
    }
    if (!csv && has_min && !has_max)
        bp_buf_printf(&out, "from ");
    show_limit(&out, rows, row, WRITE_MIN);
    if (csv) {
        say_table_add(table, bp_buf_text(&out));
        bp_buf_clear(&out);
    } else if (has_max)
        bp_buf_printf(&out, has_min ? " to " : "to ");
    show_limit(&out, rows, row, WRITE_MAX);
    say_table_add(table, bp_buf_text(&out));
}

static void add_row(ToolListing *listing, const PgRows *rows, size_t row)
{
    char memory[TEXT_MAX_OCTETS];
    BpBuf out = bp_buf(memory, sizeof memory);
    is_simulated = is_simulated || pg_get_bool(rows, row, IS_SIMULATED);
    say_table_addf(&listing->table, "%d", (int)pg_get_integer(rows, row, POINT_ID));
    say_table_add(&listing->table, pg_get_text(rows, row, DEVICE));
    show_object(&out, rows, row);
    say_table_add(&listing->table, bp_buf_text(&out));
    say_table_add(&listing->table, pg_get_text(rows, row, NAME));
    bp_buf_clear(&out);
    show_value(&out, rows, row);
    say_table_add(&listing->table, bp_buf_text(&out));
    const BpStr units = pg_get_text(rows, row, UNITS);
    say_table_add(&listing->table, csv ? units : say_units(units)); /* CSV is for programs */
    bp_buf_clear(&out);
    show_quality(&out, rows, row);
    say_table_add(&listing->table, bp_buf_text(&out));
    bp_buf_clear(&out);
    show_age(&out, rows, row, listing->now_us);
    say_table_add(&listing->table, bp_buf_text(&out));
    show_polled(&listing->table, rows, row);
    show_writable(&listing->table, rows, row);
}

static json_t *make_json(const PgRows *rows, size_t row)
{
    json_t *point = json_object();
    static const struct {
        const char *name;
        int column;
        bool is_number;
    } fields[] = {{"site_id", SITE_ID, false},    {"point_id", POINT_ID, true},
                  {"name", NAME, false},          {"description", DESCRIPTION, false},
                  {"device_id", DEVICE_ID, true}, {"device", DEVICE, false},
                  {"instance", INSTANCE, true},   {"object", OBJECT, false},
                  {"property", PROPERTY, false},  {"units", UNITS, false},
                  {"state", STATE, false},        {"quality", QUALITY, false},
                  {"reason", REASON, false}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        json_object_set_new(point, fields[i].name,
                            fields[i].is_number ? json_integer(pg_get_integer(rows, row, fields[i].column))
                                                : tool_text_json(rows, row, fields[i].column));
    json_object_set_new(point, "value", tool_real_json(rows, row, VALUE));
    json_object_set_new(point, "time", tool_time_json(rows, row, TIME, 6));
    json_object_set_new(point, "enabled", json_boolean(pg_get_bool(rows, row, ENABLED)));
    json_object_set_new(point, "poll_interval_ms", tool_integer_json(rows, row, INTERVAL_MS));
    json_object_set_new(point, "by_hand", json_boolean(pg_get_bool(rows, row, BY_HAND)));
    json_object_set_new(point, "writable", json_boolean(pg_get_bool(rows, row, WRITABLE)));
    json_object_set_new(point, "write_min", tool_real_json(rows, row, WRITE_MIN));
    json_object_set_new(point, "write_max", tool_real_json(rows, row, WRITE_MAX));
    json_object_set_new(point, "simulated", json_boolean(pg_get_bool(rows, row, IS_SIMULATED)));
    return point;
}

static void tell_nothing(void)
{
    if (device || text || site)
        fprintf(stderr, "No point matches. `bacpipes points` lists them all.\n");
    else
        fprintf(
            stderr,
            "No points yet. `bacpipes up` finds those of the building's devices, `bacpipes discover` tells "
            "which devices answer, and `bacpipes up --simulate` brings a building of its own.\n");
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    const PgValue values[] = {tool_text_or_any(device), tool_text_or_any(text), tool_text_or_any(site)};
    const ToolListWish wish = {values, 3, site, csv, arguments->json};
    const ToolList points = {.command = &command,
                             .columns = csv ? csv_columns : columns,
                             .column_count = csv ? sizeof csv_columns / sizeof csv_columns[0]
                                                 : sizeof columns / sizeof columns[0],
                             .query = SQL_SELECT_POINTS,
                             .add_row = add_row,
                             .make_json = make_json,
                             .tell_nothing = tell_nothing};
    const int code = tool_list_show(&points, &wish, cfg, arena);
    (void)fflush(stdout);
    if (is_simulated)
        fprintf(stderr, "The building is simulated: nobody measured these values.\n");
    return code;
}

int query_points_main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "set") == 0)
        return query_points_set(argc - 1, argv + 1);
    return say_run(&command, argc, argv, run);
}
