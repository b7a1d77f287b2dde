/* bacpipes quarantine: what ingest has put aside, and putting it back when its cause is gone. The checks are
 * the database's (quarantine_put_back), by the limits that ingest has. */
#include "config/parts.h"
#include "say/fail.h"
#include "say/json.h"
#include "say/table.h"
#include "site/database.h"

#include "apps/roles.h"
#include "base/parse.h"
#include "base/time.h"
#include "config/arguments.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { LIST_DEFAULT = 100, LIST_MAX = 1000000, IDS_MAX = 1000 };

static const char *site, *reason;
static bool all, dry_run;
static int64_t limit = LIST_DEFAULT;

#define SITE_OPTION                                                                                          \
    {                                                                                                        \
        "site", "SITE", "Only of this site. Default: of all that the database has.", .text = &site           \
    }
#define CHOICE_OPTIONS                                                                                       \
    SITE_OPTION, {"all", NULL, "All entries.", .flag = &all},                                                \
    {                                                                                                        \
        "reason", "TEXT", "All entries with this in their reason.", .text = &reason                          \
    }

static const CfgOption list_options[] = {
    SITE_OPTION,
    {"reason", "TEXT", "Only entries with this in their reason.", .text = &reason},
    {"limit", "COUNT", "The newest so many. Default: 100.", .integer = &limit, .min = 1, .max = LIST_MAX},
    {0},
};

static const CfgOption retry_options[] = {
    CHOICE_OPTIONS,
    {"dry-run", NULL, "Only say what would be stored, and what is still refused and why.", .flag = &dry_run},
    {0},
};

static const CfgOption drop_options[] = {
    CHOICE_OPTIONS,
    {"dry-run", NULL, "Only say what would be dropped.", .flag = &dry_run},
    {0},
};

static const CfgCommand list_command = {
    .name = "bacpipes quarantine list",
    .summary = "Lists what ingest has put aside, the newest last, and how much went for want of room.",
    .options = list_options,
    .offers_json = true,
    .details = "Exit codes: 0 fine, 1 there is no such site, 64 wrong use, 69 the database is away.\n",
    .examples = "bacpipes quarantine list\nbacpipes quarantine list --reason 'no such point' --json",
};

static const CfgCommand show_command = {
    .name = "bacpipes quarantine show",
    .positionals = "ID",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Shows an entry whole: why it was put aside, and what was received.",
    .offers_json = true,
    .details = "Exit codes: 0 fine, 1 there is no such entry, 64 wrong use, 69 the database is away.\n",
    .examples = "bacpipes quarantine show 17\nbacpipes quarantine show 17 --json",
};

static const CfgCommand retry_command = {
    .name = "bacpipes quarantine retry",
    .positionals = "[ID]...",
    .positionals_max = IDS_MAX,
    .summary =
        "Puts entries back: their readings are stored by the checks that ingest has, and what is there "
        "already is no error. An entry goes when none of its readings is refused any more, and keeps "
        "those that are.",
    .options = retry_options,
    .offers_json = true,
    .details =
        "The limits are the settings retention.readings and readings.future_max, also of table setting.\n"
        "Exit codes: 0 all was put back, 1 no such entry or some is still refused, 64 wrong use, 69 the "
        "database is away.\n",
    .examples = "bacpipes quarantine retry --all --dry-run\n"
                "bacpipes quarantine retry 17 18\n"
                "bacpipes quarantine retry --reason 'ahead of the clock'",
};

static const CfgCommand drop_command = {
    .name = "bacpipes quarantine drop",
    .positionals = "[ID]...",
    .positionals_max = IDS_MAX,
    .summary = "Drops entries for good.",
    .options = drop_options,
    .offers_json = true,
    .details = "Exit codes: 0 fine, 1 there is no such entry, 64 wrong use, 69 the database is away.\n",
    .examples = "bacpipes quarantine drop 17\nbacpipes quarantine drop --reason 'no JSON' --dry-run",
};

typedef struct Quarantine {
    const CfgCommand *command;
    const CfgArguments *arguments;
    Cfg cfg;
    BpArena arena;
    SiteDatabase database;
    SayTable table;
    json_t *json; /* an array of what is told of each entry */
    int64_t *ids;
    size_t count, capacity;
    int64_t entries, readings; /* dropped */
    int64_t stored, present, refused;
    bool is_there; /* the entry that was asked for last */
} Quarantine;

static PgValue text_or_any(const char *wanted)
{
    return wanted ? pg_text(bp_str(wanted)) : pg_null();
}

static BpStatus ask(Quarantine *quarantine, SqlQuery query, const PgValue *values, size_t count,
                    void (*each)(void *context, const PgRows *rows, size_t row), BpError *err)
{
    return site_database_ask(&quarantine->database, query, values, count, each, quarantine, err);
}

/* "1 reading", "2 readings". */
static const char *plural(int64_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

/* ---- list and show ---- */

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

static json_t *integer_or_null(const PgRows *rows, size_t row, int column)
{
    return pg_is_null(rows, row, column) ? json_null() : json_integer(pg_get_integer(rows, row, column));
}

static json_t *text_or_null(const PgRows *rows, size_t row, int column)
{
    const BpStr text = pg_get_text(rows, row, column);
    return pg_is_null(rows, row, column) ? json_null() : say_json_text(text);
}

static json_t *entry_json(const PgRows *rows, size_t row)
{
    char received[BP_TIME_TEXT_MAX];
    json_t *entry = json_object();
    json_object_set_new(entry, "id", integer_or_null(rows, row, ID));
    json_object_set_new(entry, "site_id", text_or_null(rows, row, SITE_ID));
    json_object_set_new(entry, "received_at",
                        json_string(bp_time_format(pg_get_time_us(rows, row, RECEIVED_AT), 3, received)));
    json_object_set_new(entry, "run", text_or_null(rows, row, RUN));
    json_object_set_new(entry, "n", integer_or_null(rows, row, N));
    json_object_set_new(entry, "readings", integer_or_null(rows, row, READINGS));
    json_object_set_new(entry, "octets", integer_or_null(rows, row, OCTETS));
    json_object_set_new(entry, "reason", text_or_null(rows, row, REASON));
    return entry;
}

static void add_entry(void *context, const PgRows *rows, size_t row)
{
    Quarantine *quarantine = context;
    char received[BP_TIME_TEXT_MAX];
    if (quarantine->arguments->json) {
        json_array_append_new(quarantine->json, entry_json(rows, row));
        return;
    }
    say_table_add(&quarantine->table, pg_get_text(rows, row, ID));
    say_table_add(&quarantine->table,
                  bp_str(bp_time_format(pg_get_time_us(rows, row, RECEIVED_AT), 0, received)));
    for (int column = RUN; column <= REASON; column++)
        say_table_add(&quarantine->table, pg_get_text(rows, row, column));
}

static void tell_total(void *context, const PgRows *rows, size_t row)
{
    Quarantine *quarantine = context;
    char at[BP_TIME_TEXT_MAX];
    const int64_t entries = pg_get_integer(rows, row, 0), octets = pg_get_integer(rows, row, 1),
                  dropped = pg_get_integer(rows, row, 2), readings = pg_get_integer(rows, row, 3);
    (void)bp_time_format(pg_get_time_us(rows, row, 4), 0, at);
    if (quarantine->arguments->json) {
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
        printf("%" PRId64 " %s, %.1f MB in all.\n", entries, plural(entries, "entry", "entries"),
               (double)octets / (1024 * 1024));
    if (dropped)
        printf(
            "%" PRId64 " older %s with %" PRId64 " %s went for want of room (quarantine.size), last at %s.\n",
            dropped, plural(dropped, "one", "ones"), readings, plural(readings, "reading", "readings"), at);
}

static int list(Quarantine *quarantine, BpError *err)
{
    const PgValue values[] = {text_or_any(site), text_or_any(reason), pg_integer(limit)};
    say_table_init(&quarantine->table, list_columns, LIST_COLUMNS);
    if (ask(quarantine, SQL_SELECT_QUARANTINE, values, 3, add_entry, err) != BP_OK ||
        ask(quarantine, SQL_SELECT_QUARANTINE_TOTAL, values, 1, tell_total, err) != BP_OK)
        return say_fail(quarantine->command->name, err);
    return EX_OK;
}

static void show_entry(void *context, const PgRows *rows, size_t row)
{
    Quarantine *quarantine = context;
    char received[BP_TIME_TEXT_MAX];
    quarantine->is_there = true;
    if (quarantine->arguments->json) {
        json_t *entry = entry_json(rows, row);
        json_object_set_new(entry, "payload", text_or_null(rows, row, PAYLOAD));
        say_json_print(entry);
        return;
    }
    printf("id        %.*s\n", BP_STR_ARGS(pg_get_text(rows, row, ID)));
    printf("site      %.*s\n", BP_STR_ARGS(pg_get_text(rows, row, SITE_ID)));
    printf("received  %s\n", bp_time_format(pg_get_time_us(rows, row, RECEIVED_AT), 3, received));
    if (!pg_is_null(rows, row, N))
        printf("batch     %.*s of run %.*s\n", BP_STR_ARGS(pg_get_text(rows, row, N)),
               BP_STR_ARGS(pg_get_text(rows, row, RUN)));
    if (!pg_is_null(rows, row, READINGS))
        printf("readings  %.*s\n", BP_STR_ARGS(pg_get_text(rows, row, READINGS)));
    printf("reason    %.*s\n\n%.*s\n", BP_STR_ARGS(pg_get_text(rows, row, REASON)),
           BP_STR_ARGS(pg_get_text(rows, row, PAYLOAD)));
}

static BpStatus read_id(const char *text, int64_t *ret_id, BpError *err)
{
    if (bp_parse_i64(bp_str(text), 1, INT64_MAX, ret_id, err) != BP_OK)
        return bp_within(err, "an entry is a number of `bacpipes quarantine list`");
    return BP_OK;
}

static int show(Quarantine *quarantine, BpError *err)
{
    int64_t id;
    if (read_id(quarantine->arguments->positionals.items[0], &id, err) != BP_OK)
        return say_fail(quarantine->command->name, err);
    const PgValue value = pg_integer(id);
    if (ask(quarantine, SQL_SELECT_QUARANTINE_ENTRY, &value, 1, show_entry, err) == BP_OK &&
        !quarantine->is_there)
        bp_fail(err, BP_NOT_FOUND, "there is no entry %" PRId64 ": `bacpipes quarantine list` shows them",
                id);
    return err->status == BP_OK ? EX_OK : say_fail(quarantine->command->name, err);
}

/* ---- which entries ---- */

static void add_id(void *context, const PgRows *rows, size_t row)
{
    Quarantine *quarantine = context;
    if (quarantine->count == quarantine->capacity) {
        quarantine->capacity = quarantine->capacity ? quarantine->capacity * 2 : 64;
        quarantine->ids = realloc(quarantine->ids, quarantine->capacity * sizeof *quarantine->ids);
        if (!quarantine->ids)
            abort();
    }
    quarantine->ids[quarantine->count++] = pg_get_integer(rows, row, 0);
}

/* Those that are meant are looked up first: what comes in meanwhile is another matter. */
static BpStatus find_ids(Quarantine *quarantine, BpError *err)
{
    const CfgTexts *texts = &quarantine->arguments->positionals;
    if ((texts->count > 0) + all + (reason != NULL) != 1)
        return bp_fail(err, BP_INVALID, "which entries: one of ID..., --all and --reason TEXT says it");
    BpBuf ids = bp_buf_growing((size_t)64 * IDS_MAX);
    bp_buf_u8(&ids, '{');
    BpStatus status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < texts->count; i++) {
        int64_t id = 0;
        status = read_id(texts->items[i], &id, err);
        bp_buf_printf(&ids, "%s%" PRId64, i ? "," : "", id);
    }
    bp_buf_u8(&ids, '}');
    const PgValue values[] = {text_or_any(site), text_or_any(reason),
                              texts->count ? pg_text(bp_buf_text(&ids)) : pg_null()};
    if (status == BP_OK)
        status = ask(quarantine, SQL_SELECT_QUARANTINE_IDS, values, 3, add_id, err);
    bp_buf_done(&ids);
    if (status == BP_OK && texts->count > quarantine->count)
        return bp_fail(err, BP_NOT_FOUND,
                       "%zu of these entries are not there: `bacpipes quarantine list` shows them",
                       texts->count - quarantine->count);
    return status;
}

/* ---- retry ---- */

/* Columns of put_back_quarantine.sql. */
enum { STORED, PRESENT, REFUSED, WHY };

static const SayColumn refused_columns[] = {{"id", .is_number = true},
                                            {"stored", .is_number = true},
                                            {"there already", .is_number = true},
                                            {"refused", .is_number = true},
                                            {"why", .may_be_cut = true}};
enum { REFUSED_COLUMNS = sizeof refused_columns / sizeof refused_columns[0] };

static void add_put_back(void *context, const PgRows *rows, size_t row)
{
    Quarantine *quarantine = context;
    const int64_t id = quarantine->ids[quarantine->count];
    if (pg_is_null(rows, row, REFUSED))
        return; /* it went meanwhile */
    quarantine->entries++;
    quarantine->stored += pg_get_integer(rows, row, STORED);
    quarantine->present += pg_get_integer(rows, row, PRESENT);
    quarantine->refused += pg_get_integer(rows, row, REFUSED);
    if (quarantine->arguments->json) {
        json_array_append_new(quarantine->json, json_pack("{s:I, s:o, s:o, s:o, s:o}", "id", (json_int_t)id,
                                                          "stored", integer_or_null(rows, row, STORED),
                                                          "present", integer_or_null(rows, row, PRESENT),
                                                          "refused", integer_or_null(rows, row, REFUSED),
                                                          "why", text_or_null(rows, row, WHY)));
    } else if (pg_get_integer(rows, row, REFUSED)) {
        say_table_addf(&quarantine->table, "%" PRId64, id);
        for (int column = STORED; column <= WHY; column++)
            say_table_add(&quarantine->table, pg_get_text(rows, row, column));
    }
}

static void apply_setting(void *context, const PgRows *rows, size_t row)
{
    Quarantine *quarantine = context;
    BpError wrong;
    if (cfg_apply(&quarantine->cfg, &quarantine->arena, pg_get_text(rows, row, 0), pg_get_text(rows, row, 1),
                  &wrong) != BP_OK)
        fprintf(stderr, "table setting: %s\n", wrong.text);
}

static void tell_put_back(const Quarantine *quarantine)
{
    const char *would = dry_run ? "would be " : "";
    if (quarantine->arguments->json) {
        say_json_print(json_pack("{s:b, s:O, s:I, s:I, s:I}", "dry_run", dry_run, "entries", quarantine->json,
                                 "stored", (json_int_t)quarantine->stored, "present",
                                 (json_int_t)quarantine->present, "refused",
                                 (json_int_t)quarantine->refused));
        return;
    }
    if (say_table_row_count(&quarantine->table))
        say_table_print(&quarantine->table, stdout, say_terminal_width(stdout));
    printf("Of %" PRId64 " %s: %" PRId64 " %s %sstored, %" PRId64 " there already, %" PRId64 " %srefused.\n",
           quarantine->entries, plural(quarantine->entries, "entry", "entries"), quarantine->stored,
           plural(quarantine->stored, "reading", "readings"), would, quarantine->present, quarantine->refused,
           dry_run ? would : "still ");
}

static int retry(Quarantine *quarantine, BpError *err)
{
    const PgValue of_site = pg_text(bp_str(site ? site : quarantine->cfg.site));
    say_table_init(&quarantine->table, refused_columns, REFUSED_COLUMNS);
    BpStatus status = ask(quarantine, SQL_SELECT_SETTINGS, &of_site, 1, apply_setting, err);
    if (status == BP_OK)
        status = find_ids(quarantine, err);
    const size_t count = quarantine->count;
    for (size_t i = 0; status == BP_OK && i < count; i++) {
        const PgValue values[] = {pg_integer(quarantine->ids[i]), pg_time(bp_wall_us()),
                                  pg_double((double)quarantine->cfg.retention_readings / BP_SECOND),
                                  pg_double((double)quarantine->cfg.readings_future_max / BP_SECOND),
                                  pg_bool(dry_run)};
        quarantine->count = i; /* of whom the answer is */
        status = ask(quarantine, SQL_PUT_BACK_QUARANTINE, values, 5, add_put_back, err);
    }
    if (status == BP_OK || quarantine->entries)
        tell_put_back(quarantine);
    if (status != BP_OK)
        return say_fail(quarantine->command->name, err);
    return quarantine->refused ? SAY_NOTHING : EX_OK;
}

/* ---- drop ---- */

static void add_dropped(void *context, const PgRows *rows, size_t row)
{
    Quarantine *quarantine = context;
    quarantine->entries++;
    quarantine->readings += pg_get_integer(rows, row, 0);
}

static int drop(Quarantine *quarantine, BpError *err)
{
    BpStatus status = find_ids(quarantine, err);
    for (size_t i = 0; status == BP_OK && !dry_run && i < quarantine->count; i++) {
        const PgValue value = pg_integer(quarantine->ids[i]);
        status = ask(quarantine, SQL_DELETE_QUARANTINE, &value, 1, add_dropped, err);
    }
    if (status != BP_OK)
        return say_fail(quarantine->command->name, err);
    if (dry_run)
        quarantine->entries = (int64_t)quarantine->count;
    if (quarantine->arguments->json)
        say_json_print(json_pack("{s:b, s:I, s:I}", "dry_run", dry_run, "entries",
                                 (json_int_t)quarantine->entries, "readings",
                                 (json_int_t)quarantine->readings));
    else if (dry_run)
        printf("%" PRId64 " %s would be dropped.\n", quarantine->entries,
               plural(quarantine->entries, "entry", "entries"));
    else
        printf("%" PRId64 " %s with %" PRId64 " %s dropped.\n", quarantine->entries,
               plural(quarantine->entries, "entry", "entries"), quarantine->readings,
               plural(quarantine->readings, "reading", "readings"));
    return EX_OK;
}

/* ---- the parts ---- */

static const CfgPart parts[] = {
    {"list", "lists what was put aside, and why"},
    {"show", "shows an entry whole"},
    {"retry", "puts entries back, when their cause is gone"},
    {"drop", "drops entries for good"},
};
static const struct {
    const CfgCommand *command;
    int (*run)(Quarantine *quarantine, BpError *err);
} runs[] = {{&list_command, list}, {&show_command, show}, {&retry_command, retry}, {&drop_command, drop}};
static const CfgParts tool = {
    .tool = "bacpipes quarantine",
    .parts = parts,
    .count = sizeof parts / sizeof parts[0],
    .text = "Readings that could not be stored are kept with the reason. Examples:\n\n"
            "  bacpipes quarantine list\n"
            "  bacpipes quarantine retry --all --dry-run\n"
            "\n`bacpipes quarantine retry --help` tells more, with further examples.\n",
};

static int run_part(int part, int argc, char **argv)
{
    Quarantine quarantine = {.command = runs[part].command};
    CfgArguments arguments;
    BpError err = {0};
    int code = cfg_begin(quarantine.command, argc, argv, &quarantine.arena, &arguments, &quarantine.cfg);
    if (code == CFG_GO_ON) {
        quarantine.arguments = &arguments;
        quarantine.json = json_array();
        if (site_database_open(&quarantine.database, &quarantine.cfg, &quarantine.arena, &err) == BP_OK &&
            site_database_check_site(&quarantine.database, site, &err) == BP_OK)
            code = runs[part].run(&quarantine, &err);
        else
            code = say_fail(quarantine.command->name, &err);
        site_database_close(&quarantine.database);
        say_table_done(&quarantine.table);
        json_decref(quarantine.json);
        free(quarantine.ids);
    }
    bp_arena_done(&quarantine.arena);
    return code;
}

int query_quarantine_main(int argc, char **argv)
{
    int code;
    const int part = cfg_choose_part(&tool, argc, argv, &code);
    return part == CFG_NO_PART ? code : run_part(part, argc - 1, argv + 1);
}
