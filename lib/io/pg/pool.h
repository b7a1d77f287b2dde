/* Several connections to one database: what is asked goes to one that has nothing to do, so that a long
 * statement keeps no other waiting. Connections are made when they are needed, and closed when they have not
 * been for a while. */
#ifndef IO_PG_POOL_H
#define IO_PG_POOL_H

#include "io/pg/stream.h"

typedef struct PgPool PgPool;

enum { PG_POOL_CONNECTIONS_MAX = 64 };

typedef struct PgPoolOptions {
    PgOptions connection;  /* copied; its owner, and what it would tell the owner, are not used */
    size_t least, most;    /* connections: kept in any case, and made at most; 1 to PG_POOL_CONNECTIONS_MAX */
    size_t waiting_max;    /* requests that wait for a connection; one more is answered with BP_FULL */
    int64_t patience_us;   /* they wait so long at most: BP_UNAVAILABLE, with why there is no connection, or
                              BP_TIMEOUT where all are busy */
    int64_t idle_us;       /* a connection beyond `least` is closed when it had nothing to do for so long */
    int64_t look_every_us; /* an idle one is asked whether it still works; one that does not answer within 5 s
                              is made anew */
} PgPoolOptions;

PgPool *pg_pool_new(Loop *loop, const PgPoolOptions *options);

/* Not from inside one of its callbacks. What waits or is under way is answered with BP_UNAVAILABLE first. */
void pg_pool_free(PgPool *pool);

/* As the functions of pg.h with these names; each takes the next connection that is free, in the order asked.
 * Two requests are carried out side by side: what must follow on another is asked for when that has been
 * answered, or in one transaction. */
PgTicket pg_pool_request(PgPool *pool, SqlQuery query, const PgValue *values, size_t count, PgDone done,
                         void *context);
PgTicket pg_pool_request_text(PgPool *pool, BpStr sql, PgDone done, void *context);
PgTicket pg_pool_transaction(PgPool *pool, const PgStep *steps, size_t step_count, PgDone done,
                             void *context);
PgTicket pg_pool_stream(PgPool *pool, const PgStreamOptions *options);

void pg_pool_go_on(PgPool *pool, PgTicket stream);
void pg_pool_cancel(PgPool *pool, PgTicket ticket);
void pg_pool_set_deadline(PgPool *pool, PgTicket ticket, int64_t due_us);

typedef struct PgPoolCounts {
    size_t connections;      /* made, */
    size_t connected, busy;  /* and of them */
    size_t waiting;          /* requests, for a connection */
    size_t waiting_most;     /* ever */
    uint64_t taken, refused; /* requests ever, and those of them that found no room */
    uint64_t given_up;       /* for which no connection came in time */
    uint64_t lost;           /* connections that broke, or did not answer */
} PgPoolCounts;
PgPoolCounts pg_pool_counts(const PgPool *pool);

void pg_pool_check(const PgPool *pool);

#endif
