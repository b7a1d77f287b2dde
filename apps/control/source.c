/* bacpipes source: who may ask for commands, and what. And its list. */
#include "apps/control/source.h"

#include "apps/roles.h"
#include "base/time.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/parts.h"
#include "tool/listing.h"

#include <stdio.h>

static const SayPart parts[] = {
    {"list", "lists the sources, and what each may", control_source_list},
    {"add", "adds one with a login, and shows its password once", control_source_add},
    {"set", "changes what one may, or turns it off and on", control_source_set},
    {"remove", "takes one and its login away", control_source_remove},
};
static const SayParts tool = {
    .tool = "bacpipes source",
    .parts = parts,
    .count = sizeof parts / sizeof parts[0],
    .text =
        "A source is somebody who asks for commands: a program with a login of its own, an account of the "
        "broker, the tools.\nThe gate judges each by what it may: its highest priority, how long it may "
        "hold, how often it may ask.\n\n"
        "Examples:\n\n"
        "  bacpipes source list\n"
        "  bacpipes source add optimiser --automatic --hold 30min\n"
        "  bacpipes source set optimiser --off\n"
        "\n`bacpipes source add --help` tells more, with further examples.\n",
};

int control_source_main(int argc, char **argv)
{
    return say_parts_run(&tool, argc, argv);
}

/* ---- list ---- */

static const CfgCommand command = {
    .name = "bacpipes source list",
    .summary =
        "Lists the sources of commands: what each may, and how many commands it asked for in the last day.",
    .offers_json = true,
    .details = "Exit codes: 0 fine;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes source list\nbacpipes source list --json",
};

/* Columns of select_sources.sql. */
enum { NAME, KIND, LOGIN, IS_AUTOMATIC, HIGHEST, HOLD_S, RATE, ENABLED, NOTE, ASKED };

static const SayColumn columns[] = {{"source"},
                                    {"kind"},
                                    {"login"},
                                    {"may ask"},
                                    {"slots"},
                                    {"must let go"},
                                    {"a minute", .is_number = true},
                                    {"last day", .is_number = true},
                                    {"note", .may_be_cut = true}};

static void add_row(ToolListing *listing, const PgRows *rows, size_t row)
{
    SayTable *table = &listing->table;
    char span[BP_TIME_TEXT_MAX];
    const bool has_hold = !pg_is_null(rows, row, HOLD_S);
    for (int column = NAME; column <= LOGIN; column++)
        say_table_add(table, pg_get_text(rows, row, column));
    say_table_add(table, bp_str(pg_get_bool(rows, row, ENABLED) ? "yes" : "no"));
    say_table_addf(table, "%d-16", (int)pg_get_integer(rows, row, HIGHEST));
    if (has_hold)
        say_table_addf(table, "within %s",
                       bp_interval_format((int64_t)(pg_get_double(rows, row, HOLD_S) * BP_SECOND), span));
    else
        say_table_add(table, bp_str(pg_get_bool(rows, row, IS_AUTOMATIC) ? "yes" : "no"));
    say_table_add(table, pg_get_text(rows, row, RATE));
    say_table_add(table, pg_get_text(rows, row, ASKED));
    say_table_add(table, pg_get_text(rows, row, NOTE));
}

static json_t *make_json(const PgRows *rows, size_t row)
{
    return json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:b, s:o, s:o}", "name",
                     tool_text_json(rows, row, NAME), "kind", tool_text_json(rows, row, KIND), "login",
                     tool_text_json(rows, row, LOGIN), "is_automatic", pg_get_bool(rows, row, IS_AUTOMATIC),
                     "highest_priority", tool_integer_json(rows, row, HIGHEST), "longest_hold_s",
                     tool_real_json(rows, row, HOLD_S), "rate_per_minute", tool_integer_json(rows, row, RATE),
                     "enabled", pg_get_bool(rows, row, ENABLED), "note", tool_text_json(rows, row, NOTE),
                     "asked_last_day", tool_integer_json(rows, row, ASKED));
}

static void tell_nothing(void)
{
    fprintf(stderr, "There is no source: `bacpipes source add NAME` makes one.\n");
}

static const ToolList sources = {.command = &command,
                                 .columns = columns,
                                 .column_count = sizeof columns / sizeof columns[0],
                                 .query = SQL_SELECT_SOURCES,
                                 .add_row = add_row,
                                 .make_json = make_json,
                                 .tell_nothing = tell_nothing};

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    const PgValue values[] = {pg_null()};
    const ToolListWish wish = {values, 1, NULL, false, arguments->json};
    return tool_list_show(&sources, &wish, cfg, arena);
}

int control_source_list(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
