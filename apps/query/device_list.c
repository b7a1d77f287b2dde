/* bacpipes device list: which devices the database knows, where, and how they are. */
#include "site/devices.h"

#include "base/time.h"
#include "config/arguments.h"
#include "say/fail.h"
#include "say/json.h"
#include "say/table.h"

#include <stdio.h>
#include <sysexits.h>

static const char *site;

static const CfgOption options[] = {
    {"site", "SITE", "Only devices of this site. Default: of all that the database has.", .text = &site},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes device list",
    .positionals = "[DEVICE]",
    .positionals_max = 1,
    .summary = "Lists the devices of the database, or those with this name, device_id (id:7), instance or "
               "address.",
    .options = options,
    .offers_json = true,
    .details = "A device that is replaced has lost its address to another one, and is found nowhere else.\n"
               "Exit codes: 0 fine, 1 no device found, 64 wrong use, 69 the database is away.\n",
    .examples = "bacpipes device list\nbacpipes device list 1001 --json\n"
                "bacpipes device list --json | jq '.[] | select(.state != \"online\")'",
};

static const SayColumn columns[] = {{"id", .is_number = true},
                                    {"name", .may_be_cut = true},
                                    {"instance", .is_number = true},
                                    {"address"},
                                    {"state"},
                                    {"since", .is_number = true},
                                    {"points", .is_number = true},
                                    {"model", .may_be_cut = true}};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

typedef struct Listing {
    int64_t now_us;
    SayTable table;
    json_t *json; /* NULL: a table */
    size_t count;
} Listing;

static void add_row(void *context, const PgRows *rows, size_t row)
{
    Listing *listing = context;
    char age[BP_TIME_TEXT_MAX] = "";
    listing->count++;
    if (!pg_is_null(rows, row, DEVICES_SINCE))
        bp_interval_format(listing->now_us - pg_get_time_us(rows, row, DEVICES_SINCE), age);
    say_table_addf(&listing->table, "%d", (int)pg_get_integer(rows, row, DEVICES_DEVICE_ID));
    say_table_add(&listing->table, pg_get_text(rows, row, DEVICES_NAME));
    say_table_addf(&listing->table, "%d", (int)pg_get_integer(rows, row, DEVICES_INSTANCE));
    say_table_add(&listing->table, pg_get_text(rows, row, DEVICES_ADDRESS));
    say_table_add(&listing->table, pg_get_text(rows, row, DEVICES_STATE));
    say_table_add(&listing->table, bp_str(age));
    say_table_addf(&listing->table, "%d", (int)pg_get_integer(rows, row, DEVICES_POINTS));
    say_table_add(&listing->table, pg_get_text(rows, row, DEVICES_MODEL));
}

static json_t *text_of(const PgRows *rows, size_t row, int column)
{
    const BpStr text = pg_get_text(rows, row, column);
    return say_json_text(text);
}

static json_t *integer_of(const PgRows *rows, size_t row, int column)
{
    return json_integer(pg_get_integer(rows, row, column));
}

static void add_json(void *context, const PgRows *rows, size_t row)
{
    Listing *listing = context;
    char since[BP_TIME_TEXT_MAX];
    listing->count++;
    json_array_append_new(
        listing->json,
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:s?, s:o, s:o, s:o}", "site_id",
                  text_of(rows, row, DEVICES_SITE_ID), "device_id", integer_of(rows, row, DEVICES_DEVICE_ID),
                  "name", text_of(rows, row, DEVICES_NAME), "instance",
                  integer_of(rows, row, DEVICES_INSTANCE), "address", text_of(rows, row, DEVICES_ADDRESS),
                  "replaced", pg_get_bool(rows, row, DEVICES_IS_REPLACED), "state",
                  text_of(rows, row, DEVICES_STATE), "since",
                  pg_is_null(rows, row, DEVICES_SINCE)
                      ? NULL
                      : bp_time_format(pg_get_time_us(rows, row, DEVICES_SINCE), 6, since),
                  "vendor", text_of(rows, row, DEVICES_VENDOR), "model", text_of(rows, row, DEVICES_MODEL),
                  "points", integer_of(rows, row, DEVICES_POINTS)));
}

static int tell(const Listing *listing, const char *wanted)
{
    if (listing->json)
        say_json_print(json_incref(listing->json));
    else if (listing->count)
        say_table_print(&listing->table, stdout, say_terminal_width(stdout));
    if (listing->count)
        return EX_OK;
    if (wanted)
        fprintf(stderr, "No device is \"%s\" by name, device_id, instance or address.\n", wanted);
    else
        fprintf(stderr, "No devices yet. `bacpipes up` finds those of the building.\n");
    return SAY_NOTHING;
}

int query_device_list(int argc, char **argv, BpArena *arena)
{
    Cfg cfg;
    BpError err;
    CfgArguments arguments;
    SiteDatabase database;
    int code = cfg_begin(&command, argc, argv, arena, &arguments, &cfg);
    if (code != CFG_GO_ON)
        return code;
    const char *wanted = arguments.positionals.count ? arguments.positionals.items[0] : NULL;
    Listing listing = {.now_us = bp_wall_us(), .json = arguments.json ? json_array() : NULL};
    const PgValue values[] = {wanted ? pg_text(bp_str(wanted)) : pg_null(),
                              site ? pg_text(bp_str(site)) : pg_null()};
    say_table_init(&listing.table, columns, COLUMNS);
    BpStatus status = site_database_open(&database, &cfg, arena, &err);
    if (status == BP_OK)
        status = site_database_check_site(&database, site, &err);
    if (status == BP_OK)
        status = site_database_ask(&database, SQL_SELECT_DEVICES, values, 2,
                                   listing.json ? add_json : add_row, &listing, &err);
    site_database_close(&database);
    code = status == BP_OK ? tell(&listing, wanted) : say_fail(command.name, &err);
    say_table_done(&listing.table);
    json_decref(listing.json);
    return code;
}
