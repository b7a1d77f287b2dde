/* bacpipes job list. */
#include "apps/job/job.h"

#include "say/begin.h"
#include "say/exit.h"
#include "say/when.h"
#include "tool/listing.h"

#include <stdio.h>

static const char *site;

static const CfgOption options[] = {
    {"site", "SITE", "Of this site. Default: of all that the database has.", .text = &site},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes job list",
    .summary = "Lists jobs: those under way, and those that ended in the last hour.",
    .options = options,
    .offers_json = true,
    .details = "Exit codes: 0 fine; 1 there is none, or no such site;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes job list\nbacpipes job list --site macau --json",
};

/* Columns of select_jobs.sql. */
enum { SITE, ID, KIND, STATUS, PERCENT, BY, CREATED, ENDED, TEXT, STEP };

static const SayColumn columns[] = {{"site"},
                                    {"job"},
                                    {"status"},
                                    {"%", .is_number = true},
                                    {"asked by"},
                                    {"at"},
                                    {"what", .may_be_cut = true}};

static void add_row(ToolListing *listing, const PgRows *rows, size_t row)
{
    char when[BP_TIME_TEXT_MAX];
    SayTable *table = &listing->table;
    const int before[] = {SITE, KIND, STATUS, PERCENT, BY};
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
        say_table_add(table, pg_get_text(rows, row, before[i]));
    say_table_add(table, bp_str(say_time(pg_get_time_us(rows, row, CREATED), 0, when)));
    const bool is_waiting = bp_str_equal(pg_get_text(rows, row, STATUS), bp_str("pending"));
    say_table_add(table, pg_get_text(rows, row, is_waiting ? STEP : TEXT));
}

static json_t *make_json(const PgRows *rows, size_t row)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "site_id",
                     tool_text_json(rows, row, SITE), "id", tool_text_json(rows, row, ID), "kind",
                     tool_text_json(rows, row, KIND), "status", tool_text_json(rows, row, STATUS), "percent",
                     tool_integer_json(rows, row, PERCENT), "asked_by", tool_text_json(rows, row, BY),
                     "created_at", tool_time_json(rows, row, CREATED, 3), "ended_at",
                     tool_time_json(rows, row, ENDED, 3), "text", tool_text_json(rows, row, TEXT), "step",
                     tool_text_json(rows, row, STEP));
}

static void tell_nothing(void)
{
    fprintf(stderr, "No job was asked for in the last hour: `bacpipes job discover` asks for one.\n");
}

static const ToolList jobs = {.command = &command,
                              .columns = columns,
                              .column_count = sizeof columns / sizeof columns[0],
                              .query = SQL_SELECT_JOBS,
                              .add_row = add_row,
                              .make_json = make_json,
                              .tell_nothing = tell_nothing};

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    const PgValue value = tool_text_or_any(site);
    const ToolListWish wish = {&value, 1, site, false, arguments->json};
    return tool_list_show(&jobs, &wish, cfg, arena);
}

int job_list(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
