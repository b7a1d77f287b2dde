/* bacpipes site list. */
#include "apps/site/site.h"

#include "say/begin.h"
#include "say/exit.h"
#include "say/when.h"
#include "tool/listing.h"

#include <stdio.h>

static const CfgCommand command = {
    .name = "bacpipes site list",
    .summary = "Lists the sites that central has or had: whether they have joined, until when their "
               "certificates and join files are good, and when they "
               "last called.",
    .offers_json = true,
    .details = "State: invited, with a join file that was not used yet; joined; revoked, until it comes with "
               "a new join file; retired, for good.\n"
               "Exit codes: 0 fine; 1 there is none;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes site list\nbacpipes site list --json",
};

/* Columns of select_sites.sql. */
enum { SITE, NAME, NUMBER, STATE, CERTIFICATE_UNTIL, FILE_UNTIL, SEEN };

static const SayColumn columns[] = {{"site"},     {"name", .may_be_cut = true}, {"number", .is_number = true},
                                    {"state"},    {"certificate until"},        {"join file until"},
                                    {"last call"}};

static void add_time(SayTable *table, const PgRows *rows, size_t row, int column, const char *otherwise)
{
    char when[BP_TIME_TEXT_MAX];
    say_table_add(table, bp_str(pg_is_null(rows, row, column)
                                    ? otherwise
                                    : say_time(pg_get_time_us(rows, row, column), 0, when)));
}

static void add_row(ToolListing *listing, const PgRows *rows, size_t row)
{
    SayTable *table = &listing->table;
    for (int column = SITE; column <= STATE; column++)
        say_table_add(table, pg_get_text(rows, row, column));
    add_time(table, rows, row, CERTIFICATE_UNTIL, "");
    add_time(table, rows, row, FILE_UNTIL, "");
    add_time(table, rows, row, SEEN, "never");
}

static json_t *make_json(const PgRows *rows, size_t row)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "site_id", tool_text_json(rows, row, SITE),
                     "name", tool_text_json(rows, row, NAME), "number", tool_integer_json(rows, row, NUMBER),
                     "state", tool_text_json(rows, row, STATE), "certificate_until",
                     tool_time_json(rows, row, CERTIFICATE_UNTIL, 0), "join_file_until",
                     tool_time_json(rows, row, FILE_UNTIL, 0), "seen_at", tool_time_json(rows, row, SEEN, 0));
}

static void tell_nothing(void)
{
    fprintf(
        stderr,
        "This central has no site yet (a site never has one): `bacpipes site add NAME`, at central, makes "
        "the join file of one.\n");
}

static const ToolList sites = {.command = &command,
                               .columns = columns,
                               .column_count = sizeof columns / sizeof columns[0],
                               .query = SQL_SELECT_SITE_LINKS,
                               .add_row = add_row,
                               .make_json = make_json,
                               .tell_nothing = tell_nothing};

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    const ToolListWish wish = {NULL, 0, NULL, false, arguments->json};
    return tool_list_show(&sites, &wish, cfg, arena);
}

int site_tool_list(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
