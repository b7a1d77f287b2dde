#include "apps/ingest/points.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/time.h"
#include "io/pg/reload.h"

#include <stdlib.h>

enum { POINT_ID_MAX = 10 * 1000 * 1000 };

struct PointsReader {
    Pg *pg;
    const char *site;
    IngestPoints points;
    BpArena arena;       /* theirs */
    int64_t asked_at_us; /* by the clock, the last time */
    PgReload *reload;
    void (*on_read)(void *owner);
    void *owner;
};

static void keep(PointsReader *reader, const PgRows *rows)
{
    IngestPoints *points = &reader->points;
    int64_t largest = 0;
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        const int64_t point_id = pg_get_integer(rows, row, 0);
        largest = point_id > largest && point_id < POINT_ID_MAX ? point_id : largest;
    }
    bp_arena_done(&reader->arena);
    points->count = (size_t)largest + 1;
    points->items = bp_arena_take(&reader->arena, points->count * sizeof *points->items);
    points->newest_successor = pg_row_count(rows) ? pg_get_integer(rows, 0, 6) : 0;
    for (size_t row = 0; row < pg_row_count(rows); row++) {
        const int64_t point_id = pg_get_integer(rows, row, 0);
        if (point_id < 1 || point_id > largest)
            continue;
        const BpStr units = pg_get_text(rows, row, 1), object_type = pg_get_text(rows, row, 3);
        points->items[point_id] = (IngestPoint){
            .is_known = true,
            .point_id = (int32_t)pg_get_integer(rows, row, 5),
            .units = {bp_arena_text(&reader->arena, units), units.size},
            .device_id = (int32_t)pg_get_integer(rows, row, 2),
            .object_type = {bp_arena_text(&reader->arena, object_type), object_type.size},
            .object_instance = (int32_t)pg_get_integer(rows, row, 4),
        };
    }
}

static void on_rows(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    PointsReader *reader = context;
    if (pg_reload_answered(reader->reload, status))
        bp_log(BP_LOG_WARNING, "reading the points: %s; they are read again", err->text);
    if (status != BP_OK)
        return;
    keep(reader, rows);
    reader->points.as_of_us = reader->asked_at_us;
    reader->on_read(reader->owner);
}

static void ask(void *owner)
{
    PointsReader *reader = owner;
    const PgValue site = pg_text(bp_str(reader->site));
    reader->asked_at_us = bp_wall_us();
    pg_request(reader->pg, SQL_SELECT_INGEST_POINTS, &site, 1, on_rows, reader);
}

PointsReader *points_reader_new(Loop *loop, Pg *pg, const char *site, void (*on_read)(void *owner),
                                void *owner)
{
    PointsReader *reader = calloc(1, sizeof *reader);
    if (!reader)
        abort();
    *reader = (PointsReader){.pg = pg, .site = site, .on_read = on_read, .owner = owner};
    reader->reload = pg_reload_new(loop, pg, 0, ask, reader);
    return reader;
}

void points_reader_free(PointsReader *reader)
{
    if (!reader)
        return;
    pg_reload_free(reader->reload);
    bp_arena_done(&reader->arena);
    free(reader);
}

const IngestPoints *points_reader_points(const PointsReader *reader)
{
    return &reader->points;
}

void points_reader_connected(PointsReader *reader)
{
    pg_reload_anew(reader->reload);
}

void points_reader_changed(PointsReader *reader)
{
    pg_reload_soon(reader->reload);
}
