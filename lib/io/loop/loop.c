/* The loop itself, timers, descriptors, signals: thin wrappers that own libuv's handles. */
#include "io/loop/loop.h"

#include "base/time.h"
#include "io/loop/handle.h"

#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <uv.h>

/* For work beside the loop, which the world may hold up, and for what was freed and lingers. */
static const int64_t WORK_PATIENCE_US = BP_SECOND, CLOSING_PATIENCE_US = 30 * BP_SECOND;

static const int endings[] = {SIGINT, SIGTERM, SIGHUP};
enum { ENDINGS = sizeof endings / sizeof endings[0] };

struct Loop {
    uv_loop_t uv;
    uv_timer_t patience; /* of loop_run_once */
    Workshop *workshop;
    uv_signal_t endings[ENDINGS];
    bool stops_on_signals;
    bool is_running;
};

void *loop_allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory)
        abort();
    return memory;
}

uv_loop_t *loop_uv(Loop *loop)
{
    return &loop->uv;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

Workshop *loop_workshop(Loop *loop)
{
    return loop->workshop;
}

void loop_close_and_free(uv_handle_t *handle)
{
    uv_close(handle, on_closed);
}

/* libuv's loop must not be run by one of its own callbacks: it would hand out events of objects that the
 * callback's caller still works on. */
static int run(Loop *loop, uv_run_mode mode)
{
    assert(!loop->is_running);
    loop->is_running = true;
    const int left = uv_run(&loop->uv, mode);
    loop->is_running = false;
    return left;
}

Loop *loop_new(void)
{
    Loop *loop = loop_allocate(sizeof *loop);
    if (uv_loop_init(&loop->uv) != 0 || uv_timer_init(&loop->uv, &loop->patience) != 0)
        abort();
    uv_unref((uv_handle_t *)&loop->patience);
    loop->uv.data = loop;
    loop->workshop = workshop_new(loop);
    return loop;
}

/* Between libuv's handler and none at all they are blocked. */
static void forget_endings(Loop *loop)
{
    sigset_t set, before;
    sigemptyset(&set);
    for (size_t i = 0; i < ENDINGS; i++)
        sigaddset(&set, endings[i]);
    pthread_sigmask(SIG_BLOCK, &set, &before);
    for (size_t i = 0; i < ENDINGS; i++) {
        uv_close((uv_handle_t *)&loop->endings[i], NULL);
        signal(endings[i], SIG_IGN);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void loop_free(Loop *loop)
{
    if (!loop)
        return;
    uv_close((uv_handle_t *)&loop->patience, NULL);
    if (loop->stops_on_signals)
        forget_endings(loop);
    /* What was freed is closed in the next rounds. Work gets the time to end, and is left behind after it; a
     * handle that nobody freed keeps the loop busy, and that is our mistake. */
    const int64_t begin_us = bp_monotonic_us();
    while (workshop_is_busy(loop->workshop) && bp_monotonic_us() - begin_us < WORK_PATIENCE_US) {
        (void)run(loop, UV_RUN_NOWAIT);
        poll(NULL, 0, 1);
    }
    workshop_leave(loop->workshop);
    while (run(loop, UV_RUN_NOWAIT) != 0 && bp_monotonic_us() - begin_us < CLOSING_PATIENCE_US)
        poll(NULL, 0, 1);
    const int left = uv_loop_close(&loop->uv);
    assert(left == 0);
    (void)left;
    free(loop);
}

void loop_run(Loop *loop)
{
    (void)run(loop, UV_RUN_DEFAULT);
}

void loop_stop(Loop *loop)
{
    uv_stop(&loop->uv);
}

static void on_patience_over(uv_timer_t *timer)
{
    uv_stop(timer->loop); /* due before it was waited for, too: then nothing else would wake us */
}

void loop_run_once(Loop *loop, int64_t timeout_us)
{
    const uint64_t wait_ms = timeout_us > 0 ? (uint64_t)((timeout_us + BP_MS - 1) / BP_MS) : 0;
    uv_ref((uv_handle_t *)&loop->patience);
    uv_timer_start(&loop->patience, on_patience_over, wait_ms, 0);
    (void)run(loop, UV_RUN_ONCE);
    uv_timer_stop(&loop->patience);
    uv_unref((uv_handle_t *)&loop->patience);
}

int64_t loop_now_us(const Loop *loop)
{
    (void)loop;
    return bp_monotonic_us();
}

/* ---- timers ---- */

struct LoopTimer {
    uv_timer_t uv;
    void (*on_due)(void *owner);
    void *owner;
    int64_t due_at_us;
};

static void arm(LoopTimer *timer);

static void on_timer(uv_timer_t *uv)
{
    LoopTimer *timer = uv->data;
    /* libuv counts whole milliseconds from the time its round began, so it may be early by a little. */
    if (bp_monotonic_us() < timer->due_at_us)
        arm(timer);
    else
        timer->on_due(timer->owner);
}

static void arm(LoopTimer *timer)
{
    uv_update_time(timer->uv.loop);
    const int64_t wait_us = timer->due_at_us - bp_monotonic_us();
    uv_timer_start(&timer->uv, on_timer, wait_us > 0 ? (uint64_t)((wait_us + BP_MS - 1) / BP_MS) : 0, 0);
}

LoopTimer *loop_timer_new(Loop *loop, void (*on_due)(void *owner), void *owner)
{
    LoopTimer *timer = loop_allocate(sizeof *timer);
    timer->on_due = on_due;
    timer->owner = owner;
    timer->uv.data = timer;
    uv_timer_init(&loop->uv, &timer->uv);
    return timer;
}

void loop_timer_set(LoopTimer *timer, int64_t due_at_us)
{
    timer->due_at_us = due_at_us;
    if (due_at_us == INT64_MAX)
        uv_timer_stop(&timer->uv);
    else
        arm(timer);
}

void loop_timer_clear(LoopTimer *timer)
{
    uv_timer_stop(&timer->uv);
}

void loop_timer_free(LoopTimer *timer)
{
    if (timer)
        loop_close_and_free((uv_handle_t *)&timer->uv);
}

/* ---- descriptors of other libraries ---- */

struct LoopPoll {
    uv_poll_t uv;
    void (*on_ready)(void *owner, int events);
    void *owner;
    int events;
};

static void on_poll(uv_poll_t *uv, int status, int events)
{
    LoopPoll *poll = uv->data;
    int ready = (events & UV_READABLE ? LOOP_READABLE : 0) | (events & UV_WRITABLE ? LOOP_WRITABLE : 0);
    if (status < 0) {
        /* An error is for the descriptor's owner to find: let it try both. libuv has stopped watching, and
         * there may be more to come, such as the end of what the other side has sent. */
        ready = poll->events;
        poll->events = 0;
        loop_poll_set(poll, ready);
    }
    poll->on_ready(poll->owner, ready);
}

LoopPoll *loop_poll_new(Loop *loop, int fd, void (*on_ready)(void *owner, int events), void *owner)
{
    LoopPoll *poll = loop_allocate(sizeof *poll);
    poll->on_ready = on_ready;
    poll->owner = owner;
    poll->uv.data = poll;
    if (uv_poll_init(&loop->uv, &poll->uv, fd) != 0) {
        free(poll);
        return NULL;
    }
    return poll;
}

void loop_poll_set(LoopPoll *poll, int events)
{
    if (events == poll->events)
        return;
    poll->events = events;
    if (events)
        uv_poll_start(&poll->uv,
                      (events & LOOP_READABLE ? UV_READABLE : 0) | (events & LOOP_WRITABLE ? UV_WRITABLE : 0),
                      on_poll);
    else
        uv_poll_stop(&poll->uv);
}

void loop_poll_free(LoopPoll *poll)
{
    if (poll)
        loop_close_and_free((uv_handle_t *)&poll->uv);
}

/* ---- the end of others' handles ---- */

typedef struct Closing {
    uv_idle_t uv; /* never started: made to be closed */
    int rounds;   /* still to come */
    void (*then)(void *owner);
    void *owner;
} Closing;

/* libuv closes in one round all handles that were given to uv_close before it, in no order to rely on, and
 * what its callbacks close in the next. */
static void on_round_closed(uv_handle_t *handle)
{
    Closing *closing = handle->data;
    if (closing->rounds-- > 0) {
        uv_idle_init(handle->loop, &closing->uv);
        uv_close(handle, on_round_closed);
        return;
    }
    closing->then(closing->owner);
    free(closing);
}

void loop_after_closing(Loop *loop, int rounds, void (*then)(void *owner), void *owner)
{
    Closing *closing = loop_allocate(sizeof *closing);
    *closing = (Closing){.rounds = rounds, .then = then, .owner = owner};
    closing->uv.data = closing;
    uv_idle_init(&loop->uv, &closing->uv);
    uv_close((uv_handle_t *)&closing->uv, on_round_closed);
}

/* ---- signals ---- */

struct LoopSignal {
    uv_signal_t uv;
    void (*on_signal)(void *owner, int number);
    void *owner;
};

static void on_uv_signal(uv_signal_t *uv, int number)
{
    LoopSignal *signal = uv->data;
    signal->on_signal(signal->owner, number);
}

LoopSignal *loop_signal_new(Loop *loop, int number, void (*on_signal)(void *owner, int number), void *owner)
{
    LoopSignal *signal = loop_allocate(sizeof *signal);
    signal->on_signal = on_signal;
    signal->owner = owner;
    signal->uv.data = signal;
    uv_signal_init(&loop->uv, &signal->uv);
    uv_signal_start(&signal->uv, on_uv_signal, number);
    return signal;
}

void loop_signal_free(LoopSignal *signal)
{
    if (signal)
        loop_close_and_free((uv_handle_t *)&signal->uv);
}

static void on_ending(uv_signal_t *uv, int number)
{
    (void)number;
    uv_stop(uv->loop);
}

void loop_stop_on_signals(Loop *loop)
{
    assert(!loop->stops_on_signals);
    loop->stops_on_signals = true;
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < ENDINGS; i++) {
        uv_signal_init(&loop->uv, &loop->endings[i]);
        uv_signal_start(&loop->endings[i], on_ending, endings[i]);
        uv_unref((uv_handle_t *)&loop->endings[i]);
    }
}
