#include "apps/ingest/alone.h"

#include "base/log.h"
#include "base/time.h"

#include <stdlib.h>

static const int64_t PATIENCE_US = 5 * BP_SECOND, ASK_EVERY_US = 200 * BP_MS, WAIT_EVERY_US = BP_SECOND,
                     REFUSED_EVERY_US = 15 * BP_SECOND;

struct Alone {
    Loop *loop;
    Pg *pg;
    const char *site;
    AloneHooks hooks;
    LoopTimer *timer;
    bool is_held, was_held; /* on this connection, on any before */
    bool has_said_others;   /* that another one works, and that we wait */
    int64_t asked_at_us;    /* the first time on this connection */
};

static void ask_again(Alone *alone, int64_t pause_us)
{
    loop_timer_set(alone->timer, loop_now_us(alone->loop) + pause_us);
}

/* Whoever has it may be one that has just ended, or the server's side of a connection that we have lost. Only
 * who begins gives up; else what we store may soon wait for us again. */
static void is_not_alone(Alone *alone)
{
    if (loop_now_us(alone->loop) - alone->asked_at_us < PATIENCE_US) {
        ask_again(alone, ASK_EVERY_US);
    } else if (!alone->was_held) {
        bp_log(BP_LOG_ERROR, "another ingest works for site %s: one is enough", alone->site);
        alone->hooks.on_superfluous(alone->hooks.owner);
    } else {
        if (!alone->has_said_others)
            bp_log(BP_LOG_WARNING,
                   "another ingest works for site %s, or our lost connection is still open there: "
                   "waiting for its end",
                   alone->site);
        alone->has_said_others = true;
        alone->hooks.on_other(alone->hooks.owner);
        ask_again(alone, WAIT_EVERY_US);
    }
}

static void on_lock(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    Alone *alone = context;
    if (status != BP_OK && !pg_is_connected(alone->pg))
        return; /* the next connection asks */
    if (status != BP_OK) {
        bp_log(BP_LOG_ERROR, "making sure that no other ingest works: %s; has `bacpipes migrate` been run?",
               err->text);
        ask_again(alone, REFUSED_EVERY_US);
    } else if (!pg_get_bool(rows, 0, 0)) {
        is_not_alone(alone);
    } else {
        alone->is_held = alone->was_held = true;
        alone->has_said_others = false;
        alone->hooks.on_alone(alone->hooks.owner);
    }
}

static void ask(void *owner)
{
    Alone *alone = owner;
    const PgValue site = pg_text(bp_str(alone->site));
    pg_request(alone->pg, SQL_LOCK_INGEST, &site, 1, on_lock, alone);
}

Alone *alone_new(Loop *loop, Pg *pg, const char *site, const AloneHooks *hooks)
{
    Alone *alone = calloc(1, sizeof *alone);
    if (!alone)
        abort();
    *alone = (Alone){.loop = loop, .pg = pg, .site = site, .hooks = *hooks};
    alone->timer = loop_timer_new(loop, ask, alone);
    return alone;
}

void alone_free(Alone *alone)
{
    if (!alone)
        return;
    loop_timer_free(alone->timer);
    free(alone);
}

void alone_connected(Alone *alone)
{
    alone->asked_at_us = loop_now_us(alone->loop);
    ask(alone);
}

void alone_lost(Alone *alone)
{
    alone->is_held = false;
    loop_timer_clear(alone->timer);
}

bool alone_is_held(const Alone *alone)
{
    return alone->is_held;
}
