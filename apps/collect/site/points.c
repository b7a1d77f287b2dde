#include "apps/collect/site/points.h"
#include "apps/collect/site/devices.h"
#include "base/time.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { POINT_ID_MAX = 10 * 1000 * 1000 };

/* Columns of their rows, which stand behind those of devices. */
enum {
    DEVICE_ID = COLLECT_ROW_DEVICE_ID,
    POINT_ID = COLLECT_ROW_POINT_ID,
    OBJECT_TYPE,
    OBJECT_INSTANCE,
    PROPERTY,
    POINT_INTERVAL_MS,
    POINT_ENABLED,
    NAME,
    UNITS,
    STATES,
    COV,
    COV_INCREMENT,
    STATE_COUNT,
    IS_TAGGED,
    DEVICE_NAME, /* this and what follows: of a device's row */
    VENDOR,
    MODEL,
    VERSION
};

struct CollectSitePoints {
    CollectPoller *poller;
    CollectSitePoint *all; /* by point_id */
    size_t count;
    CollectSiteDevice *devices; /* in the order of the rows, by device_id; in the arena, as are all texts */
    int64_t *device_ids;
    size_t device_count;
    BpArena arena;
};

static void keep_states(CollectSitePoints *points, CollectSitePoint *point, BpStr json)
{
    json_auto_t *states = json_loadb(json.data, json.size, 0, NULL);
    point->state_count = json_array_size(states);
    point->states = bp_arena_take(&points->arena, (point->state_count + 1) * sizeof *point->states);
    for (size_t i = 0; i < point->state_count; i++) {
        const char *text = json_string_value(json_array_get(states, i));
        point->states[i] = bp_arena_text(&points->arena, bp_str(text ? text : ""));
    }
}

static void keep_devices(CollectSitePoints *points, const PgRows *rows, size_t count)
{
    points->devices = bp_arena_take(&points->arena, (count + 1) * sizeof *points->devices);
    points->device_ids = bp_arena_take(&points->arena, (count + 1) * sizeof *points->device_ids);
    points->device_count = count;
    for (size_t row = 0; row < count; row++) {
        points->device_ids[row] = pg_get_integer(rows, row, DEVICE_ID);
        points->devices[row] =
            (CollectSiteDevice){.name = bp_arena_text(&points->arena, pg_get_text(rows, row, DEVICE_NAME)),
                                .vendor = bp_arena_text(&points->arena, pg_get_text(rows, row, VENDOR)),
                                .model = bp_arena_text(&points->arena, pg_get_text(rows, row, MODEL)),
                                .version = bp_arena_text(&points->arena, pg_get_text(rows, row, VERSION))};
    }
}

static const CollectSiteDevice *find_device(const CollectSitePoints *points, int64_t device_id)
{
    size_t low = 0, high = points->device_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (points->device_ids[middle] < device_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < points->device_count && points->device_ids[low] == device_id ? &points->devices[low] : NULL;
}

static void keep_point(CollectSitePoints *points, const PgRows *rows, size_t row, BacObjectId object)
{
    const int64_t point_id = pg_get_integer(rows, row, POINT_ID);
    const BpStr property = pg_get_text(rows, row, PROPERTY), name = pg_get_text(rows, row, NAME),
                units = pg_get_text(rows, row, UNITS);
    CollectSitePoint *point = &points->all[point_id];
    uint32_t number;
    const char *symbol =
        bac_words_parse(&bac_units, units, &number, NULL) == BP_OK ? bac_units_symbol(number) : NULL;
    point->is_known = true;
    point->is_polled = pg_get_bool(rows, row, POINT_ENABLED);
    point->is_tagged = pg_get_bool(rows, row, IS_TAGGED);
    point->device = find_device(points, pg_get_integer(rows, row, DEVICE_ID));
    point->device_id = (int32_t)pg_get_integer(rows, row, DEVICE_ID);
    point->object = object;
    point->property =
        bp_str_equal(property, bp_str("present-value")) ? "" : bp_arena_text(&points->arena, property);
    point->name = bp_arena_text(&points->arena, name);
    point->units = symbol && *symbol ? symbol : bp_arena_text(&points->arena, units);
    keep_states(points, point, pg_get_text(rows, row, STATES));
}

/* What is polled for a point's row. False: its type or property has no such name, and cannot be read. */
static bool read_polled(const CollectSitePoints *points, const PgRows *rows, size_t row,
                        CollectPoint *ret_polled)
{
    char text[BAC_REFERENCE_TEXT_MAX];
    const int64_t point_id = pg_get_integer(rows, row, POINT_ID);
    uint32_t index;
    CollectPoint polled = {.point_id = (int32_t)point_id,
                           .interval_us = pg_get_integer(rows, row, POINT_INTERVAL_MS) * BP_MS,
                           .cov = pg_get_bool(rows, row, COV),
                           .cov_increment = (float)pg_get_double(rows, row, COV_INCREMENT),
                           .state_count = (uint16_t)pg_get_integer(rows, row, STATE_COUNT)};
    snprintf(text, sizeof text, "%.*s,%lld", BP_STR_ARGS(pg_get_text(rows, row, OBJECT_TYPE)),
             (long long)pg_get_integer(rows, row, OBJECT_INSTANCE));
    if (point_id < 1 || point_id >= (int64_t)points->count ||
        bac_object_parse(bp_str(text), &polled.object, NULL) != BP_OK ||
        bac_property_parse(pg_get_text(rows, row, PROPERTY), &polled.property, &index, NULL) != BP_OK)
        return false;
    *ret_polled = polled;
    return true;
}

/* Points of one device: rows from `row` on. Returns the row behind them. */
static size_t take_points(CollectSitePoints *points, const PgRows *rows, size_t row, int64_t now_us)
{
    const int64_t device_id = pg_get_integer(rows, row, DEVICE_ID);
    CollectDevice *device = collect_site_find_device(points->poller, (int32_t)device_id);
    size_t end = row, count = 0;
    while (end < pg_row_count(rows) && pg_get_integer(rows, end, DEVICE_ID) == device_id)
        end++;
    CollectPoint *polled = calloc(end - row + 1, sizeof *polled);
    if (!polled)
        abort();
    for (; row < end; row++) {
        CollectPoint *point = &polled[count];
        if (!read_polled(points, rows, row, point))
            continue;
        keep_point(points, rows, row, point->object);
        if (!device || !pg_get_bool(rows, row, POINT_ENABLED))
            continue;
        if (point->interval_us == 0)
            point->interval_us = device->interval_us;
        count++;
    }
    if (device && collect_points_differ(device, polled, count))
        collect_poll_set_points(points->poller, device, polled, count, now_us);
    free(polled);
    return end;
}

/* Room for all points by their numbers. Those that were known before are forgotten. */
static void make_points(CollectSitePoints *points, const PgRows *rows)
{
    size_t largest = 0;
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        const int64_t point_id = pg_get_integer(rows, row, POINT_ID);
        if (point_id > (int64_t)largest && point_id < POINT_ID_MAX)
            largest = (size_t)point_id;
    }
    CollectSitePoint *all = calloc(largest + 1, sizeof *all);
    if (!all)
        abort();
    free(points->all);
    bp_arena_reset(&points->arena);
    points->all = all;
    points->count = largest + 1;
}

/* Devices that no row spoke of. All points of one that did are known now, so the first tells. Whom no round
 * asks for the first time is asked all the same: is it there? */
static void forget_points(CollectSitePoints *points, int64_t now_us)
{
    for (CollectDevice *device = collect_poll_devices(points->poller); device; device = device->next) {
        if (device->device_id && device->point_count == 0 && device->enabled && !device->is_evicted &&
            device->state == COLLECT_UNKNOWN)
            collect_poll_probe(points->poller, device, now_us);
        const size_t first = device->point_count ? (size_t)device->points[0].point_id : 0;
        if (device->point_count == 0 || (first < points->count && points->all[first].is_known &&
                                         points->all[first].device_id == device->device_id))
            continue;
        collect_poll_set_points(points->poller, device, NULL, 0, now_us);
    }
}

void collect_site_points_set(CollectSitePoints *points, const PgRows *rows, size_t row, int64_t now_us)
{
    make_points(points, rows);
    keep_devices(points, rows, row);
    while (row < pg_row_count(rows))
        row = take_points(points, rows, row, now_us);
    forget_points(points, now_us);
}

static bool is_same(const CollectSitePoints *points, const PgRows *rows, size_t row)
{
    char text[BAC_REFERENCE_TEXT_MAX];
    BacObjectId object;
    const CollectSitePoint *point =
        collect_site_points_find(points, (int32_t)pg_get_integer(rows, row, POINT_ID));
    snprintf(text, sizeof text, "%.*s,%lld", BP_STR_ARGS(pg_get_text(rows, row, OBJECT_TYPE)),
             (long long)pg_get_integer(rows, row, OBJECT_INSTANCE));
    return point && bac_object_parse(bp_str(text), &object, NULL) == BP_OK &&
           bac_object_equal(object, point->object) &&
           point->device_id == pg_get_integer(rows, row, DEVICE_ID);
}

size_t collect_site_points_missing(const CollectSitePoints *points, const PgRows *rows, size_t row)
{
    size_t known = 0, found = 0;
    for (size_t i = 0; i < points->count; i++)
        known += points->all[i].is_known;
    for (; row < pg_row_count(rows); row++)
        found += is_same(points, rows, row);
    return known - found;
}

int32_t collect_site_points_end(const CollectSitePoints *points)
{
    return (int32_t)points->count;
}

const CollectSitePoint *collect_site_points_find(const CollectSitePoints *points, int32_t point_id)
{
    if (point_id < 0 || (size_t)point_id >= points->count || !points->all[point_id].is_known)
        return NULL;
    return &points->all[point_id];
}

void collect_site_points_check(const CollectSitePoints *points)
{
    for (const CollectDevice *device = collect_poll_devices(points->poller); device; device = device->next)
        for (size_t i = 0; i < device->point_count; i++) {
            const CollectPoint *polled = &device->points[i];
            const CollectSitePoint *point = collect_site_points_find(points, polled->point_id);
            assert(point && point->device_id == device->device_id);
            assert(point->object.type == polled->object.type &&
                   point->object.instance == polled->object.instance);
        }
}

CollectSitePoints *collect_site_points_new(CollectPoller *poller)
{
    CollectSitePoints *points = calloc(1, sizeof *points);
    if (!points)
        abort();
    points->poller = poller;
    return points;
}

void collect_site_points_free(CollectSitePoints *points)
{
    if (!points)
        return;
    free(points->all);
    bp_arena_done(&points->arena);
    free(points);
}
