#include "io/pg/reload.h"

#include <stdlib.h>

enum { SHARE = 4 }; /* of the time that a reading took: for so long there is no other */

struct PgReload {
    Loop *loop;
    Pg *pg;
    LoopTimer *timer;
    void (*ask)(void *owner);
    void *owner;
    bool is_under_way, is_waiting; /* is_waiting: the timer is set, or will be by the answer */
    bool has_failed;
    int64_t pause_us, asked_at_us, not_before_us;
};

static void ask_now(PgReload *reload)
{
    reload->is_waiting = false;
    reload->is_under_way = true;
    reload->asked_at_us = loop_now_us(reload->loop);
    reload->ask(reload->owner);
}

static void on_timer(void *owner)
{
    PgReload *reload = owner;
    if (reload->is_under_way)
        return;
    if (pg_is_connected(reload->pg))
        ask_now(reload);
    else
        reload->is_waiting = false; /* the next connection reads everything */
}

PgReload *pg_reload_new(Loop *loop, Pg *pg, int64_t pause_us, void (*ask)(void *owner), void *owner)
{
    PgReload *reload = calloc(1, sizeof *reload);
    if (!reload)
        abort();
    *reload = (PgReload){.loop = loop, .pg = pg, .pause_us = pause_us, .ask = ask, .owner = owner};
    reload->timer = loop_timer_new(loop, on_timer, reload);
    return reload;
}

void pg_reload_free(PgReload *reload)
{
    if (!reload)
        return;
    loop_timer_free(reload->timer);
    free(reload);
}

void pg_reload_anew(PgReload *reload)
{
    loop_timer_clear(reload->timer);
    ask_now(reload);
}

/* A wait that has begun is not made longer by what comes meanwhile, or it might never end. */
static void wait_for(PgReload *reload, int64_t due_us)
{
    reload->is_waiting = true;
    loop_timer_set(reload->timer, due_us > reload->not_before_us ? due_us : reload->not_before_us);
}

void pg_reload_soon(PgReload *reload)
{
    if (reload->is_waiting)
        return;
    reload->is_waiting = true;
    if (!reload->is_under_way)
        wait_for(reload, reload->asked_at_us + reload->pause_us);
}

bool pg_reload_is_under_way(const PgReload *reload)
{
    return reload->is_under_way;
}

bool pg_reload_is_waiting(const PgReload *reload)
{
    return reload->is_waiting;
}

bool pg_reload_answered(PgReload *reload, BpStatus status)
{
    const int64_t now_us = loop_now_us(reload->loop);
    const bool failed_before = reload->has_failed;
    reload->is_under_way = false;
    reload->has_failed = status != BP_OK;
    reload->not_before_us = now_us + SHARE * (now_us - reload->asked_at_us);
    if (reload->has_failed)
        wait_for(reload, now_us + PG_RELOAD_AGAIN_US);
    else if (reload->is_waiting)
        wait_for(reload, reload->asked_at_us + reload->pause_us);
    return reload->has_failed && !failed_before;
}
