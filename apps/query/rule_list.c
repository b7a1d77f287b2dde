/* bacpipes rule list: the rules in their order, and how many points each decides. */
#include "apps/query/interval.h"
#include "apps/query/rule.h"
#include "say/begin.h"
#include "say/exit.h"
#include "tool/listing.h"

#include <stdio.h>

static const char *site;

static const CfgOption options[] = {
    {"site", "SITE", "Those of this site. Default: setting site.", .text = &site},
    {0},
};

static const CfgCommand command = {
    .name = "bacpipes rule list",
    .summary = "Lists the rules that say which points are polled, in the order in which they are looked at. "
               "The first that a point matches decides; `points` says of how many it does.",
    .options = options,
    .offers_json = true,
    .details = "Exit codes: 0 fine; 1 there is no rule, or no such site;\n" SAY_EXIT_OF_DATABASE,
    .examples = "bacpipes rule list\nbacpipes rule list --json",
};

/* Columns of select_rules.sql. */
enum {
    POSITION,
    DEVICE,
    VENDOR_ID,
    OBJECT_TYPE,
    POINT,
    SUBNET,
    NETWORK,
    ENABLED,
    INTERVAL_MS,
    NOTE,
    POINTS,
};

static const SayColumn columns[] = {{"position", .is_number = true},
                                    {"points of", .may_be_cut = true},
                                    {"polled"},
                                    {"points", .is_number = true},
                                    {"note", .may_be_cut = true}};
enum { COLUMNS = sizeof columns / sizeof columns[0], TEXT_MAX = 1024 };

static const struct {
    const char *name, *said;
    int column;
    bool is_number;
} selectors[] = {
    {"device", "device", DEVICE, false},         {"vendor_id", "vendor", VENDOR_ID, true},
    {"object_type", "type", OBJECT_TYPE, false}, {"point", "point", POINT, false},
    {"subnet", "subnet", SUBNET, false},         {"network", "network", NETWORK, true},
};
enum { SELECTORS = sizeof selectors / sizeof selectors[0] };

/* "device AHU-*, type binary-*"; "anything" where it selects nothing. */
static void show_selectors(BpBuf *out, const PgRows *rows, size_t row)
{
    for (size_t i = 0; i < SELECTORS; i++)
        if (!pg_is_null(rows, row, selectors[i].column))
            bp_buf_printf(out, "%s%s %.*s", out->size ? ", " : "", selectors[i].said,
                          BP_STR_ARGS(pg_get_text(rows, row, selectors[i].column)));
    if (out->size == 0)
        bp_buf_printf(out, "anything");
}

static void add_row(ToolListing *listing, const PgRows *rows, size_t row)
{
    char memory[TEXT_MAX], interval[QUERY_INTERVAL_TEXT_MAX];
    BpBuf out = bp_buf(memory, sizeof memory);
    show_selectors(&out, rows, row);
    say_table_add(&listing->table, pg_get_text(rows, row, POSITION));
    say_table_add(&listing->table, bp_buf_text(&out));
    say_table_add(&listing->table,
                  bp_str(query_interval_format(pg_get_bool(rows, row, ENABLED),
                                               pg_get_integer(rows, row, INTERVAL_MS), interval)));
    say_table_add(&listing->table, pg_get_text(rows, row, POINTS));
    say_table_add(&listing->table, pg_get_text(rows, row, NOTE));
}

static json_t *make_json(const PgRows *rows, size_t row)
{
    json_t *rule = json_pack("{s:o}", "position", tool_integer_json(rows, row, POSITION));
    for (size_t i = 0; i < SELECTORS; i++)
        json_object_set_new(rule, selectors[i].name,
                            selectors[i].is_number ? tool_integer_json(rows, row, selectors[i].column)
                                                   : tool_text_json(rows, row, selectors[i].column));
    json_object_set_new(rule, "enabled", json_boolean(pg_get_bool(rows, row, ENABLED)));
    json_object_set_new(rule, "poll_interval_ms", tool_integer_json(rows, row, INTERVAL_MS));
    json_object_set_new(rule, "note", tool_text_json(rows, row, NOTE));
    json_object_set_new(rule, "points", tool_integer_json(rows, row, POINTS));
    return rule;
}

static void tell_nothing(void)
{
    fprintf(stderr, "No rules. `bacpipes rule add --help` shows how to say which points are polled; they "
                    "count where setting points.enable is `rules`.\n");
}

static const ToolList rules = {.command = &command,
                               .columns = columns,
                               .column_count = COLUMNS,
                               .query = SQL_SELECT_RULES,
                               .add_row = add_row,
                               .make_json = make_json,
                               .tell_nothing = tell_nothing};

static int run(const CfgArguments *arguments, const Cfg *cfg, BpArena *arena)
{
    const char *of = site ? site : cfg->site;
    const PgValue values[] = {pg_text(bp_str(of))};
    const ToolListWish wish = {values, 1, of, false, arguments->json};
    return tool_list_show(&rules, &wish, cfg, arena);
}

int query_rule_list(int argc, char **argv)
{
    return say_run(&command, argc, argv, run);
}
