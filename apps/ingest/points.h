/* The points of the site, as the database has them: what stands beside a value in sensor_readings. */
#ifndef INGEST_POINTS_H
#define INGEST_POINTS_H

#include "io/pg/pg.h"

/* Texts are borrowed. */
typedef struct IngestPoint {
    bool is_known;
    int32_t point_id; /* under which it is stored: its successor's where it has one */
    int32_t device_id, object_instance;
    BpStr units, object_type;
} IngestPoint;

/* The points of the site by their point_id, from 1. */
typedef struct IngestPoints {
    IngestPoint *items;
    size_t count;             /* one more than the largest point_id */
    int64_t newest_successor; /* of points, that they know of */
    int64_t as_of_us;         /* by the clock: when they were asked for; 0: never */
} IngestPoints;

typedef struct PointsReader PointsReader;

/* `on_read` is called after each reading of them. */
PointsReader *points_reader_new(Loop *loop, Pg *pg, const char *site, void (*on_read)(void *owner),
                                void *owner);
void points_reader_free(PointsReader *reader); /* before the loop runs on without `pg` */

/* Those that were read last; empty before. Until the next reading. */
const IngestPoints *points_reader_points(const PointsReader *reader);

void points_reader_connected(PointsReader *reader); /* the database is there, again or at first: reads */
void points_reader_changed(PointsReader *reader);   /* or may have: reads soon */

#endif
