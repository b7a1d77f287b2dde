#include "apps/collect/control/log.h"

#include "base/log.h"
#include "base/time.h"

#include <assert.h>
#include <stdlib.h>

enum {
    LINES_MAX = 64 * 1024 * 1024,
    GROWN_OCTETS = 256 * 1024, /* the file is written anew when it has grown by this, and fourfold */
};
static const int64_t AGAIN_US = 5 * BP_SECOND; /* after a failure */

typedef struct Waiter {
    ControlOnKept on_kept;
    void *context;
} Waiter;

/* Lines, and who waits for them. */
typedef struct Batch {
    BpBuf lines;
    Waiter *waiters;
    size_t count, capacity;
} Batch;

struct ControlLog {
    ControlLogOptions options;
    LoopTimer *timer;
    Batch next, under_way;
    bool is_under_way;
    bool is_anew;    /* what is under way writes the file anew, */
    bool wants_anew; /* and what comes next does */
    bool is_freeing;
    size_t octets, fresh_octets; /* of the file, and when it was written anew */
    BpStatus status;             /* of what was under way last */
    BpError err;
};

/* ---- on the pool ---- */

static void do_batch(void *context)
{
    ControlLog *log = context; /* what is under way, and the file: they stay what they are */
    const BpStr lines = bp_buf_text(&log->under_way.lines);
    log->status = log->is_anew ? control_file_write(&log->options.file, lines, &log->err)
                               : control_file_append(&log->options.file, lines, &log->err);
}

/* ---- on the loop ---- */

static bool begin_batch(ControlLog *log)
{
    if (log->is_under_way || (log->next.lines.size == 0 && !log->wants_anew))
        return false;
    const Batch empty = log->under_way;
    log->under_way = log->next;
    log->next = empty;
    bp_buf_clear(&log->next.lines);
    log->next.count = 0;
    log->is_anew = log->wants_anew;
    log->wants_anew = false;
    if (log->is_anew) {
        bp_buf_clear(&log->under_way.lines);
        log->options.write_all(log->options.owner, &log->under_way.lines);
    }
    assert(!log->under_way.lines.failed);
    log->is_under_way = true;
    return true;
}

/* What fails is said when it begins and when it ends. */
static void tell(const ControlLog *log, bool failed_before)
{
    if (log->status != BP_OK && !failed_before)
        bp_log(BP_LOG_ERROR, "commands are not carried out, for what is kept of them cannot be written: %s",
               log->err.text);
    if (log->status == BP_OK && failed_before)
        bp_log(BP_LOG_NOTICE, "what is kept of commands can be written again");
}

static void call_back(Batch *batch, const BpError *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        const Waiter waiter = batch->waiters[i];
        waiter.on_kept(waiter.context, err);
    }
    batch->count = 0;
}

static void end_batch(ControlLog *log, bool failed_before)
{
    const size_t size = log->under_way.lines.size;
    log->is_under_way = false;
    tell(log, failed_before);
    if (log->status != BP_OK) {
        log->wants_anew = true;
    } else if (log->is_anew) {
        log->octets = log->fresh_octets = size;
    } else {
        log->octets += size;
        if (log->octets > 4 * log->fresh_octets && log->octets > log->fresh_octets + GROWN_OCTETS)
            log->wants_anew = true;
    }
    call_back(&log->under_way, log->status == BP_OK ? NULL : &log->err);
}

static void on_batch_done(void *context);

static void begin(void *context)
{
    ControlLog *log = context;
    if (begin_batch(log))
        loop_work(log->options.loop, do_batch, on_batch_done, log);
}

static void on_batch_done(void *context)
{
    ControlLog *log = context;
    const bool failed_before = log->err.status != BP_OK;
    if (log->status == BP_OK)
        log->err.status = BP_OK;
    end_batch(log, failed_before);
    if (log->is_freeing)
        return;
    const int64_t now_us = loop_now_us(log->options.loop);
    if (log->next.lines.size > 0)
        loop_timer_set(log->timer, now_us);
    else if (log->wants_anew)
        loop_timer_set(log->timer, log->status == BP_OK ? now_us : now_us + AGAIN_US);
}

/* ---- what log.h promises ---- */

ControlLog *control_log_new(const ControlLogOptions *options)
{
    ControlLog *log = calloc(1, sizeof *log);
    if (!log)
        abort();
    log->options = *options;
    log->next.lines = log->under_way.lines = bp_buf_growing(LINES_MAX);
    log->wants_anew = true;
    log->timer = loop_timer_new(options->loop, begin, log);
    loop_timer_set(log->timer, loop_now_us(options->loop));
    return log;
}

void control_log_put(ControlLog *log, const ControlRecord *record, ControlOnKept on_kept, void *context)
{
    Batch *batch = &log->next;
    control_record_write(&batch->lines, record);
    if (on_kept) {
        if (batch->count == batch->capacity) {
            batch->capacity = batch->capacity ? 2 * batch->capacity : 16;
            batch->waiters = realloc(batch->waiters, batch->capacity * sizeof(Waiter));
            if (!batch->waiters)
                abort();
        }
        batch->waiters[batch->count++] = (Waiter){on_kept, context};
    }
    if (!log->is_under_way && !log->is_freeing) /* in the loop's next turn, with all that comes in this one */
        loop_timer_set(log->timer, loop_now_us(log->options.loop));
}

const char *control_log_trouble(const ControlLog *log)
{
    return log->err.status == BP_OK ? NULL : log->err.text;
}

void control_log_free(ControlLog *log)
{
    if (!log)
        return;
    log->is_freeing = true;
    while (log->is_under_way)
        loop_run_once(log->options.loop, BP_SECOND);
    call_back(&log->next, &(BpError){.status = BP_CANCELLED, .text = "the collector ends"});
    if (begin_batch(log)) {
        do_batch(log);
        end_batch(log, log->err.status != BP_OK);
    }
    loop_timer_free(log->timer);
    bp_buf_done(&log->next.lines);
    bp_buf_done(&log->under_way.lines);
    free(log->next.waiters);
    free(log->under_way.waiters);
    free(log);
}
