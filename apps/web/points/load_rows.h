/* Rows of the web's statements about sites, devices and points, into the store. Of this folder. */
#ifndef WEB_POINTS_LOAD_ROWS_H
#define WEB_POINTS_LOAD_ROWS_H

#include "apps/web/points/put.h"

#include "base/arena.h"
#include "io/pg/pg.h"

/* Of select_web_sites.sql: those that are not among them go. */
void load_put_sites(Store *store, const PgRows *rows);
void load_put_devices(Store *store, const PgRows *rows);   /* of select_web_devices.sql */
void load_put_overrides(Store *store, const PgRows *rows); /* of select_web_overrides.sql */

/* A point of stream_web_points.sql or select_web_points.sql; its texts are the rows' own, */
StoreGiven load_given(const PgRows *rows, size_t row);
/* or copies in the arena. */
void load_keep_texts(StoreGiven *given, BpArena *arena);

#endif
