/* One ingest stores for a site: whoever holds the database's lock for it. */
#ifndef INGEST_ALONE_H
#define INGEST_ALONE_H

#include "io/pg/pg.h"

typedef struct Alone Alone;

typedef struct AloneHooks {
    void *owner;
    void (*on_alone)(void *owner);       /* we are the one, on this connection */
    void (*on_other)(void *owner);       /* another has the lock, while we had it before: wait */
    void (*on_superfluous)(void *owner); /* another has it, and we have just begun: end */
} AloneHooks;

Alone *alone_new(Loop *loop, Pg *pg, const char *site, const AloneHooks *hooks);
void alone_free(Alone *alone);

void alone_connected(Alone *alone); /* asks for the lock */
void alone_lost(Alone *alone);      /* the connection is, and the lock with it */
bool alone_is_held(const Alone *alone);

#endif
