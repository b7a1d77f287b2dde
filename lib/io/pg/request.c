#include "io/pg/request.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void *pg_allocate(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    if (!memory)
        abort();
    return memory;
}

PgRequest *pg_request_new(PgRequestKind kind, PgDone done, void *context)
{
    static PgTicket last_ticket; /* one for each request of the program, so that pools can pass them on */
    PgRequest *request = pg_allocate(sizeof *request);
    request->ticket = ++last_ticket;
    request->kind = kind;
    request->done = done;
    request->context = context;
    request->due_us = request->wanted_by_us = INT64_MAX;
    return request;
}

PgRequest *pg_request_new_query(SqlQuery query, const PgValue *values, size_t count, PgDone done,
                                void *context)
{
    PgRequest *request = pg_request_new(PG_ONE_QUERY, done, context);
    request->query = query;
    pg_parameters_set(&request->parameters, values, count);
    return request;
}

PgRequest *pg_request_new_text(BpStr sql, PgDone done, void *context)
{
    PgRequest *request = pg_request_new(PG_ONE_TEXT, done, context);
    request->text = strndup(sql.data, sql.size);
    return request;
}

PgRequest *pg_request_new_transaction(const PgStep *steps, size_t step_count, PgDone done, void *context)
{
    PgRequest *request = pg_request_new(PG_TRANSACTION, done, context);
    request->steps = steps;
    request->step_count = step_count;
    return request;
}

void pg_request_end(PgRequest *request)
{
    const PgRows rows = {request->result};
    if (request->done)
        request->done(request->context, request->status, request->status == BP_OK ? &rows : NULL,
                      request->status == BP_OK ? NULL : &request->err);
    PQclear(request->result);
    pg_parameters_done(&request->parameters);
    free(request->text);
    free(request);
}

void pg_request_fail(PgRequest *request, BpStatus status, const char *why)
{
    if (request->status != BP_OK)
        return;
    request->status = bp_fail(&request->err, status, "%s", why);
    PQclear(request->result);
    request->result = NULL;
}

void pg_queue_add(PgQueue *queue, PgRequest *request)
{
    request->next = NULL;
    if (queue->last)
        queue->last->next = request;
    else
        queue->first = request;
    queue->last = request;
    queue->count++;
}

PgRequest *pg_queue_take_first(PgQueue *queue)
{
    PgRequest *request = queue->first;
    if (request)
        pg_queue_remove(queue, request);
    return request;
}

void pg_queue_remove(PgQueue *queue, PgRequest *request)
{
    PgRequest *before = NULL;
    for (PgRequest *i = queue->first; i != request; i = i->next)
        before = i;
    if (before)
        before->next = request->next;
    else
        queue->first = request->next;
    if (queue->last == request)
        queue->last = before;
    queue->count--;
}

PgRequest *pg_queue_find(const PgQueue *queue, PgTicket ticket)
{
    PgRequest *request = queue->first;
    while (request && request->ticket != ticket)
        request = request->next;
    return request;
}

void pg_queue_end_all(PgQueue *queue, BpStatus status, const char *why)
{
    for (size_t left = queue->count; left > 0; left--) {
        PgRequest *request = pg_queue_take_first(queue);
        pg_request_fail(request, status, why);
        pg_request_end(request);
    }
}

int64_t pg_queue_expire(PgQueue *queue, const PgRequest *after, int64_t now_us, PgQueue *ended)
{
    int64_t next_us = INT64_MAX;
    PgRequest *next = NULL;
    for (PgRequest *i = after ? after->next : queue->first; i; i = next) {
        next = i->next;
        if (i->due_us > now_us) {
            next_us = i->due_us < next_us ? i->due_us : next_us;
            continue;
        }
        pg_queue_remove(queue, i);
        pg_request_fail(i, BP_TIMEOUT, "the time for it was over before its turn came");
        pg_queue_add(ended, i);
    }
    return next_us;
}

void pg_queue_check(const PgQueue *queue)
{
    const PgRequest *last = NULL;
    size_t count = 0;
    for (const PgRequest *i = queue->first; i; i = i->next) {
        last = i;
        count++;
        assert(count <= queue->count);
        assert((i->kind == PG_STREAMED) == (i->stream != NULL));
        assert(i->copied <= i->octets.size && i->step <= i->step_count);
    }
    assert(count == queue->count && last == queue->last);
}
