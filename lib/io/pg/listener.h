/* Notices of the database (LISTEN), on a connection of their own, so that no statement holds them up. */
#ifndef IO_PG_LISTENER_H
#define IO_PG_LISTENER_H

#include "io/pg/pg.h"

typedef struct PgListener PgListener;

typedef struct PgListenerOptions {
    PgOptions connection; /* copied; its owner, and what it would tell the owner, are not used */
    const char *const *channels;
    size_t channel_count;
    void *owner;
    void (*on_notice)(void *owner, const char *channel, const char *payload);
    /* It listens from now on, at first and after each time that the connection was away: notices may have
     * been missed, so what they speak of is to be read anew. */
    void (*on_listening)(void *owner);
    void (*on_lost)(void *owner, const BpError *why); /* may be NULL */
} PgListenerOptions;

PgListener *pg_listener_new(Loop *loop, const PgListenerOptions *options);
void pg_listener_free(PgListener *listener); /* not from inside one of its callbacks */

#endif
