/* bacpipes rule try and apply: what the rules make of the points that are known, and what that asks of
 * devices and networks. The rules are the database's (point_choice): what is shown is what the collector
 * would do. */
#include "apps/query/load.h"
#include "apps/query/rule.h"
#include "tool/rows.h"

#include "base/time.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *site;
static bool by_hand, yes, dry_run;

#define COMMON_OPTIONS                                                                                       \
    {"by-hand", NULL, "Also points that somebody has set by hand, which otherwise stay as they are.",        \
     .flag = &by_hand},                                                                                      \
    {                                                                                                        \
        "site", "SITE", "Of this site. Default: setting site.", .text = &site                                \
    }
#define DETAILS                                                                                              \
    "A network behind a router takes poll.trunk_rate requests a second, or fewer where its devices take\n"   \
    "longer to answer (device_status.learned); `used` is the part of that which is asked for, and `round` "  \
    "how\n"                                                                                                  \
    "long it takes to read every polled point once. `12 -> 3` is: now, and by the rules.\n"                  \
    "Exit codes: 0 fine; 1 there are no points yet, or no such site;\n" SAY_EXIT_OF_DATABASE

static const CfgOption try_options[] = {COMMON_OPTIONS, {0}};

static const CfgCommand try_command = {
    .name = "bacpipes rule try",
    .summary = "Shows what would be polled by the rules: for each device and each network its points, and "
               "the requests a second that it is asked, now and then. Changes nothing, and works before "
               "anything was polled.",
    .options = try_options,
    .offers_json = true,
    .details = DETAILS,
    .examples = "bacpipes rule try\nbacpipes rule try --json | jq '.networks[] | select(.used_later > 0.8)'",
};

static const CfgOption apply_options[] = {
    {"yes", NULL, "Carries it out. Without it nothing is changed.", .flag = &yes},
    {"dry-run", NULL, "Only says what it would do, as without --yes.", .flag = &dry_run},
    COMMON_OPTIONS,
    {0},
};

static const CfgCommand apply_command = {
    .name = "bacpipes rule apply",
    .summary = "Makes the points that are known what the rules say: polled or not, and how often. Shows what "
               "that means as `bacpipes rule try` does, and with --yes does it.",
    .options = apply_options,
    .offers_json = true,
    .details = DETAILS,
    .examples = "bacpipes rule apply\nbacpipes rule apply --yes",
};

/* ---- for people ---- */

enum { CELL_MAX = 64 };

static const SayColumn device_columns[] = {
    {"device", .may_be_cut = true},  {"instance", .is_number = true},
    {"network", .may_be_cut = true}, {"state"},
    {"points", .is_number = true},   {"by hand", .is_number = true},
    {"polled", .is_number = true},   {"requests/s", .is_number = true}};

static const SayColumn network_columns[] = {{"network", .may_be_cut = true},   {"devices", .is_number = true},
                                            {"points", .is_number = true},     {"polled", .is_number = true},
                                            {"requests/s", .is_number = true}, {"takes", .is_number = true},
                                            {"used", .is_number = true},       {"round", .is_number = true}};

static void format_rate(double rate, char ret_text[CELL_MAX])
{
    snprintf(ret_text, CELL_MAX, rate >= 100 ? "%.0f" : rate >= 1 || rate == 0 ? "%.1f" : "%.2g", rate);
}

static void add_polled(SayTable *table, const QueryLoad *load)
{
    char now[CELL_MAX], later[CELL_MAX];
    snprintf(now, sizeof now, "%" PRId64, load->now.polled);
    snprintf(later, sizeof later, "%" PRId64, load->later.polled);
    say_table_add_change(table, now, later);
}

static void add_rate(SayTable *table, const QueryLoad *load)
{
    char now[CELL_MAX], later[CELL_MAX];
    format_rate(load->now.requests_s, now);
    format_rate(load->later.requests_s, later);
    say_table_add_change(table, now, later);
}

static void add_capacity(SayTable *table, const QueryNetworkLoad *network)
{
    char now[CELL_MAX], later[CELL_MAX], span[BP_TIME_TEXT_MAX];
    if (network->capacity_s <= 0) {
        for (int i = 0; i < 3; i++)
            say_table_add(table, bp_str(""));
        return;
    }
    format_rate(network->capacity_s, now);
    say_table_addf(table, "%s/s", now);
    snprintf(now, sizeof now, "%.0f %%", 100 * query_load_share(network, &network->load.now));
    snprintf(later, sizeof later, "%.0f %%", 100 * query_load_share(network, &network->load.later));
    say_table_add_change(table, now, later);
    const int64_t now_us = (int64_t)(query_load_round_s(network, &network->load.now) * BP_SECOND);
    const int64_t later_us = (int64_t)(query_load_round_s(network, &network->load.later) * BP_SECOND);
    snprintf(now, sizeof now, "%s", bp_interval_format(now_us, span));
    snprintf(later, sizeof later, "%s", bp_interval_format(later_us, span));
    say_table_add_change(table, now, later);
}

static void show_devices(const QuerySiteLoad *load)
{
    SayTable table;
    say_table_init(&table, device_columns, sizeof device_columns / sizeof device_columns[0]);
    for (size_t i = 0; i < load->device_count; i++) {
        const QueryDeviceLoad *device = &load->devices[i];
        say_table_add(&table, device->name);
        say_table_addf(&table, "%" PRId64, device->instance);
        say_table_add(&table, device->network);
        say_table_add(&table, device->state);
        say_table_addf(&table, "%" PRId64, device->load.points);
        say_table_addf(&table, "%" PRId64, device->load.by_hand);
        add_polled(&table, &device->load);
        add_rate(&table, &device->load);
    }
    say_table_print(&table, stdout, say_terminal_width(stdout));
    say_table_done(&table);
}

static void show_networks(const QuerySiteLoad *load)
{
    SayTable table;
    say_table_init(&table, network_columns, sizeof network_columns / sizeof network_columns[0]);
    for (size_t i = 0; i < load->network_count; i++) {
        const QueryNetworkLoad *network = &load->networks[i];
        say_table_add(&table, network->network.size ? network->network : bp_str("no router"));
        say_table_addf(&table, "%zu", network->devices);
        say_table_addf(&table, "%" PRId64, network->load.points);
        add_polled(&table, &network->load);
        add_rate(&table, &network->load);
        add_capacity(&table, network);
    }
    printf("\n");
    say_table_print(&table, stdout, say_terminal_width(stdout));
    say_table_done(&table);
    printf("\n");
}

/* Networks that would be asked for more than they take. */
static void warn(const QuerySiteLoad *load)
{
    for (size_t i = 0; i < load->network_count; i++) {
        const QueryNetworkLoad *network = &load->networks[i];
        if (query_load_share(network, &network->load.later) > 1)
            printf("%.*s takes %.0f requests a second and would be asked %.0f: its points come late. Choose "
                   "fewer of them, or longer intervals.\n",
                   BP_STR_ARGS(network->network), network->capacity_s, network->load.later.requests_s);
    }
}

static void show(const QuerySiteLoad *load, const Cfg *cfg, bool is_try, int64_t changed)
{
    const QueryLoad *total = &load->total;
    show_devices(load);
    show_networks(load);
    warn(load);
    printf("Of %" PRId64 " points %" PRId64 " %s polled, and by the rules %" PRId64 " %s.", total->points,
           total->now.polled, yes ? "were" : "are", total->later.polled, yes ? "are" : "would be");
    if (total->by_hand && !by_hand)
        printf(" %" PRId64 " that were set by hand stay%s as they are.", total->by_hand, yes ? "ed" : "");
    if (yes)
        printf(" %" PRId64 " are changed.\n", changed);
    else
        printf(" Nothing is changed%s\n",
               is_try ? ": `bacpipes rule apply --yes` does it." : " yet: --yes does it.");
    if (!load->has_rules)
        printf("There are no rules, by which nothing is polled: `bacpipes rule add --help` shows how to say "
               "what "
               "is.\n");
    if (strcmp(cfg->points_enable, "rules") != 0)
        printf("points.enable is %s: of points that are found from now on %s polled, whatever the rules "
               "say.\n",
               cfg->points_enable, strcmp(cfg->points_enable, "all") == 0 ? "all are" : "none is");
}

/* ---- for programs ---- */

static void set_cost(json_t *json, const QueryLoad *load)
{
    json_object_update_new(json, json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "points",
                                           (json_int_t)load->points, "by_hand", (json_int_t)load->by_hand,
                                           "changes", (json_int_t)load->changes, "polled_now",
                                           (json_int_t)load->now.polled, "polled_later",
                                           (json_int_t)load->later.polled, "requests_per_second_now",
                                           say_json_real(load->now.requests_s), "requests_per_second_later",
                                           say_json_real(load->later.requests_s), "requests_per_round_now",
                                           say_json_real(load->now.requests), "requests_per_round_later",
                                           say_json_real(load->later.requests)));
}

static json_t *device_json(const QueryDeviceLoad *device)
{
    json_t *json = json_pack("{s:I, s:o, s:I, s:o, s:o}", "device_id", (json_int_t)device->device_id, "name",
                             say_json_text(device->name), "instance", (json_int_t)device->instance, "network",
                             device->network.size ? say_json_text(device->network) : json_null(), "state",
                             say_json_text(device->state));
    set_cost(json, &device->load);
    json_object_set_new(json, "round_trip_ms",
                        device->load.trips ? say_json_real(device->load.trip_ms) : json_null());
    return json;
}

static json_t *real_or_null(bool is_known, double number)
{
    return is_known ? say_json_real(number) : json_null();
}

static json_t *network_json(const QueryNetworkLoad *network)
{
    const bool is_limited = network->capacity_s > 0;
    const QueryCost *now = &network->load.now, *later = &network->load.later;
    json_t *json = json_pack("{s:o, s:I}", "network",
                             network->network.size ? say_json_text(network->network) : json_null(), "devices",
                             (json_int_t)network->devices);
    set_cost(json, &network->load);
    json_object_update_new(
        json, json_pack("{s:o, s:o, s:o, s:o, s:o}", "takes_per_second",
                        real_or_null(is_limited, network->capacity_s), "used_now",
                        real_or_null(is_limited, query_load_share(network, now)), "used_later",
                        real_or_null(is_limited, query_load_share(network, later)), "round_seconds_now",
                        real_or_null(is_limited, query_load_round_s(network, now)), "round_seconds_later",
                        real_or_null(is_limited, query_load_round_s(network, later))));
    return json;
}

static void show_json(const QuerySiteLoad *load, const Cfg *cfg, int64_t changed)
{
    json_t *devices = json_array(), *networks = json_array();
    for (size_t i = 0; i < load->device_count; i++)
        json_array_append_new(devices, device_json(&load->devices[i]));
    for (size_t i = 0; i < load->network_count; i++)
        json_array_append_new(networks, network_json(&load->networks[i]));
    json_t *json = json_pack("{s:b, s:I, s:s}", "changed", yes, "points_changed", (json_int_t)changed,
                             "points_enable", cfg->points_enable);
    set_cost(json, &load->total);
    json_object_set_new(json, "networks", networks);
    json_object_set_new(json, "devices", devices);
    say_json_print(json);
}

/* ---- both ---- */

static void note_changed(void *context, const PgRows *rows, size_t row)
{
    int64_t *changed = context;
    *changed = pg_get_integer(rows, row, 0);
}

static BpStatus try_or_apply(ToolSite *of, BpArena *arena, QuerySiteLoad *load, int64_t *ret_changed,
                             BpError *err)
{
    *ret_changed = 0;
    BP_TRY(query_load_read(of, by_hand, arena, load, err));
    if (load->total.points == 0)
        return bp_fail(err, BP_NOT_FOUND,
                       "there are no points yet: the collector finds devices and reads out which they have "
                       "(`bacpipes device list`); with points.enable = none or rules nothing is polled "
                       "meanwhile");
    if (yes && !load->has_rules)
        return bp_fail(
            err, BP_INVALID,
            "there are no rules, by which nothing would be polled: `bacpipes rule add` makes one, and "
            "where that is meant, `bacpipes points set --disable --all` does it");
    if (!yes)
        return BP_OK;
    const PgValue values[] = {tool_site_value(of), pg_bool(by_hand)};
    return site_database_ask(&of->database, SQL_APPLY_RULES, values, 2, note_changed, ret_changed, err);
}

static int run(const CfgCommand *command, const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    ToolSite of;
    QuerySiteLoad load;
    int64_t changed;
    if (yes && dry_run) {
        (void)!bp_fail(&err, BP_INVALID, "--yes and --dry-run say different things");
        return say_fail(command->name, &err);
    }
    BpStatus status = tool_site_open(&of, cfg, site, arena, &err);
    if (status == BP_OK)
        status = tool_site_check_here(&of, "rules", &err);
    if (status == BP_OK)
        status = try_or_apply(&of, arena, &load, &changed, &err);
    tool_site_close(&of);
    if (status != BP_OK)
        return say_fail(command->name, &err);
    if (arguments->json)
        show_json(&load, &of.cfg, changed);
    else
        show(&load, &of.cfg, command == &try_command, changed);
    return EX_OK;
}

static int run_try(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    return run(&try_command, arguments, cfg, arena);
}

static int run_apply(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    return run(&apply_command, arguments, cfg, arena);
}

int query_rule_try(int argc, char **argv)
{
    return say_run(&try_command, argc, argv, run_try);
}

int query_rule_apply(int argc, char **argv)
{
    return say_run(&apply_command, argc, argv, run_apply);
}
