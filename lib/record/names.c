#include "record/names.h"

#include "base/parse.h"
#include "tool/rows.h"

#include <inttypes.h>
#include <stdlib.h>

static void add_name(void *context, const PgRows *rows, size_t row)
{
    RecordNames *names = context;
    const bool is_device = bp_str_equal(pg_get_text(rows, row, 0), bp_str("device"));
    const RecordName name = {.id = pg_get_integer(rows, row, 1),
                             .name = tool_text_kept(names->arena, rows, row, 2),
                             .device_id = pg_get_integer(rows, row, 3)};
    RecordName **items = is_device ? &names->devices : &names->points;
    size_t *count = is_device ? &names->device_count : &names->point_count;
    size_t *capacity = is_device ? &names->device_capacity : &names->point_capacity;
    *items = bp_arena_grow(names->arena, *items, *count, capacity, sizeof **items);
    (*items)[(*count)++] = name;
}

BpStatus record_names_read(SiteDatabase *database, const char *site, BpArena *arena, RecordNames *ret_names,
                           BpError *err)
{
    *ret_names = (RecordNames){.arena = arena};
    const PgValue value = pg_text(bp_str(site));
    return site_database_ask(database, SQL_SELECT_AUDIT_NAMES, &value, 1, add_name, ret_names, err);
}

static int compare(const void *a, const void *b)
{
    const int64_t one = *(const int64_t *)a, other = ((const RecordName *)b)->id;
    return (one > other) - (one < other);
}

static const RecordName *find(const RecordName *items, size_t count, int64_t id)
{
    return items ? bsearch(&id, items, count, sizeof *items, compare) : NULL;
}

const RecordName *record_names_point(const RecordNames *names, int64_t id)
{
    return find(names->points, names->point_count, id);
}

const RecordName *record_names_device(const RecordNames *names, int64_t id)
{
    return find(names->devices, names->device_count, id);
}

BpStatus record_names_find(const RecordNames *names, bool is_device, const char *wanted, int64_t *ret_id,
                           BpError *err)
{
    const RecordName *items = is_device ? names->devices : names->points, *part = NULL;
    const size_t count = is_device ? names->device_count : names->point_count;
    const char *what = is_device ? "device" : "point";
    size_t parts = 0;
    if (bp_parse_i64(bp_str(wanted), 1, INT64_MAX, ret_id, NULL) == BP_OK)
        return BP_OK;
    for (size_t i = 0; i < count; i++) {
        if (bp_str_equal(items[i].name, bp_str(wanted))) {
            *ret_id = items[i].id;
            return BP_OK;
        }
        if (*wanted && items[i].name.size &&
            memmem(items[i].name.data, items[i].name.size, wanted, strlen(wanted))) {
            part = &items[i];
            parts++;
        }
    }
    if (parts == 1) {
        *ret_id = part->id;
        return BP_OK;
    }
    if (parts > 1)
        return bp_fail(err, BP_NOT_FOUND,
                       "%zu %ss have \"%.64s\" in their name: say which, by its whole name or number", parts,
                       what, wanted);
    return bp_fail(err, BP_NOT_FOUND,
                   "no %s is called \"%.64s\": `bacpipes %s` lists them; one that is gone has its number",
                   what, wanted, is_device ? "device list" : "points");
}
