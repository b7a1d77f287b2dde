/* bacpipes sites: the sites of a central, worst first. */
#include "apps/query/waiting.h"

#include "apps/roles.h"
#include "base/time.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/when.h"
#include "tool/listing.h"

#include <inttypes.h>
#include <stdio.h>

/* Columns of select_remote_sites.sql. */
enum {
    SITE_ID,
    NAME,
    STATE,
    LINK,
    LAG_S,
    BACKLOG_OCTETS,
    AVAILABILITY,
    LTE_OCTETS,
    OVERRIDES,
    FAILING,
    POINTS,
    ALARMS,
    PUT_ASIDE,
    WAIT_WHY,
    SEEN_AT,
    BACKLOG_S,
    NUMBER,
    JOINED_AT,
    INVITED_UNTIL,
    PROGRAM,
    CLOCK_AHEAD_S
};

static const char *site, *take_back, *reason;
static bool waiting;

static const CfgOption options[] = {
    {"waiting", NULL,
     "Lists what waits for its site instead: edits, commands and jobs that it has not got, or has not "
     "answered.",
     .flag = &waiting},
    {"take-back", "ID",
     "Takes back what waits and has this id; the first letters of it will do. What the site has got it is "
     "asked to take back, where that is a command.",
     .text = &take_back},
    {"reason", "TEXT", "Why, with --take-back.", .text = &reason},
    {"site", "SITE", "With --waiting and --take-back: only of this site.", .text = &site},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes sites",
    .summary = "Lists the sites of this central, the worst first: how each is, and how far behind.",
    .options = options,
    .offers_json = true,
    .details =
        "online; late: over a minute behind; silent: over two minutes without a word; waiting: told to;\n"
        "never: joined, and not heard yet; invited, revoked: as it is with it. available: of the readings\n"
        "of the last 24 hours, how many are here and good. unsent: what waits there. lte: octets of this\n"
        "month. failing: points whose value is not good. held: overrides.\n" SAY_TIMES_HELP
        "Exit codes: 0 fine; 1 no site has been added, nothing waits;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes sites\nbacpipes sites --json | jq '.[] | select(.link != \"online\")'\n"
                "bacpipes sites --waiting --site macau\n"
                "bacpipes sites --take-back f81d4fae --reason 'the wrong point'",
};

static const SayColumn columns[] = {{"site"},
                                    {"name", .may_be_cut = true},
                                    {"link"},
                                    {"behind", .is_number = true},
                                    {"unsent", .is_number = true},
                                    {"available", .is_number = true},
                                    {"lte", .is_number = true},
                                    {"points", .is_number = true},
                                    {"failing", .is_number = true},
                                    {"held", .is_number = true},
                                    {"alarms", .is_number = true},
                                    {"aside", .is_number = true}};

static void add_octets(SayTable *table, const PgRows *rows, size_t row, int column)
{
    const double octets = (double)pg_get_integer(rows, row, column);
    if (pg_is_null(rows, row, column))
        say_table_add(table, bp_str(""));
    else if (octets < 1e6)
        say_table_addf(table, "%.0f kB", octets / 1e3);
    else if (octets < 1e9)
        say_table_addf(table, "%.1f MB", octets / 1e6);
    else
        say_table_addf(table, "%.2f GB", octets / 1e9);
}

static void add_count(SayTable *table, const PgRows *rows, size_t row, int column)
{
    say_table_addf(table, "%" PRId64, pg_get_integer(rows, row, column));
}

static void add_row(ToolListing *listing, const PgRows *rows, size_t row)
{
    SayTable *table = &listing->table;
    char behind[BP_TIME_TEXT_MAX] = "";
    if (!pg_is_null(rows, row, LAG_S))
        bp_interval_format((int64_t)pg_get_double(rows, row, LAG_S) * BP_SECOND, behind);
    say_table_add(table, pg_get_text(rows, row, SITE_ID));
    say_table_add(table, pg_get_text(rows, row, NAME));
    const BpStr state = pg_get_text(rows, row, STATE);
    say_table_add(table, bp_str_equal(state, bp_str("joined")) ? pg_get_text(rows, row, LINK) : state);
    say_table_add(table, bp_str(behind));
    add_octets(table, rows, row, BACKLOG_OCTETS);
    if (pg_is_null(rows, row, AVAILABILITY))
        say_table_add(table, bp_str(""));
    else
        say_table_addf(table, "%.2f %%", 100 * pg_get_double(rows, row, AVAILABILITY));
    add_octets(table, rows, row, LTE_OCTETS);
    add_count(table, rows, row, POINTS);
    add_count(table, rows, row, FAILING);
    add_count(table, rows, row, OVERRIDES);
    add_count(table, rows, row, ALARMS);
    add_count(table, rows, row, PUT_ASIDE);
}

static json_t *make_json(const PgRows *rows, size_t row)
{
    static const struct {
        const char *name;
        json_t *(*make)(const PgRows *rows, size_t row, int column);
        int column;
    } fields[] = {
        {"site_id", tool_text_json, SITE_ID},
        {"name", tool_text_json, NAME},
        {"number", tool_integer_json, NUMBER},
        {"state", tool_text_json, STATE},
        {"link", tool_text_json, LINK},
        {"lag_s", tool_real_json, LAG_S},
        {"backlog_octets", tool_integer_json, BACKLOG_OCTETS},
        {"backlog_s", tool_real_json, BACKLOG_S},
        {"availability", tool_real_json, AVAILABILITY},
        {"lte_octets_month", tool_integer_json, LTE_OCTETS},
        {"points", tool_integer_json, POINTS},
        {"failing_points", tool_integer_json, FAILING},
        {"overrides", tool_integer_json, OVERRIDES},
        {"alarms", tool_integer_json, ALARMS},
        {"put_aside", tool_integer_json, PUT_ASIDE},
        {"wait_why", tool_text_json, WAIT_WHY},
        {"program", tool_text_json, PROGRAM},
        {"clock_ahead_s", tool_real_json, CLOCK_AHEAD_S},
    };
    json_t *json = json_object();
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        json_object_set_new(json, fields[i].name, fields[i].make(rows, row, fields[i].column));
    json_object_set_new(json, "seen_at", tool_time_json(rows, row, SEEN_AT, 6));
    json_object_set_new(json, "joined_at", tool_time_json(rows, row, JOINED_AT, 6));
    json_object_set_new(json, "invited_until", tool_time_json(rows, row, INVITED_UNTIL, 6));
    return json;
}

static void tell_nothing(void)
{
    fprintf(stderr, "No site has been added (a site never has one): `bacpipes site add NAME`, at central, "
                    "makes the join file of one.\n");
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    static const ToolList list = {.command = &command,
                                  .columns = columns,
                                  .column_count = sizeof columns / sizeof columns[0],
                                  .query = SQL_SELECT_REMOTE_SITES,
                                  .add_row = add_row,
                                  .make_json = make_json,
                                  .tell_nothing = tell_nothing};
    if (take_back && !waiting)
        return query_waiting_take_back(
            &(QueryWaiting){&command, cfg, arena, site, take_back, reason, arguments->json});
    if (waiting && !take_back && !reason)
        return query_waiting_list(&(QueryWaiting){&command, cfg, arena, site, NULL, NULL, arguments->json});
    if (take_back || site || reason) {
        BpError err;
        bp_fail(&err, BP_INVALID,
                take_back ? "--waiting lists, and --take-back ID takes one back: one of them"
                : reason  ? "--reason is of --take-back ID: a listing has none"
                          : "--site is of --waiting and --take-back: all sites are listed");
        return say_fail(command.name, &err);
    }
    const ToolListWish wish = {NULL, 0, NULL, false, arguments->json};
    return tool_list_show(&list, &wish, cfg, arena);
}

int query_sites_main(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
