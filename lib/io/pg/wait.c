/* For tools: the loop runs until a request is answered. */
#include "io/pg/connection.h"

#include "base/time.h"

typedef struct Wait {
    bool is_done;
    BpStatus status;
    BpError err;
    void (*each)(void *context, const PgRows *rows, size_t row);
    void *context;
} Wait;

static void on_waited(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Wait *wait = context;
    wait->is_done = true;
    wait->status = status;
    if (err)
        wait->err = *err;
    for (size_t row = 0; wait->each && rows && row < pg_row_count(rows); row++)
        wait->each(wait->context, rows, row);
}

static BpStatus wait_for(Pg *pg, Wait *wait, BpError *err)
{
    while (!wait->is_done)
        loop_run_once(pg->loop, BP_SECOND);
    if (wait->status != BP_OK && err)
        *err = wait->err;
    return wait->status;
}

BpStatus pg_wait_connected(Pg *pg, int64_t timeout_us, BpError *err)
{
    const int64_t until_us = loop_now_us(pg->loop) + timeout_us;
    while (!pg->is_connected) {
        const int64_t left_us = until_us - loop_now_us(pg->loop);
        if (left_us <= 0)
            return bp_fail(err, BP_UNAVAILABLE, "the database at %s port %u does not answer",
                           pg->options.host, pg->options.port);
        loop_run_once(pg->loop, left_us);
    }
    return BP_OK;
}

BpStatus pg_wait(Pg *pg, SqlQuery query, const PgValue *values, size_t count,
                 void (*each)(void *context, const PgRows *rows, size_t row), void *context, BpError *err)
{
    Wait wait = {.each = each, .context = context};
    pg_request(pg, query, values, count, on_waited, &wait);
    return wait_for(pg, &wait, err);
}

BpStatus pg_wait_text(Pg *pg, BpStr sql, BpError *err)
{
    Wait wait = {0};
    pg_request_text(pg, sql, on_waited, &wait);
    return wait_for(pg, &wait, err);
}

BpStatus pg_wait_copy(Pg *pg, SqlQuery copy, BpStr octets, const PgStep *steps, size_t step_count,
                      BpError *err)
{
    Wait wait = {0};
    pg_copy(pg, copy, octets, steps, step_count, on_waited, &wait);
    return wait_for(pg, &wait, err);
}

BpStatus pg_wait_transaction(Pg *pg, const PgStep *steps, size_t step_count, BpError *err)
{
    Wait wait = {0};
    pg_transaction(pg, steps, step_count, on_waited, &wait);
    return wait_for(pg, &wait, err);
}

/* ---- streams ---- */

typedef struct WaitStream {
    Wait wait;
    void (*each)(void *context, const PgRows *rows);
    void *context;
} WaitStream;

static bool on_waited_row(void *owner, const PgRows *rows)
{
    const WaitStream *waits = owner;
    waits->each(waits->context, rows);
    return true;
}

static void on_waited_end(void *owner, BpStatus status, const BpError *err)
{
    WaitStream *waits = owner;
    on_waited(&waits->wait, status, NULL, err);
}

BpStatus pg_wait_stream(Pg *pg, SqlQuery query, const PgValue *values, size_t count,
                        void (*each)(void *context, const PgRows *rows), void *context, BpError *err)
{
    WaitStream waits = {.each = each, .context = context};
    const PgStreamOptions options = {.query = query,
                                     .values = values,
                                     .count = count,
                                     .owner = &waits,
                                     .on_row = on_waited_row,
                                     .on_end = on_waited_end};
    (void)pg_stream_new(pg, &options);
    return wait_for(pg, &waits.wait, err);
}
