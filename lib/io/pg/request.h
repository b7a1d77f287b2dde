/* A request: a list of parts (statements, and at most one COPY) that a connection carries out in turn; and
 * queues of them. For the files of this folder alone. */
#ifndef IO_PG_REQUEST_H
#define IO_PG_REQUEST_H

#include "io/pg/parameters.h"
#include "io/pg/stream.h"

#include <libpq-fe.h>

typedef enum PgRequestKind { PG_ONE_QUERY, PG_ONE_TEXT, PG_TRANSACTION, PG_STREAMED } PgRequestKind;

/* Where a transaction is: what is to be sent next, or is under way. */
typedef enum PgPhase {
    PG_SEND_BEGIN,
    PG_SEND_COPY,
    PG_COPYING,
    PG_END_OF_COPY,
    PG_SEND_STEP,
    PG_SEND_COMMIT,
    PG_SEND_ROLLBACK,
    PG_ENDED
} PgPhase;

typedef struct PgRequest PgRequest;
struct PgRequest {
    PgRequest *next;
    PgTicket ticket;
    PgRequestKind kind;
    PgDone done;
    void *context;

    SqlQuery query; /* of PG_ONE_QUERY and PG_STREAMED, or the COPY of a transaction */
    PgParameters parameters;
    char *text; /* of PG_ONE_TEXT, and of PG_STREAMED where that has no `query` */

    bool has_copy;
    BpStr octets;
    size_t copied;
    const PgStep *steps;
    size_t step_count, step;

    PgStream *stream; /* of PG_STREAMED */

    PgPhase phase;
    bool is_sent;         /* pipelined: it is under way */
    bool is_preparing;    /* the answer awaited is that of PREPARE; the statement itself comes next */
    bool is_over;         /* its statement, or its COMMIT, was carried out */
    int64_t due_us;       /* monotonic: it is to be over by then; INT64_MAX: whenever */
    int64_t wanted_by_us; /* in a pool, where due_us is the end of its patience as well: the deadline */
    BpStatus unwanted; /* why nobody waits for it any more (BP_CANCELLED, BP_TIMEOUT); BP_OK: somebody does */
    BpStatus status;
    BpError err;
    PGresult *result; /* the last one, for `done` */
};

/* First in, first out. */
typedef struct PgQueue {
    PgRequest *first, *last;
    size_t count;
} PgQueue;

PgRequest *pg_request_new(PgRequestKind kind, PgDone done, void *context);

PgRequest *pg_request_new_query(SqlQuery query, const PgValue *values, size_t count, PgDone done,
                                void *context);
PgRequest *pg_request_new_text(BpStr sql, PgDone done, void *context);
PgRequest *pg_request_new_transaction(const PgStep *steps, size_t step_count, PgDone done, void *context);
PgRequest *pg_stream_request_new(const PgStreamOptions *options);

/* It is carried out by this one. */
void pg_stream_set_connection(PgStream *stream, Pg *pg);

/* Hands the stream's receiver a row; false: it has had enough. */
bool pg_stream_give(PgStream *stream, const PgRows *rows);

/* Tells `done` how it ended, and frees it. */
void pg_request_end(PgRequest *request);

/* It ends like that, unless it has an end already. */
void pg_request_fail(PgRequest *request, BpStatus status, const char *why);

void pg_queue_add(PgQueue *queue, PgRequest *request);
PgRequest *pg_queue_take_first(PgQueue *queue);
void pg_queue_remove(PgQueue *queue, PgRequest *request);
PgRequest *pg_queue_find(const PgQueue *queue, PgTicket ticket); /* NULL: it is not there */

/* Ends all that are in the queue now; requests that `done` makes are not among them. Those without an end get
 * this one. */
void pg_queue_end_all(PgQueue *queue, BpStatus status, const char *why);

/* Moves out of `queue`, from behind `after` (NULL: from the first) on, all that should have been over by
 * `now_us`, with BP_TIMEOUT, to `ended`. Returns when the next of the others is due. */
int64_t pg_queue_expire(PgQueue *queue, const PgRequest *after, int64_t now_us, PgQueue *ended);

void pg_queue_check(const PgQueue *queue);

/* calloc that does not fail. */
void *pg_allocate(size_t size);

struct PgRows {
    PGresult *result;
};

#endif
