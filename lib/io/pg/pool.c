#include "io/pg/pool.h"

#include "base/time.h"
#include "io/pg/connection.h"

#include <assert.h>
#include <stdlib.h>

static const int64_t LOOK_PATIENCE_US = 5 * BP_SECOND;

/* One of the connections. */
typedef struct Member {
    PgPool *pool;
    Pg *pg;            /* NULL: there is none in this place */
    bool is_looked_at; /* it is being asked whether it works */
    int64_t idle_since_us, looked_at_us;
} Member;

struct PgPool {
    Loop *loop;
    PgPoolOptions options;
    Member members[PG_POOL_CONNECTIONS_MAX]; /* in the first `most` places */
    PgQueue waiting;                         /* for a connection; due_us is the end of their patience */
    LoopTimer *timer;                        /* patience, idle connections, and looking at them */
    LoopTimer *soon;                         /* what has room goes to a connection, or ends */
    PgQueue ended;                           /* told in the loop's next turn */
    BpError why;                             /* the last connection was lost, or refused */
    uint64_t taken, refused, given_up, lost;
    size_t waiting_most;
    bool is_ending;
};

static bool is_free(const Member *member)
{
    return member->pg && pg_is_connected(member->pg) && !member->pg->waiting.first;
}

static size_t count_members(const PgPool *pool)
{
    size_t count = 0;
    for (size_t i = 0; i < pool->options.most; i++)
        count += pool->members[i].pg != NULL;
    return count;
}

/* ---- passing requests on ---- */

static Member *find_free(PgPool *pool)
{
    for (size_t i = 0; i < pool->options.most; i++)
        if (is_free(&pool->members[i]))
            return &pool->members[i];
    return NULL;
}

static bool is_any_connecting(const PgPool *pool)
{
    for (size_t i = 0; i < pool->options.most; i++)
        if (pool->members[i].pg && !pg_is_connected(pool->members[i].pg))
            return true;
    return false;
}

static void set_timer(PgPool *pool);
static void add_member(PgPool *pool);

/* Gives what waits to connections that have nothing to do; where there is none, one more is made, but not
 * while another is on its way: so a server that is away is not asked by all of them. */
static void pass_on(PgPool *pool)
{
    Member *member;
    while (!pool->is_ending && pool->waiting.first && (member = find_free(pool)) != NULL) {
        PgRequest *request = pg_queue_take_first(&pool->waiting);
        request->due_us = request->wanted_by_us;
        if (request->stream)
            pg_stream_set_connection(request->stream, member->pg);
        pg_ask_take(member->pg, request);
    }
    if (!pool->is_ending && pool->waiting.first && !is_any_connecting(pool) &&
        count_members(pool) < pool->options.most)
        add_member(pool);
    set_timer(pool);
}

static void on_soon(void *owner)
{
    PgPool *pool = owner;
    pg_queue_end_all(&pool->ended, BP_UNAVAILABLE, "");
    pass_on(pool);
    BP_INVARIANT(pg_pool_check(pool));
}

static void end_soon(PgPool *pool, PgRequest *request, BpStatus status, const char *why)
{
    pg_request_fail(request, status, why);
    pg_queue_add(&pool->ended, request);
    loop_timer_set(pool->soon, 0);
}

/* ---- connections ---- */

static void on_idle(void *owner)
{
    Member *member = owner;
    if (!member->is_looked_at) /* that is nobody's need of it */
        member->idle_since_us = loop_now_us(member->pool->loop);
    member->is_looked_at = false;
    loop_timer_set(member->pool->soon, 0);
}

static void on_connected(void *owner)
{
    Member *member = owner;
    member->looked_at_us = loop_now_us(member->pool->loop);
    on_idle(owner);
}

static void on_lost(void *owner, const BpError *why)
{
    Member *member = owner;
    member->pool->lost++;
    member->pool->why = *why;
    member->is_looked_at = false;
    loop_timer_set(member->pool->soon, 0);
}

static void add_member(PgPool *pool)
{
    Member *member = pool->members;
    while (member->pg)
        member++;
    PgOptions options = pool->options.connection;
    options.owner = member;
    options.on_connected = on_connected;
    options.on_lost = on_lost;
    options.on_notice = NULL;
    *member = (Member){.pool = pool, .pg = pg_new(pool->loop, &options)};
    member->pg->on_idle = on_idle;
    member->pg->idle_owner = member;
}

static void on_looked_at(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    (void)status, (void)rows, (void)err; /* one that does not answer is lost, which says it all */
    Member *member = context;
    member->looked_at_us = loop_now_us(member->pool->loop);
}

static void look_at(Member *member, int64_t now_us)
{
    member->is_looked_at = true;
    const PgTicket ticket = pg_request_text(member->pg, bp_str("select 1"), on_looked_at, member);
    pg_set_deadline(member->pg, ticket, now_us + LOOK_PATIENCE_US);
}

/* Returns when this is to be done next. A connection that never came stays as it is: it tries on. */
static int64_t look_after(PgPool *pool, Member *member, int64_t now_us)
{
    if (!is_free(member))
        return INT64_MAX;
    const int64_t close_us = member->idle_since_us + pool->options.idle_us,
                  look_us = member->looked_at_us + pool->options.look_every_us;
    const bool may_close = count_members(pool) > pool->options.least;
    if (may_close && close_us <= now_us) {
        pg_free(member->pg);
        member->pg = NULL;
        return INT64_MAX;
    }
    if (look_us <= now_us) {
        look_at(member, now_us);
        return INT64_MAX; /* its end is an idle connection again */
    }
    return may_close && close_us < look_us ? close_us : look_us;
}

/* ---- patience ---- */

static int64_t expire(PgPool *pool, int64_t now_us)
{
    PgQueue late = {0};
    const int64_t next_us = pg_queue_expire(&pool->waiting, NULL, now_us, &late);
    for (PgRequest *request; (request = pg_queue_take_first(&late)) != NULL;) {
        pool->given_up++;
        if (request->wanted_by_us > now_us && pool->why.status != BP_OK && !find_free(pool) &&
            is_any_connecting(pool)) {
            request->status = BP_OK;
            pg_request_fail(request, BP_UNAVAILABLE, pool->why.text);
        }
        end_soon(pool, request, BP_TIMEOUT, "");
    }
    return next_us;
}

static void on_timer(void *owner)
{
    PgPool *pool = owner;
    const int64_t now_us = loop_now_us(pool->loop);
    (void)expire(pool, now_us);
    for (size_t i = 0; i < pool->options.most; i++)
        (void)look_after(pool, &pool->members[i], now_us);
    set_timer(pool);
    BP_INVARIANT(pg_pool_check(pool));
}

static void set_timer(PgPool *pool)
{
    int64_t due_us = INT64_MAX;
    const bool may_close = count_members(pool) > pool->options.least;
    for (const PgRequest *i = pool->waiting.first; i; i = i->next)
        due_us = i->due_us < due_us ? i->due_us : due_us;
    for (size_t i = 0; i < pool->options.most; i++) {
        const Member *member = &pool->members[i];
        if (!is_free(member))
            continue;
        const int64_t close_us = member->idle_since_us + pool->options.idle_us,
                      look_us = member->looked_at_us + pool->options.look_every_us;
        if (may_close && close_us < due_us)
            due_us = close_us;
        if (look_us < due_us)
            due_us = look_us;
    }
    if (due_us == INT64_MAX)
        loop_timer_clear(pool->timer);
    else
        loop_timer_set(pool->timer, due_us);
}

/* ---- making and freeing ---- */

PgPool *pg_pool_new(Loop *loop, const PgPoolOptions *options)
{
    assert(options->most >= 1 && options->least <= options->most && options->most <= PG_POOL_CONNECTIONS_MAX);
    PgPool *pool = pg_allocate(sizeof *pool);
    pool->loop = loop;
    pool->options = *options;
    pool->timer = loop_timer_new(loop, on_timer, pool);
    pool->soon = loop_timer_new(loop, on_soon, pool);
    for (size_t i = 0; i < options->least; i++)
        add_member(pool);
    return pool;
}

void pg_pool_free(PgPool *pool)
{
    if (!pool)
        return;
    pool->is_ending = true;
    pg_queue_end_all(&pool->ended, BP_UNAVAILABLE, "");
    pg_queue_end_all(&pool->waiting, BP_UNAVAILABLE, "the connections to the database were closed");
    for (size_t i = 0; i < pool->options.most; i++)
        pg_free(pool->members[i].pg);
    assert(!pool->waiting.first && !pool->ended.first); /* who is answered here asks no more */
    loop_timer_free(pool->timer);
    loop_timer_free(pool->soon);
    free(pool);
}

/* ---- requests ---- */

static PgTicket take(PgPool *pool, PgRequest *request)
{
    const PgTicket ticket = request->ticket;
    pool->taken++;
    if (pool->waiting.count >= pool->options.waiting_max && !find_free(pool)) {
        pool->refused++;
        end_soon(pool, request, BP_FULL, "too many requests wait for a connection to the database already");
        return ticket;
    }
    request->wanted_by_us = INT64_MAX;
    request->due_us = loop_now_us(pool->loop) + pool->options.patience_us;
    pg_queue_add(&pool->waiting, request);
    if (pool->waiting.count > pool->waiting_most)
        pool->waiting_most = pool->waiting.count;
    pass_on(pool);
    BP_INVARIANT(pg_pool_check(pool));
    return ticket;
}

PgTicket pg_pool_request(PgPool *pool, SqlQuery query, const PgValue *values, size_t count, PgDone done,
                         void *context)
{
    return take(pool, pg_request_new_query(query, values, count, done, context));
}

PgTicket pg_pool_request_text(PgPool *pool, BpStr sql, PgDone done, void *context)
{
    return take(pool, pg_request_new_text(sql, done, context));
}

PgTicket pg_pool_transaction(PgPool *pool, const PgStep *steps, size_t step_count, PgDone done, void *context)
{
    return take(pool, pg_request_new_transaction(steps, step_count, done, context));
}

PgTicket pg_pool_stream(PgPool *pool, const PgStreamOptions *options)
{
    return take(pool, pg_stream_request_new(options));
}

/* The connection that has the request; NULL: it waits here, or has ended. */
static Pg *connection_of(PgPool *pool, PgTicket ticket)
{
    for (size_t i = 0; i < pool->options.most; i++)
        if (pool->members[i].pg && pg_queue_find(&pool->members[i].pg->waiting, ticket))
            return pool->members[i].pg;
    return NULL;
}

void pg_pool_go_on(PgPool *pool, PgTicket stream)
{
    Pg *pg = connection_of(pool, stream);
    if (pg)
        pg_stream_go_on(pg_queue_find(&pg->waiting, stream)->stream);
}

void pg_pool_cancel(PgPool *pool, PgTicket ticket)
{
    Pg *pg = connection_of(pool, ticket);
    PgRequest *request = pg_queue_find(&pool->waiting, ticket);
    if (pg)
        pg_cancel(pg, ticket);
    if (!request)
        return;
    pg_queue_remove(&pool->waiting, request);
    end_soon(pool, request, BP_CANCELLED, "it was cancelled before its turn came");
    BP_INVARIANT(pg_pool_check(pool));
}

void pg_pool_set_deadline(PgPool *pool, PgTicket ticket, int64_t due_us)
{
    Pg *pg = connection_of(pool, ticket);
    PgRequest *request = pg_queue_find(&pool->waiting, ticket);
    if (pg)
        pg_set_deadline(pg, ticket, due_us);
    if (!request)
        return;
    request->wanted_by_us = due_us;
    if (due_us < request->due_us)
        request->due_us = due_us;
    set_timer(pool);
    BP_INVARIANT(pg_pool_check(pool));
}

/* ---- figures ---- */

PgPoolCounts pg_pool_counts(const PgPool *pool)
{
    PgPoolCounts counts = {.waiting = pool->waiting.count,
                           .waiting_most = pool->waiting_most,
                           .taken = pool->taken,
                           .refused = pool->refused,
                           .given_up = pool->given_up,
                           .lost = pool->lost};
    for (size_t i = 0; i < pool->options.most; i++) {
        const Member *member = &pool->members[i];
        counts.connections += member->pg != NULL;
        counts.connected += member->pg && pg_is_connected(member->pg);
        counts.busy += member->pg && pg_is_connected(member->pg) && member->pg->waiting.first;
    }
    return counts;
}

void pg_pool_check(const PgPool *pool)
{
    pg_queue_check(&pool->waiting);
    pg_queue_check(&pool->ended);
    assert(pool->waiting.count <= pool->options.waiting_max + pool->options.most);
    for (size_t i = 0; i < pool->options.most; i++) {
        const Member *member = &pool->members[i];
        if (!member->pg)
            continue;
        pg_check(member->pg);
        assert(member->pool == pool && member->pg->waiting.count <= 1); /* one at a time */
    }
    for (size_t i = pool->options.most; i < PG_POOL_CONNECTIONS_MAX; i++)
        assert(!pool->members[i].pg);
    for (const PgRequest *i = pool->waiting.first; i; i = i->next)
        assert(i->status == BP_OK && i->due_us <= i->wanted_by_us);
}
