#include "tool/ask.h"

#include "site/database.h"

typedef struct Kept {
    BpArena *arena;
    const char *text;
} Kept;

static void keep(void *context, const PgRows *rows, size_t row)
{
    Kept *kept = context;
    if (!pg_is_null(rows, row, 0))
        kept->text = bp_arena_text(kept->arena, pg_get_text(rows, row, 0));
}

BpStatus tool_ask_text(const Cfg *cfg, SqlQuery query, const PgValue *values, size_t count, BpArena *arena,
                       const char **ret_text, BpError *err)
{
    SiteDatabase database;
    Kept kept = {.arena = arena};
    BpStatus status = site_database_open(&database, cfg, arena, err);
    if (status == BP_OK)
        status = site_database_ask(&database, query, values, count, keep, &kept, err);
    site_database_close(&database);
    if (status == BP_CONFLICT) /* that there is one of that name is an answer, and no reason to try again */
        status = err->status = BP_REFUSED;
    if (status == BP_OK)
        *ret_text = kept.text;
    return status;
}
