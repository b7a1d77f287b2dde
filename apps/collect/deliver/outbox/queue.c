#include "apps/collect/deliver/outbox/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

static void grow(Queue *queue)
{
    const size_t capacity = queue->capacity ? queue->capacity * 2 : FIRST_CAPACITY;
    OutboxBatch *items = malloc(capacity * sizeof *items);
    if (!items)
        abort();
    for (size_t i = 0; i < queue->count; i++)
        items[i] = *queue_at(queue, i);
    free(queue->items);
    queue->items = items;
    queue->capacity = capacity;
    queue->first = 0;
}

OutboxBatch *queue_append(Queue *queue, const OutboxBatch *batch)
{
    assert(!batch->payload);
    if (queue->count == queue->capacity)
        grow(queue);
    OutboxBatch *place = queue_at(queue, queue->count++);
    *place = *batch;
    return place;
}

void queue_keep_payload(Queue *queue, OutboxBatch *batch, BpStr payload)
{
    assert(!batch->payload && batch->size == payload.size);
    batch->payload = malloc(payload.size ? payload.size : 1);
    if (!batch->payload)
        abort();
    memcpy(batch->payload, payload.data, payload.size);
    queue->memory += payload.size;
}

void queue_forget_payload(Queue *queue, OutboxBatch *batch)
{
    if (!batch->payload)
        return;
    free(batch->payload);
    batch->payload = NULL;
    queue->memory -= batch->size;
}

static int compare(const void *left, const void *right)
{
    const OutboxBatch *a = left, *b = right;
    if (a->run != b->run)
        return a->run < b->run ? -1 : 1;
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    return (a->segment > b->segment) - (a->segment < b->segment);
}

void queue_sort(Queue *queue)
{
    assert(queue->first == 0);
    if (queue->count)
        qsort(queue->items, queue->count, sizeof *queue->items, compare);
}

static bool is_before(const OutboxBatch *batch, size_t run, int64_t n)
{
    return batch->run != run ? batch->run < run : batch->n < n;
}

size_t queue_find(const Queue *queue, size_t run, int64_t n)
{
    size_t low = 0, high = queue->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (is_before(queue_at(queue, middle), run, n))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void queue_remove(Queue *queue, size_t from, size_t to)
{
    const size_t gone = to - from;
    for (size_t i = from; i < to; i++)
        queue_forget_payload(queue, queue_at(queue, i));
    if (from == 0 && queue->capacity)
        queue->first = (queue->first + gone) % queue->capacity;
    for (size_t i = to; from > 0 && i < queue->count; i++)
        *queue_at(queue, i - gone) = *queue_at(queue, i);
    queue->count -= gone;
}

void queue_done(Queue *queue)
{
    for (size_t i = 0; i < queue->count; i++)
        queue_forget_payload(queue, queue_at(queue, i));
    free(queue->items);
    *queue = (Queue){0};
}

void queue_check(const Queue *queue)
{
    size_t memory = 0;
    assert(queue->count <= queue->capacity);
    for (size_t i = 0; i < queue->count; i++) {
        const OutboxBatch *batch = queue_at(queue, i);
        assert(i == 0 || is_before(queue_at(queue, i - 1), batch->run, batch->n));
        assert(batch->payload || !batch_is_in_memory_alone(batch)); /* it is somewhere */
        assert(batch->segment >= 0 || !batch->is_doubtful);
        assert(!batch->is_spilling || batch_is_in_memory_alone(batch));
        memory += batch->payload ? batch->size : 0;
    }
    assert(memory == queue->memory);
}
