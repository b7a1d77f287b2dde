#include "tool/listing.h"

#include "base/time.h"
#include "say/exit.h"
#include "say/json.h"

typedef struct Asking {
    const ToolList *list;
    ToolListing listing;
} Asking;

static void on_row(void *context, const PgRows *rows, size_t row)
{
    Asking *asking = context;
    ToolListing *listing = &asking->listing;
    if (listing->json)
        json_array_append_new(listing->json, asking->list->make_json(rows, row));
    else
        asking->list->add_row(listing, rows, row);
    listing->count++;
}

static BpStatus ask(Asking *asking, SiteDatabase *database, const ToolListWish *wish, const Cfg *cfg,
                    BpArena *arena, BpError *err)
{
    BP_TRY(site_database_open(database, cfg, arena, err));
    BP_TRY(site_database_check_site(database, wish->site, err));
    return site_database_ask(database, asking->list->query, wish->values, wish->value_count, on_row, asking,
                             err);
}

static int tell(const Asking *asking, bool csv)
{
    const ToolListing *listing = &asking->listing;
    if (listing->json)
        say_json_print(json_incref(listing->json));
    else if (csv)
        say_table_print_csv(&listing->table, stdout);
    else if (listing->count)
        say_table_print(&listing->table, stdout, say_terminal_width(stdout));
    if (listing->count)
        return EX_OK;
    asking->list->tell_nothing();
    return SAY_NOTHING;
}

int tool_list_show(const ToolList *list, const ToolListWish *wish, const Cfg *cfg, BpArena *arena)
{
    BpError err;
    SiteDatabase database = {0};
    Asking asking = {.list = list,
                     .listing = {.now_us = bp_wall_us(), .json = wish->json ? json_array() : NULL}};
    say_table_init(&asking.listing.table, list->columns, list->column_count);
    const BpStatus status = ask(&asking, &database, wish, cfg, arena, &err);
    site_database_close(&database);
    const int code = status == BP_OK ? tell(&asking, wish->csv) : say_fail(list->command->name, &err);
    say_table_done(&asking.listing.table);
    json_decref(asking.listing.json);
    return code;
}
