/* Rows that are read again when somebody says that they have changed. Anybody who is let into the database
 * can say so (NOTIFY asks for no right), as often as they like: at most one reading is under way and one
 * waits, and the rest of the time, four fifths of it at least, is for others. */
#ifndef IO_PG_RELOAD_H
#define IO_PG_RELOAD_H

#include "io/loop/loop.h"
#include "io/pg/pg.h"

typedef struct PgReload PgReload;

/* `ask` makes the request, whose answer calls pg_reload_answered. There is none sooner than `pause_us` after
 * the last: PG_RELOAD_PAUSE_US, or 0 where somebody waits for the news. */
PgReload *pg_reload_new(Loop *loop, Pg *pg, int64_t pause_us, void (*ask)(void *owner), void *owner);
void pg_reload_free(PgReload *reload); /* NULL is fine */

/* Asks at once: the connection is new, and what was asked on the last one is over. */
void pg_reload_anew(PgReload *reload);
/* At once where that was not done just now, or else with what changes meanwhile: changes come in flocks.
 * Without a connection nothing is asked: the next one begins with pg_reload_anew. */
void pg_reload_soon(PgReload *reload);
/* To be called by the answer. Rows that could not be read are asked for again after PG_RELOAD_AGAIN_US. True:
 * it failed and did not before, which is worth a line. */
bool pg_reload_answered(PgReload *reload, BpStatus status);

bool pg_reload_is_under_way(const PgReload *reload);
bool pg_reload_is_waiting(const PgReload *reload); /* what is under way, if anything, is not the newest */

enum { PG_RELOAD_PAUSE_US = 200 * 1000, PG_RELOAD_AGAIN_US = 5 * 1000 * 1000 };

#endif
