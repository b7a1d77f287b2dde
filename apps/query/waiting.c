#include "apps/query/waiting.h"

#include "base/time.h"
#include "say/begin.h"
#include "say/exit.h"
#include "say/json.h"
#include "say/when.h"
#include "site/database.h"
#include "tool/site.h"

#include <stdio.h>
#include <string.h>

/* Columns of select_waiting.sql. */
enum { SITE_ID, KIND, ID, WHAT, ASKED_BY, ASKED_AT, STATE, HANDED_OVER_AT, EXPIRES_AT };

static const SayColumn columns[] = {{"id"},
                                    {"site"},
                                    {"asked"},
                                    {"by", .may_be_cut = true},
                                    {"kind"},
                                    {"what", .may_be_cut = true},
                                    {"state", .may_be_cut = true}};

static void add_row(ToolListing *listing, const PgRows *rows, size_t row)
{
    enum { ID_SHOWN = 8 };
    SayTable *table = &listing->table;
    char asked[BP_TIME_TEXT_MAX];
    const BpStr id = pg_get_text(rows, row, ID);
    say_table_add(table, (BpStr){id.data, id.size < ID_SHOWN ? id.size : ID_SHOWN});
    say_table_add(table, pg_get_text(rows, row, SITE_ID));
    say_table_add(table, bp_str(say_time(pg_get_time_us(rows, row, ASKED_AT), 0, asked)));
    say_table_add(table, pg_get_text(rows, row, ASKED_BY));
    say_table_add(table, pg_get_text(rows, row, KIND));
    say_table_add(table, pg_get_text(rows, row, WHAT));
    say_table_add(table, pg_get_text(rows, row, STATE));
}

static json_t *make_json(const PgRows *rows, size_t row)
{
    static const struct {
        const char *name;
        int column;
    } texts[] = {{"id", ID},     {"site_id", SITE_ID}, {"kind", KIND},
                 {"what", WHAT}, {"state", STATE},     {"asked_by", ASKED_BY}},
      times[] = {{"asked_at", ASKED_AT}, {"handed_over_at", HANDED_OVER_AT}, {"expires_at", EXPIRES_AT}};
    json_t *json = json_object();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        json_object_set_new(json, texts[i].name, tool_text_json(rows, row, texts[i].column));
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        json_object_set_new(json, times[i].name, tool_time_json(rows, row, times[i].column, 3));
    return json;
}

static void tell_nothing(void)
{
    fprintf(stderr, "Nothing waits for its site.\n");
}

int query_waiting_list(const QueryWaiting *wish)
{
    const ToolList list = {.command = wish->command,
                           .columns = columns,
                           .column_count = sizeof columns / sizeof columns[0],
                           .query = SQL_SELECT_WAITING,
                           .add_row = add_row,
                           .make_json = make_json,
                           .tell_nothing = tell_nothing};
    const PgValue site = tool_text_or_any(wish->site);
    return tool_list_show(&list, &(ToolListWish){&site, 1, wish->site, false, wish->as_json}, wish->cfg,
                          wish->arena);
}

/* ---- taking one back ---- */

typedef struct TakenBack {
    bool as_json;
    size_t count;
} TakenBack;

static void tell(void *context, const PgRows *rows, size_t row)
{
    enum { TAKEN_ID, TAKEN_SITE, TAKEN_KIND, TAKEN_WHAT, OUTCOME };
    TakenBack *taken = context;
    taken->count++;
    if (taken->as_json)
        say_json_print(json_pack(
            "{s:o, s:o, s:o, s:o, s:o}", "id", tool_text_json(rows, row, TAKEN_ID), "site_id",
            tool_text_json(rows, row, TAKEN_SITE), "kind", tool_text_json(rows, row, TAKEN_KIND), "what",
            tool_text_json(rows, row, TAKEN_WHAT), "outcome", tool_text_json(rows, row, OUTCOME)));
    else
        printf("%.*s, of site %.*s: %.*s.\n", BP_STR_ARGS(pg_get_text(rows, row, TAKEN_WHAT)),
               BP_STR_ARGS(pg_get_text(rows, row, TAKEN_SITE)), BP_STR_ARGS(pg_get_text(rows, row, OUTCOME)));
}

static BpStatus check_id(const char *id, BpError *err)
{
    enum { LETTERS_MIN = 4, LETTERS_MAX = 36 };
    const size_t letters = strspn(id, "0123456789abcdefABCDEF-");
    return id[letters] == '\0' && letters >= LETTERS_MIN && letters <= LETTERS_MAX
               ? BP_OK
               : bp_fail(err, BP_INVALID,
                         "%s is no id of what waits, nor four or more of the letters that one begins with: "
                         "`bacpipes sites --waiting` lists them",
                         id);
}

static BpStatus take_back(const QueryWaiting *wish, SiteDatabase *database, TakenBack *taken, BpError *err)
{
    const PgValue values[] = {pg_text(bp_str(wish->id)), tool_text_or_any(wish->site),
                              tool_text_or_any(wish->reason)};
    BP_TRY(check_id(wish->id, err));
    BP_TRY(site_database_open(database, wish->cfg, wish->arena, err));
    if (wish->site)
        BP_TRY(site_database_check_site(database, wish->site, err));
    BP_TRY(site_database_ask(database, SQL_TAKE_BACK_WAITING, values, 3, tell, taken, err));
    enum { WHOLE_ID = 36 };
    if (!taken->count && strlen(wish->id) == WHOLE_ID)
        return bp_fail(err, BP_NOT_FOUND,
                       "nothing that waits has the id %s: it has ended, or was taken back; `bacpipes sites "
                       "--waiting` lists what waits",
                       wish->id);
    return taken->count ? BP_OK
                        : bp_fail(err, BP_NOT_FOUND,
                                  "nothing that waits, or more than one, has an id that begins with %s: "
                                  "`bacpipes sites --waiting` lists what does",
                                  wish->id);
}

int query_waiting_take_back(const QueryWaiting *wish)
{
    BpError err;
    SiteDatabase database = {0};
    TakenBack taken = {.as_json = wish->as_json};
    const BpStatus status = take_back(wish, &database, &taken, &err);
    site_database_close(&database);
    return status == BP_OK ? EX_OK : say_fail(wish->command->name, &err);
}
