/* A connection from inside: for the files of this folder alone. pg.c makes, loses and remakes it; exchange.c
 * sends and receives, or pipeline.c does; ask.c takes requests in; cancel.c gives them up. */
#ifndef IO_PG_CONNECTION_H
#define IO_PG_CONNECTION_H

#include "base/invariant.h"
#include "io/pg/request.h"

enum { PG_CHANNELS_MAX = 8 };

/* A cancel on its way, on another thread: libpq waits for the server in there. */
typedef struct PgCancelJob PgCancelJob;

struct Pg {
    Loop *loop;
    PgOptions options;
    char *texts;                  /* the options' own, in one piece */
    void (*on_idle)(void *owner); /* the last request has ended; for pools */
    void *idle_owner;

    /* pg.c's: */
    PGconn *connection;
    PgOctets octets;      /* of connections that are gone */
    PgOctets octets_seen; /* of the one that is there, when last asked */
    LoopPoll *poll;
    int socket;
    LoopTimer *timer; /* the next try to connect, or the end of our patience with this one */
    LoopResolve *resolve;
    int64_t pause_ms;
    bool is_connecting, is_connected;
    int noticed_by; /* of the notice that is being given; 0: ours */
    char *channels[PG_CHANNELS_MAX];
    size_t channel_count;

    /* exchange.c's: */
    bool prepared[SQL_QUERY_COUNT];
    bool is_busy;     /* the first of `waiting` is on the wire, or a fence is */
    bool is_fencing;  /* a statement of no matter: it takes a late cancel upon itself, or ends what failed */
    bool needs_fence; /* before anything else is sent */
    bool is_stopped;  /* rows of a stream are not wanted now: nothing is read */

    size_t
        sent; /* pipeline.c's: so many of `waiting`, from the first on, are under way; 0 without a pipeline */

    /* ask.c's: */
    PgQueue waiting; /* in their order; the first may be under way */
    PgQueue ended;   /* without having been sent; told in the loop's next turn */
    LoopTimer *soon; /* the loop's next turn */

    /* cancel.c's: */
    PgCancelJob *cancel;  /* under way: nothing is sent until it has come to its end */
    LoopTimer *due;       /* a request is, or an answer to a cancel */
    int64_t cancel_by_us; /* what was cancelled, and the fence behind it, are to be over; INT64_MAX: nothing
                             is awaited like that */
};

/* pg.c: */
void pg_connection_lose(Pg *pg, const char *what);

/* exchange.c: */
void pg_exchange_begin(Pg *pg);   /* sends the first request, when its turn is now */
void pg_exchange_advance(Pg *pg); /* takes what has arrived, as long as libpq need not wait for more */
void pg_exchange_forget(Pg *pg);  /* the connection is gone */

void pg_exchange_keep_error(PgRequest *request, const PGresult *result);

/* pipeline.c: as the two of exchange.c, for a connection that is pipelined. */
enum { PG_PIPELINE_MAX = 32 }; /* requests under way; more wait */
void pg_pipeline_begin(Pg *pg);
void pg_pipeline_advance(Pg *pg);

/* ask.c: */
void pg_ask_on_soon(void *owner);
void pg_ask_take(Pg *pg, PgRequest *request); /* whose owner is the connection from now on */
/* Ends it like that in the loop's next turn, never from inside the call that ended it. */
void pg_ask_end_soon(Pg *pg, PgRequest *request, BpStatus status, const char *why);

/* cancel.c: */
void pg_cancel_on_due(void *owner);
void pg_cancel_forget(Pg *pg);      /* the connection is gone, and with it what was to be cancelled */
void pg_cancel_look_at_due(Pg *pg); /* requests have changed */
/* The cancelled request on the wire, or a fence, is to be over soon: else the connection is given up. */
void pg_cancel_expect_end(Pg *pg);
/* It is over, one way or the other. */
void pg_cancel_end(Pg *pg);

void pg_check(const Pg *pg);

#endif
