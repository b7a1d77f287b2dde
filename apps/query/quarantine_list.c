/* bacpipes quarantine list and show: which entries there are, and one of them whole. */
#include "apps/query/quarantine.h"

#include "base/time.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/when.h"

#include <inttypes.h>
#include <stdio.h>

enum { LIST_DEFAULT = 100, LIST_MAX = 1000000 };

static const char *site, *reason;
static int64_t limit = LIST_DEFAULT;

static const CfgOption list_options[] = {
    {"site", "SITE", "Only of this site. Default: of all that the database has.", .text = &site},
    {"reason", "TEXT", "Only entries with this in their reason.", .text = &reason},
    {"limit", "COUNT", "The newest so many. Default: 100.", .integer = &limit, .min = 1, .max = LIST_MAX},
    {0},
};

static const CfgCommand list_command = {
    .name = "bacpipes quarantine list",
    .summary = "Lists what ingest has put aside, the newest last, and how much went for want of room.",
    .options = list_options,
    .offers_json = true,
    .details = SAY_TIMES_HELP "Exit codes: 0 fine; 1 no such site;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes quarantine list\nbacpipes quarantine list --reason 'no such point' --json",
};

static const CfgCommand show_command = {
    .name = "bacpipes quarantine show",
    .positionals = "ID",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Shows an entry whole: why it was put aside, and what was received.",
    .offers_json = true,
    .details = SAY_TIMES_HELP "Exit codes: 0 fine; 1 no such entry;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes quarantine show 17\nbacpipes quarantine show 17 --json",
};

/* Columns of select_quarantine.sql and select_quarantine_entry.sql. */
enum { ID, SITE_ID, RECEIVED_AT, RUN, N, READINGS, OCTETS, REASON, PAYLOAD };

static const SayColumn list_columns[] = {{"id", .is_number = true},
                                         {"received"},
                                         {"run"},
                                         {"n", .is_number = true},
                                         {"readings", .is_number = true},
                                         {"octets", .is_number = true},
                                         {"reason", .may_be_cut = true}};
enum { LIST_COLUMNS = sizeof list_columns / sizeof list_columns[0] };

static json_t *entry_json(const PgRows *rows, size_t row)
{
    json_t *entry = json_object();
    json_object_set_new(entry, "id", tool_integer_json(rows, row, ID));
    json_object_set_new(entry, "site_id", tool_text_json(rows, row, SITE_ID));
    json_object_set_new(entry, "received_at", tool_time_json(rows, row, RECEIVED_AT, 3));
    json_object_set_new(entry, "run", tool_text_json(rows, row, RUN));
    json_object_set_new(entry, "n", tool_integer_json(rows, row, N));
    json_object_set_new(entry, "readings", tool_integer_json(rows, row, READINGS));
    json_object_set_new(entry, "octets", tool_integer_json(rows, row, OCTETS));
    json_object_set_new(entry, "reason", tool_text_json(rows, row, REASON));
    return entry;
}

static void add_entry(void *context, const PgRows *rows, size_t row)
{
    QueryQuarantine *quarantine = context;
    char received[BP_TIME_TEXT_MAX];
    if (quarantine->arguments->json) {
        json_array_append_new(quarantine->json, entry_json(rows, row));
        return;
    }
    say_table_add(&quarantine->table, pg_get_text(rows, row, ID));
    say_table_add(&quarantine->table, bp_str(say_time(pg_get_time_us(rows, row, RECEIVED_AT), 0, received)));
    for (int column = RUN; column <= REASON; column++)
        say_table_add(&quarantine->table, pg_get_text(rows, row, column));
}

static void tell_total(void *context, const PgRows *rows, size_t row)
{
    QueryQuarantine *quarantine = context;
    char at[BP_TIME_TEXT_MAX];
    const int64_t entries = pg_get_integer(rows, row, 0), octets = pg_get_integer(rows, row, 1),
                  dropped = pg_get_integer(rows, row, 2), readings = pg_get_integer(rows, row, 3);
    const int64_t at_us = pg_get_time_us(rows, row, 4);
    if (quarantine->arguments->json) {
        (void)bp_time_format(at_us, 0, at);
        say_json_print(json_pack("{s:o, s:I, s:I, s:I, s:I, s:o}", "list", json_incref(quarantine->json),
                                 "entries", (json_int_t)entries, "octets", (json_int_t)octets, "dropped",
                                 (json_int_t)dropped, "dropped_readings", (json_int_t)readings, "dropped_at",
                                 pg_is_null(rows, row, 4) ? json_null() : json_string(at)));
        return;
    }
    if (say_table_row_count(&quarantine->table))
        say_table_print(&quarantine->table, stdout, say_terminal_width(stdout));
    else
        printf("Nothing %s.\n", reason ? "with this reason was put aside" : "is put aside");
    if (entries)
        printf("%" PRId64 " %s, %.1f MB in all.\n", entries, query_plural(entries, "entry", "entries"),
               (double)octets / (1024 * 1024));
    if (dropped)
        printf("%" PRId64 " older %s with %" PRId64
               " %s went for want of room (quarantine.size), last at %s.\n",
               dropped, query_plural(dropped, "one", "ones"), readings,
               query_plural(readings, "reading", "readings"), say_time(at_us, 0, at));
}

static int list(QueryQuarantine *quarantine, BpError *err)
{
    const PgValue values[] = {tool_text_or_any(site), tool_text_or_any(reason), pg_integer(limit)};
    say_table_init(&quarantine->table, list_columns, LIST_COLUMNS);
    if (site_database_ask(&quarantine->database, SQL_SELECT_QUARANTINE, values, 3, add_entry, quarantine,
                          err) != BP_OK ||
        site_database_ask(&quarantine->database, SQL_SELECT_QUARANTINE_TOTAL, values, 1, tell_total,
                          quarantine, err) != BP_OK)
        return say_fail(quarantine->command->name, err);
    return EX_OK;
}

static void show_entry(void *context, const PgRows *rows, size_t row)
{
    QueryQuarantine *quarantine = context;
    char received[BP_TIME_TEXT_MAX];
    quarantine->entries++;
    if (quarantine->arguments->json) {
        json_t *entry = entry_json(rows, row);
        json_object_set_new(entry, "payload", tool_text_json(rows, row, PAYLOAD));
        say_json_print(entry);
        return;
    }
    printf("id        %.*s\n", BP_STR_ARGS(pg_get_text(rows, row, ID)));
    printf("site      %.*s\n", BP_STR_ARGS(pg_get_text(rows, row, SITE_ID)));
    printf("received  %s\n", say_time(pg_get_time_us(rows, row, RECEIVED_AT), 3, received));
    if (!pg_is_null(rows, row, N))
        printf("batch     %.*s of run %.*s\n", BP_STR_ARGS(pg_get_text(rows, row, N)),
               BP_STR_ARGS(pg_get_text(rows, row, RUN)));
    if (!pg_is_null(rows, row, READINGS))
        printf("readings  %.*s\n", BP_STR_ARGS(pg_get_text(rows, row, READINGS)));
    printf("reason    %.*s\n\n%.*s\n", BP_STR_ARGS(pg_get_text(rows, row, REASON)),
           BP_STR_ARGS(pg_get_text(rows, row, PAYLOAD)));
}

static int show(QueryQuarantine *quarantine, BpError *err)
{
    int64_t id;
    if (query_quarantine_read_id(quarantine->arguments->positionals.items[0], &id, err) != BP_OK)
        return say_fail(quarantine->command->name, err);
    const PgValue value = pg_integer(id);
    if (site_database_ask(&quarantine->database, SQL_SELECT_QUARANTINE_ENTRY, &value, 1, show_entry,
                          quarantine, err) == BP_OK &&
        quarantine->entries == 0)
        bp_fail(err, BP_NOT_FOUND, "there is no entry %" PRId64 ": `bacpipes quarantine list` shows them",
                id);
    return err->status == BP_OK ? EX_OK : say_fail(quarantine->command->name, err);
}

static int run_list(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    return query_quarantine_work(&list_command, arguments, cfg, arena, site, list);
}

static int run_show(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    return query_quarantine_work(&show_command, arguments, cfg, arena, NULL, show);
}

int query_quarantine_list(int argc, char **argv)
{
    return say_run(&list_command, argc, argv, run_list);
}

int query_quarantine_show(int argc, char **argv)
{
    return say_run(&show_command, argc, argv, run_show);
}
