/* bacpipes quarantine retry and drop: what is done to entries, which are chosen in one way. */
#include "apps/query/quarantine.h"

#include "base/time.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/progress.h"
#include "site/settings.h"

#include <inttypes.h>
#include <stdio.h>

enum { IDS_MAX = 1000 };

static const char *site, *reason;
static bool all, dry_run;

#define CHOICE_OPTIONS                                                                                       \
    {"site", "SITE", "Only of this site. Default: of all that the database has.", .text = &site},            \
        {"all", NULL, "All entries.", .flag = &all},                                                         \
    {                                                                                                        \
        "reason", "TEXT", "All entries with this in their reason.", .text = &reason                          \
    }

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
        "Exit codes: 0 all was put back; 1 no such entry, or some is still refused;\n" SAY_EXIT_OF_DATABASE,
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
    .details = "Exit codes: 0 fine; 1 no such entry;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes quarantine drop 17\nbacpipes quarantine drop --reason 'no JSON' --dry-run",
};

/* Those that were chosen, and what became of them. */
typedef struct Entries {
    QueryQuarantine *quarantine;
    int64_t *ids; /* in the arena */
    size_t count, capacity;
    int64_t met, readings; /* dropped */
    int64_t stored, present, refused;
} Entries;

/* ---- which entries ---- */

static void add_id(void *context, const PgRows *rows, size_t row)
{
    Entries *entries = context;
    entries->ids = bp_arena_grow(entries->quarantine->arena, entries->ids, entries->count, &entries->capacity,
                                 sizeof *entries->ids);
    entries->ids[entries->count++] = pg_get_integer(rows, row, 0);
}

/* Those that are meant are looked up first: what comes in meanwhile is another matter. */
static BpStatus find_ids(Entries *entries, BpError *err)
{
    const CfgTexts *texts = &entries->quarantine->arguments->positionals;
    if ((texts->count > 0) + all + (reason != NULL) != 1)
        return bp_fail(err, BP_INVALID, "which entries: one of ID..., --all and --reason TEXT says it");
    BpBuf ids = bp_buf_growing((size_t)64 * IDS_MAX);
    bp_buf_u8(&ids, '{');
    BpStatus status = BP_OK;
    for (size_t i = 0; status == BP_OK && i < texts->count; i++) {
        int64_t id = 0;
        status = query_quarantine_read_id(texts->items[i], &id, err);
        bp_buf_printf(&ids, "%s%" PRId64, i ? "," : "", id);
    }
    bp_buf_u8(&ids, '}');
    const PgValue values[] = {tool_text_or_any(site), tool_text_or_any(reason),
                              texts->count ? pg_text(bp_buf_text(&ids)) : pg_null()};
    if (status == BP_OK)
        status = site_database_ask(&entries->quarantine->database, SQL_SELECT_QUARANTINE_IDS, values, 3,
                                   add_id, entries, err);
    bp_buf_done(&ids);
    if (status == BP_OK && texts->count > entries->count)
        return bp_fail(err, BP_NOT_FOUND,
                       "%zu of these entries are not there: `bacpipes quarantine list` shows them",
                       texts->count - entries->count);
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
    Entries *entries = context;
    const int64_t id = entries->ids[entries->count];
    if (pg_is_null(rows, row, REFUSED))
        return; /* it went meanwhile */
    entries->met++;
    entries->stored += pg_get_integer(rows, row, STORED);
    entries->present += pg_get_integer(rows, row, PRESENT);
    entries->refused += pg_get_integer(rows, row, REFUSED);
    if (entries->quarantine->arguments->json) {
        json_array_append_new(entries->quarantine->json,
                              json_pack("{s:I, s:o, s:o, s:o, s:o}", "id", (json_int_t)id, "stored",
                                        tool_integer_json(rows, row, STORED), "present",
                                        tool_integer_json(rows, row, PRESENT), "refused",
                                        tool_integer_json(rows, row, REFUSED), "why",
                                        tool_text_json(rows, row, WHY)));
    } else if (pg_get_integer(rows, row, REFUSED)) {
        say_table_addf(&entries->quarantine->table, "%" PRId64, id);
        for (int column = STORED; column <= WHY; column++)
            say_table_add(&entries->quarantine->table, pg_get_text(rows, row, column));
    }
}

static void tell_wrong_setting(const BpError *wrong)
{
    fprintf(stderr, "table setting: %s\n", wrong->text);
}

static void tell_put_back(const Entries *entries)
{
    const QueryQuarantine *quarantine = entries->quarantine;
    const char *would = dry_run ? "would be " : "";
    if (quarantine->arguments->json) {
        say_json_print(json_pack("{s:b, s:O, s:I, s:I, s:I}", "dry_run", dry_run, "entries", quarantine->json,
                                 "stored", (json_int_t)entries->stored, "present",
                                 (json_int_t)entries->present, "refused", (json_int_t)entries->refused));
        return;
    }
    if (say_table_row_count(&quarantine->table))
        say_table_print(&quarantine->table, stdout, say_terminal_width(stdout));
    printf("Of %" PRId64 " %s: %" PRId64 " %s %sstored, %" PRId64 " there already, %" PRId64 " %srefused.\n",
           entries->met, query_plural(entries->met, "entry", "entries"), entries->stored,
           query_plural(entries->stored, "reading", "readings"), would, entries->present, entries->refused,
           dry_run ? would : "still ");
}

static int retry_all(Entries *entries, BpError *err)
{
    QueryQuarantine *quarantine = entries->quarantine;
    const SiteSettingsWish wish = {.on_wrong = tell_wrong_setting};
    if (site)
        quarantine->cfg.site = site;
    say_table_init(&quarantine->table, refused_columns, REFUSED_COLUMNS);
    BpStatus status =
        site_settings_read(&quarantine->database, &wish, quarantine->arena, &quarantine->cfg, err);
    if (status == BP_OK)
        status = find_ids(entries, err);
    const size_t count = entries->count;
    for (size_t i = 0; status == BP_OK && i < count; i++) {
        const PgValue values[] = {pg_integer(entries->ids[i]), pg_time(bp_wall_us()),
                                  pg_double((double)quarantine->cfg.retention_readings / BP_SECOND),
                                  pg_double((double)quarantine->cfg.readings_future_max / BP_SECOND),
                                  pg_bool(dry_run)};
        entries->count = i; /* of whom the answer is */
        say_progress("putting back entry %zu of %zu", i + 1, count);
        status = site_database_ask(&quarantine->database, SQL_PUT_BACK_QUARANTINE, values, 5, add_put_back,
                                   entries, err);
    }
    say_progress_end();
    if (status == BP_OK || entries->met)
        tell_put_back(entries);
    if (status != BP_OK)
        return say_fail(quarantine->command->name, err);
    return entries->refused ? SAY_NOTHING : EX_OK;
}

static int retry(QueryQuarantine *quarantine, BpError *err)
{
    return retry_all(&(Entries){.quarantine = quarantine}, err);
}

/* ---- drop ---- */

static void add_dropped(void *context, const PgRows *rows, size_t row)
{
    Entries *entries = context;
    entries->met++;
    entries->readings += pg_get_integer(rows, row, 0);
}

static int drop_all(Entries *entries, BpError *err)
{
    QueryQuarantine *quarantine = entries->quarantine;
    BpStatus status = find_ids(entries, err);
    for (size_t i = 0; status == BP_OK && !dry_run && i < entries->count; i++) {
        const PgValue value = pg_integer(entries->ids[i]);
        status = site_database_ask(&quarantine->database, SQL_DELETE_QUARANTINE, &value, 1, add_dropped,
                                   entries, err);
    }
    if (status != BP_OK)
        return say_fail(quarantine->command->name, err);
    if (dry_run)
        entries->met = (int64_t)entries->count;
    if (quarantine->arguments->json)
        say_json_print(json_pack("{s:b, s:I, s:I}", "dry_run", dry_run, "entries", (json_int_t)entries->met,
                                 "readings", (json_int_t)entries->readings));
    else if (dry_run)
        printf("%" PRId64 " %s would be dropped.\n", entries->met,
               query_plural(entries->met, "entry", "entries"));
    else
        printf("%" PRId64 " %s with %" PRId64 " %s dropped.\n", entries->met,
               query_plural(entries->met, "entry", "entries"), entries->readings,
               query_plural(entries->readings, "reading", "readings"));
    return EX_OK;
}

static int drop(QueryQuarantine *quarantine, BpError *err)
{
    return drop_all(&(Entries){.quarantine = quarantine}, err);
}

/* ---- both ---- */

static int run_retry(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    return query_quarantine_work(&retry_command, arguments, cfg, arena, site, retry);
}

static int run_drop(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    return query_quarantine_work(&drop_command, arguments, cfg, arena, site, drop);
}

int query_quarantine_retry(int argc, char **argv)
{
    return say_run(&retry_command, argc, argv, run_retry);
}

int query_quarantine_drop(int argc, char **argv)
{
    return say_run(&drop_command, argc, argv, run_drop);
}
