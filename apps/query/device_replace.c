/* bacpipes device replace: a controller took another's place, and goes on with its points and their history.
 */
#include "apps/query/device.h"
#include "tool/change.h"
#include "tool/rows.h"
#include "tool/site.h"

#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/table.h"
#include "site/devices.h"

#include <stdio.h>

static const char *site, *by;
static bool yes, dry_run;

static const CfgOption options[] = {
    {"by", "NEW", "The device that took OLD's place, which the database knows by now.", .text = &by},
    {"yes", NULL, "Carries it out. Without it nothing is changed.", .flag = &yes},
    {"dry-run", NULL, "Only says what it would do, as without --yes.", .flag = &dry_run},
    {"site", "SITE", "Of this site, where the database has several.", .text = &site},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes device replace",
    .positionals = "OLD",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary =
        "Gives the points of a device, with their numbers, tags, intervals and history, to the controller "
        "that took its place. Says what would become of each point, and with --yes does it.",
    .options = options,
    .offers_json = true,
    .details = "OLD and NEW are a name, device_id (id:7), instance or address, as `bacpipes device list` "
               "shows them.\n"
               "Points go on where both have the same object, else where both have one of the same name. "
               "What was read\n"
               "of NEW's since then is added to their history. NEW's other points are added, OLD's are kept "
               "as missing.\n"
               "A site that is elsewhere is asked to, and waited for a little.\n"
               "Exit codes: 0 fine; 1 no such device, or OLD still answers; 69 the site has not answered "
               "yet; 77 it refuses;\n" SAY_EXIT_OF_DATABASE,
    .examples =
        "bacpipes device replace 2101 --by 2108\n"
        "bacpipes device replace AHU-1 --by id:57 --yes\n"
        "bacpipes device replace AHU-1 --by 10.1.2.9 --json | jq '.points[] | select(.fate == \"missing\")'",
};

/* One of the two. */
typedef struct Chosen {
    BpArena *arena;
    size_t count;
    BpStr site_id, name, address, state;
    int64_t device_id, instance;
    char listed[BP_ERROR_TEXT_MAX / 2];
    BpBuf list;
} Chosen;

static void choose(void *context, const PgRows *rows, size_t row)
{
    Chosen *chosen = context;
    const BpStr name = pg_get_text(rows, row, DEVICES_NAME),
                address = pg_get_text(rows, row, DEVICES_ADDRESS);
    chosen->site_id = tool_text_kept(chosen->arena, rows, row, DEVICES_SITE_ID);
    chosen->name = tool_text_kept(chosen->arena, rows, row, DEVICES_NAME);
    chosen->address = tool_text_kept(chosen->arena, rows, row, DEVICES_ADDRESS);
    chosen->state = tool_text_kept(chosen->arena, rows, row, DEVICES_STATE);
    chosen->device_id = pg_get_integer(rows, row, DEVICES_DEVICE_ID);
    chosen->instance = pg_get_integer(rows, row, DEVICES_INSTANCE);
    bp_buf_printf(&chosen->list, "%sid:%d (%.*s, instance %d at %.*s)", chosen->count++ ? ", " : "",
                  (int)chosen->device_id, BP_STR_ARGS(name), (int)chosen->instance, BP_STR_ARGS(address));
}

static BpStatus find(SiteDatabase *database, const char *wanted, BpArena *arena, Chosen *ret_chosen,
                     BpError *err)
{
    const PgValue values[] = {pg_text(bp_str(wanted)), tool_text_or_any(site)};
    *ret_chosen = (Chosen){.arena = arena};
    ret_chosen->list = bp_buf(ret_chosen->listed, sizeof ret_chosen->listed);
    BP_TRY(site_database_check_site(database, site, err));
    BP_TRY(site_database_ask(database, SQL_SELECT_DEVICES, values, 2, choose, ret_chosen, err));
    if (ret_chosen->count == 1)
        return BP_OK;
    if (ret_chosen->count == 0)
        return bp_fail(
            err, BP_NOT_FOUND,
            "no device is \"%s\" by name, device_id, instance or address: `bacpipes device list` shows them",
            wanted);
    return bp_fail(err, BP_INVALID, "\"%s\" may be %.*s: say id:NUMBER%s", wanted,
                   BP_STR_ARGS(bp_buf_text(&ret_chosen->list)), site ? "" : ", or --site");
}

static BpStatus check(const Chosen *old, const Chosen *new, BpError *err)
{
    if (!bp_str_equal(old->site_id, new->site_id))
        return bp_fail(err, BP_INVALID, "the two are of different sites, %.*s and %.*s",
                       BP_STR_ARGS(old->site_id), BP_STR_ARGS(new->site_id));
    if (old->device_id == new->device_id)
        return bp_fail(err, BP_INVALID, "both are device_id %d: --by names the new one", (int)old->device_id);
    if (bp_str_equal(old->state, bp_str("online")))
        return bp_fail(
            err, BP_REFUSED,
            "device %d at %.*s still answers: only one that is gone, or disabled, has its place taken",
            (int)old->instance, BP_STR_ARGS(old->address));
    return BP_OK;
}

/* ---- what becomes of the points ---- */

enum { BY_WHAT, OLD_POINT, OLD_OBJECT, OLD_NAME, NEW_POINT, NEW_OBJECT, NEW_NAME };

static const SayColumn columns[] = {{"point", .is_number = true},
                                    {"old", .may_be_cut = true},
                                    {"new", .may_be_cut = true},
                                    {"what becomes of it"}};

typedef struct Fates {
    SayTable table;
    json_t *json;
    size_t kept, more, missing;
    ToolChange change; /* where the site is elsewhere, and asked */
} Fates;

static const char *fate_of(BpStr by_what)
{
    if (bp_str_equal(by_what, bp_str("object")))
        return "goes on";
    if (bp_str_equal(by_what, bp_str("name")))
        return "goes on, by its name";
    return bp_str_equal(by_what, bp_str("more")) ? "is added" : "is kept as missing";
}

static void add_side(Fates *fates, const PgRows *rows, size_t row, int object, int name)
{
    say_table_addf(&fates->table, "%.*s %.*s", BP_STR_ARGS(pg_get_text(rows, row, object)),
                   BP_STR_ARGS(pg_get_text(rows, row, name)));
}

static void add_fate(void *context, const PgRows *rows, size_t row)
{
    Fates *fates = context;
    const BpStr by_what = pg_get_text(rows, row, BY_WHAT);
    const bool is_more = pg_is_null(rows, row, OLD_POINT), is_missing = pg_is_null(rows, row, NEW_POINT);
    fates->more += is_more;
    fates->missing += is_missing;
    fates->kept += !is_more && !is_missing;
    say_table_addf(&fates->table, "%d", (int)pg_get_integer(rows, row, is_more ? NEW_POINT : OLD_POINT));
    add_side(fates, rows, row, OLD_OBJECT, OLD_NAME);
    add_side(fates, rows, row, NEW_OBJECT, NEW_NAME);
    say_table_add(&fates->table, bp_str(fate_of(by_what)));
    json_array_append_new(
        fates->json,
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "fate", tool_text_json(rows, row, BY_WHAT),
                  "point_id", tool_integer_json(rows, row, is_more ? NEW_POINT : OLD_POINT), "old_object",
                  tool_text_json(rows, row, OLD_OBJECT), "old_name", tool_text_json(rows, row, OLD_NAME),
                  "new_point_id", tool_integer_json(rows, row, NEW_POINT), "new_object",
                  tool_text_json(rows, row, NEW_OBJECT), "new_name", tool_text_json(rows, row, NEW_NAME)));
}

static void note_moved(void *context, const PgRows *rows, size_t row)
{
    int64_t *moved = context;
    *moved = pg_get_integer(rows, row, 3);
}

static void note_asked(void *context, const PgRows *rows, size_t row)
{
    ToolChange *change = context;
    bp_str_copy(pg_get_text(rows, row, 0), change->id, sizeof change->id);
}

static void tell(const Fates *fates, const Chosen *old, const Chosen *new, int64_t moved)
{
    say_table_print(&fates->table, stdout, say_terminal_width(stdout));
    printf("\n%.*s (device_id %d, instance %d) %s device %d at %.*s: %zu points %s, %zu %s added, %zu %s "
           "missing",
           BP_STR_ARGS(old->name), (int)old->device_id, (int)old->instance, yes ? "is" : "would be",
           (int)new->instance, BP_STR_ARGS(new->address), fates->kept, yes ? "go on" : "would go on",
           fates->more, yes ? "are" : "would be", fates->missing, yes ? "are" : "would be");
    if (yes)
        printf("; %lld readings moved. device_id %d is gone.\n", (long long)moved, (int)new->device_id);
    else
        printf(". Nothing is changed yet: --yes does it.\n");
}

static void tell_json(const Fates *fates, const Chosen *old, const Chosen *new, int64_t moved)
{
    say_json_print(json_pack(
        "{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:O, s:o*}", "changed",
        yes && tool_change_code(&fates->change) == EX_OK, "device_id", (json_int_t)old->device_id,
        "by_device_id", (json_int_t) new->device_id, "kept", (json_int_t)fates->kept, "added",
        (json_int_t)fates->more, "missing", (json_int_t)fates->missing, "readings_moved", (json_int_t)moved,
        "points", fates->json, "change", *fates->change.id ? tool_change_json(&fates->change) : NULL));
}

static BpStatus replace(SiteDatabase *database, const Cfg *cfg, const char *wanted, BpArena *arena,
                        Fates *fates, bool as_json, BpError *err)
{
    Chosen old, new;
    int64_t moved = 0;
    Cfg of = *cfg;
    bool is_elsewhere;
    BP_TRY(find(database, wanted, arena, &old, err));
    BP_TRY(find(database, by, arena, &new, err));
    BP_TRY(check(&old, &new, err));
    BP_TRY(tool_site_choose(database, bp_arena_text(arena, old.site_id), arena, &of, &is_elsewhere, err));
    const PgValue values[] = {pg_text(old.site_id), pg_integer(old.device_id), pg_integer(new.device_id)};
    BP_TRY(site_database_ask(database, SQL_SELECT_DEVICE_PAIRS, values, 3, add_fate, fates, err));
    if (yes && is_elsewhere) {
        BP_TRY(
            site_database_ask(database, SQL_ASK_DEVICE_REPLACE, values, 3, note_asked, &fates->change, err));
        BP_TRY(tool_change_wait(database, &fates->change, arena, err));
    } else if (yes)
        BP_TRY(site_database_ask(database, SQL_REPLACE_DEVICE, values, 3, note_moved, &moved, err));
    if (is_elsewhere && yes && !as_json) {
        say_table_print(&fates->table, stdout, say_terminal_width(stdout));
        printf("\n");
        tool_change_tell(of.site, &fates->change);
    } else if (as_json)
        tell_json(fates, &old, &new, moved);
    else
        tell(fates, &old, &new, moved);
    return BP_OK;
}

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    SiteDatabase database;
    if (!by || (yes && dry_run)) {
        (void)!bp_fail(&err, BP_INVALID,
                       by ? "--yes and --dry-run say different things" : "--by NEW says who took the place");
        return say_fail(command.name, &err);
    }
    Fates fates = {.json = json_array()};
    say_table_init(&fates.table, columns, sizeof columns / sizeof columns[0]);
    BpStatus status = site_database_open(&database, cfg, arena, &err);
    if (status == BP_OK)
        status =
            replace(&database, cfg, arguments->positionals.items[0], arena, &fates, arguments->json, &err);
    site_database_close(&database);
    say_table_done(&fates.table);
    json_decref(fates.json);
    return status == BP_OK ? tool_change_code(&fates.change) : say_fail(command.name, &err);
}

int query_device_replace(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
