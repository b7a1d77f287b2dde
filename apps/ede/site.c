#include "apps/ede/site.h"

#include "base/compare.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

/* ---- rows ---- */

static BpStr kept_text(const EdeSite *site, const PgRows *rows, size_t row, int column)
{
    const BpStr text = pg_get_text(rows, row, column);
    return (BpStr){bp_arena_text(site->arena, text), text.size};
}

static void add_device(void *context, const PgRows *rows, size_t row)
{
    EdeSite *site = context;
    site->devices = bp_arena_grow(site->arena, site->devices, site->device_count, &site->device_capacity,
                                  sizeof *site->devices);
    site->devices[site->device_count++] = (EdeSiteDevice){
        .device_id = pg_get_integer(rows, row, 0),
        .address = kept_text(site, rows, row, 1),
        .instance = (uint32_t)pg_get_integer(rows, row, 2),
        .name = kept_text(site, rows, row, 3),
        .description = kept_text(site, rows, row, 4),
    };
}

static int compare_device(const void *device_id, const void *device)
{
    return bp_compare_i64(*(const int64_t *)device_id, ((const EdeSiteDevice *)device)->device_id);
}

/* Points come by device, as devices do. NULL: the device is newer than our list. */
static const EdeSiteDevice *find_device(const EdeSite *site, int64_t device_id)
{
    if (site->device_count == 0)
        return NULL;
    return bsearch(&device_id, site->devices, site->device_count, sizeof *site->devices, compare_device);
}

static void read_states(EdeSite *site, EdeSitePoint *point, BpStr text)
{
    json_auto_t *states = json_loadb(text.data, text.size, 0, NULL);
    point->state_count = json_array_size(states);
    if (point->state_count)
        point->states = bp_arena_take(site->arena, point->state_count * sizeof *point->states);
    for (size_t i = 0; i < point->state_count; i++) {
        const json_t *state = json_array_get(states, i);
        const BpStr borrowed = {json_string_value(state), json_string_length(state)};
        point->states[i] = (BpStr){bp_arena_text(site->arena, borrowed), borrowed.size};
    }
}

static bool parse_object(BpStr type, BpStr instance, BacObjectId *ret_object)
{
    char memory[BAC_REFERENCE_TEXT_MAX];
    BpBuf text = bp_buf(memory, sizeof memory);
    bp_buf_printf(&text, "%.*s,%.*s", BP_STR_ARGS(type), BP_STR_ARGS(instance));
    return !text.failed && bac_object_parse(bp_buf_text(&text), ret_object, NULL) == BP_OK;
}

static void add_point(void *context, const PgRows *rows, size_t row)
{
    EdeSite *site = context;
    EdeSitePoint point = {
        .point_id = pg_get_integer(rows, row, 0),
        .device = find_device(site, pg_get_integer(rows, row, 1)),
        .name = kept_text(site, rows, row, 5),
        .description = kept_text(site, rows, row, 6),
        .units = kept_text(site, rows, row, 7),
        .min = pg_is_null(rows, row, 9) ? NAN : pg_get_double(rows, row, 9),
        .max = pg_is_null(rows, row, 10) ? NAN : pg_get_double(rows, row, 10),
        .commandable = pg_get_bool(rows, row, 11),
    };
    if (!point.device)
        return;
    point.is_exchanged = parse_object(pg_get_text(rows, row, 2), pg_get_text(rows, row, 3), &point.object) &&
                         bac_object_is_numeric(point.object.type) &&
                         bp_str_equal(pg_get_text(rows, row, 4), bp_str("present-value"));
    read_states(site, &point, pg_get_text(rows, row, 8));
    site->points = bp_arena_grow(site->arena, site->points, site->point_count, &site->point_capacity,
                                 sizeof *site->points);
    site->points[site->point_count++] = point;
}

/* ---- which site ---- */

typedef struct Choice {
    EdeSite *site;
    const char *wanted;   /* NULL: any */
    const char *settings; /* the site of the settings, where nobody said which */
    size_t count;
    bool is_sure;
    char listed[BP_ERROR_TEXT_MAX / 2];
    BpBuf list;
} Choice;

static void add_site(void *context, const PgRows *rows, size_t row)
{
    Choice *choice = context;
    const BpStr site_id = pg_get_text(rows, row, 0);
    const bool is_named = bp_str_equal(site_id, bp_str(choice->wanted ? choice->wanted : choice->settings));
    bp_buf_printf(&choice->list, "%s%.*s", choice->count ? ", " : "", BP_STR_ARGS(site_id));
    choice->count++;
    choice->is_sure = choice->is_sure || is_named;
    if (is_named || (!choice->wanted && choice->count == 1)) {
        choice->site->site_id = kept_text(choice->site, rows, row, 0);
        choice->site->name = kept_text(choice->site, rows, row, 1);
        choice->site->is_simulated = pg_get_bool(rows, row, 2);
    }
}

static BpStatus choose_site(SiteDatabase *database, const Cfg *cfg, const char *wanted, EdeSite *site,
                            BpError *err)
{
    Choice choice = {.site = site, .wanted = wanted, .settings = cfg->site};
    choice.list = bp_buf(choice.listed, sizeof choice.listed);
    BP_TRY(site_database_check_site(database, wanted, err));
    BP_TRY(site_database_ask(database, SQL_SELECT_SITES, NULL, 0, add_site, &choice, err));
    const BpStr listed = bp_buf_text(&choice.list);
    if (choice.is_sure || (!wanted && choice.count == 1))
        return BP_OK;
    if (choice.count == 0)
        return bp_fail(err, BP_NOT_FOUND,
                       "the database has no site yet: `bacpipes up` makes that of the settings");
    return bp_fail(err, BP_INVALID, "the database has several sites, --site says which: %.*s",
                   BP_STR_ARGS(listed));
}

BpStatus ede_site_read(SiteDatabase *database, const Cfg *cfg, const char *wanted, const char *device,
                       BpArena *arena, EdeSite *ret_site, BpError *err)
{
    *ret_site = (EdeSite){.arena = arena};
    BP_TRY(choose_site(database, cfg, wanted, ret_site, err));
    const PgValue values[] = {pg_text(ret_site->site_id), device ? pg_text(bp_str(device)) : pg_null()};
    BP_TRY(site_database_ask(database, SQL_SELECT_EDE_DEVICES, values, 2, add_device, ret_site, err));
    return site_database_ask(database, SQL_SELECT_EDE_POINTS, values, 2, add_point, ret_site, err);
}
