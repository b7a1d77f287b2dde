/* bacpipes device list: which devices the database knows, where, and how they are. */
#include "apps/query/device.h"
#include "tool/listing.h"

#include "base/time.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "site/devices.h"

#include <stdio.h>

static const char *site, *wanted; /* wanted: by the command line, or NULL */

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
               "Exit codes: 0 fine; 1 no device found;\n" SAY_EXIT_OF_DATABASE,
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

static void add_row(ToolListing *listing, const PgRows *rows, size_t row)
{
    char age[BP_TIME_TEXT_MAX] = "";
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

/* What is not known is empty text. */
static json_t *text_of(const PgRows *rows, size_t row, int column)
{
    return say_json_text(pg_get_text(rows, row, column));
}

static json_t *integer_of(const PgRows *rows, size_t row, int column)
{
    return json_integer(pg_get_integer(rows, row, column));
}

static json_t *make_json(const PgRows *rows, size_t row)
{
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "site_id",
        text_of(rows, row, DEVICES_SITE_ID), "device_id", integer_of(rows, row, DEVICES_DEVICE_ID), "name",
        text_of(rows, row, DEVICES_NAME), "instance", integer_of(rows, row, DEVICES_INSTANCE), "address",
        text_of(rows, row, DEVICES_ADDRESS), "replaced", pg_get_bool(rows, row, DEVICES_IS_REPLACED), "state",
        text_of(rows, row, DEVICES_STATE), "since", tool_time_json(rows, row, DEVICES_SINCE, 6), "vendor",
        text_of(rows, row, DEVICES_VENDOR), "model", text_of(rows, row, DEVICES_MODEL), "points",
        integer_of(rows, row, DEVICES_POINTS));
}

static void tell_nothing(void)
{
    if (wanted)
        fprintf(stderr, "No device is \"%s\" by name, device_id, instance or address.\n", wanted);
    else
        fprintf(stderr, "No devices yet. `bacpipes up` finds those of the building.\n");
}

static const ToolList devices = {.command = &command,
                                 .columns = columns,
                                 .column_count = COLUMNS,
                                 .query = SQL_SELECT_DEVICES,
                                 .add_row = add_row,
                                 .make_json = make_json,
                                 .tell_nothing = tell_nothing};

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    wanted = arguments->positionals.count ? arguments->positionals.items[0] : NULL;
    const PgValue values[] = {tool_text_or_any(wanted), tool_text_or_any(site)};
    const ToolListWish wish = {values, 2, site, false, arguments->json};
    return tool_list_show(&devices, &wish, cfg, arena);
}

int query_device_list(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
