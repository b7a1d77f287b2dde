#include "site/alone.h"

#include "base/log.h"
#include "base/time.h"

#include <stdlib.h>

static const int64_t PATIENCE_US = 5 * BP_SECOND, ASK_EVERY_US = 200 * BP_MS, WAIT_EVERY_US = BP_SECOND,
                     REFUSED_EVERY_US = 15 * BP_SECOND;

struct SiteAlone {
    SiteAloneOptions options;
    LoopTimer *timer;
    bool is_held, was_held; /* on this connection, on any before */
    bool has_said_others;   /* that another one works, and that we wait */
    int64_t asked_at_us;    /* the first time on this connection */
};

static void ask_again(SiteAlone *alone, int64_t pause_us)
{
    loop_timer_set(alone->timer, loop_now_us(alone->options.loop) + pause_us);
}

/* Whoever has it may be one that has just ended, or the server's side of a connection that we have lost. Only
 * who begins gives up; else what we store may soon wait for us again. */
static void is_not_alone(SiteAlone *alone)
{
    const SiteAloneOptions *options = &alone->options;
    if (loop_now_us(options->loop) - alone->asked_at_us < PATIENCE_US) {
        ask_again(alone, ASK_EVERY_US);
    } else if (!alone->was_held && options->on_superfluous) {
        bp_log(BP_LOG_ERROR, "another %s works for site %s: one is enough", options->who, options->site);
        options->on_superfluous(options->owner);
    } else {
        if (!alone->has_said_others)
            bp_log(BP_LOG_WARNING,
                   "another %s works for site %s, or our lost connection is still open there: "
                   "waiting for its end",
                   options->who, options->site);
        alone->has_said_others = true;
        if (options->on_other)
            options->on_other(options->owner);
        ask_again(alone, WAIT_EVERY_US);
    }
}

static void on_lock(void *context, BpStatus status, const PgRows *rows, const BpError *err)
{
    SiteAlone *alone = context;
    if (status != BP_OK && !pg_is_connected(alone->options.pg))
        return; /* the next connection asks */
    if (status != BP_OK) {
        bp_log(BP_LOG_ERROR, "making sure that no other %s works: %s; has `bacpipes migrate` been run?",
               alone->options.who, err->text);
        ask_again(alone, REFUSED_EVERY_US);
    } else if (!pg_get_bool(rows, 0, 0)) {
        is_not_alone(alone);
    } else {
        alone->is_held = alone->was_held = true;
        alone->has_said_others = false;
        alone->options.on_alone(alone->options.owner);
    }
}

static void ask(void *owner)
{
    SiteAlone *alone = owner;
    const SiteAloneOptions *options = &alone->options;
    const PgValue values[] = {pg_text(bp_str(options->site)), pg_text(bp_str(options->work))};
    pg_request(options->pg, SQL_LOCK_WORK, values, 2, on_lock, alone);
}

SiteAlone *site_alone_new(const SiteAloneOptions *options)
{
    SiteAlone *alone = calloc(1, sizeof *alone);
    if (!alone)
        abort();
    alone->options = *options;
    alone->timer = loop_timer_new(options->loop, ask, alone);
    return alone;
}

void site_alone_free(SiteAlone *alone)
{
    if (!alone)
        return;
    loop_timer_free(alone->timer);
    free(alone);
}

void site_alone_connected(SiteAlone *alone)
{
    alone->asked_at_us = loop_now_us(alone->options.loop);
    ask(alone);
}

void site_alone_lost(SiteAlone *alone)
{
    alone->is_held = false;
    loop_timer_clear(alone->timer);
}

bool site_alone_is_held(const SiteAlone *alone)
{
    return alone->is_held;
}
