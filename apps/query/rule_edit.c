/* bacpipes rule add and remove. What is no rule, the database refuses, too. */
#include "apps/query/interval.h"
#include "apps/query/rule.h"
#include "tool/rows.h"
#include "tool/site.h"

#include "bacnet/wire/object.h"
#include "base/parse.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TYPE_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789-*?"
enum { POSITION_MAX = 1000000, VENDOR_MAX = UINT16_MAX, NETWORK_MAX = UINT16_MAX - 1 };

/* ---- add ---- */

static const char *site, *device, *type, *point, *subnet, *interval, *note = "";
static int64_t position, vendor = -1, network;
static bool enable, disable;

static const CfgOption add_options[] = {
    {"enable", NULL, "Points that match are polled.", .flag = &enable},
    {"disable", NULL, "Points that match are not.", .flag = &disable},
    {"interval", "DURATION", "How often they are polled. Default: as their device or poll.interval says.",
     .text = &interval},
    {"device", "PATTERN", "Only of devices of this name or instance.", .text = &device},
    {"point", "PATTERN", "Only points of this name.", .text = &point},
    {"type", "TYPE", "Only objects of this type: analog-input, ai, or a pattern such as binary-*.",
     .text = &type},
    {"vendor", "NUMBER", "Only of devices of this vendor, by number.", .integer = &vendor, .max = VENDOR_MAX},
    {"subnet", "CIDR", "Only of devices whose IP address, or their router's, is in here: 10.1.2.0/24.",
     .text = &subnet},
    {"network", "NUMBER", "Only of devices on this BACnet network behind a router.", .integer = &network,
     .min = 1, .max = NETWORK_MAX},
    {"position", "NUMBER", "Before the rules with larger ones. Default: behind all others, in tens.",
     .integer = &position, .min = 1, .max = POSITION_MAX},
    {"note", "TEXT", "Why, for people.", .text = &note},
    {"site", "SITE", "Of this site. Default: setting site.", .text = &site},
    {0},
};

static const CfgCommand add_command = {
    .name = "bacpipes rule add",
    .summary = "Adds a rule: points that match all that it says are polled, or are not. The first rule that "
               "a point matches decides, in the order of their positions; a point that matches none is not "
               "polled.",
    .options = add_options,
    .offers_json = true,
    .details = "PATTERN is a whole name with * for any letters and ? for one, whatever their "
               "case; " QUERY_INTERVAL_HELP ".\n"
               "Rules count for points that are found from then on, where setting points.enable is `rules`; "
               "`bacpipes rule\napply` has them count for those that are known.\n"
               "Exit codes: 0 fine; 1 no such site;\n" SAY_EXIT_OF_DATABASE,
    .examples =
        "bacpipes rule add --disable --point '*TEST*' --position 5\n"
        "bacpipes rule add --enable --device 'AHU-*' --type 'analog-*'\n"
        "bacpipes rule add --enable --network 2001 --point '*-T' --interval 5min --note 'slow trunk'\n"
        "bacpipes rule add --enable --subnet 10.1.2.0/24\n"
        "bacpipes rule add --enable",
};

/* "analog-input" for "ai"; a pattern in small letters, as the names of types are. */
static BpStatus read_type(BpArena *arena, const char **ret_type, BpError *err)
{
    char text[2 * BAC_REFERENCE_TEXT_MAX];
    BacObjectId object;
    *ret_type = type;
    if (!type)
        return BP_OK;
    const bool is_pattern = strpbrk(type, "*?") != NULL;
    snprintf(text, sizeof text, is_pattern ? "%s" : "%s,0", type);
    for (char *letter = text; *letter; letter++)
        *letter = (char)tolower((unsigned char)*letter);
    if (is_pattern ? text[strspn(text, TYPE_LETTERS)]
                   : bac_object_parse(bp_str(text), &object, NULL) != BP_OK)
        return bp_fail(err, BP_INVALID,
                       "--type %s is no type of object: write analog-input or ai, a number, or a pattern "
                       "such as binary-*",
                       type);
    if (!is_pattern)
        *strrchr(bac_object_format(object, text), ',') = '\0';
    *ret_type = bp_arena_text(arena, bp_str(text));
    return BP_OK;
}

static BpStatus check_pattern(const char *option, const char *pattern, BpError *err)
{
    if (pattern && bp_str_trim(bp_str(pattern)).size == 0)
        return bp_fail(err, BP_INVALID, "%s is empty: write a name, with * and ? for other letters", option);
    return BP_OK;
}

/* The database's own words for a wrong one do not name the option. */
static BpStatus check_subnet(BpError *err)
{
    BpStr length;
    char ip[INET_ADDRSTRLEN];
    struct in_addr address;
    int64_t bits = 32;
    const BpStr text = bp_str_cut(bp_str(subnet), '/', &length);
    if (!bp_str_copy(text, ip, sizeof ip) || inet_pton(AF_INET, ip, &address) != 1 ||
        (length.data && bp_parse_i64(length, 0, 32, &bits, NULL) != BP_OK))
        return bp_fail(err, BP_INVALID, "--subnet %s is no subnet: write one such as 10.1.2.0/24", subnet);
    const uint32_t mask = bits ? UINT32_MAX << (32 - bits) : 0, whole = ntohl(address.s_addr);
    if (!(whole & ~mask))
        return BP_OK;
    address.s_addr = htonl(whole & mask);
    return bp_fail(err, BP_INVALID,
                   "--subnet %s has more than a subnet's address before the /: did you mean %s/%d?", subnet,
                   inet_ntop(AF_INET, &address, ip, sizeof ip), (int)bits);
}

static BpStatus read_add(BpArena *arena, const char **ret_type, PgValue *ret_interval, BpError *err)
{
    int64_t interval_ms;
    if (enable == disable)
        return bp_fail(err, BP_INVALID, "what becomes of the points: one of --enable and --disable says it");
    if (disable && interval)
        return bp_fail(err, BP_INVALID,
                       "--interval is of points that are polled, and --disable says that "
                       "they are not: leave one of them out");
    BP_TRY(check_pattern("--device", device, err));
    BP_TRY(check_pattern("--point", point, err));
    BP_TRY(read_type(arena, ret_type, err));
    if (subnet)
        BP_TRY(check_subnet(err));
    if (interval) {
        BP_TRY(query_interval_parse(interval, &interval_ms, err));
        *ret_interval = pg_integer(interval_ms);
    }
    return BP_OK;
}

static void note_position(void *context, const PgRows *rows, size_t row)
{
    int64_t *at = context;
    *at = pg_get_integer(rows, row, 0);
}

static BpStatus add(ToolSite *of, const char *object_type, PgValue interval_ms, int64_t *ret_at, BpError *err)
{
    const PgValue values[] = {tool_site_value(of),
                              position ? pg_integer(position) : pg_null(),
                              tool_text_or_any(device),
                              vendor >= 0 ? pg_integer(vendor) : pg_null(),
                              tool_text_or_any(object_type),
                              tool_text_or_any(point),
                              tool_text_or_any(subnet),
                              network ? pg_integer(network) : pg_null(),
                              pg_bool(enable),
                              interval_ms,
                              pg_text(bp_str(note))};
    const BpStatus status = site_database_ask(&of->database, SQL_INSERT_RULE, values,
                                              sizeof values / sizeof values[0], note_position, ret_at, err);
    if (status == BP_CONFLICT)
        return bp_fail(err, BP_INVALID,
                       "there is a rule at position %" PRId64
                       ": choose another, or take that one away with `bacpipes rule remove %" PRId64 "`",
                       position, position);
    return status;
}

/* What is still to be done so that the rule counts. */
static void tell_next(const Cfg *cfg)
{
    if (strcmp(cfg->points_enable, "rules") != 0)
        printf("Rules count for points that are found where points.enable is rules, and it is %s:\n"
               "  insert into setting (site_id, name, value) values ('%s', 'points.enable', 'rules')\n"
               "      on conflict (site_id, name) do update set value = excluded.value;\n",
               cfg->points_enable, cfg->site);
    printf("`bacpipes rule try` shows what the rules would make of the points that are known.\n");
}

static int run_add(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    PgValue interval_ms = pg_null();
    const char *object_type = NULL;
    ToolSite of;
    int64_t at = 0;
    if (read_add(arena, &object_type, &interval_ms, &err) != BP_OK)
        return say_fail(add_command.name, &err);
    BpStatus status = tool_site_open(&of, cfg, site, arena, &err);
    if (status == BP_OK)
        status = tool_site_check_here(&of, "rules", &err);
    if (status == BP_OK)
        status = add(&of, object_type, interval_ms, &at, &err);
    tool_site_close(&of);
    if (status != BP_OK)
        return say_fail(add_command.name, &err);
    if (arguments->json) {
        say_json_print(
            json_pack("{s:I, s:s}", "position", (json_int_t)at, "points_enable", of.cfg.points_enable));
        return EX_OK;
    }
    printf("Rule %" PRId64 " is there.\n", at);
    tell_next(&of.cfg);
    return EX_OK;
}

/* ---- remove ---- */

static const CfgOption remove_options[] = {
    {"site", "SITE", "Of this site. Default: setting site.", .text = &site},
    {0},
};

static const CfgCommand remove_command = {
    .name = "bacpipes rule remove",
    .positionals = "POSITION",
    .positionals_min = 1,
    .positionals_max = 1,
    .summary = "Takes the rule at a position away. Points that it has chosen stay as they are.",
    .options = remove_options,
    .offers_json = true,
    .details = "Exit codes: 0 fine; 1 there is no such rule or site;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes rule remove 20",
};

static BpStatus take_away(ToolSite *of, int64_t at, BpError *err)
{
    int64_t removed = 0;
    const PgValue values[] = {tool_site_value(of), pg_integer(at)};
    BP_TRY(site_database_ask(&of->database, SQL_DELETE_RULE, values, 2, note_position, &removed, err));
    if (!removed)
        return bp_fail(err, BP_NOT_FOUND,
                       "there is no rule at position %" PRId64 ": `bacpipes rule list` shows them", at);
    return BP_OK;
}

static int run_remove(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    ToolSite of;
    int64_t at;
    if (bp_parse_i64(bp_str(arguments->positionals.items[0]), 1, POSITION_MAX, &at, &err) != BP_OK) {
        (void)!bp_within(&err, "POSITION is a number of `bacpipes rule list`");
        return say_fail(remove_command.name, &err);
    }
    BpStatus status = tool_site_open(&of, cfg, site, arena, &err);
    if (status == BP_OK)
        status = tool_site_check_here(&of, "rules", &err);
    if (status == BP_OK)
        status = take_away(&of, at, &err);
    tool_site_close(&of);
    if (status != BP_OK)
        return say_fail(remove_command.name, &err);
    if (arguments->json)
        say_json_print(json_pack("{s:I}", "position", (json_int_t)at));
    else
        printf("Rule %" PRId64 " is gone.\n", at);
    return EX_OK;
}

int query_rule_add(int argc, char **argv)
{
    return say_run(&add_command, argc, argv, run_add);
}

int query_rule_remove(int argc, char **argv)
{
    return say_run(&remove_command, argc, argv, run_remove);
}
