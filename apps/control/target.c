#include "apps/control/target.h"

#include "node/names.h"

#include <inttypes.h>

enum { POINT_ID, LABEL, OBJECT, INSTANCE, UNITS, PROPERTY, HELD, HOLDS }; /* columns of select_targets.sql */
enum { LISTED_MAX = 10 };

typedef struct Finding {
    BpArena *arena;
    ControlTarget first;
    size_t count;
    BpBuf list;
} Finding;

static void add(void *context, const PgRows *rows, size_t row)
{
    Finding *finding = context;
    if (finding->count++ == 0)
        finding->first =
            (ControlTarget){.point_id = pg_get_integer(rows, row, POINT_ID),
                            .label = bp_arena_text(finding->arena, pg_get_text(rows, row, LABEL)),
                            .units = bp_arena_text(finding->arena, pg_get_text(rows, row, UNITS)),
                            .held = bp_arena_text(finding->arena, pg_get_text(rows, row, HELD)),
                            .holds = pg_get_integer(rows, row, HOLDS)};
    if (finding->count > LISTED_MAX)
        bp_buf_printf(&finding->list, "; ...");
    else
        bp_buf_printf(&finding->list, "%s%.*s %.*s of device %" PRId64 " (point %" PRId64 ")",
                      finding->count > 1 ? "; " : "", BP_STR_ARGS(pg_get_text(rows, row, OBJECT)),
                      BP_STR_ARGS(pg_get_text(rows, row, PROPERTY)), pg_get_integer(rows, row, INSTANCE),
                      pg_get_integer(rows, row, POINT_ID));
}

/* Why there is nothing: with what is nearest, or that it is a device. */
static BpStatus tell_nothing(const Cfg *cfg, const char *device, const char *word, bool is_object,
                             BpArena *arena, BpError *err)
{
    NodeNamed named;
    if (is_object)
        return bp_fail(err, BP_NOT_FOUND,
                       "device %s has no point %s in the site's database: `bacpipes points --device %s` "
                       "lists those it has; --direct writes to what is no point",
                       device, word, device);
    BP_TRY(node_name_find(cfg, word, device, arena, &named, err));
    return bp_fail(err, BP_NOT_FOUND, "%s is a device: which point of it? As in %s av,3", word, word);
}

BpStatus control_target_find(SiteDatabase *database, const Cfg *cfg, const char *device, const char *word,
                             BpArena *arena, ControlTarget *ret_target, BpError *err)
{
    char object_text[BAC_REFERENCE_TEXT_MAX], memory[BP_ERROR_TEXT_MAX];
    BacObjectId object;
    Finding finding = {.arena = arena, .list = bp_buf(memory, sizeof memory)};
    const bool is_object = bac_object_parse(bp_str(word), &object, NULL) == BP_OK;
    if (is_object && !device)
        return bp_fail(err, BP_INVALID, "of which device is %s? It stands first, as in 1001 %s", word, word);
    const char *name = is_object ? bac_object_format(object, object_text) : word;
    const PgValue values[] = {pg_text(bp_str(cfg->site)), pg_text(bp_str(name)),
                              device ? pg_text(bp_str(device)) : pg_null()};
    BP_TRY(site_database_ask(database, SQL_SELECT_TARGETS, values, 3, add, &finding, err));
    if (finding.count == 0)
        return tell_nothing(cfg, device, word, is_object, arena, err);
    if (finding.count > 1)
        return bp_fail(err, BP_CONFLICT, "several have the name \"%s\", say which by its number: %.*s", word,
                       BP_STR_ARGS(bp_buf_text(&finding.list)));
    *ret_target = finding.first;
    return BP_OK;
}
