/* What must hold of an outbox between two calls. */
#include "apps/collect/deliver/outbox/parts.h"

#include <assert.h>
#include <stdlib.h>

typedef struct Tally {
    size_t live, doubtful;
} Tally;

/* Each batch that lives in a segment is counted there, and nothing else is. */
static void check_segments(const Outbox *outbox)
{
    const Segments *segments = &outbox->segments;
    Tally *tallies = calloc(segments->count + 1, sizeof *tallies);
    assert(tallies);
    for (size_t i = 0; i < outbox->queue.count; i++) {
        const OutboxBatch *batch = queue_at(&outbox->queue, i);
        if (batch->segment < 0)
            continue;
        const Segment *segment = segments_find(segments, batch->segment);
        assert(segment);
        tallies[segment - segments->items].live++;
        tallies[segment - segments->items].doubtful += batch->is_doubtful;
    }
    for (size_t i = 0; i < segments->count; i++) {
        assert(tallies[i].live + segments->items[i].left == segments->items[i].live);
        assert(tallies[i].doubtful == segments->items[i].doubtful);
    }
    free(tallies);
}

static void check_batches(const Outbox *outbox)
{
    size_t window_octets = 0;
    assert(outbox->unsent <= outbox->queue.count && outbox->spooled <= outbox->queue.count);
    for (size_t i = 0; i < outbox->queue.count; i++) {
        const OutboxBatch *batch = queue_at(&outbox->queue, i);
        assert(batch->run < outbox->runs.count);
        const OutboxRun *run = &outbox->runs.items[batch->run];
        assert(batch->n > run->base); /* ingest counts from 1 */
        assert(!runs_is_own(&outbox->runs, batch->run) || batch->n < outbox->next_n);
        assert(i >= outbox->unsent || batch->n <= run->sent);
        assert(i >= outbox->spooled || !batch_is_in_memory_alone(batch));
        window_octets += i < outbox->unsent ? batch->size : 0;
    }
    assert(window_octets == outbox->window_octets);
    assert(outbox->unsent <= MDL_WINDOW_BATCHES);
    assert(outbox->unsent <= 1 || window_octets <= MDL_WINDOW_OCTETS);
}

/* Each batch that ever came in waits, is stored, or was given up; and what was given up is lost, or stored
 * all the same, or it is not known. */
static void check_counts(const Outbox *outbox)
{
    const OutboxCounts *counts = &outbox->counts;
    const uint64_t unsure = runs_unsure(&outbox->runs);
    assert(counts->batches + counts->recovered ==
           outbox->queue.count + counts->stored + counts->given_up - outbox->left_given_up);
    assert(counts->lost + unsure + outbox->left_given_up <= counts->given_up);
    assert(counts->sent <= counts->batches);
    assert((uint64_t)outbox->next_n == counts->batches + 1);
}

void outbox_check(const Outbox *outbox)
{
    queue_check(&outbox->queue);
    segments_check(&outbox->segments);
    runs_check(&outbox->runs);
    check_batches(outbox);
    check_segments(outbox);
    check_counts(outbox);
}
