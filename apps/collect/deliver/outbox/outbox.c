#include "apps/collect/deliver/outbox/parts.h"

#include "base/invariant.h"
#include "base/time.h"

#include <assert.h>
#include <stdlib.h>

const int64_t outbox_first_patience_us = 10 * BP_SECOND;
static const int64_t LONGEST_PATIENCE_US = 60 * BP_SECOND;
enum {
    MEMORY_MARGIN =
        4, /* times memory_max, until the spool has taken what is too much, or for good if it cannot */
};

/* ---- leaving ---- */

void outbox_leave_segment(Outbox *outbox, OutboxBatch *batch)
{
    if (batch->segment < 0)
        return;
    segments_leave(&outbox->segments, batch->segment, batch->is_doubtful);
    batch->segment = -1;
    batch->is_doubtful = false;
}

/* Where an index into the queue is when those from `from` on and before `to` have gone. */
static size_t moved(size_t index, size_t from, size_t to)
{
    return index >= to ? index - (to - from) : index > from ? from : index;
}

void outbox_remove(Outbox *outbox, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (i < outbox->unsent)
            outbox->window_octets -= queue_at(&outbox->queue, i)->size;
        outbox_leave_segment(outbox, queue_at(&outbox->queue, i));
    }
    queue_remove(&outbox->queue, from, to);
    outbox->unsent = moved(outbox->unsent, from, to);
    outbox->spooled = moved(outbox->spooled, from, to);
}

void outbox_give_up(Outbox *outbox, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const OutboxBatch *batch = queue_at(&outbox->queue, i);
        outbox->counts.given_up++;
        outbox->counts.lost += run_give_up(&outbox->runs.items[batch->run], batch->n);
    }
    outbox_remove(outbox, from, to);
}

/* Too much is in memory alone, since the disk does not take it: the oldest of that goes, not what is on disk
 * already, nor what is about to be. */
static void make_room(Outbox *outbox)
{
    const int64_t most = outbox->options.memory_max * MEMORY_MARGIN;
    for (size_t i = outbox->spooled; i < outbox->queue.count && (int64_t)outbox->queue.memory > most;) {
        const OutboxBatch *batch = queue_at(&outbox->queue, i);
        if (batch_is_in_memory_alone(batch) && !batch->is_spilling)
            outbox_give_up(outbox, i, i + 1);
        else
            i++;
    }
}

/* What is sent first stays longest. A quarter is made free at once, so that all are looked at now and then
 * only. */
void outbox_save_memory(Outbox *outbox)
{
    const int64_t most = outbox->options.memory_max;
    if ((int64_t)outbox->queue.memory <= most)
        return;
    for (size_t i = outbox->queue.count; i-- > 0 && (int64_t)outbox->queue.memory > most / 4 * 3;) {
        OutboxBatch *batch = queue_at(&outbox->queue, i);
        if (!batch_is_in_memory_alone(batch) && i != outbox->unsent)
            queue_forget_payload(&outbox->queue, batch);
    }
}

/* ---- coming in ---- */

void outbox_put(Outbox *outbox, BpStr payload, size_t readings, int64_t read_at_us)
{
    if (outbox->queue.count == 0)
        outbox->quiet_since_us = read_at_us;
    const OutboxBatch batch = {.run = (uint16_t)(outbox->runs.count - 1),
                               .n = outbox->next_n++,
                               .segment = -1,
                               .read_at_us = read_at_us,
                               .size = (uint32_t)payload.size};
    queue_keep_payload(&outbox->queue, queue_append(&outbox->queue, &batch), payload);
    outbox->counts.batches++;
    outbox->counts.readings += readings;
    outbox_save_memory(outbox);
    make_room(outbox);
    BP_INVARIANT(outbox_check(outbox));
}

void outbox_recover(Outbox *outbox, const MdlRun *run, int64_t n, int64_t segment, size_t size)
{
    const int i = runs_recover(&outbox->runs, run);
    segments_enter(&outbox->segments, segment);
    if (i < 0)
        segments_leave_behind(&outbox->segments, segment); /* which is not removed therefore */
    else
        (void)queue_append(
            &outbox->queue,
            &(OutboxBatch){.run = (uint16_t)i, .n = n, .segment = segment, .size = (uint32_t)size});
}

/* A batch is in two segments where writing it went wrong at its very end, or where one was not relied on. */
static void forget_doubles(Outbox *outbox)
{
    Queue *queue = &outbox->queue;
    size_t kept = 0;
    for (size_t i = 0; i < queue->count; i++) {
        OutboxBatch *batch = queue_at(queue, i);
        if (kept > 0 && queue_at(queue, kept - 1)->run == batch->run &&
            queue_at(queue, kept - 1)->n == batch->n)
            outbox_leave_segment(outbox, batch);
        else
            *queue_at(queue, kept++) = *batch;
    }
    queue->count = kept;
}

void outbox_begin(Outbox *outbox, const MdlRun *own)
{
    assert(outbox->next_n == 0);
    queue_sort(&outbox->queue);
    forget_doubles(outbox);
    outbox->counts.recovered = outbox->queue.count;
    runs_begin_own(&outbox->runs, own);
    outbox->next_n = 1;
    outbox->patience_us = outbox_first_patience_us;
    BP_INVARIANT(outbox_check(outbox));
}

Outbox *outbox_new(const OutboxOptions *options)
{
    Outbox *outbox = calloc(1, sizeof *outbox);
    if (!outbox)
        abort();
    outbox->options = *options;
    return outbox;
}

void outbox_free(Outbox *outbox)
{
    if (!outbox)
        return;
    queue_done(&outbox->queue);
    segments_done(&outbox->segments);
    free(outbox);
}

void outbox_set_room(Outbox *outbox, int64_t memory_max, int64_t disk_max)
{
    outbox->options.memory_max = memory_max;
    outbox->options.disk_max = disk_max;
}

/* ---- going out ---- */

bool outbox_window_has_room(const Outbox *outbox)
{
    return outbox->unsent == 0 ||
           (outbox->unsent < MDL_WINDOW_BATCHES &&
            outbox->window_octets + queue_at(&outbox->queue, outbox->unsent)->size <= MDL_WINDOW_OCTETS);
}

/* False: not now. */
static bool send_next(Outbox *outbox, const OutboxBatch *batch)
{
    OutboxRun *run = &outbox->runs.items[batch->run];
    const int64_t oldest = queue_at(&outbox->queue, queue_find(&outbox->queue, batch->run, 0))->n;
    if (!outbox->options.send(outbox->options.owner, &run->name, batch->n - run->base, oldest - run->base,
                              (BpStr){batch->payload, batch->size}))
        return false;
    outbox->unsent++;
    outbox->window_octets += batch->size;
    if (run_note_sent(run, batch->n))
        outbox->counts.sent++;
    else
        outbox->counts.repeated++;
    return true;
}

bool outbox_send(Outbox *outbox, int64_t now_us)
{
    bool is_only_on_disk = false;
    while (outbox->unsent < outbox->queue.count && outbox_window_has_room(outbox)) {
        const OutboxBatch *batch = queue_at(&outbox->queue, outbox->unsent);
        is_only_on_disk = !batch->payload;
        if (is_only_on_disk || !send_next(outbox, batch))
            break;
        if (outbox->unsent == 1)
            outbox->quiet_since_us = now_us;
    }
    BP_INVARIANT(outbox_check(outbox));
    return is_only_on_disk;
}

void outbox_send_again_from(Outbox *outbox, size_t i)
{
    while (outbox->unsent > i)
        outbox->window_octets -= queue_at(&outbox->queue, --outbox->unsent)->size;
}

void outbox_rewind(Outbox *outbox, int64_t now_us)
{
    outbox_send_again_from(outbox, 0);
    outbox->quiet_since_us = now_us;
    outbox->patience_us =
        outbox->patience_us * 2 < LONGEST_PATIENCE_US ? outbox->patience_us * 2 : LONGEST_PATIENCE_US;
    BP_INVARIANT(outbox_check(outbox));
}

bool outbox_is_quiet(const Outbox *outbox, int64_t now_us)
{
    return outbox->unsent > 0 && now_us - outbox->quiet_since_us > outbox->patience_us;
}

/* ---- how it is ---- */

OutboxCounts outbox_counts(const Outbox *outbox)
{
    OutboxCounts counts = outbox->counts;
    counts.unsure = runs_unsure(&outbox->runs) + outbox->left_given_up;
    counts.waiting = outbox->queue.count;
    counts.left = outbox->segments.left;
    counts.segments = outbox->segments.count;
    counts.memory = outbox->queue.memory;
    counts.on_disk = outbox->segments.octets;
    return counts;
}

const OutboxRun *outbox_own(const Outbox *outbox)
{
    return &outbox->runs.items[outbox->runs.count - 1];
}

bool outbox_is_crowded(const Outbox *outbox)
{
    return (int64_t)outbox->queue.memory > outbox->options.memory_max;
}

int64_t outbox_safe_until_us(const Outbox *outbox, int64_t now_us)
{
    int64_t safe_us = now_us;
    for (size_t i = outbox->spooled; i < outbox->queue.count; i++) {
        const OutboxBatch *batch = queue_at(&outbox->queue, i);
        if (batch_is_in_memory_alone(batch) && batch->read_at_us < safe_us)
            safe_us = batch->read_at_us;
    }
    return safe_us;
}

size_t outbox_only_in_memory(const Outbox *outbox)
{
    size_t count = 0;
    for (size_t i = outbox->spooled; i < outbox->queue.count; i++)
        count += batch_is_in_memory_alone(queue_at(&outbox->queue, i));
    return count;
}

void outbox_each(const Outbox *outbox, void (*each)(void *context, const OutboxItem *item), void *context)
{
    for (size_t i = 0; i < outbox->queue.count; i++) {
        const OutboxBatch *batch = queue_at(&outbox->queue, i);
        each(context, &(OutboxItem){.run = &outbox->runs.items[batch->run].name,
                                    .n = batch->n,
                                    .segment = batch->segment,
                                    .is_in_memory = batch->payload});
    }
}
