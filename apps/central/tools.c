/* bacpipes central aside and retry: what sites sent and could not be applied, and trying it again. */
#include "apps/central/tools.h"

#include "apps/central/init.h"
#include "base/time.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/when.h"
#include "tool/listing.h"

#include <inttypes.h>
#include <stdio.h>

/* Columns of select_aside.sql. */
enum { SITE_ID, EPOCH, SEQ, KIND, PUT_ASIDE_AT, IS_NEWER, REASON };

static const CfgCommand aside_command = {
    .name = "bacpipes central aside",
    .positionals = "[SITE]",
    .positionals_max = 1,
    .summary =
        "Lists entries that sites sent and that could not be applied, and why. They are kept as they came.",
    .offers_json = true,
    .details = SAY_TIMES_HELP "An entry that a newer site sent waits for a newer central.\n"
                              "Exit codes: 0 fine; 1 there is none, or no such site;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes central aside\nbacpipes central aside macau --json",
};

static const SayColumn columns[] = {
    {"site"}, {"entry", .is_number = true}, {"kind"}, {"put aside"}, {"why", .may_be_cut = true}};

static void add_row(ToolListing *listing, const PgRows *rows, size_t row)
{
    char at[BP_TIME_TEXT_MAX];
    say_table_add(&listing->table, pg_get_text(rows, row, SITE_ID));
    say_table_addf(&listing->table, "%" PRId64, pg_get_integer(rows, row, SEQ));
    say_table_add(&listing->table, pg_get_text(rows, row, KIND));
    say_table_addf(&listing->table, "%s", say_time(pg_get_time_us(rows, row, PUT_ASIDE_AT), 0, at));
    say_table_add(&listing->table, pg_get_text(rows, row, REASON));
}

static json_t *make_json(const PgRows *rows, size_t row)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:o}", "site_id", tool_text_json(rows, row, SITE_ID),
                     "epoch", tool_integer_json(rows, row, EPOCH), "seq", tool_integer_json(rows, row, SEQ),
                     "kind", tool_text_json(rows, row, KIND), "put_aside_at",
                     tool_time_json(rows, row, PUT_ASIDE_AT, 6), "is_newer", pg_get_bool(rows, row, IS_NEWER),
                     "reason", tool_text_json(rows, row, REASON));
}

static void tell_nothing(void)
{
    fprintf(stderr, "Nothing is put aside: all that sites sent is applied, or will be.\n");
}

static int run_aside(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    static const ToolList list = {.command = &aside_command,
                                  .columns = columns,
                                  .column_count = sizeof columns / sizeof columns[0],
                                  .query = SQL_SELECT_ASIDE,
                                  .add_row = add_row,
                                  .make_json = make_json,
                                  .tell_nothing = tell_nothing};
    const char *site = arguments->positionals.count ? arguments->positionals.items[0] : NULL;
    const PgValue value = tool_text_or_any(site);
    BpError err;
    if (central_refuse_site(cfg, &err) != BP_OK)
        return say_fail(aside_command.name, &err);
    const ToolListWish wish = {&value, 1, site, false, arguments->json};
    return tool_list_show(&list, &wish, cfg, arena);
}

int central_aside_main(int argc, char **argv)
{
    return say_run(&aside_command, argc, argv, run_aside);
}

/* ---- again ---- */

static const CfgCommand retry_command = {
    .name = "bacpipes central retry",
    .positionals = "[SITE]",
    .positionals_max = 1,
    .summary = "Has what could not be applied tried again, of this site or of all, by the central that runs.",
    .details =
        "Each start of central does so, too: it may be newer by then, and what a newer site sent waits for "
        "that. What takes too long to apply is "
        "tried again only where its site is named.\n"
        "Exit codes: 0 fine; 1 there is nothing to try, or no such site;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes central retry\nbacpipes central retry macau",
};

typedef struct Wanted {
    int64_t count, left_out; /* only where their site is named */
} Wanted;

static void keep_wanted(void *context, const PgRows *rows, size_t row)
{
    Wanted *wanted = context;
    wanted->count = pg_get_integer(rows, row, 0);
    wanted->left_out = pg_get_integer(rows, row, 1);
}

static int tell_wanted(const Wanted *wanted)
{
    if (wanted->left_out)
        printf("%" PRId64 " entries take too long to apply: `bacpipes central retry SITE` has those of a "
               "site tried again.\n",
               wanted->left_out);
    if (wanted->count)
        printf("%" PRId64
               " entries are tried again within seconds: `bacpipes central aside` lists what is left.\n",
               wanted->count);
    else if (!wanted->left_out)
        tell_nothing();
    return wanted->count ? 0 : SAY_NOTHING;
}

static int run_retry(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    const char *site = arguments->positionals.count ? arguments->positionals.items[0] : NULL;
    const PgValue values[] = {tool_text_or_any(site), pg_null()};
    SiteDatabase database;
    BpError err = {0};
    Wanted wanted = {0};
    int code = 0;
    if (central_refuse_site(cfg, &err) != BP_OK)
        return say_fail(retry_command.name, &err);
    if (site_database_open(&database, cfg, arena, &err) != BP_OK ||
        site_database_check_site(&database, site, &err) != BP_OK ||
        site_database_ask(&database, SQL_WANT_RETRY, values, 2, keep_wanted, &wanted, &err) != BP_OK) {
        code = say_fail(retry_command.name, &err);
    } else {
        code = tell_wanted(&wanted);
    }
    site_database_close(&database);
    return code;
}

int central_retry_main(int argc, char **argv)
{
    return say_run(&retry_command, argc, argv, run_retry);
}
