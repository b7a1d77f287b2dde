/* How a database keeps its readings: in native partitions, or in a hypertable of TimescaleDB. It is chosen
 * when sensor_readings is made, and from then on is what that table is. */
#ifndef MIGRATE_ENGINE_H
#define MIGRATE_ENGINE_H

#include "base/arena.h"
#include "base/buf.h"
#include "io/pg/pg.h"

typedef struct Engine {
    const char
        *name; /* native or timescaledb, as setting bacpipes.engine and function readings_engine have it */
    const char *version; /* TimescaleDB's; NULL: native */
    bool is_there;       /* sensor_readings is; else it is what a new one will be */
    bool is_compressed;  /* its chunks are, when they are old */
} Engine;

/* Finds out what sensor_readings is, or, where there is none, chooses by the setting history.engine and,
 * unless `is_status`, makes the extension. Texts are in the arena. A setting that the database cannot follow
 * any more is logged. BP_UNAVAILABLE, having changed nothing: TimescaleDB is asked for, or has the readings,
 * and cannot be had. BP_INVALID: sensor_readings is of neither kind. */
BpStatus engine_choose(Pg *pg, BpArena *arena, const char *wish, bool is_status, Engine *ret_engine,
                       BpError *err) BP_CHECKED;
/* After the migrations: its functions, then the rights of each role, which are for these, too. Of a new
 * hypertable that is not compressed it is logged, once. */
BpStatus engine_settle(Pg *pg, Engine *engine, BpError *err) BP_CHECKED;
#endif
