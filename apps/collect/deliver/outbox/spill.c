#include "apps/collect/deliver/outbox/spill.h"

#include "apps/collect/deliver/outbox/parts.h"
#include "apps/collect/deliver/spool/spool.h"
#include "base/invariant.h"

enum { SEGMENTS_OF_A_SPOOL = 8, SMALLEST_SEGMENT = 16 * 1024 };

Segments *outbox_segments(Outbox *outbox)
{
    return &outbox->segments;
}

int64_t outbox_disk_max(const Outbox *outbox)
{
    return outbox->options.disk_max;
}

size_t outbox_segment_octets(const Outbox *outbox)
{
    int64_t most = SPOOL_SEGMENT_OCTETS;
    if (outbox->options.disk_max / SEGMENTS_OF_A_SPOOL < most)
        most = outbox->options.disk_max / SEGMENTS_OF_A_SPOOL;
    if (outbox->options.memory_max / 2 < most)
        most = outbox->options.memory_max / 2;
    return most > SMALLEST_SEGMENT ? (size_t)most : SMALLEST_SEGMENT;
}

/* ---- to the spool ---- */

static bool is_due(const OutboxBatch *batch, int64_t before_us)
{
    return batch_is_in_memory_alone(batch) && !batch->is_spilling && batch->read_at_us <= before_us;
}

size_t outbox_due(const Outbox *outbox, int64_t before_us, size_t most)
{
    size_t octets = 0;
    for (size_t i = outbox->spooled; i < outbox->queue.count && octets < most; i++)
        if (is_due(queue_at(&outbox->queue, i), before_us))
            octets += SPOOL_RECORD_HEADER + queue_at(&outbox->queue, i)->size;
    return octets;
}

void outbox_spill(Outbox *outbox, int64_t before_us, size_t most, BpBuf *out)
{
    for (size_t i = outbox->spooled; i < outbox->queue.count && out->size < most; i++) {
        OutboxBatch *batch = queue_at(&outbox->queue, i);
        if (!is_due(batch, before_us))
            continue;
        spool_record(out, &outbox->runs.items[batch->run].kept, batch->n,
                     (BpStr){batch->payload, batch->size});
        batch->is_spilling = true;
    }
    BP_INVARIANT(outbox_check(outbox));
}

void outbox_spilled(Outbox *outbox, int64_t segment)
{
    const bool is_written = segment >= 0 && segments_find(&outbox->segments, segment);
    for (size_t i = outbox->spooled; i < outbox->queue.count; i++) {
        OutboxBatch *batch = queue_at(&outbox->queue, i);
        if (!batch->is_spilling)
            continue;
        batch->is_spilling = false;
        if (!is_written)
            continue;
        outbox_leave_segment(outbox, batch);
        batch->segment = segment;
        segments_enter(&outbox->segments, segment);
        outbox->counts.spooled++;
    }
    while (outbox->spooled < outbox->queue.count &&
           !batch_is_in_memory_alone(queue_at(&outbox->queue, outbox->spooled)))
        outbox->spooled++;
    outbox_save_memory(outbox);
    BP_INVARIANT(outbox_check(outbox));
}

/* ---- and back ---- */

int64_t outbox_missing(const Outbox *outbox)
{
    if (outbox->unsent >= outbox->queue.count || !outbox_window_has_room(outbox))
        return -1;
    const OutboxBatch *next = queue_at(&outbox->queue, outbox->unsent);
    return next->payload ? -1 : next->segment;
}

void outbox_load(Outbox *outbox, const MdlRun *run, int64_t n, int64_t segment, BpStr payload)
{
    const int wanted = runs_find_kept(&outbox->runs, run);
    const size_t i = wanted >= 0 ? queue_find(&outbox->queue, (size_t)wanted, n) : outbox->queue.count;
    if (i == outbox->queue.count)
        return;
    OutboxBatch *batch = queue_at(&outbox->queue, i);
    if (batch->run == wanted && batch->n == n && batch->segment == segment && !batch->payload &&
        batch->size == payload.size)
        queue_keep_payload(&outbox->queue, batch, payload);
}

bool outbox_lacks(const Outbox *outbox, int64_t segment)
{
    for (size_t i = 0; i < outbox->queue.count; i++)
        if (queue_at(&outbox->queue, i)->segment == segment && !queue_at(&outbox->queue, i)->payload)
            return true;
    return false;
}

size_t outbox_distrust(Outbox *outbox, int64_t segment)
{
    size_t given_up = 0;
    for (size_t i = 0; i < outbox->queue.count;) {
        OutboxBatch *batch = queue_at(&outbox->queue, i);
        if (batch->segment == segment && !batch->payload) {
            outbox_give_up(outbox, i, i + 1);
            given_up++;
            continue;
        }
        if (batch->segment == segment && !batch->is_doubtful) {
            batch->is_doubtful = true;
            segments_doubt(&outbox->segments, segment);
            outbox->spooled = i < outbox->spooled ? i : outbox->spooled;
        }
        i++;
    }
    segments_close(&outbox->segments, segment);
    BP_INVARIANT(outbox_check(outbox));
    return given_up;
}

/* ---- when the spool is full ---- */

/* The segment of the oldest batch that is in one: of an earlier run, of a run that there was no room for,
 * which came after those, of the own one. What is in memory as well, since its segment is not relied on,
 * stays. */
static int64_t oldest_segment(const Outbox *outbox)
{
    size_t i = 0;
    while (i < outbox->queue.count && batch_is_in_memory_alone(queue_at(&outbox->queue, i)))
        i++;
    const OutboxBatch *oldest = i < outbox->queue.count ? queue_at(&outbox->queue, i) : NULL;
    if (oldest && !runs_is_own(&outbox->runs, oldest->run))
        return oldest->segment;
    const int64_t left = segments_first_left(&outbox->segments);
    return left >= 0 ? left : oldest ? oldest->segment : -1;
}

/* What there was no room for at the start. Whether it is stored nobody can tell here. */
static void give_up_left(Outbox *outbox, int64_t segment)
{
    const size_t left = segments_forget_left(&outbox->segments, segment);
    outbox->counts.given_up += left;
    outbox->left_given_up += left;
}

bool outbox_give_up_segment(Outbox *outbox)
{
    const int64_t segment = oldest_segment(outbox);
    if (segment < 0)
        return false;
    for (size_t i = 0; i < outbox->queue.count;) {
        size_t end = i;
        while (end < outbox->queue.count && queue_at(&outbox->queue, end)->segment == segment &&
               !batch_is_in_memory_alone(queue_at(&outbox->queue, end)))
            end++;
        if (end > i)
            outbox_give_up(outbox, i, end);
        else
            i++;
    }
    give_up_left(outbox, segment);
    segments_close(&outbox->segments, segment);
    BP_INVARIANT(outbox_check(outbox));
    return true;
}
