/* Rows as they arrive: of a result that is too large to be held. Nothing is read from the server while the
 * receiver has had enough, so that memory stays what it is and the server waits.
 *
 * Columns come in PostgreSQL's binary format, which pg_get_* read as they do texts: int2, int4, int8, float4,
 * float8, bool, text, varchar, bytea, timestamptz. Other types are cast in the statement. */
#ifndef IO_PG_STREAM_H
#define IO_PG_STREAM_H

#include "io/pg/pg.h"

typedef struct PgStreamOptions {
    SqlQuery query;
    const char *text;      /* SQL that is made at run time instead, without parameters; NULL: `query` */
    const PgValue *values; /* copied */
    size_t count;
    void *owner;
    /* A row has come, the only one of `rows`, which are borrowed. False: that is enough until
     * pg_stream_go_on. Calls no pg_wait. */
    bool (*on_row)(void *owner, const PgRows *rows);
    /* It is over: BP_OK after the last row; else as PgDone has it, and rows may have come before. Called
     * once, always from the loop; the stream is gone then. */
    void (*on_end)(void *owner, BpStatus status, const BpError *err);
} PgStreamOptions;

/* Its turn comes behind what was asked before, and what is asked later waits for its end: who must not wait
 * has another connection, or a pool. */
PgStream *pg_stream_new(Pg *pg, const PgStreamOptions *options);

/* More rows are wanted. */
void pg_stream_go_on(PgStream *stream);

/* No more rows are: none comes from now on, and on_end gets BP_CANCELLED soon, or BP_OK where the last row
 * had come. May be called in on_row. */
void pg_stream_cancel(PgStream *stream);

/* As pg_set_deadline. */
void pg_stream_set_deadline(PgStream *stream, int64_t due_us);

/* For tools: the loop runs until the end. `each` gets every row. */
BpStatus pg_wait_stream(Pg *pg, SqlQuery query, const PgValue *values, size_t count,
                        void (*each)(void *context, const PgRows *rows), void *context,
                        BpError *err) BP_CHECKED;

#endif
